#include "heed/nn/cross_entropy.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/nn/layers.h"

namespace heed {
namespace {

// Blocks of about four million logits stay near the cache and keep the matrix products large.
std::int64_t rows_per_block(std::int64_t classes) {
  return std::max<std::int64_t>(64, (std::int64_t{1} << 22) / classes);
}

// The loss is the last thing computed, so its gradient (up to the factor that backward brings) is known already in
// the forward pass, while the logits are at hand: backward only scales it.
struct CrossEntropyFunction : torch::autograd::Function<CrossEntropyFunction> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const at::Tensor& hidden,
                                                const at::Tensor& weight, const at::Tensor& targets,
                                                double label_smoothing, bool with_gradient) {
    const at::ScalarType dtype = compute_dtype();
    const std::int64_t rows = hidden.size(0), classes = weight.size(0);
    const double off_target = label_smoothing / static_cast<double>(classes);
    const at::Tensor table = weight.to(dtype);  // [C, D]
    at::Tensor loss = at::zeros({}, hidden.options().dtype(at::kDouble)), nll = at::zeros_like(loss);
    at::Tensor hidden_gradient = with_gradient ? at::empty_like(hidden) : at::Tensor();
    at::Tensor weight_gradient = with_gradient ? at::zeros_like(weight) : at::Tensor();

    for (std::int64_t begin = 0; begin < rows; begin += rows_per_block(classes)) {
      const std::int64_t count = std::min(rows_per_block(classes), rows - begin);
      const at::Tensor states = product_rows(hidden.narrow(0, begin, count), dtype);           // [n', D]
      const at::Tensor target = targets.narrow(0, begin, count).unsqueeze(1);                  // [n, 1]
      const at::Tensor logits = at::mm(states, table.t()).narrow(0, 0, count).to(at::kFloat);  // [n, C]
      const at::Tensor log_p = at::log_softmax(logits, 1);                                     // [n, C]
      const at::Tensor block_nll = log_p.gather(1, target).sum(at::kDouble).neg();
      nll += block_nll;
      loss += block_nll * (1.0 - label_smoothing);
      if (label_smoothing > 0) loss -= log_p.sum(at::kDouble) * off_target;
      if (!with_gradient) continue;
      // d loss / d logits = softmax - smoothed target distribution
      at::Tensor gradient = log_p.exp_();
      if (label_smoothing > 0) gradient.sub_(off_target);
      gradient.scatter_add_(1, target, at::full_like(target, label_smoothing - 1.0, gradient.options()));
      gradient = product_rows(gradient, dtype);                                                    // [n', C]
      hidden_gradient.narrow(0, begin, count).copy_(at::mm(gradient, table).narrow(0, 0, count));  // [n, D]
      weight_gradient.add_(at::mm(gradient.t(), states));                                          // [C, D]
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

CrossEntropy cross_entropy(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                           double label_smoothing, std::int64_t padding) {
  const at::Tensor real = targets.ne(padding).nonzero().squeeze(1);  // [n]
  const bool with_gradient = at::GradMode::is_enabled() && (hidden.requires_grad() || weight.requires_grad());
  const auto sums = CrossEntropyFunction::apply(hidden.index_select(0, real), weight, targets.index_select(0, real),
                                                label_smoothing, with_gradient);
  return {sums[0], sums[1].item<double>(), real.size(0)};
}

}  // namespace heed
