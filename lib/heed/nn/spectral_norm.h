#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace heed {

/// A weight divided by its largest singular value (Miyato et al. 2018), as
/// torch.nn.utils.parametrizations.spectral_norm does it: the first dimension against all others, singular vectors
/// followed by one power iteration per forward pass in training mode, gradient through the singular value too.
/// The vectors are buffers, so they belong into a checkpoint.
class SpectralNormImpl : public torch::nn::Module {
 public:
  /// Starts from random vectors and 15 iterations on `weight`, of two dimensions or more and not all zero.
  explicit SpectralNormImpl(const at::Tensor& weight);
  /// weight -> weight / sigma, same shape.
  at::Tensor forward(const at::Tensor& weight);

  at::Tensor u,
      v;  ///< [R], [N / R]: left and right singular vector of the weight as a matrix of R = weight.size(0) rows

 private:
  void iterate(const at::Tensor& matrix, int times);
};
TORCH_MODULE(SpectralNorm);

}  // namespace heed
