#include "heed/nn/r_drop.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/nn/layers.h"
#include "heed/nn/r_drop_kernel.h"

namespace heed {
namespace {

// Blocks of about four million logits, of both passes together.
std::int64_t rows_per_block(std::int64_t classes) {
  return std::max<std::int64_t>(32, (std::int64_t{1} << 21) / classes);
}

RDropWeights weights_of(double label_smoothing, double alpha) {
  return {.label_smoothing = label_smoothing, .divergence = alpha / 4};
}

// As in cross_entropy(), the gradient is made in the forward pass, while the logits are at hand. hidden [2, n, D],
// targets [n].
struct RDropFunction : torch::autograd::Function<RDropFunction> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const at::Tensor& hidden,
                                                const at::Tensor& weight, const at::Tensor& targets,
                                                double label_smoothing, double alpha) {
    const at::ScalarType dtype = compute_dtype();
    const std::int64_t rows = hidden.size(1), width = hidden.size(2), classes = weight.size(0);
    const at::Tensor table = weight.to(dtype);  // [C, D]
    at::Tensor loss = at::zeros({}, hidden.options().dtype(at::kDouble)), nll = at::zeros_like(loss);
    at::Tensor hidden_gradient = at::empty_like(hidden), weight_gradient = at::zeros_like(weight);
    for (std::int64_t begin = 0; begin < rows; begin += rows_per_block(classes)) {
      const std::int64_t count = std::min(rows_per_block(classes), rows - begin), both = 2 * count;
      const at::Tensor states = product_rows(hidden.narrow(1, begin, count).reshape({both, width}), dtype);  // [2n', D]
      const at::Tensor logits = at::mm(states, table.t()).narrow(0, 0, both).to(at::kFloat);                 // [2n, C]
      const at::Tensor log_p = at::log_softmax(logits, 1).view({2, count, classes});  // [2, n, C]
      const RDropBlock block = r_drop_block(log_p, targets.narrow(0, begin, count), label_smoothing, alpha);
      loss += block.loss.sum();
      nll -= block.likelihood.sum();
      const at::Tensor gradient = product_rows(block.gradient.view({both, classes}), dtype);  // [2n', C]
      const at::Tensor by_states = at::mm(gradient, table).narrow(0, 0, both);                // [2n, D]
      hidden_gradient.narrow(1, begin, count).copy_(by_states.view({2, count, width}));       // [2, n, D]
      weight_gradient.add_(at::mm(gradient.t(), states));                                     // [C, D]
    }
    context->save_for_backward({hidden_gradient, weight_gradient});
    return {loss.to(at::kFloat), nll};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {saved[0] * gradients[0], saved[1] * gradients[0], {}, {}, {}};
  }
};

}  // namespace

RDropBlock r_drop_block_of_tensors(const at::Tensor& log_p, const at::Tensor& targets, double label_smoothing,
                                   double alpha) {
  const RDropWeights weights = weights_of(label_smoothing, alpha);
  const double off_target = label_smoothing / static_cast<double>(log_p.size(2));
  const at::Tensor p = log_p.exp();                                                                // [2, n, C]
  const at::Tensor ratio = log_p[0] - log_p[1], difference = p[0] - p[1];                          // [n, C]
  const at::Tensor forth = (p[0] * ratio).sum(1, true), back = (p[1] * ratio).sum(1, true).neg();  // [n, 1]
  const at::Tensor index = targets.view({1, -1, 1}).expand({2, -1, 1});                            // [2, n, 1]
  const at::Tensor likelihood = log_p.gather(2, index).squeeze(2).to(at::kDouble).mean(0);         // [n]
  const at::Tensor all = log_p.sum(2, false, at::kDouble).mean(0);                                 // [n]

  at::Tensor gradient = p * 0.5 - off_target / 2;  // [2, n, C]
  gradient[0].add_(p[0] * (ratio - forth) + difference, weights.divergence);
  gradient[1].sub_(p[1] * (ratio + back) + difference, weights.divergence);
  gradient.scatter_add_(2, index, at::full_like(index, (label_smoothing - 1) / 2, gradient.options()));
  const at::Tensor apart = (forth + back).squeeze(1).to(at::kDouble);  // [n]
  return {apart * weights.divergence - likelihood * (1 - label_smoothing) - all * off_target, likelihood, gradient};
}

RDropBlock r_drop_block(const at::Tensor& log_p, const at::Tensor& targets, double label_smoothing, double alpha) {
  if (!log_p.device().is_cpu()) return r_drop_block_of_tensors(log_p, targets, label_smoothing, alpha);
  const std::int64_t count = log_p.size(1), classes = log_p.size(2);
  const at::Tensor places = targets.contiguous(), gradient = log_p.exp();                      // [n], [2, n, C]
  const at::Tensor loss = at::empty({count}, at::kDouble), likelihood = at::empty_like(loss);  // [n]
  const float* log_probabilities = log_p.const_data_ptr<float>();
  float* probabilities = gradient.mutable_data_ptr<float>();
  const RDropRows rows{.log_p = log_probabilities,
                       .log_q = log_probabilities + count * classes,
                       .p = probabilities,
                       .q = probabilities + count * classes,
                       .targets = places.const_data_ptr<std::int64_t>(),
                       .loss = loss.mutable_data_ptr<double>(),
                       .likelihood = likelihood.mutable_data_ptr<double>()};
  at::parallel_for(0, count, 16, [&](std::int64_t begin, std::int64_t end) {
    r_drop_rows(rows, begin, end, classes, weights_of(label_smoothing, alpha));
  });
  return {loss, likelihood, gradient};
}

CrossEntropy r_drop_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                                  double label_smoothing, double alpha, std::int64_t padding) {
  const at::Tensor real = targets.ne(padding).nonzero().squeeze(1);                       // [n]
  const at::Tensor passes = hidden.view({2, targets.size(0), -1}).index_select(1, real);  // [2, n, D]
  const auto sums = RDropFunction::apply(passes, weight, targets.index_select(0, real), label_smoothing, alpha);
  return {sums[0], sums[1].item<double>(), real.size(0)};
}

}  // namespace heed
