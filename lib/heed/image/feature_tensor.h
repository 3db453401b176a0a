#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "heed/image/feature_statistics.h"

namespace heed {

/// Features [N, F], float32, contiguous, on the CPU, which must outlive the table.
inline FeatureTable feature_table(const at::Tensor& features) {
  return {{features.const_data_ptr<float>(), static_cast<std::size_t>(features.numel())}, features.size(1)};
}

/// The same numbers, to be changed.
inline std::span<float> values_of(const at::Tensor& features) {
  return {features.mutable_data_ptr<float>(), static_cast<std::size_t>(features.numel())};
}

}  // namespace heed
