#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heed {

/// True when `text` is well-formed UTF-8 (no overlong forms, surrogates or values above U+10FFFF).
bool is_valid_utf8(std::string_view text);
/// `text` with every maximal ill-formed sequence replaced by U+FFFD; `replaced` (when given) counts them.
std::string repair_utf8(std::string_view text, std::size_t* replaced = nullptr);
/// Whether the first bytes of a text are those of UTF-16, by its mark and the zero of a first Latin letter.
bool looks_like_utf16(std::string_view head);
/// The longest beginning of a well-formed `text` that has at most `limit` bytes and ends between characters.
std::string_view utf8_beginning(std::string_view text, std::size_t limit);
/// For messages: control characters and ill-formed bytes shown as \xNN, cut to `limit` bytes with "...".
std::string printable(std::string_view text, std::size_t limit = 200);
/// True when nothing but ASCII and Unicode white space is in it (empty too).
bool is_blank(std::string_view text);

}  // namespace heed
