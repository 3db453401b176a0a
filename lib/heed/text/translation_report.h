#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/text/attention_record.h"
#include "heed/text/subwords.h"

/// What can be said of a translation besides its text.
namespace heed {

/// A translation of one line.
struct Translation {
  std::string text;
  double score = 0;  ///< see Hypothesis; 0 for a blank line
  std::vector<TokenId> tokens;
  std::vector<double> log_p;                      ///< of each token and the end mark; only when asked for
  bool missing_terms = false;                     ///< not all that was asked for is in it
  std::optional<AttentionRecord> attention = {};  ///< only when asked for, of the best translation of a line
};

/// Words as written, each with the log probability of its pieces; the last is the end mark, "</s>". Nothing when
/// `log_p` is empty.
std::vector<std::pair<std::string, double>> word_scores(const Translation& translation, const Subwords& subwords);
/// "la:-0.0211 kato:-0.3005 </s>:-0.0104".
std::string word_scores_text(const Translation& translation, const Subwords& subwords);

/// Signs of likely trouble. Lengths are compared where both sides put spaces between words.
struct TroubleSigns {
  static constexpr std::int64_t kRepeated = 4;                ///< so many tokens in a row that come again
  static constexpr double kLowLogProbability = -1;            ///< mean of tokens and end mark below it
  static constexpr double kLongest = 3, kShortest = 1.0 / 3;  ///< words out over words in, of four words or more
};
/// Of "repetition", "low-confidence", "too-long", "too-short", "missing-term" those that hold.
std::vector<std::string> trouble_signs(const std::string& source, const Translation& translation);

/// {"source", "translations": [{"text", "score", "tokens", "words": [[word, log probability]...], "flags"}]}, and, when
/// asked for, "alignment": [[source word, target word, share]...] of the best.
std::string to_json_line(const std::string& source, const std::vector<Translation>& translations,
                         const Subwords& subwords, AlignmentKind alignment = AlignmentKind::none);

}  // namespace heed
