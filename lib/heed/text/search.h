#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/base/fields.h"
#include "heed/base/tokens.h"
#include "heed/models/seq2seq.h"

namespace heed {

struct SearchOptions {
  std::int64_t beam_size = 4;
  double length_penalty = 1;
  double max_length_ratio = 2;
  std::int64_t n_best = 1;
  bool allow_unk = false;
};

template <OptionsOf<SearchOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("beam-size", o.beam_size, "hypotheses kept at each step (1 = greedy)");
  visit("length-penalty", o.length_penalty, "scores are divided by length to this power (0 = no normalisation)");
  visit("max-length-ratio", o.max_length_ratio, "a translation has at most this times the source's tokens, plus 10");
  visit("n-best", o.n_best, "translations per sentence, best first, at most beam-size");
  visit("allow-unk", o.allow_unk, "let the unknown token appear in translations");
}

/// Throws Error(usage).
void validate(const SearchOptions& options);

struct Hypothesis {
  std::vector<TokenId> tokens;  ///< without start and end mark
  double score = 0;             ///< log probability, end mark included, divided by (tokens + 1)^length_penalty
};

/// Beam search over a batch of sentences (token ids without marks, none empty): for each the `n_best` best finished
/// hypotheses, best first. A sentence is done when `beam_size` hypotheses have ended and none that still grows has a
/// better score than the best of them, or when its length limit forces them to end; it then leaves the batch. (With
/// the first condition alone, ends of poor hypotheses would fill the list before a good one is complete.) Ties go to
/// the earlier hypothesis and the smaller token id.
///
/// What comes out for a sentence does not depend on its neighbours: matrix products get another summation order below
/// 12 rows and attention at key lengths that are not multiples of 16, so rows are filled up to 16 at least and
/// sources to multiples of 16. In compute_dtype(); call it under InferenceMode with the model in evaluation mode.
std::vector<std::vector<Hypothesis>> search(Seq2SeqModel& model, std::span<const std::vector<TokenId>> sources,
                                            const SearchOptions& options, at::Device device);

/// Source sentences with end marks as a padded batch; lengths are filled up to multiples of `length_multiple`.
SourceBatch make_source_batch(std::span<const std::vector<TokenId>> sources, std::int64_t length_multiple,
                              at::Device device);

}  // namespace heed
