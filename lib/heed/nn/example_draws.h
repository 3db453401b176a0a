#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>

#include "heed/base/random.h"

namespace heed {

/// The random numbers of a batch: those of an example are a function of (seed, update, role, example), whatever else is
/// in the batch.
struct ExampleDraws {
  std::uint64_t seed = 0;
  std::uint64_t update = 0;
  std::uint64_t role = 0;                   ///< tells the uses within an update apart, below 256
  std::span<const std::uint64_t> examples;  ///< [B] numbers of the examples, below 2^56

  std::size_t size() const { return examples.size(); }
  PhiloxKey key(std::size_t row) const { return make_key(seed, update, (role << 56) | examples[row]); }
};

/// Standard normal number for place `index` under `key` (Box and Muller 1958). Uses places 2 * index and 2 * index + 1
/// of the uniform numbers.
inline double random_normal(PhiloxKey key, std::uint64_t index) {
  const double radius = std::sqrt(-2 * std::log1p(-random_unit(key, 2 * index)));
  return radius * std::cos(2 * std::numbers::pi * random_unit(key, 2 * index + 1));
}

}  // namespace heed
