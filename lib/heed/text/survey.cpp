#include "heed/text/survey.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <utility>

#include "heed/base/content_hash.h"
#include "heed/base/error.h"
#include "heed/base/progress.h"
#include "heed/base/utf8.h"

namespace heed {
namespace {

constexpr std::uint64_t kHashedPairs = 4'000'000;
constexpr std::uint64_t kSampledPairs = 20'000;
constexpr std::uint64_t kPairsBetweenReports = 1 << 17;
constexpr std::uint64_t kSamplesBetweenReleases = 512;

using RawPair = std::pair<std::string_view, std::string_view>;

std::uint64_t hash_pair(const RawPair& pair) {
  return hash_content(pair.second, hash_content(pair.first));
}

/// Hashes of the first pairs, sorted.
std::vector<std::uint64_t> hash_pairs(const ParallelCorpus& corpus) {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < std::min(corpus.size(), kHashedPairs); ++i) {
    hashes.push_back(hash_pair(corpus.raw(i)));
  }
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

std::int64_t count_words(std::string_view text) {
  std::int64_t words = 0;
  bool inside = false;
  for (const char character : text) {
    const bool space = character == ' ' || (character >= '\t' && character <= '\r');
    if (!space && !inside) ++words;
    inside = !space;
  }
  return words;
}

std::uint64_t count_repeated(std::vector<std::uint64_t> hashes) {
  std::sort(hashes.begin(), hashes.end());
  return static_cast<std::uint64_t>(hashes.end() - std::unique(hashes.begin(), hashes.end()));
}

void look_at_encoding(DataSurvey& survey, const ParallelCorpus& corpus, std::uint64_t index, const RawPair& pair,
                      bool strict_utf8) {
  const auto& [source, target] = pair;
  const bool source_valid = is_valid_utf8(source);
  if (source_valid && is_valid_utf8(target)) return;
  const std::string place = corpus.place(index, source_valid ? Side::target : Side::source);
  if (strict_utf8) {
    throw data_error(place + ": is not valid UTF-8; expected UTF-8 text; convert the file with iconv, or leave out " +
                     "--strict-utf8 to have such bytes replaced by U+FFFD");
  }
  if (survey.invalid_utf8++ == 0) survey.first_invalid = place;
}

void look_at_content(DataSurvey& survey, const ParallelCorpus& corpus, std::uint64_t index, const RawPair& pair) {
  const auto& [source, target] = pair;
  const bool source_blank = is_blank(source);
  if (source_blank || is_blank(target)) {
    if (survey.empty_sides++ == 0) survey.first_empty = corpus.place(index, source_blank ? Side::source : Side::target);
  } else if (source == target) {
    ++survey.source_equals_target;
  }
  survey.source_words += static_cast<double>(count_words(source));
  survey.target_words += static_cast<double>(count_words(target));
}

/// Sums for means, variances and covariance of two columns.
struct Moments {
  double count = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  void add(double a, double b) { count += 1, x += a, y += b, xx += a * a, yy += b * b, xy += a * b; }
  /// Pearson's; 1 when a column does not vary.
  double correlation() const {
    const double x_variance = count * xx - x * x, y_variance = count * yy - y * y;
    return x_variance <= 0 || y_variance <= 0 ? 1 : (count * xy - x * y) / std::sqrt(x_variance * y_variance);
  }
};

std::string percent(double part, double whole) {
  if (part <= 0 || whole <= 0) return "0 %";
  const double share = 100 * part / whole;
  return share < 0.01 ? "below 0.01 %" : format_number(share, share < 1 ? 2 : 1) + " %";
}

/// Lines of "name   value", names in a column of their own.
class Table {
 public:
  void row(std::string_view name, const std::string& value) {
    constexpr std::size_t kNameWidth = 24;
    text_ += "  " + std::string(name) + std::string(kNameWidth - std::min(kNameWidth, name.size()), ' ') + value + "\n";
  }
  void line(const std::string& text) { text_ += text + "\n"; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string whole(double value) {
  return format_count(static_cast<std::int64_t>(value));
}

/// A count of pairs with its share and, when there are any, what becomes of them.
void count_row(Table& table, std::string_view name, std::uint64_t count, std::uint64_t pairs,
               const std::string& remark) {
  std::string value = whole(static_cast<double>(count));
  if (count > 0) value += " (" + percent(static_cast<double>(count), static_cast<double>(pairs)) + ")" + remark;
  table.row(name, value);
}

void warn_of_lengths(Table& table, const DataSurvey& survey) {
  constexpr double kSuspiciousRatio = 3, kSuspiciousCorrelation = 0.2;
  const bool tokens = survey.source_tokens > 0 && survey.target_tokens > 0;
  const double source = tokens ? survey.source_tokens : survey.source_words;
  const double target = tokens ? survey.target_tokens : survey.target_words;
  const double ratio = std::max(source, target) / std::max(1e-9, std::min(source, target));
  if (source + target > 0 && ratio > kSuspiciousRatio) {
    table.line("  warning: one side is " + (ratio < 1000 ? format_number(ratio, 1) : "over 1,000") +
               " times as long as the other: are these translations of each other? Check --train-src and --train-tgt");
  }
  if (survey.length_correlation < kSuspiciousCorrelation) {
    table.line("  warning: the lengths of the two sides have little to do with each other (correlation " +
               format_number(survey.length_correlation, 2) + "): does each line stand beside its translation?");
  }
}

}  // namespace

DataSurvey survey(const ParallelCorpus& training, const ParallelCorpus* validation, bool strict_utf8) {
  DataSurvey survey;
  survey.pairs = training.size();
  const std::vector<std::uint64_t> held_out = validation ? hash_pairs(*validation) : std::vector<std::uint64_t>();
  std::vector<std::uint64_t> seen;
  seen.reserve(static_cast<std::size_t>(std::min(survey.pairs, kHashedPairs)));
  Progress progress("reading the corpus", static_cast<std::int64_t>(survey.pairs));
  for (std::uint64_t i = 0; i < survey.pairs; ++i) {
    const RawPair pair = training.raw(i);
    look_at_encoding(survey, training, i, pair, strict_utf8);
    look_at_content(survey, training, i, pair);
    const std::uint64_t hash = hash_pair(pair);
    if (i < kHashedPairs) seen.push_back(hash);
    if (std::binary_search(held_out.begin(), held_out.end(), hash)) ++survey.in_validation;
    if (i % kPairsBetweenReports != kPairsBetweenReports - 1) continue;
    training.release_memory();
    progress.update(static_cast<std::int64_t>(i));
  }
  survey.duplicates = count_repeated(std::move(seen));
  return survey;
}

void survey_tokens(DataSurvey& survey, const ParallelCorpus& training, const Subwords& source, const Subwords& target,
                   std::int64_t max_length) {
  const std::uint64_t sampled = std::min(training.size(), kSampledPairs);
  Moments lengths;
  double over_length = 0;
  survey.longest_source = survey.longest_target = 0;
  for (std::uint64_t i = 0; i < sampled; ++i) {
    // Samples lie far apart: each brings pages of its own.
    if (i % kSamplesBetweenReleases == 0) training.release_memory();
    const SentencePair pair = training.pair(i * training.size() / sampled);
    if (is_blank(pair.source) || is_blank(pair.target)) continue;
    const auto source_tokens = static_cast<std::int64_t>(source.encode(pair.source).size());
    const auto target_tokens = static_cast<std::int64_t>(target.encode(pair.target).size());
    lengths.add(static_cast<double>(source_tokens), static_cast<double>(target_tokens));
    survey.longest_source = std::max(survey.longest_source, source_tokens);
    survey.longest_target = std::max(survey.longest_target, target_tokens);
    if (std::max(source_tokens, target_tokens) > max_length) over_length += 1;
  }
  constexpr double kEnoughToCorrelate = 100;
  const double count = std::max(1.0, lengths.count);
  survey.source_tokens = lengths.x / count;
  survey.target_tokens = lengths.y / count;
  survey.over_length = over_length / count;
  survey.length_correlation = lengths.count < kEnoughToCorrelate ? 1 : lengths.correlation();
}

std::string DataSurvey::to_text() const {
  const double usable = std::max(1.0, static_cast<double>(pairs - empty_sides));
  Table table;
  table.line("training data");
  table.row("pairs", whole(static_cast<double>(pairs)));
  table.row("words", whole(source_words) + " source, " + whole(target_words) + " target");
  table.row("words a sentence", format_number(source_words / usable, 1) + " source, " +
                                    format_number(target_words / usable, 1) + " target");
  if (longest_source > 0) {
    table.row("tokens a sentence", format_number(source_tokens, 1) + " source, " + format_number(target_tokens, 1) +
                                       " target; longest " + format_count(longest_source) + " and " +
                                       format_count(longest_target) + (pairs > kSampledPairs ? " (sample)" : ""));
    table.row("over --max-length",
              percent(over_length, 1) + (over_length > 0 ? "; --on-long drop or crop, or a larger --max-length" : ""));
  }
  count_row(table, "an empty side", empty_sides, pairs, "; dropped, first " + first_empty);
  count_row(table, "invalid UTF-8", invalid_utf8, pairs,
            "; replaced by U+FFFD, first " + first_invalid + "; --strict-utf8 refuses");
  count_row(table, "duplicates", duplicates, std::min<std::uint64_t>(pairs, kHashedPairs),
            pairs > kHashedPairs ? " of the first four million pairs" : "");
  count_row(table, "source = target", source_equals_target, pairs, "; models learn to copy from many of these");
  count_row(table, "also in validation", in_validation, pairs, "; scores will flatter: choose other --valid-src lines");
  warn_of_lengths(table, *this);
  return table.text();
}

}  // namespace heed
