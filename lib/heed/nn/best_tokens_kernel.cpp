#include "heed/nn/best_tokens_kernel.h"

#include <cmath>

#include "heed/nn/vectors.h"

namespace heed {
namespace {

constexpr std::int64_t kSumBlock = 512;
constexpr std::int64_t kBlock = 4 * kLanes;

HEED_INLINE float largest_of(const float* x, std::int64_t count, float largest) {
  Floats tops = Floats{} + largest;
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) tops = greater(tops, load(x + i));
  largest = greatest_of(tops);
  for (; i < count; ++i) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

// The sum of e^(x - largest).
HEED_INLINE float exponential_sum(const float* x, std::int64_t count, float largest) {
  Floats total{};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) total += exp_of_negative(load(x + i) - largest);
  float result = sum_of(total);
  for (; i < count; ++i) result += std::exp(x[i] - largest);
  return result;
}

HEED_INLINE bool any_above(const float* x, std::int64_t count, float threshold) {
  int any = 0;
  for (std::int64_t i = 0; i < count; ++i) any |= x[i] > threshold ? 1 : 0;
  return any != 0;
}

HEED_INLINE void insert(float value, std::int64_t token, std::int64_t keep, float* values, std::int64_t* tokens) {
  std::int64_t place = keep - 1;
  for (; place > 0 && value > values[place - 1]; --place) {
    values[place] = values[place - 1];
    tokens[place] = tokens[place - 1];
  }
  values[place] = value;
  tokens[place] = token;
}

}  // namespace

HEED_CLONES void add_exponentials(const float* logits, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                                  float* largest, double* sum) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = logits + r * stride;
    for (std::int64_t start = 0; start < columns; start += kSumBlock) {
      const std::int64_t count = columns - start < kSumBlock ? columns - start : kSumBlock;
      const float before = largest[r], now = largest_of(row + start, count, before);
      if (std::isinf(now)) continue;  // nothing yet that is possible, or a model that gives no numbers
      largest[r] = now;
      sum[r] = sum[r] * std::exp(static_cast<double>(before) - static_cast<double>(now)) +
               static_cast<double>(exponential_sum(row + start, count, now));
    }
  }
}

HEED_CLONES void add_best(const float* logits, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                          std::int64_t first_token, std::int64_t keep, float* values, std::int64_t* tokens) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = logits + r * stride;
    float* row_values = values + r * keep;
    std::int64_t* row_tokens = tokens + r * keep;
    for (std::int64_t start = 0; start < columns; start += kBlock) {
      const std::int64_t count = columns - start < kBlock ? columns - start : kBlock;
      if (!(count == kBlock ? any_above(row + start, kBlock, row_values[keep - 1])
                            : any_above(row + start, count, row_values[keep - 1])))
        continue;
      for (std::int64_t i = start; i < start + count; ++i)
        if (row[i] > row_values[keep - 1]) insert(row[i], first_token + i, keep, row_values, row_tokens);
    }
  }
}

}  // namespace heed
