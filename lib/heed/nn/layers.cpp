#include "heed/nn/layers.h"

#include <cmath>

#include <ATen/ATen.h>
#include <torch/nn/init.h>

namespace heed {
namespace {

thread_local at::ScalarType current_compute_dtype = at::kFloat;

}  // namespace

at::ScalarType compute_dtype() {
  return current_compute_dtype;
}

ComputeDtypeGuard::ComputeDtypeGuard(at::ScalarType dtype) : previous_(current_compute_dtype) {
  current_compute_dtype = dtype;
}
ComputeDtypeGuard::~ComputeDtypeGuard() {
  current_compute_dtype = previous_;
}

LinearImpl::LinearImpl(std::int64_t inputs, std::int64_t outputs, bool with_bias)
    : weight(register_parameter("weight", torch::nn::init::xavier_uniform_(at::empty({outputs, inputs})))),
      bias(register_parameter("bias", with_bias ? at::zeros({outputs}) : at::Tensor(), with_bias)) {}

at::Tensor LinearImpl::forward(const at::Tensor& input) {
  const at::ScalarType dtype = compute_dtype();
  if (inference_weight_.defined() && !at::GradMode::is_enabled() && inference_weight_.scalar_type() == dtype)
    return at::linear(input.to(dtype), inference_weight_, inference_bias_);                      // [.., outputs]
  return at::linear(input.to(dtype), weight.to(dtype), bias.defined() ? bias.to(dtype) : bias);  // [.., outputs]
}

void LinearImpl::prepare_inference(at::ScalarType dtype) {
  inference_weight_ = weight.detach().to(dtype);
  inference_bias_ = bias.defined() ? bias.detach().to(dtype) : bias;
}

LayerNormImpl::LayerNormImpl(std::int64_t width)
    : weight(register_parameter("weight", at::ones({width}))), bias(register_parameter("bias", at::zeros({width}))) {}

at::Tensor LayerNormImpl::forward(const at::Tensor& input) {
  return at::layer_norm(input.to(at::kFloat), {weight.size(0)}, weight, bias, 1e-5);
}

EmbeddingImpl::EmbeddingImpl(std::int64_t count, std::int64_t width, std::int64_t padding) : padding_(padding) {
  at::Tensor table = at::randn({count, width}) * std::pow(static_cast<double>(width), -0.5);
  table[padding].zero_();
  weight = register_parameter("weight", table);
}

at::Tensor EmbeddingImpl::forward(const at::Tensor& ids) {
  return at::embedding(weight, ids, padding_);  // [B, T, width]
}

at::Tensor sinusoidal_positions(std::int64_t first, std::int64_t length, std::int64_t width,
                                const at::TensorOptions& options) {
  const auto in_double = options.dtype(at::kDouble);
  const at::Tensor position = at::arange(first, first + length, in_double).unsqueeze(1);  // [length, 1]
  const at::Tensor even = at::arange(0, width, 2, in_double);                             // [ceil(width / 2)]
  const at::Tensor angle = position * at::exp(even * (-std::log(10000.0) / static_cast<double>(width)));
  return at::stack({angle.sin(), angle.cos()}, -1).flatten(1).narrow(1, 0, width).to(options);  // [length, width]
}

FeedForwardImpl::FeedForwardImpl(std::int64_t width, std::int64_t inner_width, Activation activation,
                                 DropoutSite inner_dropout)
    : expand(register_module("expand", Linear(width, inner_width))),
      contract(register_module("contract", Linear(inner_width, width))),
      activation_(activation),
      inner_dropout_(inner_dropout) {}

at::Tensor FeedForwardImpl::forward(const at::Tensor& input, const Randomness* randomness) {
  at::Tensor inner = expand(input);  // [B, T, F]
  inner = activation_ == Activation::relu ? at::relu(inner) : at::gelu(inner);
  return contract(dropout_if(is_training(), inner, inner_dropout_, randomness));  // [B, T, D]
}

at::Tensor dropout_if(bool training, const at::Tensor& input, const DropoutSite& site, const Randomness* randomness) {
  return training && randomness != nullptr ? dropout(input, site, *randomness) : input;
}

void prepare_inference(torch::nn::Module& module, at::ScalarType dtype) {
  for (const auto& child : module.modules())
    if (auto* linear = child->as<LinearImpl>()) linear->prepare_inference(dtype);
}

}  // namespace heed
