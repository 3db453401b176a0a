#include "heed/base/random.h"

#include <cmath>
#include <set>
#include <vector>

#include "catch.h"

using heed::KeyedPermutation;
using heed::PhiloxCounter;
using heed::PhiloxKey;

TEST_CASE("philox4x32-10 gives the published numbers", "[random]") {
  constexpr std::uint32_t kOnes = 0xFFFFFFFF;
  CHECK(heed::philox4x32({0, 0, 0, 0}, {0, 0}) == PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(heed::philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}) ==
        PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(heed::philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

// Runs that were interrupted under an older heed must draw the same numbers under this one. The values come from an
// implementation of its own.
TEST_CASE("numbers under a key never change", "[random]") {
  const PhiloxKey key = heed::make_key(1234, 5, 6);
  CHECK(key == PhiloxKey{0x5d59fd64, 0xf1e8e1cf});
  CHECK(heed::random_u64(key, 0) == 0xea64f2a802861d92);
  CHECK(heed::random_u64(key, 1) == 0x4c836b900016309f);
  CHECK(heed::random_u64(key, std::uint64_t{1} << 40) == 0xb4e31e493596d2d2);
  CHECK(heed::random_unit(key, 0) == 0.9156028423481292);
  const std::vector<std::uint64_t> below = {915, 298, 779, 837, 316};
  for (std::size_t index = 0; index < below.size(); ++index)
    CHECK(heed::random_below(key, index, 1000) == below[index]);
  const std::vector<std::uint64_t> permuted = {3, 1, 4, 6, 8, 7, 2, 5, 0, 9};
  for (std::size_t index = 0; index < permuted.size(); ++index)
    CHECK(KeyedPermutation(10, key)(index) == permuted[index]);
  CHECK(KeyedPermutation(10'000'000, key)(123'456) == 2'197'618);
}

TEST_CASE("every part of a key counts, high halves too", "[random]") {
  constexpr std::uint64_t kHigh = std::uint64_t{1} << 63;
  std::set<PhiloxKey> keys;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, kHigh})
    for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{1}, kHigh})
      for (const std::uint64_t second : {std::uint64_t{0}, std::uint64_t{1}, kHigh})
        keys.insert(heed::make_key(seed, first, second));
  CHECK(keys.size() == 27);
}

TEST_CASE("uniform numbers fill their range evenly", "[random]") {
  constexpr std::uint64_t kCount = 100'000, kBound = 7;
  const PhiloxKey key = heed::make_key(1);
  double sum = 0, least = 1, most = 0;
  std::vector<double> hits(kBound, 0.0);
  for (std::uint64_t index = 0; index < kCount; ++index) {
    const double value = heed::random_unit(key, index);
    sum += value;
    least = std::min(least, value);
    most = std::max(most, value);
    const std::uint64_t place = heed::random_below(key, index + kCount, kBound);
    REQUIRE(place < kBound);
    hits[place] += 1;
  }
  CHECK(least >= 0);
  CHECK(least < 1e-3);
  CHECK(most < 1);
  CHECK(most > 1 - 1e-3);
  CHECK(std::abs(sum / kCount - 0.5) < 5 * std::sqrt(1.0 / 12 / kCount));
  double chi_squared = 0;
  for (const double hit : hits) chi_squared += std::pow(hit - double{kCount} / kBound, 2) / (double{kCount} / kBound);
  CHECK(chi_squared < 22.5);  // 6 degrees of freedom: exceeded once in a thousand keys
  CHECK(heed::random_below(key, 3, 1) == 0);
  CHECK(heed::random_below(key, 0, UINT64_MAX) >= std::uint64_t{1} << 32);
}

TEST_CASE("a permutation hits every place once", "[random]") {
  const auto hits_all = [](std::uint64_t size, PhiloxKey key) {
    const KeyedPermutation permutation(size, key);
    std::vector<bool> hit(size, false);
    for (std::uint64_t index = 0; index < size; ++index) {
      const std::uint64_t place = permutation(index);
      if (place >= size || hit[place]) return false;
      hit[place] = true;
    }
    return permutation.size() == size;
  };
  for (std::uint64_t size = 0; size <= 300; ++size) {
    CAPTURE(size);
    CHECK(hits_all(size, heed::make_key(size, 1)));
    CHECK(hits_all(size, heed::make_key(size, 2)));
  }
  CHECK(hits_all(1'000'000, heed::make_key(3)));
}

TEST_CASE("permutations of 64-bit sizes stay in range", "[random]") {
  for (const std::uint64_t size : {(std::uint64_t{1} << 62) + 1, std::uint64_t{1} << 63, UINT64_MAX}) {
    const KeyedPermutation permutation(size, heed::make_key(4));
    std::set<std::uint64_t> places;
    for (std::uint64_t index = 0; index < 1'000; ++index) places.insert(permutation(size - 1 - index));
    CHECK(places.size() == 1'000);
    CHECK(*places.rbegin() < size);
    CHECK(*places.rbegin() > size / 2);
  }
}

TEST_CASE("permutations shuffle, differently under each key", "[random]") {
  const KeyedPermutation one(10'000, heed::make_key(1)), other(10'000, heed::make_key(2));
  int fixed = 0, neighbours = 0, same = 0;
  for (std::uint64_t index = 0; index + 1 < 10'000; ++index) {
    if (one(index) == index) ++fixed;
    if (one(index) + 1 == one(index + 1)) ++neighbours;
    if (one(index) == other(index)) ++same;
  }
  CHECK(fixed < 10);  // each is Poisson with mean 1
  CHECK(neighbours < 10);
  CHECK(same < 10);

  std::set<std::vector<std::uint64_t>> orders;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const KeyedPermutation permutation(3, heed::make_key(seed));
    orders.insert({permutation(0), permutation(1), permutation(2)});
  }
  CHECK(orders.size() == 6);
}
