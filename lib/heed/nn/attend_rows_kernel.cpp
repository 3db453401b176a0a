#include "heed/nn/attend_rows_kernel.h"

#include <vector>

#include "heed/nn/lanes.h"

namespace heed {
namespace {

using lanes::Floats;

HEED_INLINE float dot(const float* a, const float* b, std::int64_t width) {
  Floats total{};
  std::int64_t i = 0;
  for (; i + lanes::kCount <= width; i += lanes::kCount) {
    Floats x, y;
    lanes::load(a + i, x);
    lanes::load(b + i, y);
    total += x * y;
  }
  float result = lanes::sum(total);
  for (; i < width; ++i) result += a[i] * b[i];
  return result;
}

// sum += weight * x
HEED_INLINE void add_scaled(float* sum, const float* x, float weight, std::int64_t width) {
  std::int64_t i = 0;
  for (; i + lanes::kCount <= width; i += lanes::kCount) {
    Floats total, more;
    lanes::load(sum + i, total);
    lanes::load(x + i, more);
    lanes::store(total + more * weight, sum + i);
  }
  for (; i < width; ++i) sum[i] += weight * x[i];
}

// scores[0 .. length - 1] become e^(score - largest); returns their sum. There is room up to a multiple of 16.
HEED_INLINE float exponentials(float* scores, std::int64_t length) {
  float top = scores[0];
  for (std::int64_t i = 1; i < length; ++i) top = scores[i] > top ? scores[i] : top;
  float total = 0;
  for (std::int64_t i = 0; i < length; i += lanes::kCount) {
    Floats x;
    lanes::load(scores + i, x);
    x -= top;
    lanes::exp_of_negative(x);
    lanes::store(x, scores + i);
  }
  for (std::int64_t i = 0; i < length; ++i) total += scores[i];
  return total;
}

}  // namespace

HEED_CLONES void attend_rows(const RowAttentionShape& shape, const RowAttentionInput& input, std::int64_t begin,
                             std::int64_t end, float* output) {
  const std::int64_t heads_per_key = shape.heads / shape.kv_heads;
  const std::int64_t values_start = shape.kv_heads * shape.key_width;
  std::int64_t longest = 0;
  for (std::int64_t r = begin; r < end; ++r) longest = input.lengths[r] > longest ? input.lengths[r] : longest;
  const std::int64_t room = (longest + lanes::kCount - 1) / lanes::kCount * lanes::kCount;
  std::vector<float> scores(static_cast<std::size_t>(shape.heads * room));  // [H, room]

  for (std::int64_t r = begin; r < end; ++r) {
    const std::int64_t length = input.lengths[r];
    const std::int64_t* places = input.places + r * input.places_stride;
    const float* query = input.queries + r * input.query_stride;
    float* out = output + r * shape.heads * shape.value_width;
    for (std::int64_t i = 0; i < length; ++i) {
      const float* keys = input.table + places[i] * input.table_stride;
      for (std::int64_t h = 0; h < shape.heads; ++h)
        scores[static_cast<std::size_t>(h * room + i)] =
            shape.scale * dot(query + h * shape.key_width, keys + h / heads_per_key * shape.key_width, shape.key_width);
    }
    for (std::int64_t h = 0; h < shape.heads; ++h) {
      float* weights = scores.data() + h * room;
      for (std::int64_t i = length; i < room; ++i) weights[i] = 0;
      const float scale = 1 / exponentials(weights, length);
      for (std::int64_t i = 0; i < length; ++i) weights[i] *= scale;
    }
    for (std::int64_t i = 0; i < shape.heads * shape.value_width; ++i) out[i] = 0;
    for (std::int64_t i = 0; i < length; ++i) {
      const float* values = input.table + places[i] * input.table_stride + values_start;
      for (std::int64_t h = 0; h < shape.heads; ++h)
        add_scaled(out + h * shape.value_width, values + h / heads_per_key * shape.value_width,
                   scores[static_cast<std::size_t>(h * room + i)], shape.value_width);
    }
  }
}

}  // namespace heed
