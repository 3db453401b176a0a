#pragma once

#include <array>
#include <cstdint>

/// Counter-based randomness: every number is a function of a key and a place, never of what was drawn before.
/// Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox4x32-10).
namespace heed {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

/// Four 32-bit random words for a place under a key.
PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key);

/// A key for one purpose out of a seed and up to two further numbers (update and site, epoch and window, ...).
/// Different purposes must differ in at least one of them.
PhiloxKey make_key(std::uint64_t seed, std::uint64_t first = 0, std::uint64_t second = 0);

/// 64 random bits for place `index` under `key`.
std::uint64_t random_u64(PhiloxKey key, std::uint64_t index);
/// Uniform in [0, 1), 53 bits.
double random_unit(PhiloxKey key, std::uint64_t index);
/// Uniform in [0, bound), bound >= 1 (bias below 2^-32 for the bounds that fit memory).
std::uint64_t random_below(PhiloxKey key, std::uint64_t index, std::uint64_t bound);

/// A random permutation of [0, size) in which any place can be computed alone, without a table: a four-round Feistel
/// network over the next power of four, walked until it falls inside. O(1) memory.
class KeyedPermutation {
 public:
  KeyedPermutation(std::uint64_t size, PhiloxKey key);
  std::uint64_t operator()(std::uint64_t index) const;
  std::uint64_t size() const { return size_; }

 private:
  std::uint64_t size_;
  PhiloxKey key_;
  unsigned half_bits_;
};

}  // namespace heed
