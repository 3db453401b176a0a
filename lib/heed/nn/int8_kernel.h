#pragma once

#include <cstdint>

/// The CPU loops around 8-bit products, free of LibTorch.
namespace heed {

/// Rows [R, columns] as 8-bit numbers: row r is quantised[r] * scales[r], with scales[r] = largest magnitude / 127.
void quantise_rows(const float* rows, std::int64_t stride, std::int64_t count, std::int64_t columns,
                   std::int8_t* quantised, float* scales);

/// output[r, c] = sums[r, c] * row_scales[r] * column_scales[c] + bias[c]; bias may be nullptr.
void scale_product(const std::int32_t* sums, std::int64_t count, std::int64_t columns, const float* row_scales,
                   const float* column_scales, const float* bias, float* output);

}  // namespace heed
