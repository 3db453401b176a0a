#pragma once

#include <cstdint>
#include <cstring>

#include "heed/nn/bfloat16_bits.h"
#include "heed/nn/clones.h"

/// Vectors of sixteen numbers for the CPU loops (files *_kernel.cpp, free of LibTorch): one AVX-512 register, two AVX2
/// or four SSE or NEON ones, as the compiler splits them. Only to be used inside functions that are inlined into a
/// HEED_CLONES function, and never passed between others.
namespace heed {

constexpr std::int64_t kLanes = 16;

using Floats = float __attribute__((vector_size(64)));
using Words = std::uint32_t __attribute__((vector_size(64)));
using Halves = std::uint16_t __attribute__((vector_size(32)));  // sixteen of 16 bits

/// The next multiple of kLanes.
constexpr std::int64_t whole_vectors(std::int64_t count) {
  return (count + kLanes - 1) / kLanes * kLanes;
}

HEED_INLINE Floats all(float value) {
  return Floats{} + value;
}

HEED_INLINE Floats load(const float* from) {
  using Unaligned = float __attribute__((vector_size(64), aligned(4), may_alias));
  return *reinterpret_cast<const Unaligned*>(from);
}
HEED_INLINE Floats load(const BFloat16Bits* from) {
  using Unaligned = std::uint16_t __attribute__((vector_size(32), aligned(2), may_alias));
  const Halves bits = *reinterpret_cast<const Unaligned*>(from);
  return reinterpret_cast<Floats>(__builtin_convertvector(bits, Words) << 16);
}

HEED_INLINE void store(float* to, Floats values) {
  using Unaligned = float __attribute__((vector_size(64), aligned(4), may_alias));
  *reinterpret_cast<Unaligned*>(to) = values;
}
HEED_INLINE void store(BFloat16Bits* to, Floats values) {
  using Unaligned = std::uint16_t __attribute__((vector_size(32), aligned(2), may_alias));
  const Words bits = reinterpret_cast<Words>(values);
  const Words rounded = bits + 0x7fffu + ((bits >> 16) & 1u);  // to nearest, ties to even
  const Words quiet = bits | 0x00400000u;                      // NaN stays one
  const Words result = (bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded;
  *reinterpret_cast<Unaligned*>(to) = __builtin_convertvector(result >> 16, Halves);
}

/// The first `count` (1 to 15) numbers, then zeros.
template <class Number>
HEED_INLINE Floats load_some(const Number* from, std::int64_t count) {
  Number numbers[kLanes] = {};
  std::memcpy(numbers, from, static_cast<std::size_t>(count) * sizeof(Number));
  return load(numbers);
}
template <class Number>
HEED_INLINE void store_some(Number* to, Floats values, std::int64_t count) {
  Number numbers[kLanes];
  store(numbers, values);
  std::memcpy(to, numbers, static_cast<std::size_t>(count) * sizeof(Number));
}

/// Calls visit(column, count) for each sixteen columns, `count` of which (1 to 16) there are.
template <class Visit>
HEED_INLINE void visit_columns(std::int64_t begin, std::int64_t end, Visit&& visit) {
  std::int64_t c = begin;
  for (; c + kLanes <= end; c += kLanes) visit(c, kLanes);
  if (c < end) visit(c, end - c);
}

template <class Number>
HEED_INLINE Floats load_up_to(const Number* from, std::int64_t count) {
  return count == kLanes ? load(from) : load_some(from, count);
}
template <class Number>
HEED_INLINE void store_up_to(Number* to, Floats values, std::int64_t count) {
  if (count == kLanes)
    store(to, values);
  else
    store_some(to, values, count);
}

/// The first `count` lanes, `otherwise` after them.
HEED_INLINE Floats first_lanes(Floats values, std::int64_t count, float otherwise = 0) {
  const Words lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return count >= kLanes ? values : (lanes < static_cast<std::uint32_t>(count) ? values : all(otherwise));
}

HEED_INLINE Floats greater(Floats a, Floats b) {
  return a > b ? a : b;
}

/// Lane i becomes lane (i + `distance`) % 16.
template <std::uint32_t distance>
HEED_INLINE Floats rotated(Floats values) {
  const Words lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return __builtin_shuffle(values, (lanes + distance) & 15u);
}
HEED_INLINE float sum_of(Floats values) {
  values += rotated<8>(values);
  values += rotated<4>(values);
  values += rotated<2>(values);
  values += rotated<1>(values);
  return values[0];
}
/// In each group of four lanes a0 + a2, a1 + a3, b0 + b2, b1 + b3.
HEED_INLINE Floats fold_halves(Floats a, Floats b) {
  return __builtin_shuffle(a, b, Words{0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29}) +
         __builtin_shuffle(a, b, Words{2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31});
}
/// In each group of four lanes a0 + a1, a2 + a3, b0 + b1, b2 + b3.
HEED_INLINE Floats fold_pairs(Floats a, Floats b) {
  return __builtin_shuffle(a, b, Words{0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30}) +
         __builtin_shuffle(a, b, Words{1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31});
}
/// sums[i] = sum_of(four[i]), up to the order of summation.
HEED_INLINE void sums_of_four(const Floats (&four)[4], float* sums) {
  const Floats in_groups = fold_pairs(fold_halves(four[0], four[1]), fold_halves(four[2], four[3]));
  for (int i = 0; i < 4; ++i) sums[i] = (in_groups[i] + in_groups[i + 4]) + (in_groups[i + 8] + in_groups[i + 12]);
}

HEED_INLINE float greatest_of(Floats values) {
  values = greater(values, rotated<8>(values));
  values = greater(values, rotated<4>(values));
  values = greater(values, rotated<2>(values));
  values = greater(values, rotated<1>(values));
  return values[0];
}

/// Sixteen rows of sixteen floats become columns.
HEED_INLINE void transpose_block(const float* from, std::int64_t from_stride, float* to, std::int64_t to_stride) {
  Floats rows[kLanes];
#pragma GCC unroll 16
  for (int r = 0; r < kLanes; ++r) rows[r] = load(from + r * from_stride);
    // Quarters change places: first of eight rows and lanes, then within them of four, two and one.
#pragma GCC unroll 4
  for (std::uint32_t half = kLanes / 2; half > 0; half /= 2) {
    const Words lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const Words upper = lanes & half;
    const Words first = upper != 0 ? lanes + (16 - half) : lanes;  // 16 and more: of the other row
    const Words second = upper != 0 ? lanes + 16 : lanes + half;
#pragma GCC unroll 16
    for (std::uint32_t r = 0; r < kLanes; ++r) {
      if ((r & half) != 0) continue;
      const Floats a = rows[r], b = rows[r + half];
      rows[r] = __builtin_shuffle(a, b, first);
      rows[r + half] = __builtin_shuffle(a, b, second);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kLanes; ++r) store(to + r * to_stride, rows[r]);
}

/// e^x for x <= 0 with a relative error below 1e-6; 0 below -87. (2^n by the exponent's bits times e^r, |r| <= ln 2 /
/// 2, by a Taylor polynomial.)
HEED_INLINE Floats exp_of_negative(Floats x) {
  using Integers = std::int32_t __attribute__((vector_size(64)));
  const Floats magic = all(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number in the low bits
  const Floats shifted = x * 1.44269504088896f + magic;
  const Floats n = shifted - magic;
  const Floats r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Floats p = all(1.0f / 720);
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const Integers exponent = reinterpret_cast<Integers>(shifted) << 23;
  const Floats result = reinterpret_cast<Floats>(reinterpret_cast<Integers>(p) + exponent);
  return x < -87.0f ? Floats{} : result;
}

}  // namespace heed
