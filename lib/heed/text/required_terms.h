#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "heed/base/tokens.h"

namespace heed {

/// What must appear in a translation: each a few tokens in a row.
using RequiredTerms = std::vector<std::vector<TokenId>>;

/// How much of the terms is in a growing hypothesis.
class TermProgress {
 public:
  TermProgress() = default;
  explicit TermProgress(const RequiredTerms& terms) : reached_(terms.size()) {}

  /// `tokens` has just grown by one.
  void advance(std::span<const TokenId> tokens, const RequiredTerms& terms);
  /// Tokens of the terms that are there, and of the one that has come farthest at the end: the bank of the hypothesis.
  /// Of terms that begin alike one counts, so that bringing it on leads to a fuller bank.
  std::size_t tokens_met(const RequiredTerms& terms) const;
  bool all_met(const RequiredTerms& terms) const;
  /// The tokens that would begin a missing term or bring it on.
  std::vector<TokenId> wanted(const RequiredTerms& terms) const;

 private:
  std::vector<std::size_t> reached_;  // of each term, tokens; all of them for good
};

/// Which `most` of some ways to go on are kept, when `banks` holds how many tokens of the terms each has and the ways
/// are sorted, the most probable first: of each bank in turn the best that is left (and in this order), so that what
/// has more of the terms is not pushed out by what is more probable without them (Post and Vilar 2018, "Fast lexically
/// constrained decoding with dynamic beam allocation"). The fullest bank comes first; the emptiest comes second,
/// because it alone can still begin a term at a better place; then the others, down from the fullest.
std::vector<std::size_t> choose_by_bank(std::span<const std::size_t> banks, std::size_t most);

}  // namespace heed
