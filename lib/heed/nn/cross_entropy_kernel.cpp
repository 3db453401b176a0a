#include "heed/nn/cross_entropy_kernel.h"

#include "heed/nn/softmax_lanes.h"

namespace heed {
namespace {

template <class Number>
HEED_INLINE CrossEntropySums rows_of(Number* logits, std::int64_t begin, std::int64_t end, std::int64_t classes,
                                     const std::int64_t* targets, double label_smoothing, float* scratch) {
  CrossEntropySums sums;
  const double off_target = label_smoothing / static_cast<double>(classes);
  for (std::int64_t r = begin; r < end; ++r) {
    Number* const row = logits + r * classes;
    const Softmax softmax = softmax_of(row, classes, scratch);
    const Floats target = load_some(row + targets[r], 1);
    const double nll = softmax.log_sum - double{target[0]};
    sums.negative_log_likelihood += nll;
    // -sum over classes of (smoothed target) * log p
    sums.loss += (1 - label_smoothing) * nll +
                 off_target * (static_cast<double>(classes) * softmax.log_sum - double{softmax.total});
    const float everywhere = static_cast<float>(off_target);
    visit_columns(0, classes, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
      store_up_to(row + c, load_up_to(scratch + c, count) * softmax.factor - everywhere, count);
    });
    const float on_target = scratch[targets[r]] * softmax.factor - everywhere - static_cast<float>(1 - label_smoothing);
    store_some(row + targets[r], all(on_target), 1);
  }
  return sums;
}

}  // namespace

HEED_CLONES CrossEntropySums cross_entropy_rows(float* logits, std::int64_t begin, std::int64_t end,
                                                std::int64_t classes, const std::int64_t* targets,
                                                double label_smoothing, float* scratch) {
  return rows_of(logits, begin, end, classes, targets, label_smoothing, scratch);
}
HEED_CLONES CrossEntropySums cross_entropy_rows(BFloat16Bits* logits, std::int64_t begin, std::int64_t end,
                                                std::int64_t classes, const std::int64_t* targets,
                                                double label_smoothing, float* scratch) {
  return rows_of(logits, begin, end, classes, targets, label_smoothing, scratch);
}

}  // namespace heed
