#pragma once

// What most sources with LibTorch include, see HEED_PRECOMPILE. Each source still includes what it uses: the release
// preset builds without this.
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
