#include "heed/nn/cross_entropy.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/nn/cross_entropy_kernel.h"
#include "heed/nn/layers.h"
#include "heed/nn/threads.h"

namespace heed {
namespace {

// Blocks of about eight million logits stay near the cache and keep the matrix products large.
std::int64_t rows_per_block(std::int64_t classes) {
  return std::max<std::int64_t>(64, (std::int64_t{1} << 23) / classes / 64 * 64);
}

// The gradient of the logits [n, C] in their place by tensor operations; sums as CrossEntropySums [2], in double.
at::Tensor turn_into_gradient_explicit(const at::Tensor& logits, const at::Tensor& targets, double label_smoothing) {
  const double off_target = label_smoothing / static_cast<double>(logits.size(1));
  const at::Tensor target = targets.unsqueeze(1);                         // [n, 1]
  at::Tensor log_p = at::log_softmax(logits.to(at::kFloat), 1);           // [n, C]
  const at::Tensor nll = log_p.gather(1, target).sum(at::kDouble).neg();  // []
  const at::Tensor loss = nll * (1.0 - label_smoothing) - log_p.sum(at::kDouble) * off_target;
  // d loss / d logits = softmax - smoothed target distribution
  const at::Tensor gradient = log_p.exp_().sub_(off_target);
  gradient.scatter_add_(1, target, at::full_like(target, label_smoothing - 1.0, gradient.options()));
  logits.copy_(gradient);
  return at::stack({loss, nll});
}

// The same by the loop on the CPU.
at::Tensor turn_into_gradient(const at::Tensor& logits, const at::Tensor& targets, double label_smoothing) {
  const bool loop = logits.is_cpu() && logits.is_contiguous() &&
                    (logits.scalar_type() == at::kFloat || logits.scalar_type() == at::kBFloat16);
  if (!loop) return turn_into_gradient_explicit(logits, targets, label_smoothing);
  const std::int64_t classes = logits.size(1);
  const at::Tensor target = targets.contiguous();
  std::vector<CrossEntropySums> of_threads(static_cast<std::size_t>(at::get_num_threads()));
  at::parallel_for(0, targets.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(classes));
    CrossEntropySums& sums = of_threads[static_cast<std::size_t>(at::get_thread_num())];
    const auto* numbers = target.const_data_ptr<std::int64_t>();
    if (logits.scalar_type() == at::kFloat)
      sums = cross_entropy_rows(logits.mutable_data_ptr<float>(), begin, end, classes, numbers, label_smoothing,
                                scratch.data());
    else
      sums = cross_entropy_rows(static_cast<BFloat16Bits*>(logits.mutable_data_ptr()), begin, end, classes, numbers,
                                label_smoothing, scratch.data());
  });
  double loss = 0, nll = 0;
  for (const CrossEntropySums& sums : of_threads) {
    loss += sums.loss;
    nll += sums.negative_log_likelihood;
  }
  return at::tensor({loss, nll}, at::kDouble);
}

// The loss is the last thing computed, so its gradient (up to the factor that backward brings) is known already in
// the forward pass, while the logits are at hand: backward only scales it.
struct CrossEntropyFunction : torch::autograd::Function<CrossEntropyFunction> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const at::Tensor& hidden,
                                                const at::Tensor& weight, const at::Tensor& targets,
                                                double label_smoothing, bool with_gradient) {
    const at::ScalarType dtype = compute_dtype();
    const std::int64_t rows = hidden.size(0), classes = weight.size(0);
    const at::Tensor table = weight.to(dtype);  // [C, D]
    at::Tensor sums = at::zeros({2}, hidden.options().dtype(at::kDouble));
    at::Tensor hidden_gradient = with_gradient ? at::empty_like(hidden) : at::Tensor();
    at::Tensor weight_gradient = with_gradient ? at::zeros_like(weight) : at::Tensor();

    for (std::int64_t begin = 0; begin < rows; begin += rows_per_block(classes)) {
      const std::int64_t count = std::min(rows_per_block(classes), rows - begin);
      const at::Tensor states = product_rows(hidden.narrow(0, begin, count), dtype);  // [n', D]
      const at::Tensor logits = at::mm(states, table.t());                            // [n', C]
      sums += turn_into_gradient(logits.narrow(0, 0, count), targets.narrow(0, begin, count), label_smoothing);
      if (!with_gradient) continue;
      const at::Tensor& gradient = logits;
      gradient.narrow(0, count, gradient.size(0) - count).zero_();
      hidden_gradient.narrow(0, begin, count).copy_(at::mm(gradient, table).narrow(0, 0, count));  // [n, D]
      weight_gradient.add_(at::mm(gradient.t(), states));                                          // [C, D]
    }
    context->save_for_backward({hidden_gradient, weight_gradient});
    return {sums[0].to(at::kFloat), sums[1]};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    // As a rule the loss itself is what backward() is called on, and there is nothing to scale.
    const bool plain = gradients[0].is_cpu() && gradients[0].item<double>() == 1;
    const auto scaled = [&](const at::Tensor& gradient) { return plain ? gradient : gradient * gradients[0]; };
    return {scaled(saved[0]), scaled(saved[1]), {}, {}, {}};
  }
};

}  // namespace

CrossEntropy cross_entropy(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                           double label_smoothing, std::int64_t padding) {
  const at::Tensor real = targets.ne(padding).nonzero().squeeze(1);  // [n]
  const bool with_gradient = at::GradMode::is_enabled() && (hidden.requires_grad() || weight.requires_grad());
  const auto sums = CrossEntropyFunction::apply(hidden.index_select(0, real), weight, targets.index_select(0, real),
                                                label_smoothing, with_gradient);
  return {sums[0], sums[1].item<double>(), real.size(0)};
}

}  // namespace heed
