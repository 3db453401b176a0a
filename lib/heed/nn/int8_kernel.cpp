#include "heed/nn/int8_kernel.h"

#include "heed/nn/vectors.h"

namespace heed {
namespace {

// To the nearest integer, ties to even, of |x| < 2^22: adding 1.5 * 2^23 leaves it in the low bits.
HEED_INLINE float rounded(float x) {
  return (x + 12582912.0f) - 12582912.0f;
}

}  // namespace

HEED_CLONES void quantise_rows(const float* rows, std::int64_t stride, std::int64_t count, std::int64_t columns,
                               std::int8_t* quantised, float* scales) {
  for (std::int64_t r = 0; r < count; ++r) {
    const float* row = rows + r * stride;
    Floats tops{};
    std::int64_t c = 0;
    for (; c + kLanes <= columns; c += kLanes) {
      const Floats x = load(row + c);
      tops = greater(tops, greater(x, -x));
    }
    float largest = greatest_of(tops);
    for (; c < columns; ++c) {
      const float magnitude = row[c] < 0 ? -row[c] : row[c];
      largest = magnitude > largest ? magnitude : largest;
    }
    scales[r] = largest / 127;
    const float factor = largest > 0 ? 127 / largest : 0;
    std::int8_t* out = quantised + r * columns;
    for (std::int64_t i = 0; i < columns; ++i) out[i] = static_cast<std::int8_t>(rounded(row[i] * factor));
  }
}

HEED_CLONES void scale_product(const std::int32_t* sums, std::int64_t count, std::int64_t columns,
                               const float* row_scales, const float* column_scales, const float* bias, float* output) {
  for (std::int64_t r = 0; r < count; ++r) {
    const std::int32_t* row = sums + r * columns;
    float* out = output + r * columns;
    const float scale = row_scales[r];
    if (bias == nullptr)
      for (std::int64_t c = 0; c < columns; ++c) out[c] = static_cast<float>(row[c]) * (scale * column_scales[c]);
    else
      for (std::int64_t c = 0; c < columns; ++c)
        out[c] = static_cast<float>(row[c]) * (scale * column_scales[c]) + bias[c];
  }
}

}  // namespace heed
