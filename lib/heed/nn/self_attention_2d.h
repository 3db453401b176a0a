#pragma once

#include <array>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/attention.h"
#include "heed/nn/self_attention_2d_options.h"
#include "heed/nn/spectral_norm.h"

namespace heed {

/// Whether attention in forward passes on this thread must be differentiable twice. Fused attention, which LibTorch
/// takes when values are as wide as keys, has no second derivative on the CPU; the explicit path has, and needs the
/// memory of all weights.
bool double_backward();

/// Sets double_backward() for a scope: held around the forward pass of whatever a gradient penalty is taken of.
class DoubleBackwardGuard {
 public:
  explicit DoubleBackwardGuard(bool on = true);
  ~DoubleBackwardGuard();
  DoubleBackwardGuard(const DoubleBackwardGuard&) = delete;
  DoubleBackwardGuard& operator=(const DoubleBackwardGuard&) = delete;

 private:
  bool previous_;
};

/// Every place of a feature map attends to all places: x + gain * attention(x), with a learned gain that starts from
/// zero, so that the network begins local (Zhang et al. 2019, SAGAN). In float32, whatever compute_dtype() is.
class SelfAttention2dImpl : public torch::nn::Module {
 public:
  explicit SelfAttention2dImpl(SelfAttention2dOptions options);

  /// [B, C, H, W] -> [B, C, H, W]. If `weights` is given, it becomes [B, heads, H, W, H, W]: what the place of the
  /// first pair of coordinates takes from the place of the second one.
  at::Tensor forward(const at::Tensor& input, at::Tensor* weights = nullptr);

  const SelfAttention2dOptions options;  ///< with the zeros resolved
  MultiHeadAttention attention{nullptr};
  at::Tensor gain;  ///< [1]
  /// When asked for: of attention's projections.
  SpectralNorm query_norm{nullptr}, key_norm{nullptr}, value_norm{nullptr}, output_norm{nullptr};

 private:
  std::array<at::Tensor, 4> normalised_weights();
};
TORCH_MODULE(SelfAttention2d);

}  // namespace heed
