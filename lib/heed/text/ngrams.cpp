#include "heed/text/ngrams.h"

#include <algorithm>
#include <iterator>

namespace heed {

Ngrams char_ngrams(std::u32string_view text, std::size_t order) {
  Ngrams ngrams;
  for (std::size_t begin = 0; begin + order <= text.size(); ++begin) ngrams.push_back(text.substr(begin, order));
  std::sort(ngrams.begin(), ngrams.end());
  return ngrams;
}

WordSequence::WordSequence(std::span<const std::u32string_view> words) {
  for (const std::u32string_view word : words) {
    if (!text_.empty()) text_ += U' ';
    begins_.push_back(text_.size());
    text_ += word;
    ends_.push_back(text_.size());
  }
}

Ngrams WordSequence::ngrams(std::size_t order) const {
  const std::u32string_view text = text_;
  Ngrams ngrams;
  for (std::size_t first = 0; first + order <= begins_.size(); ++first) {
    ngrams.push_back(text.substr(begins_[first], ends_[first + order - 1] - begins_[first]));
  }
  std::sort(ngrams.begin(), ngrams.end());
  return ngrams;
}

std::int64_t count_matches(const Ngrams& left, const Ngrams& right) {
  Ngrams common;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(common));
  return std::ssize(common);
}

Ngrams merge_ngrams(const Ngrams& left, const Ngrams& right) {
  Ngrams merged;
  std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(merged));
  return merged;
}

}  // namespace heed
