// Search and sampling against every translation there is: a vocabulary of six tokens, of which three can appear, and
// at most five of them in a row.

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "heed/models/transformer.h"
#include "heed/text/ensemble.h"
#include "heed/text/next_tokens.h"
#include "heed/text/search.h"

#include "catch.h"
#include "tiny_model.h"

namespace heed {
namespace {

using Tokens = std::vector<TokenId>;

constexpr std::int64_t kEnumeratedVocab = 6, kLongest = 5;
constexpr std::int64_t kEveryPlace = 1024;  // wider than there are prefixes of one length

Transformer small_world() {
  Seq2SeqOptions options = tiny_options(kEnumeratedVocab);
  options.positions = Positions::learned;
  options.max_positions = kLongest + 1;
  return decided_network(options);
}

std::vector<Tokens> every_translation() {
  std::vector<Tokens> all = {{}};
  for (std::size_t i = 0; i < all.size(); ++i)
    if (std::ssize(all[i]) < kLongest)
      for (const TokenId token : {kUnk, TokenId{4}, TokenId{5}}) {
        all.push_back(all[i]);
        all.back().push_back(token);
      }
  return all;
}

bool may_have(const Guidance& guidance, TokenId token) {
  return guidance.vocabulary.empty() || std::ranges::count(guidance.vocabulary, token) > 0;
}

// What the model says of each translation, by full decodes of all that are equally long.
class Judge {
 public:
  Judge(const std::vector<Transformer>& models, const Tokens& source, const Guidance& guidance = {}) {
    at::Tensor forbidden = at::zeros({kEnumeratedVocab}, at::kBool);
    for (TokenId token = 0; token < kEnumeratedVocab; ++token)
      if (!may_have(guidance, token)) forbidden[token] = true;
    std::map<std::size_t, std::vector<Tokens>> by_length;
    for (Tokens& tokens : every_translation()) by_length[tokens.size()].push_back(std::move(tokens));
    for (const auto& [length, translations] : by_length) {
      const at::Tensor logits = logits_of(models, source, translations, forbidden);  // [B, T + 1, C]
      for (std::size_t i = 0; i < translations.size(); ++i)
        logits_[translations[i]] = logits[static_cast<std::int64_t>(i)];
    }
  }

  // [T + 1, C]; of several models, the logarithm of the mean of their probabilities.
  const at::Tensor& logits(const Tokens& tokens) const { return logits_.at(tokens); }

 private:
  static at::Tensor logits_of(const std::vector<Transformer>& models, const Tokens& source,
                              const std::vector<Tokens>& translations, const at::Tensor& forbidden) {
    const std::vector<Tokens> copies(translations.size(), source);
    const SourceBatch batch = make_source_batch(copies, 1, at::kCPU);
    const auto [input, output] = make_target_batch(translations, at::kCPU);
    at::Tensor sum;
    for (Transformer model : models) {
      const at::Tensor states = model->decode(model->encode(batch, nullptr), input, nullptr);  // [B, T + 1, D]
      const at::Tensor logits =
          at::matmul(states, model->output_weight().t()).masked_fill(forbidden, kImpossible);  // [B, T + 1, C]
      if (models.size() == 1) return logits;
      const at::Tensor probabilities = at::softmax(logits.to(at::kDouble), -1);
      sum = sum.defined() ? sum + probabilities : probabilities;
    }
    return (sum / static_cast<double>(models.size())).log();
  }

