#pragma once

#include <cstdint>
#include <cstring>

/// Sixteen numbers side by side for the CPU loops of this folder, in GCC's and Clang's vector notation: a function that
/// is marked HEED_CLONES is compiled for several instruction sets, of which the loader picks one. Free of LibTorch.
/// One binary thus serves every machine. Everything here is inlined into such functions.

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define HEED_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HEED_CLONES
#endif
#define HEED_INLINE [[gnu::always_inline]] inline

namespace heed::lanes {

inline constexpr std::int64_t kCount = 16;
using Floats = float __attribute__((vector_size(64)));
using Ints = std::int32_t __attribute__((vector_size(64)));

HEED_INLINE void load(const float* from, Floats& to) {
  std::memcpy(&to, from, sizeof(to));
}
HEED_INLINE void store(const Floats& from, float* to) {
  std::memcpy(to, &from, sizeof(from));
}

/// The sum of all lanes, in a fixed order.
HEED_INLINE float sum(const Floats& x) {
  float half[8], quarter[4];
  for (int i = 0; i < 8; ++i) half[i] = x[i] + x[i + 8];
  for (int i = 0; i < 4; ++i) quarter[i] = half[i] + half[i + 4];
  return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

HEED_INLINE float largest(const Floats& x) {
  float result = x[0];
  for (int i = 1; i < kCount; ++i) result = x[i] > result ? x[i] : result;
  return result;
}

/// e^x for x <= 0, to 2 units in the last place; 0 below -87. (Cephes' polynomial after taking out powers of two.)
HEED_INLINE void exp_of_negative(Floats& x) {
  const Floats wanted = x;
  const Floats lowest = Floats{} - 87.0f;
  x = x < lowest ? lowest : x;
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
  const Floats shifted = x * 1.44269504f + 12582912.0f;
  const Floats n = shifted - 12582912.0f;
  const Floats r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Floats p = Floats{} + 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  Ints bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  bits = (bits + 127) << 23;
  Floats power;
  std::memcpy(&power, &bits, sizeof(power));
  x = wanted < lowest ? Floats{} : p * power;
}

}  // namespace heed::lanes
