#pragma once

#include <cstdint>

#include "heed/nn/bfloat16_bits.h"

/// The CPU loop behind r_drop_cross_entropy(), free of LibTorch.
namespace heed {

/// What the loss of R-Drop is made of, see nn/r_drop.h.
struct RDropWeights {
  double label_smoothing;
  double divergence;  ///< of KL(P || Q) + KL(Q || P)
};

/// Sums over rows; the likelihood is the mean of both passes.
struct RDropSums {
  double loss = 0, negative_log_likelihood = 0;
};

/// Logits [2, rows, classes] of two passes in, the derivatives of the summed loss by them out in their place, for rows
/// [begin, end) of each pass. targets [rows]; `scratch`: [2, classes] floats.
RDropSums r_drop_rows(float* logits, std::int64_t begin, std::int64_t end, std::int64_t rows, std::int64_t classes,
                      const std::int64_t* targets, RDropWeights weights, float* scratch);
RDropSums r_drop_rows(BFloat16Bits* logits, std::int64_t begin, std::int64_t end, std::int64_t rows,
                      std::int64_t classes, const std::int64_t* targets, RDropWeights weights, float* scratch);

}  // namespace heed
