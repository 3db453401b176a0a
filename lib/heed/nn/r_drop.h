#pragma once

#include "heed/nn/cross_entropy.h"

namespace heed {

/// R-Drop (Wu et al. 2021): the mean cross-entropy of two passes with other dropouts, P and Q, and how far apart their
/// predictions are: alpha / 4 * (KL(P || Q) + KL(Q || P)) for each token. This is half of the paper's loss: it weighs
/// as much as one pass, and `alpha` means what it means there. Made in blocks of rows, as cross_entropy() is.
/// hidden [2 * N, D]: one pass, then the other; weight [C, D], targets [N] int64. Both counts are those of one pass.
CrossEntropy r_drop_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                                  double label_smoothing, double alpha, std::int64_t padding);

/// Logits [2, n, C] of two passes become the derivatives of the summed loss by them, in their place; targets [n].
/// Returns loss and negative log-likelihood, summed, float64 [2].
at::Tensor turn_into_r_drop_gradient(const at::Tensor& logits, const at::Tensor& targets, double label_smoothing,
                                     double alpha);
/// The same as tensor operations: the path for other devices and the oracle of the loop.
at::Tensor turn_into_r_drop_gradient_explicit(const at::Tensor& logits, const at::Tensor& targets,
                                              double label_smoothing, double alpha);

}  // namespace heed
