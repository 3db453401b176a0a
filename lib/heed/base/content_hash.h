#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace heed {

/// Folds one number into a running 64-bit hash (multiply and mix, after the finaliser of Steele et al. 2014,
/// "Fast splittable pseudorandom number generators").
inline std::uint64_t combine_hash(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15ull;
  return hash ^ (hash >> 29);
}

/// 64-bit hash of bytes, some gigabytes per second: tells contents apart, withstands no attacker. Little-endian
/// machines only (that is x86-64 and aarch64): the words of the text are taken as they lie in memory.
inline std::uint64_t hash_content(std::string_view text, std::uint64_t seed = 0) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t hash = combine_hash(seed, text.size());
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t bytes = text.size() < sizeof(word) ? text.size() : sizeof(word);
    std::memcpy(&word, text.data(), bytes);
    hash = combine_hash(hash, word);
    text.remove_prefix(bytes);
  }
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93ull;
  return hash ^ (hash >> 32);
}

/// Hash of the head and tail of a file: with its size and time it tells a changed one without reading it.
inline std::uint64_t hash_edges(std::string_view content) {
  constexpr std::size_t kEdgeBytes = 1 << 16;
  const std::string_view head = content.substr(0, kEdgeBytes);
  return hash_content(content.substr(content.size() - head.size()), hash_content(head));
}

/// Sixteen hexadecimal digits.
inline std::string hex_digits(std::uint64_t value) {
  std::string digits(16, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, value >>= 4)
    *digit = "0123456789abcdef"[value & 15];
  return digits;
}

}  // namespace heed
