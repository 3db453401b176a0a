#pragma once

#include <span>
#include <string>
#include <string_view>

namespace heed {

/// How BLEU cuts a segment into words, under sacreBLEU's names. 13a: that of mteval-v13a, for languages in Latin
/// script. intl: at Unicode punctuation and symbols, as mteval-v14. char: every code point. none: at white space.
enum class BleuTokenizer { v13a, intl, character, none };
inline std::span<const std::string_view> enum_names(BleuTokenizer) {
  static constexpr std::string_view names[] = {"13a", "intl", "char", "none"};
  return names;
}

/// `segment` with white space between all of its words (more than one in places).
std::u32string bleu_tokenize(std::u32string_view segment, BleuTokenizer tokenizer);

}  // namespace heed
