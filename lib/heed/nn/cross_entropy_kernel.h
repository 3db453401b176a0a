#pragma once

#include <cstdint>

#include "heed/nn/bfloat16_bits.h"

/// The CPU loop behind cross_entropy(), free of LibTorch.
namespace heed {

/// Sums over rows, see CrossEntropy.
struct CrossEntropySums {
  double loss = 0, negative_log_likelihood = 0;
};

/// Logits [rows, classes] in, their softmax minus the smoothed target distribution (the gradient of the summed loss)
/// out in their place, for rows [begin, end). `scratch`: [classes] floats.
CrossEntropySums cross_entropy_rows(float* logits, std::int64_t begin, std::int64_t end, std::int64_t classes,
                                    const std::int64_t* targets, double label_smoothing, float* scratch);
CrossEntropySums cross_entropy_rows(BFloat16Bits* logits, std::int64_t begin, std::int64_t end, std::int64_t classes,
                                    const std::int64_t* targets, double label_smoothing, float* scratch);

}  // namespace heed