  std::map<Tokens, at::Tensor> logits_;
};

bool repeats_after(const Tokens& tokens, std::size_t prefix, std::size_t size) {
  for (std::size_t end = size; end <= tokens.size(); ++end)
    for (std::size_t earlier = size; earlier < end; ++earlier)
      if (end > prefix && std::equal(tokens.begin() + static_cast<std::ptrdiff_t>(end - size),
                                     tokens.begin() + static_cast<std::ptrdiff_t>(end),
                                     tokens.begin() + static_cast<std::ptrdiff_t>(earlier - size)))
        return true;
  return false;
}

// All translations that the options allow, best first.
std::vector<Hypothesis> enumerated(const std::vector<Transformer>& models, const Tokens& source,
                                   const SearchOptions& options, const Guidance& guidance = {}) {
  const Tokens& prefix = guidance.prefix;
  const Judge judge(models, source, guidance);
  std::vector<Hypothesis> found;
  for (const Tokens& tokens : every_translation()) {
    if (tokens.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), tokens.begin())) continue;
    if (!std::ranges::all_of(tokens, [&](TokenId token) { return may_have(guidance, token); })) continue;
    if (!std::ranges::all_of(guidance.terms,
                             [&](const Tokens& term) { return !std::ranges::search(tokens, term).empty(); }))
      continue;
    if (options.no_repeat_ngram > 0 &&
        repeats_after(tokens, prefix.size(), static_cast<std::size_t>(options.no_repeat_ngram)))
      continue;
    if (!options.allow_unk &&
        std::count(tokens.begin() + static_cast<std::ptrdiff_t>(prefix.size()), tokens.end(), kUnk) > 0)
      continue;
    const at::Tensor logits = judge.logits(tokens).to(at::kDouble).contiguous();  // [T + 1, C]
    double total = 0;
    for (std::size_t t = 0; t <= tokens.size(); ++t) {
      const double* first = logits.const_data_ptr<double>() + static_cast<std::ptrdiff_t>(t) * kEnumeratedVocab;
      std::vector<double> row(first, first + kEnumeratedVocab);
      for (std::size_t token = 0; token < row.size(); ++token)
        if (std::count(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(t), static_cast<TokenId>(token)) >
            0)
          row[token] *= row[token] > 0 ? 1 / options.repetition_penalty : options.repetition_penalty;
      double sum = 0;
      for (const double logit : row) sum += std::exp(logit);
      total += row[static_cast<std::size_t>(t < tokens.size() ? tokens[t] : kEos)] - std::log(sum);
    }
    found.push_back({tokens, total / std::pow(static_cast<double>(tokens.size() + 1), options.length_penalty)});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
  return found;
}

void check_same(const std::vector<Hypothesis>& found, std::vector<Hypothesis> expected, std::size_t most) {
  expected.resize(std::min(expected.size(), most));
  REQUIRE(found.size() == expected.size());
  for (std::size_t rank = 0; rank < expected.size(); ++rank) {
    CAPTURE(rank);
    CHECK(found[rank].tokens == expected[rank].tokens);
    CHECK(found[rank].score == Approx(expected[rank].score).margin(1e-4));
  }
}

// How likely each token is drawn by these options, from logits [C].
std::map<TokenId, double> chances(const at::Tensor& logits, const SamplingOptions& options) {
  std::vector<std::pair<double, TokenId>> tokens;  // the best first
  for (const TokenId token : {kUnk, kEos, TokenId{4}, TokenId{5}})
    tokens.emplace_back(-logits[token].item<double>() / options.temperature, token);
  std::sort(tokens.begin(), tokens.end());
  if (options.top_k > 0) tokens.resize(std::min(tokens.size(), static_cast<std::size_t>(options.top_k)));
  double all = 0, kept = 0;
  for (const auto& [value, token] : tokens) all += std::exp(-value);
  std::map<TokenId, double> chance;
  for (const auto& [value, token] : tokens) {
    if (kept >= options.top_p * all) break;
    chance[token] = std::exp(-value);
    kept += chance[token];
  }
  for (auto& [token, one] : chance) one /= kept;
  return chance;
}

const std::vector<Tokens> kSources = {{4}, {5, 4, 4}, {4, 5, 5, 4}};

}  // namespace

TEST_CASE("a wide enough beam finds the best of all translations, in their order") {
  at::manual_seed(1);
  const c10::InferenceMode inference;
  Transformer model = small_world();
  for (const double length_penalty : {0.0, 1.0})
    for (const bool allow_unk : {true, false}) {
      const SearchOptions options{
          .beam_size = kEveryPlace, .length_penalty = length_penalty, .n_best = 40, .allow_unk = allow_unk};
      const auto found = search(*model, kSources, options, at::kCPU);
      for (std::size_t i = 0; i < kSources.size(); ++i)
        check_same(found[i], enumerated({model}, kSources[i], options), 40);
    }
}

