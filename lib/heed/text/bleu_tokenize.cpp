#include "heed/text/bleu_tokenize.h"

#include <cstddef>

#include "heed/text/unicode.h"

namespace heed {
namespace {

void replace_all(std::u32string& text, std::u32string_view from, std::u32string_view to) {
  std::u32string replaced;
  std::size_t done = 0;
  for (std::size_t found; (found = text.find(from, done)) != std::u32string::npos; done = found + from.size()) {
    replaced.append(text, done, found - done).append(to);
  }
  if (done > 0) text = replaced.append(text, done);
}

/// Puts spaces around every character of a kind.
template <class Kind>
std::u32string isolate(std::u32string_view text, Kind kind) {
  std::u32string spaced;
  for (const char32_t code : text) {
    if (kind(code)) {
      spaced.append({U' ', code, U' '});
    } else {
      spaced.push_back(code);
    }
  }
  return spaced;
}

/// Cuts where `left` meets `right`, from left to right; the characters of one meeting take no part in the next, which
/// leaves runs of marks half cut, exactly as the reference's substitutions do. The mark of the two gets spaces on
/// both sides.
enum class Mark { left, right };
template <class Left, class Right>
std::u32string cut_pairs(std::u32string_view text, Left left, Right right, Mark mark) {
  std::u32string spaced;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !left(text[i]) || !right(text[i + 1])) {
      spaced.push_back(text[i]);
      continue;
    }
    if (mark == Mark::left) spaced.push_back(U' ');
    spaced.append({text[i], U' ', text[i + 1]});
    if (mark == Mark::right) spaced.push_back(U' ');
    ++i;
  }
  return spaced;
}

bool is_ascii_digit(char32_t code) {
  return code >= U'0' && code <= U'9';
}
bool is_not_ascii_digit(char32_t code) {
  return !is_ascii_digit(code);
}
bool is_point_or_comma(char32_t code) {
  return code == U'.' || code == U',';
}
bool is_dash(char32_t code) {
  return code == U'-';
}
bool is_not_number(char32_t code) {
  return !is_number(code);
}

/// ASCII punctuation that is cut off wherever it stands: all of it but the apostrophe, comma, dash and full stop.
bool is_free_punctuation(char32_t code) {
  const bool punctuation = (code > U' ' && code < U'0') || (code > U'9' && code < U'A') ||
                           (code > U'Z' && code < U'a') || (code > U'z' && code < 0x7F);
  return punctuation && code != U'\'' && code != U'-' && !is_point_or_comma(code);
}

std::u32string tokenize_13a(std::u32string_view segment) {
  std::u32string text(segment);
  replace_all(text, U"<skipped>", U"");
  replace_all(text, U"-\n", U"");  // a word hyphenated over two lines
  replace_all(text, U"\n", U" ");
  replace_all(text, U"&quot;", U"\"");
  replace_all(text, U"&amp;", U"&");  // before the next two: "&amp;lt;" ends as "<"
  replace_all(text, U"&lt;", U"<");
  replace_all(text, U"&gt;", U">");

  text = isolate(U' ' + text + U' ', is_free_punctuation);
  text = cut_pairs(text, is_not_ascii_digit, is_point_or_comma, Mark::right);
  text = cut_pairs(text, is_point_or_comma, is_not_ascii_digit, Mark::left);
  return cut_pairs(text, is_ascii_digit, is_dash, Mark::right);
}

std::u32string tokenize_intl(std::u32string_view segment) {
  std::u32string text = cut_pairs(segment, is_not_number, is_punctuation, Mark::right);
  text = cut_pairs(text, is_punctuation, is_not_number, Mark::left);
  return isolate(text, is_symbol);
}

}  // namespace

std::u32string bleu_tokenize(std::u32string_view segment, BleuTokenizer tokenizer) {
  switch (tokenizer) {
    case BleuTokenizer::v13a:
      return tokenize_13a(segment);
    case BleuTokenizer::intl:
      return tokenize_intl(segment);
    case BleuTokenizer::character:
      return isolate(segment, [](char32_t) { return true; });
    case BleuTokenizer::none:
      break;
  }
  return std::u32string(segment);
}

}  // namespace heed
