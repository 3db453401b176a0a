#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/text/corpus.h"
#include "heed/text/subwords.h"

namespace heed {

/// What one look over the training data shows. Lengths are in words (white space) and, for a sample of at most 20,000
/// pairs, in tokens. Duplicates are exact over the first four million pairs (to a 64-bit hash), as is the overlap with
/// the first four million validation pairs.
struct DataSurvey {
  std::uint64_t pairs = 0, empty_sides = 0, invalid_utf8 = 0, duplicates = 0, source_equals_target = 0,
                in_validation = 0;
  std::string first_empty, first_invalid;               ///< places, empty when none
  double source_words = 0, target_words = 0;            ///< totals
  double source_tokens = 0, target_tokens = 0;          ///< means per sentence over the sample
  std::int64_t longest_source = 0, longest_target = 0;  ///< tokens, in the sample
  double over_length = 0;                               ///< share of the sample over `max_length` tokens
  double length_correlation = 1;  ///< of both sides' tokens in the sample; near 0 when lines do not belong together
  /// One screen for people; problems are named with the flag that treats them.
  std::string to_text() const;
};

/// First pass, before a vocabulary exists: counts and encodings. With `strict_utf8`, ill-formed UTF-8 throws
/// Error(data) naming the first place. Shows progress on long corpora.
DataSurvey survey(const ParallelCorpus& training, const ParallelCorpus* validation, bool strict_utf8);
/// Adds the token lengths.
void survey_tokens(DataSurvey& survey, const ParallelCorpus& training, const Subwords& source, const Subwords& target,
                   std::int64_t max_length);

}  // namespace heed
