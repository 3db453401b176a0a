#include "heed/text/bleu.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "heed/base/fields.h"
#include "heed/base/progress.h"
#include "heed/text/check_references.h"
#include "heed/text/ngrams.h"
#include "heed/text/unicode.h"

namespace heed {
namespace {

constexpr std::size_t kMaxOrder = 4;

/// Sums over the corpus from which BLEU follows. Index 0 is for 1-grams.
struct Counts {
  std::int64_t hypothesis_length = 0, reference_length = 0;
  std::array<std::int64_t, kMaxOrder> matched{}, total{};
};

WordSequence words_of(std::string_view segment, const BleuOptions& options) {
  std::u32string text = decode_utf8(segment);
  if (options.lowercase) text = to_lower(text);
  return WordSequence(split_words(bleu_tokenize(trim_right(text), options.tokenizer)));
}

/// The reference length that is closest to the hypothesis, the shorter one of two that are equally close.
std::int64_t closest_length(std::int64_t length, std::span<const WordSequence> references) {
  const auto rank = [&](const WordSequence& reference) {
    return std::pair(std::abs(length - reference.size()), reference.size());
  };
  return std::ranges::min_element(references, {}, rank)->size();
}

Counts counts_of(const WordSequence& hypothesis, std::span<const WordSequence> references) {
  Counts counts;
  counts.hypothesis_length = hypothesis.size();
  counts.reference_length = closest_length(hypothesis.size(), references);
  for (std::size_t order = 1; order <= kMaxOrder; ++order) {
    const Ngrams ngrams = hypothesis.ngrams(order);
    Ngrams allowed;
    for (const WordSequence& reference : references) allowed = merge_ngrams(allowed, reference.ngrams(order));
    counts.total[order - 1] = std::ssize(ngrams);
    counts.matched[order - 1] = count_matches(ngrams, allowed);
  }
  return counts;
}

void add(Counts& sum, const Counts& counts) {
  sum.hypothesis_length += counts.hypothesis_length;
  sum.reference_length += counts.reference_length;
  for (std::size_t i = 0; i < kMaxOrder; ++i) {
    sum.matched[i] += counts.matched[i];
    sum.total[i] += counts.total[i];
  }
}

std::vector<Counts> counts_of_all(std::span<const std::string> hypotheses,
                                  std::span<const std::vector<std::string>> references, const BleuOptions& options) {
  check_references(hypotheses, references);
  std::vector<Counts> all;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    std::vector<WordSequence> segment_references;
    for (const auto& reference : references) segment_references.push_back(words_of(reference[i], options));
    all.push_back(counts_of(words_of(hypotheses[i], options), segment_references));
  }
  return all;
}

double brevity_penalty(const Counts& counts) {
  if (counts.hypothesis_length >= counts.reference_length) return 1;
  if (counts.hypothesis_length == 0) return 0;
  return std::exp(1 - static_cast<double>(counts.reference_length) / static_cast<double>(counts.hypothesis_length));
}

/// Percent. The k-th order without a match counts as 2^-k matches (smoothing method 3 of Chen and Cherry 2014);
/// orders longer than every hypothesis, and all when no word matches, stay 0.
std::array<double, kMaxOrder> smoothed_precisions(const Counts& counts) {
  std::array<double, kMaxOrder> precisions{};
  if (std::ranges::all_of(counts.matched, [](std::int64_t count) { return count == 0; })) return precisions;
  double divisor = 1;
  for (std::size_t i = 0; i < kMaxOrder && counts.total[i] > 0; ++i) {
    const auto total = static_cast<double>(counts.total[i]);
    if (counts.matched[i] == 0) divisor *= 2;
    precisions[i] =
        counts.matched[i] == 0 ? 100 / (divisor * total) : 100 * static_cast<double>(counts.matched[i]) / total;
  }
  return precisions;
}

double geometric_mean(const std::array<double, kMaxOrder>& precisions) {
  if (std::ranges::count(precisions, 0.0) > 0) return 0;
  double log_sum = 0;
  for (const double precision : precisions) log_sum += std::log(precision);
  return std::exp(log_sum / kMaxOrder);
}

double score_of(const Counts& counts) {
  return brevity_penalty(counts) * geometric_mean(smoothed_precisions(counts));
}

}  // namespace

BleuScore corpus_bleu(std::span<const std::string> hypotheses, std::span<const std::vector<std::string>> references,
                      const BleuOptions& options) {
  Counts counts;
  for (const Counts& segment : counts_of_all(hypotheses, references, options)) add(counts, segment);

  BleuScore result;
  result.precisions = smoothed_precisions(counts);
  result.brevity_penalty = brevity_penalty(counts);
  result.score = score_of(counts);
  result.hypothesis_length = counts.hypothesis_length;
  result.reference_length = counts.reference_length;
  result.signature = "nrefs:" + std::to_string(references.size()) + "|case:" + (options.lowercase ? "lc" : "mixed") +
                     "|eff:no|tok:" + std::string(name_of(options.tokenizer)) + "|smooth:exp|version:2.6.0";
  return result;
}

std::vector<double> resampled_bleu(std::span<const std::string> hypotheses,
                                   std::span<const std::vector<std::string>> references, const BleuOptions& options,
                                   const Resampling& resampling) {
  const std::vector<Counts> all = counts_of_all(hypotheses, references, options);
  std::vector<double> scores;
  for (std::size_t sample = 0; sample < resampling.samples; ++sample) {
    Counts counts;
    for (std::size_t place = 0; place < all.size(); ++place) add(counts, all[resampling.sentence(sample, place)]);
    scores.push_back(score_of(counts));
  }
  return scores;
}

std::string BleuScore::details() const {
  std::string text;
  for (const double precision : precisions) text += (text.empty() ? "" : "/") + format_number(precision, 1);
  const double ratio =
      reference_length == 0 ? 0 : static_cast<double>(hypothesis_length) / static_cast<double>(reference_length);
  return text + " (BP = " + format_number(brevity_penalty, 3) + " ratio = " + format_number(ratio, 3) +
         " hyp_len = " + std::to_string(hypothesis_length) + " ref_len = " + std::to_string(reference_length) + ")";
}

std::string BleuScore::to_text() const {
  return "BLEU = " + format_number(score, 1) + " " + details();
}

}  // namespace heed
