#include "heed/text/search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include <ATen/ATen.h>

#include "heed/base/content_hash.h"
#include "heed/base/error.h"
#include "heed/nn/inference_product.h"
#include "heed/text/next_tokens.h"

namespace heed {
namespace {

constexpr std::int64_t kLengthMultiple = 16;        // other lengths give attention other last bits
constexpr std::uint64_t kDrawPurpose = 0x64726177;  // tells these draws apart from all others of the seed

// One way to go on: the hypothesis it comes from, the token, the log probability of both.
struct Candidate {
  std::int64_t parent;
  TokenId token;
  double log_probability;
};

std::uint64_t source_hash(const std::vector<TokenId>& source) {
  return hash_content({reinterpret_cast<const char*>(source.data()), source.size() * sizeof(TokenId)}, kDrawPurpose);
}

void finish(SearchedSentence& sentence, const std::vector<TokenId>& tokens, double log_probability,
            double length_penalty) {
  sentence.finished.push_back({tokens, normalised_score(log_probability, tokens.size() + 1, length_penalty)});
}

std::int64_t tokens_in(const Guidance& guidance) {
  std::int64_t tokens = std::ssize(guidance.prefix);
  for (const std::vector<TokenId>& term : guidance.terms) tokens += std::ssize(term);
  return tokens;
}

double best_score(const std::vector<Hypothesis>& hypotheses) {
  return std::ranges::max(hypotheses, {}, &Hypothesis::score).score;
}

// Ways to go on from the hypotheses of one sentence, the most probable first: the best tokens of each, and those that
// bring on what must appear.
std::vector<Candidate> candidates_of(const SearchedSentence& sentence, const NextTokens& next, std::int64_t first_row) {
  const auto values = next.log_p.accessor<float, 2>();
  const auto tokens = next.tokens.accessor<std::int64_t, 2>();
  std::vector<Candidate> candidates;
  for (std::int64_t place = 0; place < std::ssize(sentence.beam); ++place) {
    const GrowingHypothesis& prefix = sentence.beam[static_cast<std::size_t>(place)];
    if (prefix.log_probability == kImpossible) continue;
    const std::int64_t row = first_row + place;
    const auto add = [&](TokenId token, float value) {
      if (!std::isinf(value)) candidates.push_back({place, token, prefix.log_probability + static_cast<double>(value)});
    };
    for (std::int64_t i = 0; i < values.size(1); ++i) add(static_cast<TokenId>(tokens[row][i]), values[row][i]);
    for (const TokenId token : prefix.terms.wanted(sentence.guidance.terms)) {
      bool is_there = false;
      for (std::int64_t i = 0; i < values.size(1); ++i) is_there = is_there || tokens[row][i] == token;
      if (!is_there) add(token, next.all_log_p.const_data_ptr<float>()[row * next.all_log_p.size(1) + token]);
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (a.log_probability != b.log_probability) return a.log_probability > b.log_probability;
    return a.parent != b.parent ? a.parent < b.parent : a.token < b.token;
  });
  return candidates;
}

GrowingHypothesis grown(const GrowingHypothesis& prefix, const Candidate& candidate, const RequiredTerms& terms) {
  GrowingHypothesis result{prefix.tokens, candidate.log_probability, prefix.terms};
  if (candidate.token == kEos) return result;
  result.tokens.push_back(candidate.token);
  result.terms.advance(result.tokens, terms);
  return result;
}

// Of ways to go on those that a sentence with required terms keeps: none that ends before all are there.
std::vector<Candidate> share_beam(const std::vector<Candidate>& candidates, const SearchedSentence& sentence,
                                  std::int64_t beam) {
  const RequiredTerms& terms = sentence.guidance.terms;
  std::vector<Candidate> possible;
  std::vector<std::size_t> banks;
  for (const Candidate& candidate : candidates) {
    const GrowingHypothesis& prefix = sentence.beam[static_cast<std::size_t>(candidate.parent)];
    if (candidate.token == kEos && !prefix.terms.all_met(terms)) continue;
    possible.push_back(candidate);
    banks.push_back(grown(prefix, candidate, terms).terms.tokens_met(terms));
  }
  std::vector<Candidate> kept;
  for (const std::size_t way : choose_by_bank(banks, static_cast<std::size_t>(2 * beam))) kept.push_back(possible[way]);
  return kept;
}

// Ends the hypotheses of a sentence at its length limit; those that have most of the required terms alone.
void finish_at_limit(SearchedSentence& sentence, std::int64_t first_row,
                     const at::TensorAccessor<double, 1>& end_values, const SearchOptions& options) {
  const RequiredTerms& terms = sentence.guidance.terms;
  std::size_t most = 0;
  for (const GrowingHypothesis& prefix : sentence.beam)
    if (prefix.log_probability != kImpossible) most = std::max(most, prefix.terms.tokens_met(terms));
  const bool too_late = !sentence.finished.empty();  // with all of the terms
  for (std::int64_t place = 0; place < std::ssize(sentence.beam); ++place) {
    const GrowingHypothesis& prefix = sentence.beam[static_cast<std::size_t>(place)];
    if (prefix.log_probability == kImpossible || prefix.terms.tokens_met(terms) < most) continue;
    if (too_late && !prefix.terms.all_met(terms)) continue;
    finish(sentence, prefix.tokens, prefix.log_probability + end_values[first_row + place], options.length_penalty);
  }
  sentence.done = true;
}

// Takes one step of one sentence. Returns for each place of the new beam the old place it comes from.
std::vector<std::int64_t> advance(SearchedSentence& sentence, const NextTokens& found, std::int64_t first_row,
                                  const SearchOptions& options) {
  const auto beam = options.beam_size;
  std::vector<std::int64_t> parents(static_cast<std::size_t>(beam));
  if (std::ssize(sentence.beam.front().tokens) == sentence.max_length) {  // only the end mark may follow
    finish_at_limit(sentence, first_row, found.end_log_p.accessor<double, 1>(), options);
    return parents;
  }
  const RequiredTerms& terms = sentence.guidance.terms;
  std::vector<Candidate> candidates = candidates_of(sentence, found, first_row);
  if (!terms.empty()) candidates = share_beam(candidates, sentence, beam);

  std::vector<GrowingHypothesis> next;
  double best_growing = kImpossible;
  for (std::size_t rank = 0; rank < candidates.size() && std::ssize(next) < beam; ++rank) {
    const Candidate& candidate = candidates[rank];
    const GrowingHypothesis& prefix = sentence.beam[static_cast<std::size_t>(candidate.parent)];
    if (candidate.token == kEos) {
      // An end mark that would not have stayed in the beam is not a result.
      if (static_cast<std::int64_t>(rank) < beam)
        finish(sentence, prefix.tokens, candidate.log_probability, options.length_penalty);
      continue;
    }
    parents[next.size()] = candidate.parent;
    next.push_back(grown(prefix, candidate, terms));
    best_growing = std::max(best_growing, candidate.log_probability);
  }
  if (next.empty() && sentence.finished.empty()) {  // all ways to go on are forbidden
    finish_at_limit(sentence, first_row, found.end_log_p.accessor<double, 1>(), options);
    return parents;
  }
  // Greedy search takes the first end, whatever would score better when it has grown.
  sentence.done =
      next.empty() || (std::ssize(sentence.finished) >= beam &&
                       (beam == 1 || normalised_score(best_growing, next.front().tokens.size() + 1,
                                                      options.length_penalty) <= best_score(sentence.finished)));
  next.resize(
      static_cast<std::size_t>(beam),
      GrowingHypothesis{next.empty() ? std::vector<TokenId>{} : next.front().tokens, kImpossible, TermProgress(terms)});
  sentence.beam = std::move(next);
  return parents;
}

// The same where tokens were drawn: each hypothesis grows alone, until it ends.
std::vector<std::int64_t> advance_drawn(SearchedSentence& sentence, const NextTokens& drawn, std::int64_t first_row,
                                        const SearchOptions& options) {
  const auto values = drawn.log_p.accessor<float, 2>();
  const auto tokens = drawn.tokens.accessor<std::int64_t, 2>();
  const auto end_values = drawn.end_log_p.accessor<double, 1>();
  std::vector<std::int64_t> parents(sentence.beam.size());
  std::iota(parents.begin(), parents.end(), 0);
  sentence.done = true;
  for (const std::int64_t place : parents) {
    GrowingHypothesis& prefix = sentence.beam[static_cast<std::size_t>(place)];
    if (prefix.log_probability == kImpossible) continue;
    const std::int64_t row = first_row + place;
    const bool at_limit = std::ssize(prefix.tokens) == sentence.max_length;
    const auto token = at_limit ? kEos : static_cast<TokenId>(tokens[row][0]);
    prefix.log_probability += at_limit ? end_values[row] : static_cast<double>(values[row][0]);
    if (token == kEos) {
      finish(sentence, prefix.tokens, prefix.log_probability, options.length_penalty);
      prefix.log_probability = kImpossible;
    } else {
      prefix.tokens.push_back(token);
      sentence.done = false;
    }
  }
  return parents;
}

}  // namespace

void validate(const SearchOptions& o) {
  if (o.beam_size < 1 || o.beam_size > 1024) throw usage_error("beam-size must be 1 to 1024");
  if (o.n_best < 1 || o.n_best > (o.sample ? 1024 : o.beam_size))
    throw usage_error(o.sample
                          ? "n-best must be 1 to 1024"
                          : "n-best must be 1 to beam-size (" + std::to_string(o.beam_size) + "): raise --beam-size");
  if (!(o.max_length_ratio > 0 && o.max_length_ratio <= 1000)) throw usage_error("max-length-ratio must be above 0");
  if (!(o.length_penalty >= 0 && o.length_penalty <= 100)) throw usage_error("length-penalty must be 0 or more");
  if (!(o.repetition_penalty > 0 && o.repetition_penalty <= 1000))
    throw usage_error("repetition-penalty must be above 0 (1 = off)");
  if (o.no_repeat_ngram < 0) throw usage_error("no-repeat-ngram must be 0 or more");
  if (o.sampling.top_k < 0) throw usage_error("top-k must be 0 or more");
  if (!(o.sampling.top_p > 0 && o.sampling.top_p <= 1)) throw usage_error("top-p must be above 0 and at most 1");
  if (!(o.sampling.temperature > 0 && o.sampling.temperature <= 1000))
    throw usage_error("temperature must be above 0; for the best translation leave --sample out");
  const bool says_how = o.sampling.top_k != 0 || o.sampling.top_p != 1 || o.sampling.temperature != 1;
  if (says_how && !o.sample)
    throw usage_error("top-k, top-p and temperature are about drawing at random: say --sample too, or leave them out");
  if (o.seed < 0) throw usage_error("seed must be 0 or more");
  const SearchOptions usual;
  if (o.seed != usual.seed && !o.sample)
    throw usage_error("seed is about drawing at random: say --sample too, or leave it out");
  if (o.sample && o.beam_size != usual.beam_size)
    throw usage_error("--sample draws without a beam: leave --beam-size out; --n-best says how many are drawn");
}

std::int64_t hypotheses_per_sentence(const SearchOptions& options) {
  return options.sample ? options.n_best : options.beam_size;
}

double normalised_score(double log_probability, std::size_t tokens, double length_penalty) {
  return log_probability / std::pow(static_cast<double>(tokens), length_penalty);
}

SourceBatch make_source_batch(std::span<const std::vector<TokenId>> sources, std::int64_t length_multiple,
                              at::Device device) {
  std::size_t longest = 0;
  for (const auto& source : sources) longest = std::max(longest, source.size() + 1);
  const auto length = (static_cast<std::int64_t>(longest) + length_multiple - 1) / length_multiple * length_multiple;
  at::Tensor tokens = at::full({std::ssize(sources), length}, static_cast<std::int64_t>(kPad), at::kLong);  // [B, S]
  auto rows = tokens.accessor<std::int64_t, 2>();
  for (std::size_t b = 0; b < sources.size(); ++b) {
    auto row = rows[static_cast<std::int64_t>(b)];
    std::int64_t t = 0;
    for (const TokenId token : sources[b]) row[t++] = token;
    row[t] = kEos;
  }
  tokens = tokens.to(device);
  return {tokens, tokens.ne(static_cast<std::int64_t>(kPad))};
}

TargetBatch make_target_batch(std::span<const std::vector<TokenId>> targets, at::Device device) {
  std::size_t longest = 0;
  for (const auto& target : targets) longest = std::max(longest, target.size());
  const std::int64_t batch = std::ssize(targets), length = static_cast<std::int64_t>(longest) + 1;
  const at::Tensor input = at::full({batch, length}, static_cast<std::int64_t>(kPad), at::kLong);  // [B, T]
  const at::Tensor output = input.clone();                                                         // [B, T]
  auto input_rows = input.accessor<std::int64_t, 2>(), output_rows = output.accessor<std::int64_t, 2>();
  for (std::int64_t b = 0; b < batch; ++b) {
    std::int64_t t = 0;
    input_rows[b][0] = kBos;
    for (const TokenId token : targets[static_cast<std::size_t>(b)]) {
      output_rows[b][t] = token;
      input_rows[b][++t] = token;
    }
    output_rows[b][t] = kEos;
  }
  return {input.to(device), output.to(device)};
}

std::vector<std::vector<Hypothesis>> search(SearchedModel& model, std::span<const std::vector<TokenId>> sources,
                                            const SearchOptions& options, at::Device device,
                                            std::span<const Guidance> guidance) {
  const std::int64_t beam = hypotheses_per_sentence(options);
  // Fewer sentences than this would make too few rows; copies of the first fill the batch and are ignored.
  const auto fewest = static_cast<std::size_t>((kFewestProductRows + beam - 1) / beam);
  std::vector<std::vector<TokenId>> filled(sources.begin(), sources.end());
  if (filled.size() < fewest) filled.resize(fewest, sources.front());

  const std::unique_ptr<DecoderState> state = model.start(make_source_batch(filled, kLengthMultiple, device), beam);

  std::vector<SearchedSentence> sentences(filled.size());
  for (std::size_t b = 0; b < filled.size(); ++b) {
    sentences[b].number = b;
    const double most = options.max_length_ratio * static_cast<double>(filled[b].size());
    sentences[b].done = b >= sources.size();
    if (!guidance.empty() && !sentences[b].done) sentences[b].guidance = guidance[b];
    sentences[b].max_length =
        std::min(static_cast<std::int64_t>(most) + 10 + tokens_in(sentences[b].guidance), model.longest_target());
    sentences[b].beam.resize(static_cast<std::size_t>(beam),
                             GrowingHypothesis{{}, kImpossible, TermProgress(sentences[b].guidance.terms)});
    sentences[b].beam.front().log_probability = 0;  // all start alike: only the first place counts
    if (!options.sample) continue;
    for (GrowingHypothesis& prefix : sentences[b].beam) prefix.log_probability = 0;
    sentences[b].source_hash = source_hash(filled[b]);
  }
  std::vector<std::vector<Hypothesis>> results(sources.size());
  const auto row_options = at::TensorOptions().dtype(at::kLong);
  at::Tensor last_tokens =
      at::full({std::ssize(sentences) * beam}, static_cast<std::int64_t>(kBos), row_options).to(device);  // [R]

  for (;;) {
    const NextTokens next = next_tokens(model, model.step(last_tokens, *state), sentences, options);
    std::vector<std::int64_t> parent_rows;
    for (std::size_t b = 0; b < sentences.size(); ++b) {
      const std::int64_t first_row = static_cast<std::int64_t>(b) * beam;
      std::vector<std::int64_t> parents(static_cast<std::size_t>(beam));
      if (!sentences[b].done) {
        parents = (options.sample ? advance_drawn : advance)(sentences[b], next, first_row, options);
        if (sentences[b].done && sentences[b].number < sources.size()) {
          auto& found = sentences[b].finished;
          std::stable_sort(found.begin(), found.end(),
                           [](const Hypothesis& a, const Hypothesis& c) { return a.score > c.score; });
          found.resize(std::min(found.size(), static_cast<std::size_t>(options.n_best)));
          results[sentences[b].number] = std::move(found);
        }
      }
      for (const std::int64_t parent : parents) parent_rows.push_back(first_row + parent);
    }

    // Done sentences leave, but for those that keep the batch full enough.
    std::vector<std::int64_t> staying;
    for (std::size_t b = 0; b < sentences.size(); ++b)
      if (!sentences[b].done) staying.push_back(static_cast<std::int64_t>(b));
    if (staying.empty()) return results;
    for (std::size_t b = 0; b < sentences.size() && staying.size() < fewest; ++b)
      if (sentences[b].done) staying.push_back(static_cast<std::int64_t>(b));
    // When none leaves, the state is left as it is: each must keep its place.
    std::sort(staying.begin(), staying.end());

    const bool leaving = staying.size() < sentences.size();
    std::vector<std::int64_t> rows, next_tokens;
    std::vector<SearchedSentence> remaining;
    for (const std::int64_t b : staying) {
      SearchedSentence& sentence = sentences[static_cast<std::size_t>(b)];
      for (std::int64_t place = 0; place < beam; ++place) {
        rows.push_back(parent_rows[static_cast<std::size_t>(b * beam + place)]);
        const auto& prefix = sentence.beam[static_cast<std::size_t>(place)].tokens;
        next_tokens.push_back(sentence.done || prefix.empty() ? kEos : prefix.back());
      }
      remaining.push_back(std::move(sentence));
    }
    sentences = std::move(remaining);
    if (leaving || (beam > 1 && !options.sample))
      state->reorder(at::tensor(rows, row_options).to(device),
                     leaving ? at::tensor(staying, row_options).to(device) : at::Tensor());
    last_tokens = at::tensor(next_tokens, row_options).to(device);  // [R']
  }
}

}  // namespace heed