TEST_CASE("an ensemble finds what is best by mean probability") {
  at::manual_seed(7);
  const c10::InferenceMode inference;
  Transformer one = small_world(), two = small_world(), three = small_world();
  const SearchOptions options{.beam_size = kEveryPlace, .n_best = 30, .allow_unk = true};
  Ensemble all({one.get(), two.get(), three.get()}), single({two.get()});
  const auto found = search(all, kSources, options, at::kCPU), alone = search(single, kSources, options, at::kCPU);
  for (std::size_t i = 0; i < kSources.size(); ++i) {
    check_same(found[i], enumerated({one, two, three}, kSources[i], options), 30);
    check_same(alone[i], enumerated({two}, kSources[i], options), 30);
    CHECK(found[i].front().score != alone[i].front().score);
  }
}

TEST_CASE("repetition penalty and blocked n-grams: the best that is left") {
  at::manual_seed(2);
  const c10::InferenceMode inference;
  Transformer model = small_world();
  const Hypothesis plain = enumerated({model}, kSources[2], {.allow_unk = true}).front();
  bool any_other = false;
  for (const double penalty : {1.0, 1.7, 0.6})
    for (const std::int64_t size : {0, 1, 2, 3}) {
      CAPTURE(penalty, size);
      const SearchOptions options{.beam_size = kEveryPlace,
                                  .n_best = 20,
                                  .allow_unk = true,
                                  .repetition_penalty = penalty,
                                  .no_repeat_ngram = size};
      const auto found = search(*model, std::span(&kSources[2], 1), options, at::kCPU);
      check_same(found[0], enumerated({model}, kSources[2], options), 20);
      any_other = any_other || found[0].front().tokens != plain.tokens;
    }
  CHECK(any_other);
}

TEST_CASE("a forced beginning: the best that begins so") {
  at::manual_seed(3);
  const c10::InferenceMode inference;
  Transformer model = small_world();
  const std::vector<Guidance> prefixes = {{{5, 5}, {}}, {}, {{4, kUnk, 4}, {}}};
  for (const bool allow_unk : {true, false})  // what is forced may be unknown nevertheless
    for (const std::int64_t size : {0, 1}) {
      const SearchOptions options{
          .beam_size = kEveryPlace, .n_best = 8, .allow_unk = allow_unk, .no_repeat_ngram = size};
      const auto found = search(*model, kSources, options, at::kCPU, prefixes);
      for (std::size_t i = 0; i < kSources.size(); ++i) {
        CAPTURE(allow_unk, size, i);
        check_same(found[i], enumerated({model}, kSources[i], options, prefixes[i]), 8);
      }
    }
}

TEST_CASE("terms that must appear: the best of the translations that have them") {
  at::manual_seed(8);
  const c10::InferenceMode inference;
  Transformer model = small_world();
  for (const auto& guidance : {std::vector<Guidance>{{{}, {{5, 5}}}, {{}, {{4, 4, 5}}}, {{}, {{kUnk}, {5, 4}}}},
                               std::vector<Guidance>{{{4}, {{4, 5}}}, {}, {{}, {{4, 5, 4}, {5, 4, 5}}}},
                               std::vector<Guidance>{{{}, {{4, 5}, {4, kUnk}}}, {}, {{}, {{5, 4}, {5, kUnk}}}}}) {
    const SearchOptions options{.beam_size = kEveryPlace, .n_best = 8, .allow_unk = true};
    const auto found = search(*model, kSources, options, at::kCPU, guidance);
    for (std::size_t i = 0; i < kSources.size(); ++i) {
      CAPTURE(i);
      check_same(found[i], enumerated({model}, kSources[i], options, guidance[i]), 8);
    }
    // A narrow beam finds translations that have them too, if not the best.
    for (const std::int64_t beam : {1, 2, 4}) {
      const auto narrow = search(*model, kSources, {.beam_size = beam, .allow_unk = true}, at::kCPU, guidance);
      for (std::size_t i = 0; i < kSources.size(); ++i)
        for (const Tokens& term : guidance[i].terms) {
          CAPTURE(beam, i);
          CHECK_FALSE(std::ranges::search(narrow[i].front().tokens, term).empty());
        }
    }
  }
}

