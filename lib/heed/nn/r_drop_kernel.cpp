#include "heed/nn/r_drop_kernel.h"

#include "heed/nn/softmax_lanes.h"

namespace heed {
namespace {

template <class Number>
HEED_INLINE RDropSums rows_of(Number* logits, std::int64_t begin, std::int64_t end, std::int64_t rows,
                              std::int64_t classes, const std::int64_t* targets, RDropWeights weights, float* scratch) {
  RDropSums sums;
  const double smoothing = weights.label_smoothing, off_target = smoothing / static_cast<double>(classes);
  const auto half_off = static_cast<float>(off_target / 2), weight = static_cast<float>(weights.divergence);
  float *const p_scratch = scratch, *const q_scratch = scratch + classes;
  for (std::int64_t r = begin; r < end; ++r) {
    Number *const p_row = logits + r * classes, *const q_row = logits + (rows + r) * classes;
    const Softmax of_p = softmax_of(p_row, classes, p_scratch), of_q = softmax_of(q_row, classes, q_scratch);
    const std::int64_t target = targets[r];
    const Floats p_target = load_some(p_row + target, 1), q_target = load_some(q_row + target, 1);
    const double nll = (of_p.log_sum - double{p_target[0]} + of_q.log_sum - double{q_target[0]}) / 2;
    const double all_classes = static_cast<double>(classes) * (of_p.log_sum + of_q.log_sum) -
                               (double{of_p.total} + double{of_q.total});  // of -log p and -log q

    // KL(P || Q) and KL(Q || P); log p - log q is the logits' difference but for a number that is the same everywhere.
    const auto shift = static_cast<float>(of_q.log_sum - of_p.log_sum);
    Floats forth_lanes{}, back_lanes{};
    visit_columns(0, classes, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
      const Floats ratio = load_up_to(p_row + c, count) - load_up_to(q_row + c, count) + shift;
      forth_lanes += load_up_to(p_scratch + c, count) * ratio;
      back_lanes -= load_up_to(q_scratch + c, count) * ratio;
    });
    const float forth = sum_of(forth_lanes) * of_p.factor, back = sum_of(back_lanes) * of_q.factor;
    sums.negative_log_likelihood += nll;
    sums.loss +=
        (1 - smoothing) * nll + off_target / 2 * all_classes + weights.divergence * (double{forth} + double{back});

    // d divergence / d logits of P = p (log p - log q - KL(P || Q)) + p - q, and of Q with the roles changed.
    float p_on_target = 0, q_on_target = 0;
    visit_columns(0, classes, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
      const Floats ratio = load_up_to(p_row + c, count) - load_up_to(q_row + c, count) + shift;
      const Floats p = load_up_to(p_scratch + c, count) * of_p.factor;
      const Floats q = load_up_to(q_scratch + c, count) * of_q.factor;
      const Floats by_p = p * 0.5f - half_off + (p * (ratio - forth) + p - q) * weight;
      const Floats by_q = q * 0.5f - half_off - (q * (ratio + back) + p - q) * weight;
      if (target >= c && target < c + count) {
        p_on_target = by_p[target - c];
        q_on_target = by_q[target - c];
      }
      store_up_to(p_row + c, by_p, count);
      store_up_to(q_row + c, by_q, count);
    });
    const auto half_on = static_cast<float>((1 - smoothing) / 2);
    store_some(p_row + target, all(p_on_target - half_on), 1);
    store_some(q_row + target, all(q_on_target - half_on), 1);
  }
  return sums;
}

}  // namespace

HEED_CLONES RDropSums r_drop_rows(float* logits, std::int64_t begin, std::int64_t end, std::int64_t rows,
                                  std::int64_t classes, const std::int64_t* targets, RDropWeights weights,
                                  float* scratch) {
  return rows_of(logits, begin, end, rows, classes, targets, weights, scratch);
}
HEED_CLONES RDropSums r_drop_rows(BFloat16Bits* logits, std::int64_t begin, std::int64_t end, std::int64_t rows,
                                  std::int64_t classes, const std::int64_t* targets, RDropWeights weights,
                                  float* scratch) {
  return rows_of(logits, begin, end, rows, classes, targets, weights, scratch);
}

}  // namespace heed
