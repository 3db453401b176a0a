#include "heed/text/next_tokens.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "heed/base/random.h"
#include "heed/nn/best_tokens.h"

namespace heed {
namespace {

// A row's sum has the same bits however much stands behind its list, as long as that is whole vectors.
constexpr std::size_t kListMultiple = 16;

// Visits the rows of hypotheses that grow: visit(row, sentence, place in its beam).
template <class Visit>
void for_each_hypothesis(const std::vector<SearchedSentence>& sentences, const Visit& visit) {
  std::int64_t row = 0;
  for (const SearchedSentence& sentence : sentences)
    for (std::size_t place = 0; place < sentence.beam.size(); ++place, ++row)
      if (!sentence.done && sentence.beam[place].log_probability != kImpossible) visit(row, sentence, place);
}

std::span<float> row_of(const at::Tensor& matrix, std::int64_t row) {
  return {matrix.mutable_data_ptr<float>() + row * matrix.size(1), static_cast<std::size_t>(matrix.size(1))};
}

bool is_forced(const SearchedSentence& sentence, std::size_t place) {
  return sentence.beam[place].tokens.size() < sentence.guidance.prefix.size();
}

bool any_terms(const std::vector<SearchedSentence>& sentences) {
  return std::ranges::any_of(sentences, [](const SearchedSentence& s) { return !s.guidance.terms.empty(); });
}

bool any_forced(const std::vector<SearchedSentence>& sentences) {
  return std::ranges::any_of(sentences, [](const SearchedSentence& s) { return is_forced(s, 0); });
}

// Whether a rule needs all logits of a row at once.
bool needs_whole_rows(const std::vector<SearchedSentence>& sentences, const SearchOptions& options) {
  return options.sample || options.repetition_penalty != 1 || options.no_repeat_ngram > 0 || any_forced(sentences) ||
         any_terms(sentences);
}

// Forbids the marks that are never part of a translation in columns first_token and on.
void forbid_marks(const at::Tensor& part, std::int64_t first_token, bool allow_unk) {
  for (const TokenId mark : {kPad, kBos, kUnk})
    if (mark >= first_token && mark < first_token + part.size(1) && !(mark == kUnk && allow_unk))
      part.select(1, mark - first_token).fill_(kNever);
}

// Forbids what may not come in whole rows of logits [R, C].
void apply_rules(const at::Tensor& logits, const std::vector<SearchedSentence>& sentences,
                 const SearchOptions& options) {
  // A prefix that is given may have tokens that are unknown.
  forbid_marks(logits, 0, options.allow_unk || any_forced(sentences));
  for_each_hypothesis(sentences, [&](std::int64_t row, const SearchedSentence& sentence, std::size_t place) {
    const std::vector<TokenId>& tokens = sentence.beam[place].tokens;
    if (is_forced(sentence, place)) return force_token(row_of(logits, row), sentence.guidance.prefix[tokens.size()]);
    if (!options.allow_unk) row_of(logits, row)[kUnk] = kNever;
    if (options.no_repeat_ngram > 0) forbid_repeated_ngrams(row_of(logits, row), tokens, options.no_repeat_ngram);
  });
}

// One token for each row of log probabilities [R, C], by chance.
at::Tensor drawn_tokens(const at::Tensor& log_p, const std::vector<SearchedSentence>& sentences,
                        const SearchOptions& options) {
  at::Tensor tokens = at::full({log_p.size(0), 1}, static_cast<std::int64_t>(kEos), at::kLong);  // [R, 1]
  auto chosen = tokens.accessor<std::int64_t, 2>();
  for_each_hypothesis(sentences, [&](std::int64_t row, const SearchedSentence& sentence, std::size_t place) {
    const PhiloxKey key = make_key(static_cast<std::uint64_t>(options.seed), sentence.source_hash, place);
    chosen[row][0] =
        draw_token(row_of(log_p, row), options.sampling, random_unit(key, sentence.beam[place].tokens.size()));
  });
  return tokens;
}

// Logits [R, N] less the logarithm of their row's sum, [R].
at::Tensor log_probabilities(const at::Tensor& logits, const at::Tensor& log_sum) {
  return logits.to(at::kDouble).sub(log_sum.unsqueeze(1)).to(at::kFloat);  // [R, N]
}

// The same in parts of the model's choice: nothing but the best is kept.
NextTokens from_parts(SearchedModel& model, const at::Tensor& states, const SearchOptions& options, BestTokens& best) {
  at::Tensor end_logits;  // [R]
  model.read_logits(states, [&](const at::Tensor& part, std::int64_t first_token) {
    best.add_to_sum(part);
    if (kEos >= first_token && kEos < first_token + part.size(1))
      end_logits = part.select(1, kEos - first_token).to(at::kCPU, at::kDouble, false, /*copy=*/true);
    forbid_marks(part, first_token, options.allow_unk);
    best.add_best(part, first_token);
  });
  const at::Tensor log_sum = best.log_sum();  // [R]
  const auto [logits, tokens] = best.found();
  return {log_probabilities(logits, log_sum), tokens, {}, end_logits - log_sum};
}

// The tokens that each sentence may have [B, K], filled up with kPad; undefined where any may come.
at::Tensor listed_tokens(const std::vector<SearchedSentence>& sentences, at::Device device) {
  std::size_t longest = 0;
  for (const SearchedSentence& sentence : sentences) longest = std::max(longest, sentence.guidance.vocabulary.size());
  if (longest == 0) return {};
  longest = (longest + kListMultiple - 1) / kListMultiple * kListMultiple;
  at::Tensor listed = at::full({std::ssize(sentences), static_cast<std::int64_t>(longest)},
                               static_cast<std::int64_t>(kPad), at::kLong);  // [B, K]
  auto* row = listed.mutable_data_ptr<std::int64_t>();
  for (const SearchedSentence& sentence : sentences) {
    if (sentence.guidance.vocabulary.empty()) row[0] = kEos;  // one that only fills the batch
    std::ranges::copy(sentence.guidance.vocabulary, row);
    row += longest;
  }
  return listed.to(device);
}

// The lists of the sentences, for each of their hypotheses: [B, K] -> [R, K]
at::Tensor for_hypotheses(const at::Tensor& listed, std::int64_t rows) {
  return listed.repeat_interleave(rows / listed.size(0), 0);
}

NextTokens from_lists(SearchedModel& model, const at::Tensor& states, const at::Tensor& listed,
                      const SearchOptions& options, BestTokens& best) {
  const at::Tensor logits = model.listed_logits(states, listed);        // [R, K]
  const at::Tensor tokens = for_hypotheses(listed, states.size(0));     // [R, K]
  const at::Tensor end_logits = logits.masked_select(tokens.eq(kEos));  // [R]
  best.add_to_sum(logits);
  const at::Tensor log_sum = best.log_sum();  // [R]
  if (!options.allow_unk) logits.masked_fill_(tokens.eq(kUnk), kNever);
  best.add_best(logits, 0);
  const auto [values, places] = best.found();
  return {log_probabilities(values, log_sum),
          tokens.cpu().gather(1, places),
          {},
          end_logits.to(at::kCPU, at::kDouble) - log_sum};
}

// All logits of each row [R, C], on the CPU; -infinity where a token is not listed.
at::Tensor whole_rows(SearchedModel& model, const at::Tensor& states, const at::Tensor& listed) {
  if (!listed.defined()) return all_logits(model, states).cpu();
  const at::Tensor logits = at::full({states.size(0), model.target_vocabulary()}, kNever);  // [R, C]
  return logits.scatter(1, for_hypotheses(listed, states.size(0)).cpu(), model.listed_logits(states, listed).cpu());
}

NextTokens from_whole_rows(SearchedModel& model, const at::Tensor& states, const at::Tensor& listed,
                           const std::vector<SearchedSentence>& sentences, const SearchOptions& options,
                           BestTokens& best) {
  const at::Tensor logits = whole_rows(model, states, listed);  // [R, C]
  if (options.repetition_penalty != 1)
    for_each_hypothesis(sentences, [&](std::int64_t row, const SearchedSentence& sentence, std::size_t place) {
      penalise_repetition(row_of(logits, row), sentence.beam[place].tokens, options.repetition_penalty);
    });
  best.add_to_sum(logits);
  const at::Tensor log_sum = best.log_sum();                                      // [R]
  const at::Tensor end_log_p = logits.select(1, kEos).to(at::kDouble) - log_sum;  // [R]
  apply_rules(logits, sentences, options);
  if (options.sample) {
    const at::Tensor log_p = log_probabilities(logits, log_sum);        // [R, C]
    const at::Tensor tokens = drawn_tokens(log_p, sentences, options);  // [R, 1]
    return {log_p.gather(1, tokens), tokens, {}, end_log_p};
  }
  best.add_best(logits, 0);
  const auto [values, tokens] = best.found();
  return {log_probabilities(values, log_sum), tokens,
          any_terms(sentences) ? log_probabilities(logits, log_sum) : at::Tensor(), end_log_p};
}

}  // namespace

NextTokens next_tokens(SearchedModel& model, const at::Tensor& states, const std::vector<SearchedSentence>& sentences,
                       const SearchOptions& options) {
  const std::int64_t keep = std::min(2 * options.beam_size, model.target_vocabulary());
  const bool whole = needs_whole_rows(sentences, options);
  BestTokens best(states.size(0), keep, whole ? at::Device(at::kCPU) : states.device());
  const at::Tensor listed = listed_tokens(sentences, states.device());
  if (whole) return from_whole_rows(model, states, listed, sentences, options, best);
  return listed.defined() ? from_lists(model, states, listed, options, best) : from_parts(model, states, options, best);
}

}  // namespace heed