TEST_CASE("where the length limit comes first, what has most of the terms is returned") {
  at::manual_seed(9);
  const c10::InferenceMode inference;
  Transformer model = small_world();
  const std::vector<Guidance> guidance = {{{}, {{4, 4, 4}, {5, 5, 5}}}};  // six tokens, and five are the most
  const auto found =
      search(*model, std::span(kSources).first(1), {.beam_size = 8, .allow_unk = true}, at::kCPU, guidance);
  REQUIRE(found[0].size() == 1);
  TermProgress progress(guidance[0].terms);
  Tokens so_far;
  for (const TokenId token : found[0][0].tokens) {
    so_far.push_back(token);
    progress.advance(so_far, guidance[0].terms);
  }
  CHECK(progress.tokens_met(guidance[0].terms) == 5);
}

TEST_CASE("translations are drawn as often as the model says, with its scores") {
  at::manual_seed(4);
  const c10::InferenceMode inference;
  Transformer model = small_world();
  const at::NoGradGuard no_grad;
  model->output->weight.mul_(0.3);  // less sure of what it says
  const Tokens& source = kSources[1];
  const Judge judge({model}, source);
  for (const SamplingOptions& sampling :
       {SamplingOptions{}, SamplingOptions{.temperature = 0.6}, SamplingOptions{.top_k = 2},
        SamplingOptions{.top_p = 0.7}, SamplingOptions{.top_k = 3, .top_p = 0.9, .temperature = 1.5}}) {
    CAPTURE(sampling.top_k, sampling.top_p, sampling.temperature);
    std::map<Tokens, double> times, scores;
    constexpr int kSeeds = 4;
    for (int seed = 1; seed <= kSeeds; ++seed) {
      const SearchOptions options{.length_penalty = 0,
                                  .n_best = kEveryPlace,
                                  .allow_unk = true,
                                  .sample = true,
                                  .sampling = sampling,
                                  .seed = seed};
      const auto found = search(*model, std::span(&source, 1), options, at::kCPU);
      for (const Hypothesis& drawn : found[0]) {
        times[drawn.tokens] += 1.0 / (kSeeds * kEveryPlace);
        scores[drawn.tokens] = drawn.score;
      }
    }
    for (const Hypothesis& expected : enumerated({model}, source, {.length_penalty = 0, .allow_unk = true})) {
      const at::Tensor logits = judge.logits(expected.tokens);  // [T + 1, C]
      double share = 1;
      for (std::size_t t = 0; t <= expected.tokens.size(); ++t) {
        if (std::ssize(expected.tokens) == kLongest && t == kLongest) break;  // only the end may follow
        share *= chances(logits[static_cast<std::int64_t>(t)],
                         sampling)[t < expected.tokens.size() ? expected.tokens[t] : kEos];
      }
      CHECK(times[expected.tokens] == Approx(share).margin(4 * std::sqrt(share / (kSeeds * kEveryPlace)) + 1e-3));
      // The model's own, not those of what it was drawn from.
      if (scores.contains(expected.tokens)) CHECK(scores[expected.tokens] == Approx(expected.score).margin(1e-4));
    }
  }
}

