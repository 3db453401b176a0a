#pragma once

#include <cstdint>

#include "heed/base/random.h"

/// The CPU loop behind dropout(), free of LibTorch.
namespace heed {

/// bfloat16 as its bits.
using BFloat16Bits = std::uint16_t;

struct DropoutRows {
  const std::int64_t* sentence;
  const std::int64_t* position;
  const std::int64_t* channel_base;  ///< nullptr: zeros
};

/// output[r, c] = keep ? input[r, c] * scale : 0 for rows [begin, end); keep when 16 random bits >= threshold.
/// Chooses AVX-512, AVX2 or plain code when first called.
void dropout_rows(const float* input, float* output, std::int64_t begin, std::int64_t end, std::int64_t channels,
                  DropoutRows rows, PhiloxKey key, std::uint32_t threshold, float scale);
void dropout_rows(const BFloat16Bits* input, BFloat16Bits* output, std::int64_t begin, std::int64_t end,
                  std::int64_t channels, DropoutRows rows, PhiloxKey key, std::uint32_t threshold, float scale);

}  // namespace heed
