#pragma once

#include <cstdint>

#include "heed/base/random.h"
#include "heed/nn/bfloat16_bits.h"

/// The CPU loops behind dropout(), free of LibTorch.
namespace heed {

/// One dropout of the rows of an activation, see DropoutSite and RowPlaces.
struct DropoutDraw {
  const std::int64_t* sentence = nullptr;  ///< [rows]; nullptr: nothing is dropped
  const std::int64_t* position = nullptr;
  const std::int64_t* channel_base = nullptr;  ///< nullptr: zeros
  PhiloxKey key = {};
  std::uint32_t threshold = 0;  ///< kept when 16 random bits are not below it
  float scale = 1;              ///< of what is kept
};

/// output[r, c] = keep ? input[r, c] * scale : 0 for rows [begin, end). Chooses AVX-512, AVX2 or plain code when first
/// called.
void dropout_rows(const float* input, float* output, std::int64_t begin, std::int64_t end, std::int64_t channels,
                  const DropoutDraw& draw);
void dropout_rows(const BFloat16Bits* input, BFloat16Bits* output, std::int64_t begin, std::int64_t end,
                  std::int64_t channels, const DropoutDraw& draw);

/// output = dropout(max(input, 0)), the inside of a feed-forward part in one pass.
void relu_dropout_rows(const float* input, float* output, std::int64_t begin, std::int64_t end, std::int64_t channels,
                       const DropoutDraw& draw);
void relu_dropout_rows(const BFloat16Bits* input, BFloat16Bits* output, std::int64_t begin, std::int64_t end,
                       std::int64_t channels, const DropoutDraw& draw);

/// Its gradient, for which nothing is drawn again: what left as zero was negative or dropped, all else grew by `scale`.
void relu_dropout_gradient(const float* output, const float* output_gradient, float* input_gradient, std::int64_t count,
                           float scale);
void relu_dropout_gradient(const BFloat16Bits* output, const BFloat16Bits* output_gradient,
                           BFloat16Bits* input_gradient, std::int64_t count, float scale);

}  // namespace heed
