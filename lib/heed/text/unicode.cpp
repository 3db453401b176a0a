#include "heed/text/unicode.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "heed/base/utf8.h"
#include "heed/text/unicode_tables.h"

namespace heed {
namespace {

using namespace unicode_tables;

/// The last entry that starts at or before `code`, if it reaches that far.
template <class Entry, std::size_t N>
const Entry* find_range(const Entry (&table)[N], char32_t code) {
  const auto after = std::upper_bound(std::begin(table), std::end(table), code,
                                      [](char32_t value, const Entry& entry) { return value < entry.first; });
  if (after == std::begin(table)) return nullptr;
  const Entry* entry = std::prev(after);
  return code <= entry->last ? entry : nullptr;
}

char32_t lower_letter(char32_t code) {
  const LowerRange* range = find_range(kLower, code);
  if (range == nullptr || (code - range->first) % range->step != 0) return code;
  return static_cast<char32_t>(static_cast<std::int32_t>(code) + range->offset);
}

/// Unicode's Final_Sigma: a cased letter before it and none after it, case-ignorable characters not counted.
bool is_final_sigma(std::u32string_view text, std::size_t position) {
  const auto ignorable = [](char32_t code) { return find_range(kCaseIgnorable, code) != nullptr; };
  const auto cased = [](char32_t code) { return find_range(kCased, code) != nullptr; };

  const std::u32string_view before = text.substr(0, position), after = text.substr(position + 1);
  const auto previous = std::find_if_not(before.rbegin(), before.rend(), ignorable);
  if (previous == before.rend() || !cased(*previous)) return false;
  const auto next = std::find_if_not(after.begin(), after.end(), ignorable);
  return next == after.end() || !cased(*next);
}

}  // namespace

std::u32string decode_utf8(std::string_view text) {
  if (!is_valid_utf8(text)) return decode_utf8(repair_utf8(text));
  std::u32string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    decoded.push_back(code);
    i += length;
  }
  return decoded;
}

std::string encode_utf8(std::u32string_view text) {
  std::string encoded;
  for (const char32_t code : text) {
    const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;  // bytes after the first
    const char32_t lead = more == 0 ? 0 : (0xF0U << (3 - more)) & 0xFFU;
    encoded += static_cast<char>(lead | code >> (6 * more));
    for (int k = more - 1; k >= 0; --k) encoded += static_cast<char>(0x80U | (code >> (6 * k) & 0x3FU));
  }
  return encoded;
}

bool is_white_space(char32_t code) {
  return find_range(kWhiteSpace, code) != nullptr;
}
bool is_punctuation(char32_t code) {
  return find_range(kPunctuation, code) != nullptr;
}
bool is_symbol(char32_t code) {
  return find_range(kSymbol, code) != nullptr;
}
bool is_number(char32_t code) {
  return find_range(kNumber, code) != nullptr;
}

bool is_part_of_word(char32_t code) {
  const bool without_spaces = (code >= 0x0E00 && code < 0x0E80) || (code >= 0x3000 && code < 0xA000) ||
                              (code >= 0xF900 && code < 0xFB00) || (code >= 0x20000 && code < 0x40000);
  return !without_spaces && !is_white_space(code) && !is_punctuation(code) && !is_symbol(code);
}

std::u32string to_lower(std::u32string_view text) {
  constexpr char32_t kCapitalSigma = 0x3A3, kSmallSigma = 0x3C3, kFinalSigma = 0x3C2;
  constexpr char32_t kCapitalDottedI = 0x130, kCombiningDotAbove = 0x307;
  std::u32string lowered;
  lowered.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kCapitalSigma) {
      lowered.push_back(is_final_sigma(text, i) ? kFinalSigma : kSmallSigma);
    } else if (text[i] == kCapitalDottedI) {
      lowered.append({U'i', kCombiningDotAbove});
    } else {
      lowered.push_back(lower_letter(text[i]));
    }
  }
  return lowered;
}

std::vector<std::u32string_view> split_words(std::u32string_view text) {
  std::vector<std::u32string_view> words;
  auto position = text.begin();
  while (true) {
    const auto first = std::find_if_not(position, text.end(), is_white_space);
    if (first == text.end()) return words;
    position = std::find_if(first, text.end(), is_white_space);
    words.push_back(
        text.substr(static_cast<std::size_t>(first - text.begin()), static_cast<std::size_t>(position - first)));
  }
}

std::u32string_view trim_right(std::u32string_view text) {
  while (!text.empty() && is_white_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace heed
