#include "heed/text/search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <ATen/ATen.h>

#include "heed/base/error.h"

namespace heed {
namespace {

constexpr std::int64_t kRowMultiple = 16;
constexpr double kImpossible = -std::numeric_limits<double>::infinity();

// A hypothesis that is still growing.
struct Prefix {
  std::vector<TokenId> tokens;
  double log_probability = kImpossible;  // of a place in the beam that is not filled
};

struct Sentence {
  std::size_t number;  // in the caller's list
  std::int64_t max_length;
  std::vector<Prefix> beam;
  std::vector<Hypothesis> finished;
  bool done = false;
};

// One way to go on: the hypothesis it comes from, the token, the log probability of both.
struct Candidate {
  std::int64_t parent;
  TokenId token;
  double log_probability;
};

double normalised(double log_probability, std::size_t length, double length_penalty) {
  return log_probability / std::pow(static_cast<double>(length), length_penalty);
}

void finish(Sentence& sentence, const std::vector<TokenId>& tokens, double log_probability, double length_penalty) {
  sentence.finished.push_back({tokens, normalised(log_probability, tokens.size() + 1, length_penalty)});
}

double best_score(const std::vector<Hypothesis>& hypotheses) {
  return std::ranges::max(hypotheses, {}, &Hypothesis::score).score;
}

// The best 2 x beam ways to go on from each row, of which at most `beam` can be end marks: enough to keep the beam
// full. Returned on the CPU: [R, 2 * beam] log probabilities and token ids, best first.
std::pair<at::Tensor, at::Tensor> best_tokens(const at::Tensor& logits, const SearchOptions& options) {
  at::Tensor log_p = at::log_softmax(logits, 1);  // [R, C]
  const float never = -std::numeric_limits<float>::infinity();
  log_p.select(1, kPad).fill_(never);
  log_p.select(1, kBos).fill_(never);
  if (!options.allow_unk) log_p.select(1, kUnk).fill_(never);
  const std::int64_t count = std::min(2 * options.beam_size, log_p.size(1));
  auto [values, tokens] = log_p.topk(count, 1);
  return {values.cpu(), tokens.cpu()};
}

// Takes one step of one sentence: `values` and `tokens` are the rows of its hypotheses, [beam, count]; `end_values`
// their log probabilities of the end mark. Returns for each place of the new beam the old place it comes from.
std::vector<std::int64_t> advance(Sentence& sentence, const at::TensorAccessor<float, 2>& values,
                                  const at::TensorAccessor<std::int64_t, 2>& tokens, std::int64_t first_row,
                                  const at::TensorAccessor<float, 1>& end_values, const SearchOptions& options) {
  const auto beam = options.beam_size;
  std::vector<std::int64_t> parents(static_cast<std::size_t>(beam));
  const auto length = static_cast<std::int64_t>(sentence.beam.front().tokens.size());
  if (length == sentence.max_length) {  // only the end mark may follow
    for (std::int64_t place = 0; place < beam; ++place) {
      const Prefix& prefix = sentence.beam[static_cast<std::size_t>(place)];
      if (prefix.log_probability == kImpossible) continue;
      finish(sentence, prefix.tokens, prefix.log_probability + end_values[first_row + place], options.length_penalty);
    }
    sentence.done = true;
    return parents;
  }

  std::vector<Candidate> candidates;
  for (std::int64_t place = 0; place < beam; ++place) {
    const double so_far = sentence.beam[static_cast<std::size_t>(place)].log_probability;
    if (so_far == kImpossible) continue;
    for (std::int64_t i = 0; i < values.size(1); ++i) {
      const float value = values[first_row + place][i];
      if (std::isinf(value)) continue;
      candidates.push_back({place, static_cast<TokenId>(tokens[first_row + place][i]), so_far + value});
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (a.log_probability != b.log_probability) return a.log_probability > b.log_probability;
    return a.parent != b.parent ? a.parent < b.parent : a.token < b.token;
  });

  std::vector<Prefix> next;
  for (std::size_t rank = 0; rank < candidates.size() && std::ssize(next) < beam; ++rank) {
    const Candidate& candidate = candidates[rank];
    const std::vector<TokenId>& prefix = sentence.beam[static_cast<std::size_t>(candidate.parent)].tokens;
    if (candidate.token == kEos) {
      // An end mark that would not have stayed in the beam is not a result.
      if (static_cast<std::int64_t>(rank) < beam)
        finish(sentence, prefix, candidate.log_probability, options.length_penalty);
      continue;
    }
    parents[next.size()] = candidate.parent;
    next.push_back({prefix, candidate.log_probability});
    next.back().tokens.push_back(candidate.token);
  }
  sentence.done = next.empty() || (std::ssize(sentence.finished) >= beam &&
                                   normalised(next.front().log_probability, next.front().tokens.size() + 1,
                                              options.length_penalty) <= best_score(sentence.finished));
  next.resize(static_cast<std::size_t>(beam),
              Prefix{next.empty() ? std::vector<TokenId>{} : next.front().tokens, kImpossible});
  sentence.beam = std::move(next);
  return parents;
}

}  // namespace

void validate(const SearchOptions& o) {
  if (o.beam_size < 1 || o.beam_size > 1024) throw usage_error("beam-size must be 1 to 1024");
  if (o.n_best < 1 || o.n_best > o.beam_size)
    throw usage_error("n-best must be 1 to beam-size (" + std::to_string(o.beam_size) + "): raise --beam-size");
  if (!(o.max_length_ratio > 0 && o.max_length_ratio <= 1000)) throw usage_error("max-length-ratio must be above 0");
  if (!(o.length_penalty >= 0 && o.length_penalty <= 100)) throw usage_error("length-penalty must be 0 or more");
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

std::vector<std::vector<Hypothesis>> search(Seq2SeqModel& model, std::span<const std::vector<TokenId>> sources,
                                            const SearchOptions& options, at::Device device) {
  const std::int64_t beam = options.beam_size;
  // Fewer sentences than this would make too few rows; copies of the first fill the batch and are ignored.
  const auto fewest = static_cast<std::size_t>((kRowMultiple + beam - 1) / beam);
  std::vector<std::vector<TokenId>> filled(sources.begin(), sources.end());
  if (filled.size() < fewest) filled.resize(fewest, sources.front());

  const EncodedSource encoded = model.encode(make_source_batch(filled, kRowMultiple, device), nullptr);
  const std::unique_ptr<DecoderState> state = model.start(encoded, beam);

  std::vector<Sentence> sentences(filled.size());
  for (std::size_t b = 0; b < filled.size(); ++b) {
    sentences[b].number = b;
    const double most = options.max_length_ratio * static_cast<double>(filled[b].size());
    sentences[b].max_length = std::min(static_cast<std::int64_t>(most) + 10, model.longest_target());
    sentences[b].beam.resize(static_cast<std::size_t>(beam));
    sentences[b].beam.front().log_probability = 0;  // all start alike: only the first place counts
    sentences[b].done = b >= sources.size();
  }
  std::vector<std::vector<Hypothesis>> results(sources.size());
  const auto row_options = at::TensorOptions().dtype(at::kLong);
  at::Tensor last_tokens =
      at::full({std::ssize(sentences) * beam}, static_cast<std::int64_t>(kBos), row_options).to(device);  // [R]

  for (;;) {
    const at::Tensor logits = model.step(last_tokens, *state);                                // [R, C]
    const auto [values, tokens] = best_tokens(logits, options);                               // [R, 2 * beam]
    const at::Tensor end_values = (logits.select(1, kEos) - at::logsumexp(logits, 1)).cpu();  // [R]
    const auto value_rows = values.accessor<float, 2>();
    const auto token_rows = tokens.accessor<std::int64_t, 2>();
    const auto end_row = end_values.accessor<float, 1>();

    std::vector<std::int64_t> parent_rows;
    for (std::size_t b = 0; b < sentences.size(); ++b) {
      const std::int64_t first_row = static_cast<std::int64_t>(b) * beam;
      std::vector<std::int64_t> parents(static_cast<std::size_t>(beam));
      if (!sentences[b].done) {
        parents = advance(sentences[b], value_rows, token_rows, first_row, end_row, options);
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
    std::vector<Sentence> remaining;
    for (const std::int64_t b : staying) {
      Sentence& sentence = sentences[static_cast<std::size_t>(b)];
      for (std::int64_t place = 0; place < beam; ++place) {
        rows.push_back(parent_rows[static_cast<std::size_t>(b * beam + place)]);
        const auto& prefix = sentence.beam[static_cast<std::size_t>(place)].tokens;
        next_tokens.push_back(sentence.done || prefix.empty() ? kEos : prefix.back());
      }
      remaining.push_back(std::move(sentence));
    }
    sentences = std::move(remaining);
    if (beam > 1 || leaving)
      state->reorder(at::tensor(rows, row_options).to(device),
                     leaving ? at::tensor(staying, row_options).to(device) : at::Tensor());
    last_tokens = at::tensor(next_tokens, row_options).to(device);  // [R']
  }
}

}  // namespace heed
