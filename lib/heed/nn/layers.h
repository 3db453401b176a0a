#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/activation.h"
#include "heed/nn/dropout.h"
#include "heed/nn/inference_product.h"

namespace heed {

/// Number type of the matrix products of Linear layers and the cross-entropy on this thread: float32 (default) or
/// bfloat16 with float32 master weights; or, in inference, int8 (kChar), of which only prepared products know (see
/// InferenceProduct). The rest (normalisation, residuals, attention, loss) stays in float32.
at::ScalarType compute_dtype();
/// The number type of what such products read and of products that none was prepared for: compute_dtype(), or float32
/// where that is int8.
at::ScalarType floating_compute_dtype();

/// Sets compute_dtype() for a scope.
class ComputeDtypeGuard {
 public:
  explicit ComputeDtypeGuard(at::ScalarType dtype);
  ~ComputeDtypeGuard();
  ComputeDtypeGuard(const ComputeDtypeGuard&) = delete;
  ComputeDtypeGuard& operator=(const ComputeDtypeGuard&) = delete;

 private:
  at::ScalarType previous_;
};

/// x W^T + b. Xavier-uniform weights (Glorot and Bengio 2010), zero bias.
class LinearImpl : public torch::nn::Module {
 public:
  LinearImpl(std::int64_t inputs, std::int64_t outputs, bool with_bias = true);
  /// [.., inputs] -> [.., outputs], in compute_dtype().
  at::Tensor forward(const at::Tensor& input);
  /// Makes a copy of the weights in `dtype` that is used while gradients are off. To be called again when the
  /// weights change.
  void prepare_inference(at::ScalarType dtype);

  at::Tensor weight, bias;  ///< [outputs, inputs], [outputs] (undefined without bias)

 private:
  std::optional<InferenceProduct> inference_;
};
TORCH_MODULE(Linear);

/// The outputs of several layers with the same inputs, in one product: [.., inputs] -> [.., sum of outputs], in
/// compute_dtype(). All of them have a bias, or none.
at::Tensor linear_side_by_side(const at::Tensor& input, std::initializer_list<LinearImpl*> layers);

/// Ba et al. 2016, over the last dimension, in float32.
class LayerNormImpl : public torch::nn::Module {
 public:
  explicit LayerNormImpl(std::int64_t width);
  at::Tensor forward(const at::Tensor& input);

  at::Tensor weight, bias;  ///< [width]
};
TORCH_MODULE(LayerNorm);

/// Rows of a table. Normal with deviation width^-0.5; the row of `padding` is zero and gets no gradient.
class EmbeddingImpl : public torch::nn::Module {
 public:
  EmbeddingImpl(std::int64_t count, std::int64_t width, std::int64_t padding);
  /// [B, T] int64 -> [B, T, width].
  at::Tensor forward(const at::Tensor& ids);

  at::Tensor weight;  ///< [count, width]

 private:
  std::int64_t padding_;
};
TORCH_MODULE(Embedding);

/// PE(t, 2i) = sin(t / 10000^(2i / D)), PE(t, 2i + 1) = cos of the same (Vaswani et al. 2017): [length, width] for
/// positions first, first + 1, ...
at::Tensor sinusoidal_positions(std::int64_t first, std::int64_t length, std::int64_t width,
                                const at::TensorOptions& options);

/// Linear, activation, dropout, Linear: [.., D] -> [.., D], position by position.
class FeedForwardImpl : public torch::nn::Module {
 public:
  FeedForwardImpl(std::int64_t width, std::int64_t inner_width, Activation activation, DropoutSite inner_dropout);
  at::Tensor forward(const at::Tensor& input, const Randomness* randomness);

  Linear expand{nullptr}, contract{nullptr};

 private:
  Activation activation_;
  DropoutSite inner_dropout_;
};
TORCH_MODULE(FeedForward);

/// dropout() while a module trains with randomness given, `input` otherwise.
at::Tensor dropout_if(bool training, const at::Tensor& input, const DropoutSite& site, const Randomness* randomness);

}  // namespace heed
