#pragma once

// Catch2 2 (Debian 12) or 3 (Ubuntu 24.04). A test that uses LibTorch includes "torch_catch.h" instead, because c10
// defines a CHECK of its own, which must come first to be replaced.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
