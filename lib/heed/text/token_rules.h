#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "heed/base/tokens.h"

/// What changes the scores of the next token [C] of one hypothesis before a search chooses. `so_far` are its tokens
/// without the start mark.
namespace heed {

/// Log probability of what may not come.
inline constexpr float kNever = -std::numeric_limits<float>::infinity();

/// Divides the positive logits of tokens that came already by `penalty` and multiplies the negative ones by it (Keskar
/// et al. 2019, "CTRL"); 1 changes nothing.
void penalise_repetition(std::span<float> logits, std::span<const TokenId> so_far, double penalty);

/// Forbids the tokens that would repeat `size` tokens in a row (Paulus et al. 2017).
void forbid_repeated_ngrams(std::span<float> log_p, std::span<const TokenId> so_far, std::int64_t size);

/// Forbids all tokens but one.
void force_token(std::span<float> log_p, TokenId token);

struct SamplingOptions {
  std::int64_t top_k = 0;  ///< draw from so many best tokens only; 0 = all
  double top_p = 1;        ///< and from the fewest best ones that have this probability together (Holtzman et al. 2019)
  double temperature = 1;  ///< log probabilities are divided by it
};

/// The token that `uniform`, in [0, 1), falls on when the probabilities of all that may come stand side by side. Of
/// equal ones the smaller token id counts as better.
TokenId draw_token(std::span<const float> log_p, const SamplingOptions& options, double uniform);

}  // namespace heed
