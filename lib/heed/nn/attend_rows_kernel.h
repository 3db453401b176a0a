#pragma once

#include <cstdint>

/// The CPU loop behind attend_rows(), free of LibTorch.
namespace heed {

struct RowAttentionShape {
  std::int64_t heads, kv_heads, key_width, value_width;
  float scale;
};

struct RowAttentionInput {
  const float* queries;  ///< row r at queries + r * query_stride: [heads * key_width]
  std::int64_t query_stride;
  const float* table;  ///< row n at table + n * table_stride: keys [kv_heads * key_width], then values
  std::int64_t table_stride;
  const std::int64_t* places;  ///< row r may see table rows places[r * places_stride + 0 .. length - 1]
  std::int64_t places_stride;
  const std::int64_t* lengths;  ///< [R], each at least 1
};

/// Rows [begin, end) of attend_rows(): output row r at output + r * heads * value_width.
void attend_rows(const RowAttentionShape& shape, const RowAttentionInput& input, std::int64_t begin, std::int64_t end,
                 float* output);

}  // namespace heed
