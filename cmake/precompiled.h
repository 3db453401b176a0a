#pragma once

// What most sources with LibTorch include, see HEED_FAST_BUILD. Each source still includes what it uses: the dev
// preset builds without this.
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
