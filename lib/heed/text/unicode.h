#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The little of Unicode that scoring needs, on code points. It follows Python (str.split, str.lower) and, for the
/// general categories, Python's `regex` package; unicode_tables.h states the versions.
namespace heed {

/// Code points of UTF-8 text; ill-formed sequences become U+FFFD as in repair_utf8().
std::u32string decode_utf8(std::string_view text);
/// The opposite, for code points up to U+10FFFF without surrogates.
std::string encode_utf8(std::u32string_view text);

/// White space as str.isspace() sees it: the separators U+001C to U+001F belong to it, zero-width characters do not.
bool is_white_space(char32_t code);
bool is_punctuation(char32_t code);  ///< general category P
bool is_symbol(char32_t code);       ///< general category S
bool is_number(char32_t code);       ///< general category N

/// Letters and digits of scripts that put spaces between words, which Chinese, Japanese and Thai do not.
bool is_part_of_word(char32_t code);

/// Full lower case: a capital sigma becomes final or medial by its neighbours, U+0130 becomes two code points.
std::u32string to_lower(std::u32string_view text);

/// Non-empty runs between white space, as views into `text`.
std::vector<std::u32string_view> split_words(std::u32string_view text);

/// `text` without the white space at its end.
std::u32string_view trim_right(std::u32string_view text);

}  // namespace heed
