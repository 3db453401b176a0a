#include "heed/text/translation_report.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "heed/base/progress.h"
#include "heed/base/utf8.h"
#include "heed/text/pieces.h"
#include "heed/text/unicode.h"

namespace heed {
namespace {

// Words of a script that puts spaces between them; nothing where there are letters of another, such as Chinese.
std::optional<double> words_in(const std::string& text) {
  const std::u32string characters = decode_utf8(text);
  const auto stands_by_itself = [](char32_t c) {
    return !is_part_of_word(c) && !is_white_space(c) && !is_punctuation(c) && !is_symbol(c) && !is_number(c);
  };
  if (std::ranges::any_of(characters, stands_by_itself)) return std::nullopt;
  return static_cast<double>(split_words(characters).size());
}

bool repeats_itself(const std::vector<TokenId>& tokens) {
  constexpr auto kSize = static_cast<std::size_t>(TroubleSigns::kRepeated);
  std::set<std::vector<TokenId>> seen;
  for (std::size_t begin = 0; begin + kSize <= tokens.size(); ++begin) {
    const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(begin);
    if (!seen.emplace(first, first + static_cast<std::ptrdiff_t>(kSize)).second) return true;
  }
  return false;
}

}  // namespace

std::vector<std::pair<std::string, double>> word_scores(const Translation& translation, const Subwords& subwords) {
  std::vector<std::pair<std::string, double>> words;
  if (translation.log_p.empty()) return words;
  for (std::size_t i = 0; i < translation.tokens.size(); ++i) {
    const std::string piece = subwords.piece(translation.tokens[i]);
    if (begins_word(piece) || words.empty()) words.emplace_back("", 0);
    words.back().first += letters_of(piece);
    words.back().second += translation.log_p[i];
  }
  words.emplace_back(kEndText, translation.log_p.back());
  return words;
}

std::string word_scores_text(const Translation& translation, const Subwords& subwords) {
  std::string text;
  for (const auto& [word, score] : word_scores(translation, subwords)) {
    if (!text.empty()) text += ' ';
    text += word + ":" + format_number(score, 4);
  }
  return text;
}

std::vector<std::string> trouble_signs(const std::string& source, const Translation& translation) {
  std::vector<std::string> signs;
  if (is_blank(source)) return signs;
  if (repeats_itself(translation.tokens)) signs.emplace_back("repetition");
  const std::vector<double>& log_p = translation.log_p;
  const double mean =
      std::reduce(log_p.begin(), log_p.end()) / static_cast<double>(std::max<std::size_t>(1, log_p.size()));
  if (mean < TroubleSigns::kLowLogProbability) signs.emplace_back("low-confidence");
  if (translation.missing_terms) signs.emplace_back("missing-term");
  const auto in = words_in(repair_utf8(source)), out = words_in(translation.text);
  if (!in || !out || std::max(*in, *out) < 4) return signs;  // a word or two may well become three
  if (*out > TroubleSigns::kLongest * *in) signs.emplace_back("too-long");
  if (*out < TroubleSigns::kShortest * *in) signs.emplace_back("too-short");
  return signs;
}

std::string to_json_line(const std::string& source, const std::vector<Translation>& translations,
                         const Subwords& subwords, AlignmentKind kind) {
  const auto rounded = [](double value) { return nlohmann::json::parse(format_number(value, 4)); };
  nlohmann::ordered_json line = {{"source", repair_utf8(source)}, {"translations", nlohmann::json::array()}};
  for (const Translation& translation : translations) {
    nlohmann::ordered_json tokens = nlohmann::json::array(), words = nlohmann::json::array();
    for (const TokenId token : translation.tokens) tokens.push_back(subwords.piece(token));
    for (const auto& [word, score] : word_scores(translation, subwords)) words.push_back({word, rounded(score)});
    nlohmann::ordered_json entry = {{"text", translation.text},
                                    {"score", rounded(translation.score)},
                                    {"tokens", tokens},
                                    {"words", words},
                                    {"flags", trouble_signs(source, translation)}};
    if (kind != AlignmentKind::none && translation.attention) {
      entry["alignment"] = nlohmann::json::array();
      for (const AlignedWords& pair : alignment(*translation.attention, kind))
        entry["alignment"].push_back({pair.source, pair.target, rounded(pair.share)});
    }
    line["translations"].push_back(std::move(entry));
  }
  return line.dump();
}

}  // namespace heed
