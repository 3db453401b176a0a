#pragma once

#include <cmath>

#include "heed/nn/vectors.h"

/// The softmax of a row of logits, for the loops that use it up at once.
namespace heed {

/// What a softmax of a row needs.
struct Softmax {
  double log_sum;  ///< of the exponentials
  float factor;    ///< that makes the exponentials in `scratch` probabilities
  float total;     ///< of the logits
};

/// Leaves e^(logit - greatest) of `classes` logits in `scratch`.
template <class Number>
HEED_INLINE Softmax softmax_of(const Number* row, std::int64_t classes, float* scratch) {
  constexpr float kLeast = -3e38F;
  Floats greatest = all(kLeast), total{};
  visit_columns(0, classes, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
    const Floats x = load_up_to(row + c, count);
    greatest = greater(greatest, first_lanes(x, count, kLeast));
    total += x;
  });
  const float top = greatest_of(greatest);
  Floats sums{};
  visit_columns(0, classes, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
    const Floats e = first_lanes(exp_of_negative(load_up_to(row + c, count) - top), count, 0);
    store_up_to(scratch + c, e, count);
    sums += e;
  });
  const float sum = sum_of(sums);
  return {double{top} + std::log(double{sum}), 1 / sum, sum_of(total)};
}

}  // namespace heed
