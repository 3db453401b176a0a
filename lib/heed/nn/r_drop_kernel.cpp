#include "heed/nn/r_drop_kernel.h"

#include "heed/nn/clones.h"

namespace heed {
namespace {

// Sums are kept in lanes, in a fixed order: the compiler may not reorder a plain one into vector code.
constexpr int kLanes = 16;

struct Sums {
  float forth[kLanes] = {}, back[kLanes] = {}, log_p[kLanes] = {}, log_q[kLanes] = {};
};

HEED_INLINE float total(const float (&lanes)[kLanes]) {
  double sum = 0;
  for (const float lane : lanes) sum += lane;
  return static_cast<float>(sum);
}

}  // namespace

HEED_CLONES void r_drop_rows(const RDropRows& rows, std::int64_t begin, std::int64_t end, std::int64_t classes,
                             RDropWeights weights) {
  const double smoothing = weights.label_smoothing, off_target = smoothing / static_cast<double>(classes);
  const auto half_off = static_cast<float>(off_target / 2), weight = static_cast<float>(weights.divergence);
  const std::int64_t whole = classes - classes % kLanes;
  for (std::int64_t row = begin; row < end; ++row) {
    const float *log_p = rows.log_p + row * classes, *log_q = rows.log_q + row * classes;
    float *p = rows.p + row * classes, *q = rows.q + row * classes;
    Sums sums;
    const auto add = [&](std::int64_t c, int lane) HEED_INLINE_LAMBDA {
      const float ratio = log_p[c] - log_q[c];
      sums.forth[lane] += p[c] * ratio;
      sums.back[lane] -= q[c] * ratio;
      sums.log_p[lane] += log_p[c];
      sums.log_q[lane] += log_q[c];
    };
    for (std::int64_t c = 0; c < whole; c += kLanes) {
#pragma GCC unroll 1  // a loop, not sixteen copies, is what the vectoriser understands
      for (int lane = 0; lane < kLanes; ++lane) add(c + lane, lane);
    }
    for (std::int64_t c = whole; c < classes; ++c) add(c, 0);

    // d divergence / d logits of P = p (log p - log q - KL(P || Q)) + p - q, and of Q with the roles changed.
    const float forth = total(sums.forth), back = total(sums.back);
#pragma GCC ivdep
    for (std::int64_t c = 0; c < classes; ++c) {
      const float ratio = log_p[c] - log_q[c], p_c = p[c], q_c = q[c], difference = p_c - q_c;
      p[c] = 0.5f * p_c - half_off + weight * (p_c * (ratio - forth) + difference);
      q[c] = 0.5f * q_c - half_off - weight * (q_c * (ratio + back) + difference);
    }
    const std::int64_t target = rows.targets[row];
    const auto on_target = static_cast<float>((1 - smoothing) / 2);
    p[target] -= on_target;
    q[target] -= on_target;

    const double likelihood = (static_cast<double>(log_p[target]) + static_cast<double>(log_q[target])) / 2;
    const double all = (static_cast<double>(total(sums.log_p)) + static_cast<double>(total(sums.log_q))) / 2;
    rows.likelihood[row] = likelihood;
    rows.loss[row] = weights.divergence * (static_cast<double>(forth) + static_cast<double>(back)) -
                     (1 - smoothing) * likelihood - off_target * all;
  }
}

}  // namespace heed
