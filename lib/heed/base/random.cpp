#include "heed/base/random.h"

#include <bit>

namespace heed {
namespace {

// Last counter word: keeps the numbers of a permutation apart from those drawn under the same key.
constexpr std::uint32_t kDrawPlace = 0;
constexpr std::uint32_t kPermutationPlace = 1;

constexpr std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
constexpr std::uint32_t high(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}
constexpr std::uint64_t join(std::uint32_t low_word, std::uint32_t high_word) {
  return (std::uint64_t{high_word} << 32) | low_word;
}

}  // namespace

PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) {
  constexpr int kRounds = 10;
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = kMultiplier0 * counter[0];
    const std::uint64_t product1 = kMultiplier1 * counter[2];
    counter = {high(product1) ^ counter[1] ^ key[0], low(product1), high(product0) ^ counter[3] ^ key[1],
               low(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

PhiloxKey make_key(std::uint64_t seed, std::uint64_t first, std::uint64_t second) {
  const PhiloxCounter mixed = philox4x32({low(first), high(first), low(second), high(second)}, {low(seed), high(seed)});
  return {mixed[0], mixed[1]};
}

std::uint64_t random_u64(PhiloxKey key, std::uint64_t index) {
  const PhiloxCounter words = philox4x32({low(index), high(index), 0, kDrawPlace}, key);
  return join(words[0], words[1]);
}

double random_unit(PhiloxKey key, std::uint64_t index) {
  return static_cast<double>(random_u64(key, index) >> 11) * 0x1p-53;
}

std::uint64_t random_below(PhiloxKey key, std::uint64_t index, std::uint64_t bound) {
  __extension__ using Product = unsigned __int128;
  return static_cast<std::uint64_t>((Product{random_u64(key, index)} * bound) >> 64);
}

KeyedPermutation::KeyedPermutation(std::uint64_t size, PhiloxKey key)
    : size_(size), key_(key), half_bits_(size < 2 ? 0 : (static_cast<unsigned>(std::bit_width(size - 1)) + 1) / 2) {}

std::uint64_t KeyedPermutation::operator()(std::uint64_t index) const {
  constexpr std::uint32_t kFeistelRounds = 4;
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  do {
    std::uint64_t left = index >> half_bits_, right = index & mask;
    for (std::uint32_t round = 0; round < kFeistelRounds; ++round) {
      const std::uint64_t mixed = philox4x32({low(right), round, 0, kPermutationPlace}, key_)[0] & mask;
      const std::uint64_t next = left ^ mixed;
      left = right;
      right = next;
    }
    index = (left << half_bits_) | right;
  } while (index >= size_);
  return index;
}

}  // namespace heed
