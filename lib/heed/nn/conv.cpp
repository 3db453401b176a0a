#include "heed/nn/conv.h"

#include <cmath>

#include <ATen/ATen.h>

#include "heed/nn/layers.h"

namespace heed {

Conv2dImpl::Conv2dImpl(Conv2dOptions given) : options(given) {
  TORCH_CHECK(options.gain != 0 || !options.spectral_norm, "Conv2d: spectral norm of a weight of zeros");
  const auto fan_in = static_cast<double>(options.inputs * options.kernel * options.kernel);
  weight = register_parameter("weight", at::randn({options.outputs, options.inputs, options.kernel, options.kernel}) *
                                            (options.gain / std::sqrt(fan_in)));
  bias = register_parameter("bias", options.bias ? at::zeros({options.outputs}) : at::Tensor(), options.bias);
  if (options.spectral_norm) spectral_norm = register_module("spectral_norm", SpectralNorm(weight));
}

at::Tensor Conv2dImpl::forward(const at::Tensor& input) {
  const at::ScalarType dtype = compute_dtype();
  const at::Tensor used = spectral_norm.is_empty() ? weight : spectral_norm(weight);
  return at::conv2d(input.to(dtype), used.to(dtype), bias.defined() ? bias.to(dtype) : bias, options.stride,
                    options.padding);  // [B, C', H', W']
}

}  // namespace heed
