#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/spectral_norm.h"

namespace heed {

struct Conv2dOptions {
  std::int64_t inputs = 0, outputs = 0;  ///< C, C'
  std::int64_t kernel = 3, stride = 1, padding = 1;
  bool bias = true;
  double gain =
      1.4142135623730951;      ///< deviation of the first weights is gain / sqrt(C K K) (He et al. 2015); 0 = zeros
  bool spectral_norm = false;  ///< of the weight; then `gain` only has to differ from zero
};

/// Convolution over pictures, zero bias at the start. Multiplies in compute_dtype(), keeps the memory format
/// (channels_last is the fast one on the CPU).
class Conv2dImpl : public torch::nn::Module {
 public:
  explicit Conv2dImpl(Conv2dOptions options);
  /// [B, C, H, W] -> [B, C', (H + 2 padding - K) / stride + 1, the same of W].
  at::Tensor forward(const at::Tensor& input);

  const Conv2dOptions options;
  at::Tensor weight, bias;              ///< [C', C, K, K], [C'] (undefined without bias)
  SpectralNorm spectral_norm{nullptr};  ///< when asked for
};
TORCH_MODULE(Conv2d);

}  // namespace heed
