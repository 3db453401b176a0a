#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// The n-grams of a segment, sorted, each as often as it occurs: a multiset that needs no table. They are views.
using Ngrams = std::vector<std::u32string_view>;

/// Runs of `order` >= 1 code points. Views into `text`.
Ngrams char_ngrams(std::u32string_view text, std::size_t order);

/// Words of a segment, held so that their n-grams are pieces of one text.
class WordSequence {
 public:
  /// No word may be empty or hold white space, or n-grams of different words could look alike.
  explicit WordSequence(std::span<const std::u32string_view> words);

  std::int64_t size() const { return static_cast<std::int64_t>(ends_.size()); }
  /// Runs of `order` >= 1 words. Views into this object, valid until it moves or ends.
  Ngrams ngrams(std::size_t order) const;

 private:
  std::u32string text_;  // words joined by spaces
  std::vector<std::size_t> begins_, ends_;
};

/// Number of n-grams that the two have in common, each counted as often as it occurs in both.
std::int64_t count_matches(const Ngrams& left, const Ngrams& right);

/// Every n-gram as often as it occurs in the one where it is most frequent.
Ngrams merge_ngrams(const Ngrams& left, const Ngrams& right);

}  // namespace heed
