#include "heed/nn/dropout_kernel.h"

#include <algorithm>
#include <array>
#include <bit>

#include "heed/nn/lanes.h"

namespace heed {
namespace {

constexpr int kLanes = 16;      // Philox counters worked on side by side
constexpr int kPerCounter = 8;  // 128 bits give eight channels 16 bits each
constexpr int kChunk = kLanes * kPerCounter;

inline float to_float(float value) {
  return value;
}
inline float to_float(BFloat16Bits bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}
inline void store(float value, float& out) {
  out = value;
}
inline void store(float value, BFloat16Bits& out) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);  // to nearest, ties to even
  const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
  out = static_cast<BFloat16Bits>((nan ? (bits | 0x00400000u) : rounded) >> 16);
}

using Words = std::array<std::uint32_t, kChunk / 2>;
using Halves = std::array<std::uint16_t, kChunk>;

// Sixteen bits for each of kChunk channels: counter l's four words, low half first, give channels 8l .. 8l + 7.
[[gnu::always_inline]] inline Halves random_halves(std::uint32_t first_counter, std::uint32_t position,
                                                   std::uint32_t sentence_low, std::uint32_t sentence_high,
                                                   PhiloxKey key) {
  std::uint32_t a[kLanes], b[kLanes], c[kLanes], d[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    a[l] = first_counter + static_cast<std::uint32_t>(l);
    b[l] = position;
    c[l] = sentence_low;
    d[l] = sentence_high;
  }
  std::uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 1  // a loop, not sixteen copies, is what the vectoriser understands
    for (int l = 0; l < kLanes; ++l) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * a[l];
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c[l];
      a[l] = static_cast<std::uint32_t>(p1 >> 32) ^ b[l] ^ k0;
      b[l] = static_cast<std::uint32_t>(p1);
      c[l] = static_cast<std::uint32_t>(p0 >> 32) ^ d[l] ^ k1;
      d[l] = static_cast<std::uint32_t>(p0);
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  Words words;
  for (int l = 0; l < kLanes; ++l) {
    words[4 * l] = a[l];
    words[4 * l + 1] = b[l];
    words[4 * l + 2] = c[l];
    words[4 * l + 3] = d[l];
  }
  return std::bit_cast<Halves>(words);
}

template <class Number>
[[gnu::always_inline]] inline void drop(const Number* input, Number* output, std::int64_t begin, std::int64_t end,
                                        std::int64_t channels, DropoutRows rows, PhiloxKey key, std::uint32_t threshold,
                                        float scale) {
  for (std::int64_t r = begin; r < end; ++r) {
    const auto position = static_cast<std::uint32_t>(rows.position[r]);
    const auto sentence = static_cast<std::uint64_t>(rows.sentence[r]);
    const auto base = static_cast<std::uint32_t>(rows.channel_base ? rows.channel_base[r] / kPerCounter : 0);
    for (std::int64_t start = 0; start < channels; start += kChunk) {
      const Halves halves =
          random_halves(base + static_cast<std::uint32_t>(start / kPerCounter), position,
                        static_cast<std::uint32_t>(sentence), static_cast<std::uint32_t>(sentence >> 32), key);
      const Number* in = input + r * channels + start;
      Number* out = output + r * channels + start;
      const int count = static_cast<int>(std::min<std::int64_t>(kChunk, channels - start));
      for (int i = 0; i < count; ++i) {
        const float kept = to_float(in[i]) * scale;
        store(halves[i] >= threshold ? kept : 0.0f, out[i]);
      }
    }
  }
}

}  // namespace

HEED_CLONES void dropout_rows(const float* input, float* output, std::int64_t begin, std::int64_t end,
                              std::int64_t channels, DropoutRows rows, PhiloxKey key, std::uint32_t threshold,
                              float scale) {
  drop(input, output, begin, end, channels, rows, key, threshold, scale);
}

HEED_CLONES void dropout_rows(const BFloat16Bits* input, BFloat16Bits* output, std::int64_t begin, std::int64_t end,
                              std::int64_t channels, DropoutRows rows, PhiloxKey key, std::uint32_t threshold,
                              float scale) {
  drop(input, output, begin, end, channels, rows, key, threshold, scale);
}

}  // namespace heed
