#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// Looking into files of pictures, which may end anywhere.
namespace heed {

enum class ByteOrder { little_end_first, big_end_first };

/// The unsigned number of 1 to 4 bytes at `place`; nothing where the bytes end before it does.
inline std::optional<std::uint32_t> number_at(std::span<const std::uint8_t> bytes, std::size_t place, std::size_t count,
                                              ByteOrder order) {
  if (place > bytes.size() || bytes.size() - place < count) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value = (value << 8) | bytes[place + (order == ByteOrder::big_end_first ? i : count - 1 - i)];
  return value;
}

inline bool has_text(std::span<const std::uint8_t> bytes, std::size_t place, std::string_view text) {
  return place <= bytes.size() && bytes.size() - place >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(place),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

}  // namespace heed
