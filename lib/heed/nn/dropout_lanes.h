#pragma once

#include "heed/base/random.h"
#include "heed/nn/dropout_kernel.h"
#include "heed/nn/vectors.h"

/// The random numbers of dropout, for the loops that drop while they do something else.
namespace heed {

/// Numbers that one call of random_halves() makes: sixteen counters, eight channels each.
constexpr std::int64_t kDropoutChunk = 128;

/// Sixteen random bits for each of kDropoutChunk channels of a row: Philox4x32-10 of counters (first_counter + l,
/// position, sentence), l = 0 .. 15, whose four words, low half first, give channels 8l .. 8l + 7. A 32-bit word lies
/// in the low half of a 64-bit lane, for its products.
HEED_INLINE void random_halves(std::uint32_t first_counter, std::uint32_t position, std::uint64_t sentence,
                               PhiloxKey key, Halves (&halves)[kDropoutChunk / kLanes]) {
  using Wide = std::uint64_t __attribute__((vector_size(64)));
  constexpr int kVectors = 2;  // of eight counters each, whose chains of products run side by side
  constexpr std::uint64_t kLow = 0xffffffffu;
  Wide a[kVectors], b[kVectors], c[kVectors], d[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    a[v] = Wide{0, 1, 2, 3, 4, 5, 6, 7} + (std::uint64_t{first_counter} + 8 * static_cast<std::uint64_t>(v));
    b[v] = Wide{} + std::uint64_t{position};
    c[v] = Wide{} + (sentence & kLow);
    d[v] = Wide{} + (sentence >> 32);
  }
  std::uint32_t k0 = key[0], k1 = key[1];
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      const Wide p0 = (a[v] & kLow) * 0xD2511F53u, p1 = (c[v] & kLow) * 0xCD9E8D57u;
      a[v] = (p1 >> 32) ^ b[v] ^ std::uint64_t{k0};
      b[v] = p1;
      c[v] = (p0 >> 32) ^ d[v] ^ std::uint64_t{k1};
      d[v] = p0;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    const Wide ab = (a[v] & kLow) | (b[v] << 32), cd = (c[v] & kLow) | (d[v] << 32);
    const Wide first = __builtin_shuffle(ab, cd, Wide{0, 8, 1, 9, 2, 10, 3, 11});
    const Wide second = __builtin_shuffle(ab, cd, Wide{4, 12, 5, 13, 6, 14, 7, 15});
    std::memcpy(&halves[4 * v], &first, sizeof(Wide));
    std::memcpy(&halves[4 * v + 2], &second, sizeof(Wide));
  }
}

/// `values` times scale where the random bits keep them, else 0.
HEED_INLINE Floats dropped(Floats values, Halves bits, const DropoutDraw& draw) {
  return __builtin_convertvector(bits, Words) >= draw.threshold ? values * draw.scale : Floats{};
}

/// Calls visit(channel, count, bits) for each sixteen channels of a row, `count` of which (1 to 16) there are.
template <class Visit>
HEED_INLINE void visit_dropout_row(std::int64_t row, std::int64_t channels, const DropoutDraw& draw, Visit&& visit) {
  const auto base = static_cast<std::uint32_t>(draw.channel_base ? draw.channel_base[row] / 8 : 0);
  for (std::int64_t start = 0; start < channels; start += kDropoutChunk) {
    Halves halves[kDropoutChunk / kLanes];
    random_halves(base + static_cast<std::uint32_t>(start / 8), static_cast<std::uint32_t>(draw.position[row]),
                  static_cast<std::uint64_t>(draw.sentence[row]), draw.key, halves);
    if (channels - start >= kDropoutChunk) {
#pragma GCC unroll 8
      for (std::int64_t i = 0; i < kDropoutChunk / kLanes; ++i) visit(start + i * kLanes, kLanes, halves[i]);
    } else {
      for (std::int64_t i = 0; start + i * kLanes < channels; ++i) {
        const std::int64_t left = channels - start - i * kLanes;
        visit(start + i * kLanes, left < kLanes ? left : kLanes, halves[i]);
      }
    }
  }
}

/// The same where there may be nothing to drop: then all bits are set, which keeps everything.
template <class Visit>
HEED_INLINE void visit_row(std::int64_t row, std::int64_t width, const DropoutDraw& draw, Visit&& visit) {
  if (draw.sentence != nullptr)
    visit_dropout_row(row, width, draw, visit);
  else
    visit_columns(0, width, [&](std::int64_t c, std::int64_t count) HEED_INLINE_LAMBDA {
      visit(c, count, Halves{} + std::uint16_t{0xffff});
    });
}

}  // namespace heed
