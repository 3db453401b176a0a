#include "heed/nn/layers.h"

#include <cmath>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/init.h>

#include "heed/nn/residual_kernel.h"

namespace heed {
namespace {

thread_local at::ScalarType current_compute_dtype = at::kFloat;

constexpr std::int64_t kColumnsPerTask = 64;

// Sums of the columns of [N, W] -> [W] float32.
at::Tensor column_sums(const at::Tensor& rows) {
  const bool loop = rows.is_cpu() && (rows.scalar_type() == at::kFloat || rows.scalar_type() == at::kBFloat16);
  if (!loop) return rows.sum(0, false, at::kFloat);
  const at::Tensor matrix = rows.contiguous(), sums = at::empty({rows.size(1)}, rows.options().dtype(at::kFloat));
  at::parallel_for(0, rows.size(1), kColumnsPerTask, [&](std::int64_t begin, std::int64_t end) {
    if (matrix.scalar_type() == at::kFloat)
      sum_columns(matrix.const_data_ptr<float>(), matrix.size(0), matrix.size(1), begin, end,
                  sums.mutable_data_ptr<float>());
    else
      sum_columns(static_cast<const BFloat16Bits*>(matrix.const_data_ptr()), matrix.size(0), matrix.size(1), begin, end,
                  sums.mutable_data_ptr<float>());
  });
  return sums;
}

// The parts one below the other in `dtype`: weights [outputs, inputs] or biases [outputs] of several layers.
at::Tensor stacked(at::TensorList parts, at::ScalarType dtype) {
  if (parts.size() == 1) return parts[0].to(dtype);
  std::vector<std::int64_t> sizes = parts[0].sizes().vec();
  sizes[0] = 0;
  for (const at::Tensor& part : parts) sizes[0] += part.size(0);
  const at::Tensor result = at::empty(sizes, parts[0].options().dtype(dtype));
  std::int64_t begin = 0;
  for (const at::Tensor& part : parts) {
    result.narrow(0, begin, part.size(0)).copy_(part);
    begin += part.size(0);
  }
  return result;
}

// x W^T + b of one or several layers side by side in a lower precision, with gradients in that of the parameters.
// `parameters`: their weights, then (with_bias) their biases. Differentiable once.
struct LowPrecisionLinear : torch::autograd::Function<LowPrecisionLinear> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                            at::TensorList parameters, bool with_bias, at::ScalarType dtype) {
    const std::size_t layers = with_bias ? parameters.size() / 2 : parameters.size();
    const at::Tensor rows = product_rows(as_rows(input), dtype);            // [N', inputs]
    const at::Tensor weight = stacked(parameters.slice(0, layers), dtype);  // [outputs, inputs]
    const at::Tensor bias = with_bias ? stacked(parameters.slice(layers), dtype) : at::Tensor();
    context->save_for_backward({rows, weight});
    std::vector<std::int64_t> outputs;
    for (std::size_t i = 0; i < layers; ++i) outputs.push_back(parameters[i].size(0));
    context->saved_data["outputs"] = outputs;
    context->saved_data["input_sizes"] = input.sizes();
    context->saved_data["input_dtype"] = static_cast<std::int64_t>(input.scalar_type());
    context->saved_data["with_bias"] = with_bias;
    return like_input(at::linear(rows, weight, bias), input);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &rows = saved[0], &weight = saved[1];
    const auto sizes = context->saved_data["input_sizes"].toIntVector();
    const auto outputs = context->saved_data["outputs"].toIntVector();
    const auto input_dtype = static_cast<at::ScalarType>(context->saved_data["input_dtype"].toInt());
    const at::Tensor exact = as_rows(gradients[0]);                       // [N, outputs]
    const at::Tensor gradient = product_rows(exact, rows.scalar_type());  // [N', outputs]
    torch::autograd::variable_list result(1);
    if (context->needs_input_grad(0))
      result[0] = at::mm(gradient, weight).narrow(0, 0, exact.size(0)).view(sizes).to(input_dtype);
    const auto add_parts = [&](const at::Tensor& whole) {
      std::int64_t begin = 0;
      for (const std::int64_t width : outputs) {
        result.push_back(whole.narrow(0, begin, width));
        begin += width;
      }
    };
    add_parts(at::mm(gradient.t(), rows).to(at::kFloat));  // [outputs, inputs]
    if (context->saved_data["with_bias"].toBool()) add_parts(column_sums(exact));
    result.resize(result.size() + 2);
    return result;
  }
};

}  // namespace

at::ScalarType compute_dtype() {
  return current_compute_dtype;
}

at::ScalarType floating_compute_dtype() {
  return compute_dtype() == at::kBFloat16 ? at::kBFloat16 : at::kFloat;
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
    return (*inference_)(input);              // [.., outputs]
  return linear_side_by_side(input, {this});  // [.., outputs]
}

at::Tensor linear_side_by_side(const at::Tensor& input, std::initializer_list<LinearImpl*> layers) {
  const at::ScalarType dtype = compute_dtype();
  const bool with_bias = (*layers.begin())->bias.defined();
  if (dtype == at::kFloat && layers.size() == 1)
    return at::linear(input, (*layers.begin())->weight, (*layers.begin())->bias);  // [.., outputs]
  std::vector<at::Tensor> weights, biases;
  for (const LinearImpl* layer : layers) {
    weights.push_back(layer->weight);
    if (with_bias) biases.push_back(layer->bias);
  }
  if (dtype == at::kFloat) return at::linear(input, at::cat(weights), with_bias ? at::cat(biases) : at::Tensor());
  weights.insert(weights.end(), biases.begin(), biases.end());
  return LowPrecisionLinear::apply(input, at::TensorList(weights), with_bias, dtype);  // [.., outputs]
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
  const Randomness* drawn = is_training() ? randomness : nullptr;
  const at::Tensor inner = expand(input);  // [.., F]
  return contract(activation_ == Activation::relu
                      ? relu_dropout(inner, inner_dropout_, drawn)
                      : dropout_if(is_training(), at::gelu(inner), inner_dropout_, randomness));  // [.., D]
}

at::Tensor dropout_if(bool training, const at::Tensor& input, const DropoutSite& site, const Randomness* randomness) {
  return training && randomness != nullptr ? dropout(input, site, *randomness) : input;
}

}  // namespace heed
