#include "heed/nn/residual.h"

#include <optional>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/nn/dropout_draw.h"
#include "heed/nn/residual_kernel.h"
#include "heed/nn/threads.h"

namespace heed {
namespace {

template <class Number>
const Number* read_pointer(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<const Number*>(tensor.const_data_ptr()) : nullptr;
}
template <class Number>
Number* written_pointer(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<Number*>(tensor.mutable_data_ptr()) : nullptr;
}

template <class Number>
void add_norm_all(const at::Tensor& stream, const at::Tensor& branch, const DropoutDraw& draw, const at::Tensor& weight,
                  const at::Tensor& bias, const at::Tensor& sum, const at::Tensor& normed, const at::Tensor& mean,
                  const at::Tensor& reciprocal) {
  const AddNormRows<Number> rows{.width = weight.size(0),
                                 .stream = read_pointer<float>(stream),
                                 .branch = read_pointer<Number>(branch),
                                 .draw = draw,
                                 .weight = read_pointer<float>(weight),
                                 .bias = read_pointer<float>(bias),
                                 .sum = branch.defined() ? written_pointer<float>(sum) : nullptr,
                                 .normed = written_pointer<Number>(normed),
                                 .mean = written_pointer<float>(mean),
                                 .reciprocal = written_pointer<float>(reciprocal)};
  at::parallel_for(0, mean.numel(), 2 * kRowsPerTask,
                   [&](std::int64_t begin, std::int64_t end) { add_norm_rows(rows, begin, end); });
}

template <class Number>
void add_norm_gradient_all(const at::Tensor& sum, const at::Tensor& mean, const at::Tensor& reciprocal,
                           const at::Tensor& weight, const at::Tensor& normed_gradient, const at::Tensor& sum_gradient,
                           const DropoutDraw& draw, const at::Tensor& stream_gradient,
                           const at::Tensor& branch_gradient, const at::Tensor& norm_gradients) {
  const AddNormGradientRows<Number> rows{.width = weight.size(0),
                                         .sum = read_pointer<float>(sum),
                                         .mean = read_pointer<float>(mean),
                                         .reciprocal = read_pointer<float>(reciprocal),
                                         .weight = read_pointer<float>(weight),
                                         .normed_gradient = read_pointer<Number>(normed_gradient),
                                         .sum_gradient = read_pointer<float>(sum_gradient),
                                         .draw = draw,
                                         .stream_gradient = written_pointer<float>(stream_gradient),
                                         .branch_gradient = written_pointer<Number>(branch_gradient)};
  // Each thread sums the norm's gradients over its rows: [threads, 2, D].
  float* const sums = written_pointer<float>(norm_gradients);
  at::parallel_for(0, mean.numel(), 2 * kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    float* const own = sums + at::get_thread_num() * 2 * rows.width;
    add_norm_gradient_rows(rows, begin, end, own, own + rows.width);
  });
}

struct AddNormFunction : torch::autograd::Function<AddNormFunction> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const at::Tensor& stream,
                                                const std::optional<at::Tensor>& added, const at::Tensor& weight,
                                                const at::Tensor& bias, const KeyedDropout& dropout,
                                                at::ScalarType dtype) {
    const at::Tensor branch = added.value_or(at::Tensor());
    const at::Tensor sum = added ? at::empty_like(stream) : stream;
    const at::Tensor normed = at::empty(stream.sizes(), stream.options().dtype(dtype));
    const at::Tensor mean = at::empty({stream.numel() / weight.size(0)}, stream.options());  // [N]
    const at::Tensor reciprocal = at::empty_like(mean);                                      // [N]
    if (dtype == at::kFloat)
      add_norm_all<float>(stream, branch, dropout.draw(), weight, bias, sum, normed, mean, reciprocal);
    else
      add_norm_all<BFloat16Bits>(stream, branch, dropout.draw(), weight, bias, sum, normed, mean, reciprocal);
    context->save_for_backward({sum, mean, reciprocal, weight, dropout.sentence, dropout.position});
    dropout.save(*context);
    context->saved_data["with_branch"] = branch.defined();
    context->set_materialize_grads(false);
    if (!added) return {normed};
    return {sum, normed};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &sum = saved[0], &mean = saved[1], &reciprocal = saved[2], &weight = saved[3];
    const auto dropout = KeyedDropout::saved(*context, saved[4], saved[5]);
    const bool with_branch = context->saved_data["with_branch"].toBool();
    at::Tensor sum_gradient = with_branch ? gradients.front() : at::Tensor(), normed_gradient = gradients.back();
    if (sum_gradient.defined()) sum_gradient = sum_gradient.contiguous();
    // Nobody may have read the norm.
    normed_gradient = normed_gradient.defined() ? normed_gradient.contiguous() : at::zeros_like(sum);
    const at::Tensor stream_gradient = at::empty_like(sum);
    const at::Tensor branch_gradient = with_branch ? at::empty_like(normed_gradient) : at::Tensor();
    const at::Tensor norm_gradients =
        at::zeros({at::get_num_threads(), 2, weight.size(0)}, weight.options());  // [threads, 2, D]
    if (normed_gradient.scalar_type() == at::kFloat)
      add_norm_gradient_all<float>(sum, mean, reciprocal, weight, normed_gradient, sum_gradient, dropout.draw(),
                                   stream_gradient, branch_gradient, norm_gradients);
    else
      add_norm_gradient_all<BFloat16Bits>(sum, mean, reciprocal, weight, normed_gradient, sum_gradient, dropout.draw(),
                                          stream_gradient, branch_gradient, norm_gradients);
    const at::Tensor of_norm = norm_gradients.sum(0);  // [2, D]
    return {stream_gradient, branch_gradient, of_norm[0], of_norm[1], {}, {}};
  }
};

}  // namespace

