#include "heed/text/shortlist.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

#include "heed/base/parallel.h"

namespace heed {
namespace {

// More sentences than this tell nothing new about a frequent token.
constexpr std::size_t kMostSentences = 2'000;
constexpr std::int64_t kForEverySentence = 100;

std::vector<TokenId> distinct(std::vector<TokenId> tokens) {
  std::ranges::sort(tokens);
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

// Twice this is chi-square distributed when both have nothing to do with each other: of `sentences` with the source
// token `together` have the target token too, which is in a share `expected` of all sentences.
double log_likelihood_ratio(double together, double sentences, double expected) {
  const double share = together / sentences;
  const double without = sentences - together;
  return together * std::log(share / expected) + (without > 0 ? without * std::log((1 - share) / (1 - expected)) : 0);
}

// The tokens of the highest scores that are above 0, best first, of equal ones the smaller first.
std::vector<TokenId> best_tokens(const std::vector<double>& scores, std::int64_t most) {
  std::vector<TokenId> tokens;
  for (std::size_t token = kEos + 1; token < scores.size(); ++token)
    if (scores[token] > 0) tokens.push_back(static_cast<TokenId>(token));
  const auto end = tokens.begin() + std::min<std::ptrdiff_t>(most, std::ssize(tokens));
  std::partial_sort(tokens.begin(), end, tokens.end(), [&](TokenId a, TokenId b) {
    const double x = scores[static_cast<std::size_t>(a)], y = scores[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  });
  tokens.erase(end, tokens.end());
  return tokens;
}

}  // namespace

Shortlist Shortlist::train(std::span<const TokenPair> pairs, std::int64_t source_vocabulary,
                           std::int64_t target_vocabulary, std::int64_t per_token, bool one_vocabulary) {
  std::vector<std::vector<TokenId>> targets(pairs.size());
  std::vector<std::vector<std::size_t>> sentences(static_cast<std::size_t>(source_vocabulary));  // of each source token
  std::vector<double> target_sentences(static_cast<std::size_t>(target_vocabulary));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    targets[i] = distinct(pairs[i].target);
    for (const TokenId token : targets[i]) ++target_sentences[static_cast<std::size_t>(token)];
    for (const TokenId token : distinct(pairs[i].source)) sentences[static_cast<std::size_t>(token)].push_back(i);
  }

  const std::int64_t rows_for_all = (kForEverySentence + per_token - 1) / per_token;
  std::vector<TokenId> table(static_cast<std::size_t>((source_vocabulary + rows_for_all) * per_token), kPad);
  const auto place = [&](std::int64_t row) { return table.begin() + row * per_token; };
  parallel_for(sentences.size(), [&](std::size_t source) {
    const std::vector<std::size_t>& seen = sentences[source];
    const std::size_t stride = seen.size() / kMostSentences + 1;
    std::vector<double> scores(static_cast<std::size_t>(target_vocabulary));  // first: sentences with both
    double visited = 0;
    for (std::size_t i = 0; i < seen.size(); i += stride, ++visited)
      for (const TokenId token : targets[seen[i]]) ++scores[static_cast<std::size_t>(token)];
    for (std::size_t token = 0; token < scores.size(); ++token) {
      const double expected = target_sentences[token] / static_cast<double>(pairs.size());
      const bool more_than_by_chance = scores[token] > expected * visited;
      scores[token] = more_than_by_chance ? log_likelihood_ratio(scores[token], visited, expected) : 0;
    }
    if (one_vocabulary) scores[source] = std::numeric_limits<double>::infinity();
    std::ranges::copy(best_tokens(scores, per_token), place(static_cast<std::int64_t>(source)));
  });
  std::ranges::copy(best_tokens(target_sentences, kForEverySentence), place(source_vocabulary));
  return {std::move(table), per_token, source_vocabulary, target_vocabulary};
}

Shortlist::Shortlist(std::vector<TokenId> table, std::int64_t width, std::int64_t source_vocabulary,
                     std::int64_t target_vocabulary)
    : table_(std::move(table)), width_(width), source_vocabulary_(source_vocabulary) {
  if (width < 1 || std::ssize(table_) % width != 0 || std::ssize(table_) / width < source_vocabulary)
    throw std::invalid_argument("a shortlist needs a row for each source token");
  if (std::ranges::any_of(table_, [&](TokenId token) { return token < 0 || token >= target_vocabulary; }))
    throw std::invalid_argument("a shortlist has a token that the target vocabulary has not");
}

std::span<const TokenId> Shortlist::row(std::int64_t number) const {
  return std::span(table_).subspan(static_cast<std::size_t>(number * width_), static_cast<std::size_t>(width_));
}

std::vector<TokenId> Shortlist::tokens_for(std::span<const TokenId> source, std::vector<TokenId> given) const {
  std::vector<TokenId> tokens = std::move(given);
  tokens.insert(tokens.end(), {kUnk, kEos});
  const auto add = [&](std::int64_t number) {
    std::ranges::copy_if(row(number), std::back_inserter(tokens),
                         [](TokenId token) { return token != kPad && token != kBos; });
  };
  for (const TokenId token : source) add(token);
  for (std::int64_t number = source_vocabulary_; number < std::ssize(table_) / width_; ++number) add(number);
  return distinct(std::move(tokens));
}

}  // namespace heed
