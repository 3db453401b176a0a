#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace heed {

/// Sums over the target tokens that are not padding.
struct CrossEntropy {
  at::Tensor loss;                     ///< 0-d, differentiable: label-smoothed (Szegedy et al. 2016), natural logarithm
  double negative_log_likelihood = 0;  ///< without smoothing: exp(nll / tokens) is the perplexity
  std::int64_t tokens = 0;
};

/// Output projection, softmax and label-smoothed cross-entropy in one: the logits of all tokens are never held, but
/// made, used for loss and gradients, and dropped in blocks of rows. hidden [N, D], weight [C, D], targets [N] int64;
/// rows whose target is `padding` are left out. Matrix products in compute_dtype(), the rest in float32.
CrossEntropy cross_entropy(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                           double label_smoothing, std::int64_t padding);

}  // namespace heed