AddNorm add_norm(const at::Tensor& stream, const at::Tensor& branch, const DropoutSite& site,
                 const Randomness* randomness, LayerNormImpl& norm, at::ScalarType dtype) {
  const bool loop =
      stream.is_cpu() && stream.scalar_type() == at::kFloat && (dtype == at::kFloat || dtype == at::kBFloat16);
  if (!loop) return add_norm_explicit(stream, branch, site, randomness, norm, dtype);
  const at::Tensor in_dtype = branch.defined() ? branch.to(dtype).contiguous() : branch;
  const auto added = branch.defined() ? std::optional(in_dtype) : std::nullopt;
  const auto result = AddNormFunction::apply(stream.contiguous(), added, norm.weight, norm.bias,
                                             KeyedDropout::of(site, randomness), dtype);
  return {added ? result.front() : stream, result.back()};
}

AddNorm add_norm_explicit(const at::Tensor& stream, const at::Tensor& branch, const DropoutSite& site,
                          const Randomness* randomness, LayerNormImpl& norm, at::ScalarType dtype) {
  at::Tensor sum = stream;
  if (branch.defined()) sum = sum + (randomness != nullptr ? dropout(branch, site, *randomness) : branch);
  return {sum, norm.forward(sum).to(dtype)};
}

at::Tensor ResidualStream::read(LayerNorm& norm) {
  const AddNorm result = add_norm(x_, branch_, site_, randomness_, *norm, floating_compute_dtype());
  x_ = result.sum;
  branch_ = at::Tensor();
  return result.normed;
}

// Post-norm: the last sub-layer's branch joins the stream and is normalised with it.
at::Tensor ResidualStream::settle() {
  if (branch_.defined()) x_ = add_norm(x_, branch_, site_, randomness_, *pending_norm_, at::kFloat).normed;
  branch_ = at::Tensor();
  return x_;
}

at::Tensor ResidualStream::finish(LayerNorm& norm) {
  if (!norm_first_) settle();
  return read(norm);
}

}  // namespace heed
