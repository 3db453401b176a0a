#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/base/tokens.h"

namespace heed {

/// A sentence and its translation as tokens, without marks.
struct TokenPair {
  std::vector<TokenId> source, target;
};

/// A lexical shortlist: the target tokens that may come up in the translation of a sentence, some hundreds of a
/// vocabulary of thousands, so that search need not compute the logits of the rest. For each source token those target
/// tokens are listed that it is seen with more often than by chance, by the log-likelihood ratio (Dunning 1993), and
/// for every sentence the most frequent ones. No LibTorch here.
class Shortlist {
 public:
  Shortlist() = default;  ///< of nothing: empty()

  /// `per_token`: target tokens listed for each source token. With one vocabulary on both sides a token is in its own
  /// list too: names and numbers are often copied.
  static Shortlist train(std::span<const TokenPair> pairs, std::int64_t source_vocabulary,
                         std::int64_t target_vocabulary, std::int64_t per_token, bool one_vocabulary);

  /// Row f of the table [rows, width] lists the target tokens of source token f, filled up with kPad; those of rows
  /// from `source_vocabulary` on belong to every sentence. Throws std::invalid_argument for tokens that are not below
  /// `target_vocabulary` and for tables with too few rows.
  Shortlist(std::vector<TokenId> table, std::int64_t width, std::int64_t source_vocabulary,
            std::int64_t target_vocabulary);

  bool empty() const { return table_.empty(); }
  const std::vector<TokenId>& table() const { return table_; }
  std::int64_t width() const { return width_; }

  /// The tokens that a translation of the sentence may have, sorted: those listed and those `given`; always the unknown
  /// token and the end mark, never padding or the start mark.
  std::vector<TokenId> tokens_for(std::span<const TokenId> source, std::vector<TokenId> given = {}) const;

 private:
  std::span<const TokenId> row(std::int64_t number) const;

  std::vector<TokenId> table_;
  std::int64_t width_ = 0, source_vocabulary_ = 0;
};

}  // namespace heed
