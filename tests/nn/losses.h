#pragma once

#include <cstdint>

#include "tensors.h"

/// What the tests of losses share.
namespace heed {

inline constexpr std::int64_t kNoTarget = 1;  ///< rows with this target do not count

/// Counted in the largest magnitude of `expected`.
inline double relative_difference(const at::Tensor& found, const at::Tensor& expected) {
  return difference(found, expected) / expected.abs().max().item<double>();
}

}  // namespace heed
