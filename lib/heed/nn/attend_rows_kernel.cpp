#include "heed/nn/attend_rows_kernel.h"

#include <limits>
#include <vector>

#include "heed/nn/vectors.h"

namespace heed {
namespace {

// The products of `query` with four keys, `kVectors` * 16 numbers each; with 0, `width` numbers.
template <int kVectors>
HEED_INLINE void four_products(const float* query, const float* const* keys, std::int64_t width, float* products) {
  if constexpr (kVectors > 0) {
    Floats sums[4] = {};
    for (int v = 0; v < kVectors; ++v) {
      const Floats q = load(query + v * kLanes);
      for (int i = 0; i < 4; ++i) sums[i] += q * load(keys[i] + v * kLanes);
    }
    sums_of_four(sums, products);
  } else {
    for (int i = 0; i < 4; ++i) {
      products[i] = 0;
      for (std::int64_t c = 0; c < width; ++c) products[i] += query[c] * keys[i][c];
    }
  }
}

// output = sum of weights[i] * values of place i.
template <int kVectors>
HEED_INLINE void weighted_sum(const float* weights, const float* values, std::int64_t stride,
                              const std::int64_t* places, std::int64_t length, std::int64_t width, float* output) {
  if constexpr (kVectors > 0) {
    Floats sums[kVectors > 0 ? kVectors : 1] = {};
    for (std::int64_t i = 0; i < length; ++i)
      for (int v = 0; v < kVectors; ++v) sums[v] += load(values + places[i] * stride + v * kLanes) * weights[i];
    for (int v = 0; v < kVectors; ++v) store(output + v * kLanes, sums[v]);
  } else {
    for (std::int64_t c = 0; c < width; ++c) output[c] = 0;
    for (std::int64_t i = 0; i < length; ++i)
      for (std::int64_t c = 0; c < width; ++c) output[c] += weights[i] * values[places[i] * stride + c];
  }
}

// Scores become weights that sum to one; `room` is a multiple of 16, what is beyond the length is -infinity.
HEED_INLINE void softmax(float* scores, std::int64_t room) {
  Floats tops = load(scores), total{};
  for (std::int64_t i = kLanes; i < room; i += kLanes) tops = greater(tops, load(scores + i));
  const float top = greatest_of(tops);
  for (std::int64_t i = 0; i < room; i += kLanes) {
    const Floats x = exp_of_negative(load(scores + i) - top);
    total += x;
    store(scores + i, x);
  }
  const float scale = 1 / sum_of(total);
  for (std::int64_t i = 0; i < room; ++i) scores[i] *= scale;
}

// One row; `scores` has room for its length, filled up to a multiple of 16.
template <int kVectors>
HEED_INLINE void attend_row(const RowAttentionShape& shape, const RowAttentionInput& input, std::int64_t r,
                            float* scores, float* output) {
  const std::int64_t heads_per_key = shape.heads / shape.kv_heads, length = input.lengths[r];
  const std::int64_t room = whole_vectors(length);
  const std::int64_t* places = input.places + r * input.places_stride;
  for (std::int64_t h = 0; h < shape.heads; ++h) {
    const float* query = input.queries + r * input.query_stride + h * shape.key_width;
    const float* keys = input.table + h / heads_per_key * shape.key_width;
    const float* values = input.table + shape.kv_heads * shape.key_width + h / heads_per_key * shape.value_width;
    for (std::int64_t i = 0; i < length; i += 4) {
      const float* four[4];
      for (std::int64_t j = 0; j < 4; ++j)  // at the end the last one again
        four[j] = keys + places[i + j < length ? i + j : length - 1] * input.table_stride;
      four_products<kVectors>(query, four, shape.key_width, scores + i);
    }
    for (std::int64_t i = 0; i < length; ++i) scores[i] *= shape.scale;
    for (std::int64_t i = length; i < room; ++i) scores[i] = -std::numeric_limits<float>::infinity();
    softmax(scores, room);
    weighted_sum<kVectors>(scores, values, input.table_stride, places, length, shape.value_width,
                           output + h * shape.value_width);
  }
}

}  // namespace

HEED_CLONES void attend_rows(const RowAttentionShape& shape, const RowAttentionInput& input, std::int64_t begin,
                             std::int64_t end, float* output) {
  std::int64_t longest = 0;
  for (std::int64_t r = begin; r < end; ++r) longest = input.lengths[r] > longest ? input.lengths[r] : longest;
  std::vector<float> scores(static_cast<std::size_t>(longest + kLanes));
  const std::int64_t width = shape.key_width == shape.value_width ? shape.key_width : 0;
  for (std::int64_t r = begin; r < end; ++r) {
    float* row_output = output + r * shape.heads * shape.value_width;
    switch (width) {  // the usual widths have loops of their own
      case 32:
        attend_row<2>(shape, input, r, scores.data(), row_output);
        break;
      case 64:
        attend_row<4>(shape, input, r, scores.data(), row_output);
        break;
      default:
        attend_row<0>(shape, input, r, scores.data(), row_output);
    }
  }
}

}  // namespace heed
