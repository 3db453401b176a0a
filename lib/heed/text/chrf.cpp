#include "heed/text/chrf.h"

#include <cstddef>
#include <string_view>
#include <utility>

#include "heed/base/error.h"
#include "heed/base/progress.h"
#include "heed/text/check_references.h"
#include "heed/text/ngrams.h"
#include "heed/text/unicode.h"

namespace heed {
namespace {

/// Numbers of n-grams of one order.
struct Counts {
  std::int64_t hypothesis = 0, reference = 0, matched = 0;
};

void check_options(const ChrfOptions& options) {
  const auto check = [](const char* what, std::int64_t value, std::int64_t least) {
    constexpr std::int64_t kMost = 100;
    if (value >= least && value <= kMost) return;
    throw usage_error(std::string("chrF: ") + what + " is " + std::to_string(value) + ", expected " +
                      std::to_string(least) + " to " + std::to_string(kMost));
  };
  check("beta", options.beta, 1);
  check("character order", options.char_order, 1);
  check("word order", options.word_order, 0);
}

bool is_ascii_punctuation(char32_t code) {
  return std::u32string_view(U"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~").find(code) != std::u32string_view::npos;
}

/// Words with one punctuation mark cut off, at the end or else at the beginning: "(so)" gives "(so" and ")".
std::vector<std::u32string_view> words_and_marks(std::u32string_view text) {
  std::vector<std::u32string_view> pieces;
  for (const std::u32string_view word : split_words(text)) {
    const std::size_t cut = is_ascii_punctuation(word.back())    ? word.size() - 1
                            : is_ascii_punctuation(word.front()) ? 1
                                                                 : 0;
    if (cut > 0) pieces.push_back(word.substr(0, cut));
    pieces.push_back(word.substr(cut));
  }
  return pieces;
}

/// A segment's n-grams, first the character orders, then the word orders. Owns the texts that they point into.
class Segment {
 public:
  Segment(std::string_view segment, const ChrfOptions& options)
      : Segment(options.lowercase ? to_lower(decode_utf8(segment)) : decode_utf8(segment), options) {}

  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  const std::vector<Ngrams>& orders() const { return orders_; }

 private:
  Segment(const std::u32string& text, const ChrfOptions& options) : words_(words_and_marks(text)) {
    for (const std::u32string_view word : split_words(text)) characters_ += word;
    for (std::int64_t n = 1; n <= options.char_order; ++n) {
      orders_.push_back(char_ngrams(characters_, static_cast<std::size_t>(n)));
    }
    for (std::int64_t n = 1; n <= options.word_order; ++n) {
      orders_.push_back(words_.ngrams(static_cast<std::size_t>(n)));
    }
  }

  std::u32string characters_;
  WordSequence words_;
  std::vector<Ngrams> orders_;
};

std::vector<Counts> compare(const Segment& hypothesis, const Segment& reference) {
  std::vector<Counts> counts;
  for (std::size_t i = 0; i < hypothesis.orders().size(); ++i) {
    const Ngrams &left = hypothesis.orders()[i], &right = reference.orders()[i];
    // A hypothesis is not blamed for orders that are longer than its reference.
    counts.push_back({right.empty() ? 0 : std::ssize(left), std::ssize(right), count_matches(left, right)});
  }
  return counts;
}

/// Percent: the F-score of mean precision and mean recall over the orders that occur on both sides.
double f_score(const std::vector<Counts>& counts, std::int64_t beta) {
  double precision = 0, recall = 0, orders = 0;
  for (const Counts& order : counts) {
    if (order.hypothesis == 0 || order.reference == 0) continue;
    precision += static_cast<double>(order.matched) / static_cast<double>(order.hypothesis);
    recall += static_cast<double>(order.matched) / static_cast<double>(order.reference);
    orders += 1;
  }
  if (precision + recall == 0) return 0;
  precision /= orders;
  recall /= orders;
  const auto factor = static_cast<double>(beta * beta);
  return 100 * ((1 + factor) * precision * recall / (factor * precision + recall));
}

/// Counts against the reference with the best score, the first of equals.
std::vector<Counts> best_counts(const Segment& hypothesis, std::span<const std::vector<std::string>> references,
                                std::size_t index, const ChrfOptions& options) {
  std::vector<Counts> best;
  double best_score = -1;
  for (const auto& reference : references) {
    std::vector<Counts> counts = compare(hypothesis, Segment(reference[index], options));
    const double score = f_score(counts, options.beta);
    if (score <= best_score) continue;
    best_score = score;
    best = std::move(counts);
  }
  return best;
}

void add(std::vector<Counts>& sums, const std::vector<Counts>& counts) {
  for (std::size_t order = 0; order < sums.size(); ++order) {
    sums[order].hypothesis += counts[order].hypothesis;
    sums[order].reference += counts[order].reference;
    sums[order].matched += counts[order].matched;
  }
}

std::vector<Counts> no_counts(const ChrfOptions& options) {
  return std::vector<Counts>(static_cast<std::size_t>(options.char_order + options.word_order));
}

std::vector<std::vector<Counts>> counts_of_all(std::span<const std::string> hypotheses,
                                               std::span<const std::vector<std::string>> references,
                                               const ChrfOptions& options) {
  check_references(hypotheses, references);
  check_options(options);
  std::vector<std::vector<Counts>> all;
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    all.push_back(best_counts(Segment(hypotheses[i], options), references, i, options));
  return all;
}

}  // namespace

ChrfScore corpus_chrf(std::span<const std::string> hypotheses, std::span<const std::vector<std::string>> references,
                      const ChrfOptions& options) {
  const std::vector<std::vector<Counts>> all = counts_of_all(hypotheses, references, options);  // checks the options
  std::vector<Counts> sums = no_counts(options);
  for (const std::vector<Counts>& segment : all) add(sums, segment);

  ChrfScore result;
  result.score = f_score(sums, options.beta);
  result.name = "chrF" + std::to_string(options.beta) + std::string(static_cast<std::size_t>(options.word_order), '+');
  result.signature = "nrefs:" + std::to_string(references.size()) + "|case:" + (options.lowercase ? "lc" : "mixed") +
                     "|eff:yes|nc:" + std::to_string(options.char_order) + "|nw:" + std::to_string(options.word_order) +
                     "|space:no|version:2.6.0";
  return result;
}

std::vector<double> resampled_chrf(std::span<const std::string> hypotheses,
                                   std::span<const std::vector<std::string>> references, const ChrfOptions& options,
                                   const Resampling& resampling) {
  const std::vector<std::vector<Counts>> all = counts_of_all(hypotheses, references, options);
  std::vector<double> scores;
  for (std::size_t sample = 0; sample < resampling.samples; ++sample) {
    std::vector<Counts> sums = no_counts(options);
    for (std::size_t place = 0; place < all.size(); ++place) add(sums, all[resampling.sentence(sample, place)]);
    scores.push_back(f_score(sums, options.beta));
  }
  return scores;
}

std::string ChrfScore::to_text() const {
  return name + " = " + format_number(score, 1);
}

}  // namespace heed
