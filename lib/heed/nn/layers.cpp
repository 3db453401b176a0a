#include "heed/nn/layers.h"

#include <cmath>
#include <optional>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/init.h>

namespace heed {
namespace {

thread_local at::ScalarType current_compute_dtype = at::kFloat;

// x W^T + b in a lower precision, with gradients in that of the parameters. Differentiable once.
struct LowPrecisionLinear : torch::autograd::Function<LowPrecisionLinear> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias, at::ScalarType dtype) {
    const at::Tensor rows = product_rows(as_rows(input), dtype);  // [N', inputs]
    const at::Tensor low_weight = weight.to(dtype);
    context->save_for_backward({rows, low_weight});
    context->saved_data["input_sizes"] = input.sizes();
    context->saved_data["input_dtype"] = static_cast<std::int64_t>(input.scalar_type());
    context->saved_data["with_bias"] = bias.has_value();
    return like_input(at::linear(rows, low_weight, bias ? bias->to(dtype) : at::Tensor()), input);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &rows = saved[0], &weight = saved[1];
    const auto sizes = context->saved_data["input_sizes"].toIntVector();
    const auto input_dtype = static_cast<at::ScalarType>(context->saved_data["input_dtype"].toInt());
    const at::Tensor exact = as_rows(gradients[0]);                       // [N, outputs]
    const at::Tensor gradient = product_rows(exact, rows.scalar_type());  // [N', outputs]
    at::Tensor input_gradient, weight_gradient, bias_gradient;
    if (context->needs_input_grad(0))
      input_gradient = at::mm(gradient, weight).narrow(0, 0, exact.size(0)).view(sizes).to(input_dtype);
    if (context->needs_input_grad(1)) weight_gradient = at::mm(gradient.t(), rows).to(at::kFloat);
    if (context->saved_data["with_bias"].toBool()) bias_gradient = exact.sum(0, false, at::kFloat);
    return {input_gradient, weight_gradient, bias_gradient, {}};
  }
};

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
  if (inference_ && inference_->dtype() == dtype && !at::GradMode::is_enabled())
    return (*inference_)(input);                                    // [.., outputs]
  if (dtype == at::kFloat) return at::linear(input, weight, bias);  // [.., outputs]
  const auto optional_bias = bias.defined() ? std::optional(bias) : std::nullopt;
  return LowPrecisionLinear::apply(input, weight, optional_bias, dtype);  // [.., outputs]
}

void LinearImpl::prepare_inference(at::ScalarType dtype) {
  inference_.emplace(weight, bias, dtype);
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

}  // namespace heed
