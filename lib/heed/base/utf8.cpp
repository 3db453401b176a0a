#include "heed/base/utf8.h"

#include <cstdint>
#include <cstring>

namespace heed {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// What stands at the beginning of a text: a character, or an ill-formed sequence of `bytes` bytes.
struct Character {
  std::size_t bytes;
  bool well_formed;
  char32_t value;
};

/// Decodes by table 3-7 of the Unicode Standard. An ill-formed sequence is the longest beginning of some character
/// ("maximal subpart", section 3.9), at least one byte; other decoders count the same way.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, true, lead};

  std::size_t length = 0;
  unsigned low = 0x80, high = 0xBF;  // bounds of the second byte; they exclude overlong forms, surrogates, > U+10FFFF
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false, 0};
  }

  char32_t value = lead & (0x7FU >> length);
  for (std::size_t index = 1; index < length; ++index) {
    if (index == text.size() || byte(index) < low || byte(index) > high) return {index, false, 0};
    value = (value << 6) | (byte(index) & 0x3FU);
    low = 0x80;
    high = 0xBF;
  }
  return {length, true, value};
}

/// Number of leading ASCII bytes, counted in whole words (so possibly fewer): most text is skipped this way.
std::size_t ascii_prefix(std::string_view text) {
  std::size_t count = 0;
  for (std::uint64_t word = 0; text.size() - count >= sizeof(word); count += sizeof(word)) {
    std::memcpy(&word, text.data() + count, sizeof(word));
    if ((word & 0x8080808080808080U) != 0) break;
  }
  return count;
}

bool is_control(char32_t value) {
  return value < 0x20 || (value >= 0x7F && value <= 0x9F);
}

/// Unicode property White_Space.
bool is_white_space(char32_t value) {
  return (value >= 0x09 && value <= 0x0D) || value == 0x20 || value == 0x85 || value == 0xA0 || value == 0x1680 ||
         (value >= 0x2000 && value <= 0x200A) || value == 0x2028 || value == 0x2029 || value == 0x202F ||
         value == 0x205F || value == 0x3000;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  while (true) {
    text.remove_prefix(ascii_prefix(text));
    if (text.empty()) return true;
    const Character character = first_character(text);
    if (!character.well_formed) return false;
    text.remove_prefix(character.bytes);
  }
}

std::string repair_utf8(std::string_view text, std::size_t* replaced) {
  std::string result;
  result.reserve(text.size());
  std::size_t count = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.well_formed) ++count;
    result += character.well_formed ? text.substr(0, character.bytes) : kReplacement;
    text.remove_prefix(character.bytes);
  }
  if (replaced != nullptr) *replaced = count;
  return result;
}

std::string_view utf8_beginning(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

bool looks_like_utf16(std::string_view head) {
  const bool little = head.starts_with("\xFF\xFE") && head.size() > 3 && head[3] == '\0';
  const bool big = head.starts_with("\xFE\xFF") && head.size() > 2 && head[2] == '\0';
  return little || big;
}

std::string printable(std::string_view text, std::size_t limit) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result, shown;
  while (!text.empty()) {
    const Character character = first_character(text);
    shown = text.substr(0, character.bytes);
    if (!character.well_formed || is_control(character.value)) {
      shown.clear();
      for (const char raw : text.substr(0, character.bytes)) {
        const auto byte = static_cast<unsigned char>(raw);
        shown += {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xF]};
      }
    }
    if (shown.size() > limit - result.size()) return result + "...";
    result += shown;
    text.remove_prefix(character.bytes);
  }
  return result;
}

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.well_formed || !is_white_space(character.value)) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

}  // namespace heed
