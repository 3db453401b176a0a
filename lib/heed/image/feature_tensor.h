#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "heed/image/feature_statistics.h"

namespace heed {

/// Features [N, F], float32, contiguous, on the CPU, which must outlive the table.
inline FeatureTable feature_table(const at::Tensor& features) {
  return {{features.const_data_ptr<float>(), static_cast<std::size_t>(features.numel())}, features.size(1)};
}

/// kid() of features of real pictures [N, F] and generated ones [M, F].
inline double kid(const at::Tensor& real, const at::Tensor& fake) {
  return kid(feature_table(real), feature_table(fake));
}

}  // namespace heed
