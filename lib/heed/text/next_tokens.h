#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "heed/text/required_terms.h"
#include "heed/text/search.h"

/// The first half of a step of search(): how hypotheses may go on.
namespace heed {

/// Log probability of a place in the beam that is not filled.
inline constexpr double kImpossible = -std::numeric_limits<double>::infinity();

/// A hypothesis that is still growing.
struct GrowingHypothesis {
  std::vector<TokenId> tokens;
  double log_probability = kImpossible;
  TermProgress terms = {};
};

/// A sentence that is searched for.
struct SearchedSentence {
  std::size_t number;  ///< in the caller's list
  std::int64_t max_length;
  Guidance guidance;
  std::uint64_t source_hash = 0;  ///< keys what is drawn
  std::vector<GrowingHypothesis> beam;
  std::vector<Hypothesis> finished;
  bool done = false;
};

/// Ways to go on from each row, on the CPU. Forbidden tokens are not made up for: a hypothesis has the score that the
/// model gives it, whatever else was forbidden.
struct NextTokens {
  at::Tensor log_p, tokens;  ///< [R, N], best first
  at::Tensor all_log_p;      ///< [R, C], only where terms must appear
  at::Tensor end_log_p;      ///< [R] float64, of the end mark
};

/// The best 2 x beam ways to go on from each row, of which at most `beam` can be end marks: enough to keep the beam
/// full. When tokens are drawn, the one that was. `states`: of model.step().
NextTokens next_tokens(SearchedModel& model, const at::Tensor& states, const std::vector<SearchedSentence>& sentences,
                       const SearchOptions& options);

}  // namespace heed
