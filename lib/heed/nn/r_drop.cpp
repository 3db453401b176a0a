#include "heed/nn/r_drop.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/nn/layers.h"
#include "heed/nn/r_drop_kernel.h"
#include "heed/nn/threads.h"

namespace heed {
namespace {

// Blocks of about eight million logits, of both passes together.
std::int64_t pairs_per_block(std::int64_t classes) {
  return std::max<std::int64_t>(32, (std::int64_t{1} << 22) / classes / 32 * 32);
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
    at::Tensor sums = at::zeros({2}, hidden.options().dtype(at::kDouble));
    at::Tensor hidden_gradient = at::empty_like(hidden), weight_gradient = at::zeros_like(weight);
    for (std::int64_t begin = 0; begin < rows; begin += pairs_per_block(classes)) {
      const std::int64_t count = std::min(pairs_per_block(classes), rows - begin), both = 2 * count;
      const at::Tensor states = product_rows(hidden.narrow(1, begin, count).reshape({both, width}), dtype);  // [2n', D]
      const at::Tensor logits = at::mm(states, table.t());                                                   // [2n', C]
      sums += turn_into_r_drop_gradient(logits.narrow(0, 0, both).view({2, count, classes}),
                                        targets.narrow(0, begin, count), label_smoothing, alpha);
      const at::Tensor& gradient = logits;
      gradient.narrow(0, both, gradient.size(0) - both).zero_();
      const at::Tensor by_states = at::mm(gradient, table).narrow(0, 0, both);           // [2n, D]
      hidden_gradient.narrow(1, begin, count).copy_(by_states.view({2, count, width}));  // [2, n, D]
      weight_gradient.add_(at::mm(gradient.t(), states));                                // [C, D]
    }
    context->save_for_backward({hidden_gradient, weight_gradient});
    return {sums[0].to(at::kFloat), sums[1]};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {saved[0] * gradients[0], saved[1] * gradients[0], {}, {}, {}};
  }
};

}  // namespace

at::Tensor turn_into_r_drop_gradient_explicit(const at::Tensor& logits, const at::Tensor& targets,
                                              double label_smoothing, double alpha) {
  const RDropWeights weights = weights_of(label_smoothing, alpha);
  const double off_target = label_smoothing / static_cast<double>(logits.size(2));
  const at::Tensor log_p = at::log_softmax(logits.to(at::kFloat), 2), p = log_p.exp();             // [2, n, C]
  const at::Tensor ratio = log_p[0] - log_p[1], difference = p[0] - p[1];                          // [n, C]
  const at::Tensor forth = (p[0] * ratio).sum(1, true), back = (p[1] * ratio).sum(1, true).neg();  // [n, 1]
  const at::Tensor index = targets.view({1, -1, 1}).expand({2, -1, 1});                            // [2, n, 1]
  const at::Tensor nll = log_p.gather(2, index).sum(at::kDouble) / -2.0;                           // []
  const at::Tensor apart = (forth + back).sum(at::kDouble);                                        // []
  const at::Tensor loss =
      nll * (1 - label_smoothing) - log_p.sum(at::kDouble) * (off_target / 2) + apart * weights.divergence;

  const at::Tensor gradient = p * 0.5 - off_target / 2;  // [2, n, C]
  gradient[0].add_(p[0] * (ratio - forth) + difference, weights.divergence);
  gradient[1].sub_(p[1] * (ratio + back) + difference, weights.divergence);
  gradient.scatter_add_(2, index, at::full_like(index, (label_smoothing - 1) / 2, gradient.options()));
  logits.copy_(gradient);
  return at::stack({loss, nll});
}

at::Tensor turn_into_r_drop_gradient(const at::Tensor& logits, const at::Tensor& targets, double label_smoothing,
                                     double alpha) {
  const bool loop = logits.is_cpu() && logits.is_contiguous() &&
                    (logits.scalar_type() == at::kFloat || logits.scalar_type() == at::kBFloat16);
  if (!loop) return turn_into_r_drop_gradient_explicit(logits, targets, label_smoothing, alpha);
  const std::int64_t rows = logits.size(1), classes = logits.size(2);
  const RDropWeights weights = weights_of(label_smoothing, alpha);
  const at::Tensor target = targets.contiguous();  // [n]
  std::vector<RDropSums> of_threads(static_cast<std::size_t>(at::get_num_threads()));
  at::parallel_for(0, rows, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(2 * classes));
    RDropSums& sums = of_threads[static_cast<std::size_t>(at::get_thread_num())];
    const auto* numbers = target.const_data_ptr<std::int64_t>();
    if (logits.scalar_type() == at::kFloat)
      sums = r_drop_rows(logits.mutable_data_ptr<float>(), begin, end, rows, classes, numbers, weights, scratch.data());
    else
      sums = r_drop_rows(static_cast<BFloat16Bits*>(logits.mutable_data_ptr()), begin, end, rows, classes, numbers,
                         weights, scratch.data());
  });
  double loss = 0, nll = 0;
  for (const RDropSums& sums : of_threads) {
    loss += sums.loss;
    nll += sums.negative_log_likelihood;
  }
  return at::tensor({loss, nll}, at::kDouble);
}

CrossEntropy r_drop_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                                  double label_smoothing, double alpha, std::int64_t padding) {
  const at::Tensor real = targets.ne(padding).nonzero().squeeze(1);                       // [n]
  const at::Tensor passes = hidden.view({2, targets.size(0), -1}).index_select(1, real);  // [2, n, D]
  const auto sums = RDropFunction::apply(passes, weight, targets.index_select(0, real), label_smoothing, alpha);
  return {sums[0], sums[1].item<double>(), real.size(0)};
}

}  // namespace heed