TEST_CASE("what is drawn depends on seed, line and number alone, and has the score of a forced decode") {
  at::manual_seed(5);
  const c10::InferenceMode inference;
  Transformer model = small_world();
  SearchOptions options{.length_penalty = 0, .n_best = 6, .allow_unk = true, .sample = true};
  const auto tokens_of = [](std::vector<Hypothesis> found) {
    std::vector<Tokens> all;
    for (Hypothesis& one : found) all.push_back(std::move(one.tokens));
    std::sort(all.begin(), all.end());
    return all;
  };
  const auto together = search(*model, kSources, options, at::kCPU);
  for (std::size_t i = 0; i < kSources.size(); ++i) {
    REQUIRE(together[i].size() == 6);
    const auto alone = search(*model, std::span(&kSources[i], 1), options, at::kCPU)[0];
    CHECK(tokens_of(alone) == tokens_of(together[i]));
    std::map<Tokens, double> scores;
    for (const Hypothesis& known : enumerated({model}, kSources[i], {.length_penalty = 0, .allow_unk = true}))
      scores[known.tokens] = known.score;
    for (const Hypothesis& drawn : alone) CHECK(drawn.score == Approx(scores.at(drawn.tokens)).margin(1e-4));
  }
  options.n_best = 3;
  const auto fewer = tokens_of(search(*model, std::span(&kSources[1], 1), options, at::kCPU)[0]);
  const auto more = tokens_of(together[1]);
  CHECK(std::includes(more.begin(), more.end(), fewer.begin(), fewer.end()));
  options.n_best = 6;
  options.seed = 2;
  CHECK(tokens_of(search(*model, std::span(&kSources[1], 1), options, at::kCPU)[0]) != more);
}

TEST_CASE("drawing from the best token alone is greedy search") {
  at::manual_seed(6);
  const c10::InferenceMode inference;
  Transformer model = small_world();
  const auto greedy = search(*model, kSources, {.beam_size = 1}, at::kCPU);
  for (const SamplingOptions& sampling :
       {SamplingOptions{.top_k = 1}, SamplingOptions{.top_p = 1e-6}, SamplingOptions{.temperature = 1e-4}}) {
    const auto drawn = search(*model, kSources, {.sample = true, .sampling = sampling}, at::kCPU);
    for (std::size_t i = 0; i < kSources.size(); ++i) CHECK(drawn[i].front().tokens == greedy[i].front().tokens);
  }
}

TEST_CASE("with a vocabulary for each sentence, its tokens alone come and share the probability") {
  at::manual_seed(9);
  const c10::InferenceMode inference;
  Transformer one = small_world(), two = small_world();
  std::vector<Guidance> guidance(3);
  guidance[0].vocabulary = {kUnk, kEos, 4};
  guidance[1].vocabulary = {kEos, 5};
  guidance[2].vocabulary = {kUnk, kEos, 4, 5};
  Ensemble both({one.get(), two.get()});
  for (const SearchOptions& options :
       {SearchOptions{.beam_size = kEveryPlace, .n_best = 20, .allow_unk = true},
        SearchOptions{.beam_size = kEveryPlace, .n_best = 20},
        SearchOptions{.beam_size = kEveryPlace, .n_best = 20, .allow_unk = true, .no_repeat_ngram = 2},
        SearchOptions{.beam_size = kEveryPlace, .n_best = 20, .allow_unk = true, .repetition_penalty = 1.5}}) {
    const auto found = search(*one, kSources, options, at::kCPU, guidance);
    const auto together = search(both, kSources, options, at::kCPU, guidance);
    for (std::size_t i = 0; i < kSources.size(); ++i) {
      check_same(found[i], enumerated({one}, kSources[i], options, guidance[i]), 20);
      if (options.repetition_penalty == 1)
        check_same(together[i], enumerated({one, two}, kSources[i], options, guidance[i]), 20);
    }
  }
  // What must be there goes by the same rules.
  guidance[0].prefix = {4};
  guidance[1].terms = {{5, 5}};
  const SearchOptions options{.beam_size = kEveryPlace, .n_best = 10, .allow_unk = true};
  const auto found = search(*one, kSources, options, at::kCPU, guidance);
  for (std::size_t i = 0; i < kSources.size(); ++i)
    check_same(found[i], enumerated({one}, kSources[i], options, guidance[i]), 10);
}

}  // namespace heed
