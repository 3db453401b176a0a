#include "heed/text/replace_unk.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "heed/text/pieces.h"
#include "heed/text/unicode.h"

namespace heed {
namespace {

constexpr char32_t kGap = 0x110000;  // stands for an unknown token in a text; no character

std::u32string spelled(const std::string& piece) {
  return (begins_word(piece) ? U" " : U"") + decode_utf8(letters_of(piece));
}

// [begin, end) of the word, gaps in it included, that the character at `place` belongs to.
std::pair<std::size_t, std::size_t> word_around(const std::u32string& text, std::size_t place) {
  const auto belongs = [&](std::size_t i) { return text[i] == kGap || is_part_of_word(text[i]); };
  std::size_t begin = place, end = place + 1;
  while (begin > 0 && belongs(begin - 1)) --begin;
  while (end < text.size() && belongs(end)) ++end;
  return {begin, end};
}

// What is copied from the source for its piece number `chosen`.
std::u32string word_at(const std::vector<std::string>& pieces, std::size_t chosen) {
  std::u32string text;
  std::size_t begin = 0, end = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i == chosen) begin = text.size();
    text += spelled(pieces[i]);
    if (i == chosen) end = text.size();
  }
  if (text[begin] == U' ') ++begin;
  if (begin == end && chosen + 1 < pieces.size()) return word_at(pieces, chosen + 1);  // it was a space alone
  for (std::size_t place = begin; place < end; ++place)
    if (is_part_of_word(text[place])) {
      const auto [first, last] = word_around(text, place);
      return text.substr(first, last - first);
    }
  return text.substr(begin, end - begin);
}

}  // namespace

std::string replace_unknown(std::span<const TokenId> tokens, const AttentionRecord& attention, const Subwords& subwords,
                            std::size_t left_out) {
  const std::vector<std::string> source(attention.source.begin(), attention.source.end() - 1);  // no end mark
  std::u32string text;
  std::vector<std::size_t> gaps;  // the tokens that they stand for
  for (std::size_t t = left_out; t < tokens.size(); ++t) {
    if (tokens[t] != kUnk) {
      text += spelled(subwords.piece(tokens[t]));
      continue;
    }
    text += kGap;
    gaps.push_back(t);
  }
  std::u32string result;
  std::size_t written = 0, gap = 0;
  for (std::size_t place = text.find(kGap); place != text.npos; place = text.find(kGap, written)) {
    const auto [begin, end] = word_around(text, place);
    const float* weights = &attention.mean.weights[gaps[gap] * attention.mean.columns];
    const auto chosen = static_cast<std::size_t>(std::max_element(weights, weights + source.size()) - weights);
    result += text.substr(written, begin - written) + word_at(source, chosen);
    gap += static_cast<std::size_t>(std::ranges::count(text.substr(begin, end - begin), kGap));
    written = end;
  }
  result += text.substr(written);
  return encode_utf8(result.starts_with(U' ') ? result.substr(1) : result);
}

}  // namespace heed
