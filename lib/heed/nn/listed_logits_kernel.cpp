#include "heed/nn/listed_logits_kernel.h"

#include <limits>

#include "heed/nn/vectors.h"

namespace heed {
namespace {

constexpr std::int64_t kRows = 4;

// The products of one token's weights with some states.
template <std::int64_t rows>
HEED_INLINE void multiply(const float* states, std::int64_t depth, const float* token, float* logits,
                          std::int64_t stride) {
  Floats sums[rows] = {};
  visit_columns(0, depth, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
    const Floats weights = load_up_to(token + c, count);
    for (std::int64_t r = 0; r < rows; ++r) sums[r] += weights * load_up_to(states + r * depth + c, count);
  });
  for (std::int64_t r = 0; r < rows; ++r) logits[r * stride] = sum_of(sums[r]);
}

}  // namespace

HEED_CLONES void listed_logits(const float* states, std::int64_t sentences, std::int64_t hypotheses, std::int64_t depth,
                               const float* weight, const std::int64_t* listed, std::int64_t width,
                               std::int64_t padding, float* logits) {
  for (std::int64_t b = 0; b < sentences; ++b) {
    const std::int64_t* tokens = listed + b * width;
    const float* first_state = states + b * hypotheses * depth;
    float* first_row = logits + b * hypotheses * width;
    for (std::int64_t i = 0; i < width; ++i) {
      if (tokens[i] == padding) {
        for (std::int64_t r = 0; r < hypotheses; ++r)
          first_row[r * width + i] = -std::numeric_limits<float>::infinity();
        continue;
      }
      const float* token = weight + tokens[i] * depth;
      std::int64_t r = 0;
      for (; r + kRows <= hypotheses; r += kRows)
        multiply<kRows>(first_state + r * depth, depth, token, first_row + r * width + i, width);
      for (; r < hypotheses; ++r) multiply<1>(first_state + r * depth, depth, token, first_row + r * width + i, width);
    }
  }
}

}  // namespace heed
