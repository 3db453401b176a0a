#pragma once

#include <cstdint>

/// The CPU loop behind r_drop_cross_entropy(), free of LibTorch.
namespace heed {

/// How the parts of R-Drop's loss count, see nn/r_drop.h.
struct RDropWeights {
  double label_smoothing;
  double divergence;  ///< of KL(P || Q) + KL(Q || P)
};

/// Rows of the two passes, [n, C] each.
struct RDropRows {
  const float *log_p, *log_q;
  float *p, *q;                 ///< in: probabilities; out: derivatives of the loss by the logits
  const std::int64_t* targets;  ///< [n]
  double *loss, *likelihood;    ///< [n], out: the loss, and the mean log-likelihood of the target under P and Q
};

/// Rows [begin, end). Chooses AVX-512, AVX2 or plain code when first called.
void r_drop_rows(const RDropRows& rows, std::int64_t begin, std::int64_t end, std::int64_t classes,
                 RDropWeights weights);

}  // namespace heed
