#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/base/fields.h"
#include "heed/base/tokens.h"
#include "heed/models/seq2seq.h"
#include "heed/text/required_terms.h"
#include "heed/text/token_rules.h"

namespace heed {

struct SearchOptions {
  std::int64_t beam_size = 4;
  double length_penalty = 1;
  double max_length_ratio = 2;
  std::int64_t n_best = 1;
  bool allow_unk = false;
  double repetition_penalty = 1;
  std::int64_t no_repeat_ngram = 0;
  bool sample = false;
  SamplingOptions sampling = {};
  std::int64_t seed = 1;
};

template <OptionsOf<SearchOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("beam-size", o.beam_size, "hypotheses kept at each step (1 = greedy)");
  visit("length-penalty", o.length_penalty, "scores are divided by length to this power (0 = no normalisation)");
  visit("max-length-ratio", o.max_length_ratio, "a translation has at most this times the source's tokens, plus 10");
  visit("n-best", o.n_best, "translations per sentence, best first, at most beam-size unless they are drawn");
  visit("allow-unk", o.allow_unk, "let the unknown token appear in translations");
  visit("repetition-penalty", o.repetition_penalty, "above 1, tokens that came already are less likely (1 = off)");
  visit("no-repeat-ngram", o.no_repeat_ngram, "no so many tokens in a row twice in a translation (0 = off)");
  visit("sample", o.sample, "draw translations at random instead of searching for the best");
  visit("top-k", o.sampling.top_k, "draw from so many best tokens only (0 = all)");
  visit("top-p", o.sampling.top_p, "draw from the fewest best tokens that have this probability together (1 = all)");
  visit("temperature", o.sampling.temperature, "below 1 nearer to the best token, above 1 nearer to chance");
  visit("seed", o.seed, "of what is drawn; the same line is drawn alike wherever it stands");
}

/// Throws Error(usage).
void validate(const SearchOptions& options);

/// What is given of a translation.
struct Guidance {
  std::vector<TokenId> prefix;  ///< it begins with this
  RequiredTerms terms;          ///< and has these somewhere; not with `sample`
  /// And no other tokens than these, sorted, of which the end mark is one (empty = any); they alone share the
  /// probability. Of all sentences of a search or of none.
  std::vector<TokenId> vocabulary = {};
};

/// Rows that a search holds for each sentence.
std::int64_t hypotheses_per_sentence(const SearchOptions& options);

/// log_probability / tokens^length_penalty, the end mark counted.
double normalised_score(double log_probability, std::size_t tokens, double length_penalty);

struct Hypothesis {
  std::vector<TokenId> tokens;  ///< without start and end mark
  double score = 0;             ///< normalised_score()
};

/// Beam search over a batch of sentences (token ids without marks, none empty): for each the `n_best` best finished
/// hypotheses, best first. A sentence is done when `beam_size` hypotheses have ended and none that still grows has a
/// better score than the best of them, or when its length limit forces them to end; it then leaves the batch. (With
/// the first condition alone, ends of poor hypotheses would fill the list before a good one is complete.) With a beam
/// of 1, which is greedy search, the first end is the result. Ties go to
/// the earlier hypothesis and the smaller token id.
///
/// What comes out for a sentence does not depend on its neighbours, to the bit while LibTorch uses one thread (several
/// share a product in ways that depend on its rows; in int8 that makes no difference): matrix products get another
/// summation order for few rows, so there are always 16 at least. In compute_dtype(); call it under InferenceMode with
/// the model in evaluation mode.
///
/// With `options.sample`, `n_best` translations are drawn instead, each token by the model's probabilities, by a key of
/// seed, source and number of the translation.
///
/// `guidance`: one for each source, or none at all. What is given counts in the score, and the length limit is as many
/// tokens higher. Of several terms that must appear, the beam is shared among hypotheses that have more and fewer of
/// them; where the length limit is met first, the translations that have most of them are returned.
std::vector<std::vector<Hypothesis>> search(SearchedModel& model, std::span<const std::vector<TokenId>> sources,
                                            const SearchOptions& options, at::Device device,
                                            std::span<const Guidance> guidance = {});

/// Source sentences with end marks as a padded batch; lengths are filled up to multiples of `length_multiple`.
SourceBatch make_source_batch(std::span<const std::vector<TokenId>> sources, std::int64_t length_multiple,
                              at::Device device);

/// Target sentences as the decoder's input (start mark first) and what it should answer (end mark last), [B, T] int64
/// each, padded.
struct TargetBatch {
  at::Tensor input, output;
};
TargetBatch make_target_batch(std::span<const std::vector<TokenId>> targets, at::Device device);

}  // namespace heed
