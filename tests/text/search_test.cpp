#include "heed/text/search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "heed/models/transformer.h"
#include "heed/nn/layers.h"

#include "catch.h"
#include "errors.h"
#include "tiny_model.h"

namespace heed {
namespace {

using Sentences = std::vector<std::vector<TokenId>>;

constexpr std::int64_t kSearchVocab = 24;

Sentences random_sentences(const std::vector<std::int64_t>& lengths, std::int64_t vocab) {
  Sentences sentences;
  for (const std::int64_t length : lengths) {
    const at::Tensor tokens = at::randint(4, vocab, {length}, at::kInt);
    sentences.emplace_back(tokens.const_data_ptr<int>(), tokens.const_data_ptr<int>() + length);
  }
  return sentences;
}

// The rules once more, as plainly as can be: no cache, no batch, one sentence and one prefix at a time.
class SlowSearch {
 public:
  SlowSearch(TransformerImpl& model, const std::vector<TokenId>& source, const SearchOptions& options)
      : model_(model),
        options_(options),
        encoded_(model.encode(make_source_batch(std::span(&source, 1), 1, at::kCPU), nullptr)),
        max_length_(static_cast<std::size_t>(options.max_length_ratio * static_cast<double>(source.size())) + 10) {}

  // Log probabilities of every next token; -inf for those that may not come.
  std::vector<double> next(const std::vector<TokenId>& prefix) {
    at::Tensor target =
        at::full({1, static_cast<std::int64_t>(prefix.size()) + 1}, static_cast<std::int64_t>(kBos), at::kLong);
    for (std::size_t i = 0; i < prefix.size(); ++i)
      target[0][static_cast<std::int64_t>(i) + 1] = static_cast<std::int64_t>(prefix[i]);
    const at::Tensor states = model_.decode(encoded_, target, nullptr);
    const at::Tensor log_p =
        at::log_softmax(at::matmul(states[0][-1], model_.output_weight().t()), 0).to(at::kDouble).contiguous();
    std::vector<double> result(log_p.const_data_ptr<double>(), log_p.const_data_ptr<double>() + log_p.numel());
    result[kPad] = result[kBos] = -INFINITY;
    if (!options_.allow_unk) result[kUnk] = -INFINITY;
    return result;
  }

  double score(double log_probability, const std::vector<TokenId>& tokens) const {
    return log_probability / std::pow(static_cast<double>(tokens.size() + 1), options_.length_penalty);
  }

  Hypothesis greedy() {
    std::vector<TokenId> tokens;
    for (double total = 0;;) {
      const std::vector<double> log_p = next(tokens);
      const auto best =
          tokens.size() == max_length_
              ? kEos
              : static_cast<TokenId>(std::distance(log_p.begin(), std::max_element(log_p.begin(), log_p.end())));
      total += log_p[static_cast<std::size_t>(best)];
      if (best == kEos) return {tokens, score(total, tokens)};
      tokens.push_back(best);
    }
  }

  std::vector<Hypothesis> beam() {
    struct Way {
      std::vector<TokenId> tokens;  // the end mark included where it is one
      double log_probability;
    };
    std::vector<Way> beam = {{{}, 0}};
    std::vector<Hypothesis> finished;
    const auto worse = [](const Hypothesis& a, const Hypothesis& b) { return a.score < b.score; };
    const auto may_improve = [&] {
      return static_cast<std::int64_t>(finished.size()) < options_.beam_size ||
             score(beam.front().log_probability, beam.front().tokens) >
                 std::max_element(finished.begin(), finished.end(), worse)->score;
    };
    while (!beam.empty() && may_improve()) {
      std::vector<Way> ways;
      for (const Way& way : beam) {
        const std::vector<double> log_p = next(way.tokens);
        for (std::size_t token = 0; token < log_p.size(); ++token) {
          if (std::isinf(log_p[token]) || (way.tokens.size() == max_length_ && token != kEos)) continue;
          ways.push_back({way.tokens, way.log_probability + log_p[token]});
          ways.back().tokens.push_back(static_cast<TokenId>(token));
        }
      }
      std::stable_sort(ways.begin(), ways.end(),
                       [](const Way& a, const Way& b) { return a.log_probability > b.log_probability; });
      beam.clear();
      for (std::size_t rank = 0; rank < ways.size(); ++rank) {
        Way& way = ways[rank];
        if (static_cast<std::int64_t>(beam.size()) == options_.beam_size) break;
        if (way.tokens.back() != kEos) {
          beam.push_back(way);
        } else if (static_cast<std::int64_t>(rank) < options_.beam_size) {
          way.tokens.pop_back();
          finished.push_back({way.tokens, score(way.log_probability, way.tokens)});
        }
      }
    }
    std::stable_sort(finished.begin(), finished.end(),
                     [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
    finished.resize(std::min(finished.size(), static_cast<std::size_t>(options_.n_best)));
    return finished;
  }

 private:
  TransformerImpl& model_;
  SearchOptions options_;
  EncodedSource encoded_;
  std::size_t max_length_;
};

// Makes one token's logit `logit` whatever came before: normalised states of unit weights sum to zero.
void fix_logit(TransformerImpl& model, TokenId token, double logit) {
  const at::NoGradGuard no_grad;
  model.decoder_norm->bias.fill_(1);
  model.output->weight[token].fill_(logit / static_cast<double>(model.options.dim));
}

bool same(const std::vector<Hypothesis>& a, const std::vector<Hypothesis>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Hypothesis& x, const Hypothesis& y) {
    return x.tokens == y.tokens && std::bit_cast<std::uint64_t>(x.score) == std::bit_cast<std::uint64_t>(y.score);
  });
}

}  // namespace

TEST_CASE("greedy search equals the plain loop over full decodes") {
  at::manual_seed(1);
  const c10::InferenceMode inference;
  std::set<std::size_t> lengths;
  for (const bool allow_unk : {false, true}) {
    Transformer model = decided_network(tiny_options(kSearchVocab));
    const SearchOptions options{.beam_size = 1, .allow_unk = allow_unk};
    const Sentences sources = random_sentences({1, 2, 3, 5, 5, 8, 11, 15, 16, 17, 20}, kSearchVocab);
    const auto found = search(*model, sources, options, at::kCPU);
    REQUIRE(found.size() == sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
      CAPTURE(i);
      REQUIRE(found[i].size() == 1);
      const Hypothesis expected = SlowSearch(*model, sources[i], options).greedy();
      CHECK(found[i][0].tokens == expected.tokens);
      CHECK(found[i][0].score == Approx(expected.score).margin(1e-4));
      lengths.insert(expected.tokens.size());
    }
  }
  CHECK(lengths.size() > 3);  // the model ends sentences of its own accord: else this would test little
}

TEST_CASE("beam search equals the plain loop over full decodes") {
  at::manual_seed(2);
  const c10::InferenceMode inference;
  for (const std::int64_t beam : {2, 4, 5})
    for (const double length_penalty : {0.0, 1.0}) {
      Transformer model = decided_network(tiny_options(kSearchVocab));
      const SearchOptions options{
          .beam_size = beam, .length_penalty = length_penalty, .max_length_ratio = 1, .n_best = beam};
      const Sentences sources = random_sentences({1, 3, 6, 9, 16, 12}, kSearchVocab);
      const auto found = search(*model, sources, options, at::kCPU);
      for (std::size_t i = 0; i < sources.size(); ++i) {
        CAPTURE(beam, length_penalty, i);
        SlowSearch slow(*model, sources[i], options);
        const std::vector<Hypothesis> expected = slow.beam();
        REQUIRE(found[i].size() == expected.size());
        for (std::size_t rank = 0; rank < expected.size(); ++rank) {
          CHECK(found[i][rank].tokens == expected[rank].tokens);
          CHECK(found[i][rank].score == Approx(expected[rank].score).margin(1e-4));
          if (rank > 0) CHECK(found[i][rank - 1].score >= found[i][rank].score);
          double total = 0;
          std::vector<TokenId> prefix;
          for (const TokenId token : found[i][rank].tokens) {
            total += slow.next(prefix)[static_cast<std::size_t>(token)];
            prefix.push_back(token);
          }
          total += slow.next(prefix)[kEos];
          CHECK(found[i][rank].score ==
                Approx(total / std::pow(static_cast<double>(prefix.size() + 1), length_penalty)).margin(1e-4));
        }
      }
    }
}

TEST_CASE("fewer n-best are the first of more") {
  at::manual_seed(3);
  const c10::InferenceMode inference;
  Transformer model = decided_network(tiny_options(kSearchVocab));
  const Sentences sources = random_sentences({4, 9, 7}, kSearchVocab);
  const auto all = search(*model, sources, {.beam_size = 5, .n_best = 5}, at::kCPU);
  const auto two = search(*model, sources, {.beam_size = 5, .n_best = 2}, at::kCPU);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    REQUIRE(all[i].size() == 5);
    CHECK(same(two[i], {all[i][0], all[i][1]}));
  }
}

TEST_CASE("the unknown token appears only when it is allowed, padding and start mark never") {
  at::manual_seed(4);
  const c10::InferenceMode inference;
  Transformer model = decided_network(tiny_options(kSearchVocab));
  for (const TokenId token : {kUnk, kPad, kBos}) fix_logit(*model, token, token == kUnk ? 25 : 40);
  const Sentences sources = random_sentences({4, 9}, kSearchVocab);
  for (const std::int64_t beam : {1, 4})
    for (const bool allow_unk : {false, true})
      for (const auto& hypotheses : search(*model, sources, {.beam_size = beam, .allow_unk = allow_unk}, at::kCPU))
        for (const TokenId token : hypotheses.front().tokens)
          if (allow_unk)
            CHECK(token == kUnk);
          else
            CHECK(token > kEos);
}

TEST_CASE("a translation has at most the ratio times the source's tokens, plus 10") {
  at::manual_seed(5);
  const c10::InferenceMode inference;
  Transformer model = decided_network(tiny_options(kSearchVocab));
  fix_logit(*model, kEos, -30);  // would never end
  const Sentences sources = random_sentences({1, 7, 20}, kSearchVocab);
  for (const std::int64_t beam : {1, 3})
    for (const double ratio : {0.5, 2.0}) {
      const auto found = search(*model, sources, {.beam_size = beam, .max_length_ratio = ratio}, at::kCPU);
      for (std::size_t i = 0; i < sources.size(); ++i)
        CHECK(found[i][0].tokens.size() ==
              static_cast<std::size_t>(ratio * static_cast<double>(sources[i].size())) + 10);
    }

  fix_logit(*model, kEos, 60);  // ends at once
  const auto found = search(*model, sources, {.beam_size = 3}, at::kCPU);
  for (const auto& hypotheses : found) {
    CHECK(hypotheses.front().tokens.empty());
    CHECK(hypotheses.front().score == Approx(0).margin(1e-6));
  }
}

TEST_CASE("learned positions bound the length of a translation") {
  at::manual_seed(6);
  const c10::InferenceMode inference;
  Seq2SeqOptions options = tiny_options(kSearchVocab);
  options.positions = Positions::learned;
  options.max_positions = 16;
  Transformer model = decided_network(options);
  fix_logit(*model, kEos, -30);
  const auto found = search(*model, random_sentences({12, 2}, kSearchVocab), {.beam_size = 2}, at::kCPU);
  CHECK(found[0][0].tokens.size() == 15);
  CHECK(found[1][0].tokens.size() == 14);
}

TEST_CASE("a vocabulary smaller than the beam leaves places of the beam empty") {
  at::manual_seed(7);
  const c10::InferenceMode inference;
  Transformer model = decided_network(tiny_options(6));
  const SearchOptions options{.beam_size = 8, .max_length_ratio = 0.5, .n_best = 8};
  const Sentences sources = random_sentences({3, 8}, 6);
  const auto found = search(*model, sources, options, at::kCPU);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto expected = SlowSearch(*model, sources[i], options).beam();
    REQUIRE(found[i].size() == expected.size());
    for (std::size_t rank = 0; rank < expected.size(); ++rank) CHECK(found[i][rank].tokens == expected[rank].tokens);
  }
}

TEST_CASE("a sentence's translations are the same bits alone and among any neighbours") {
  struct Shape {
    std::int64_t dim, ffn_dim, vocab;
  };
  const int threads_before = at::get_num_threads();
  const c10::InferenceMode inference;
  for (const Shape& shape : {Shape{128, 256, 8000}, Shape{256, 1024, 2000}})
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16, at::kChar}) {
      at::manual_seed(8);
      Seq2SeqOptions network = tiny_options(shape.vocab);
      network.dim = shape.dim;
      network.ffn_dim = shape.ffn_dim;
      Transformer model = decided_network(network);
      model->prepare_inference(dtype);
      const ComputeDtypeGuard compute(dtype);
      std::vector<std::int64_t> lengths = {9, 16};
      for (std::int64_t i = 0; i < 62; ++i) lengths.push_back(1 + i * 7 % 24);
      const Sentences sentences = random_sentences(lengths, shape.vocab);
      // Sums of integers have no last bits; others are promised for one thread.
      for (const int threads : dtype == at::kChar ? std::vector<int>{1, 2} : std::vector<int>{1})
        for (const std::int64_t beam : {1, 5}) {
          at::set_num_threads(threads);
          const SearchOptions options{.beam_size = beam, .max_length_ratio = 0.5, .n_best = beam};
          const auto first = search(*model, std::span(&sentences[0], 1), options, at::kCPU).front();
          const auto second = search(*model, std::span(&sentences[1], 1), options, at::kCPU).front();
          for (const std::size_t neighbours : {2, 16, 62}) {
            Sentences batch(sentences.begin() + 2, sentences.begin() + 2 + static_cast<std::ptrdiff_t>(neighbours));
            batch.insert(batch.begin() + static_cast<std::ptrdiff_t>(neighbours / 2), sentences[0]);
            batch.push_back(sentences[1]);
            CAPTURE(shape.dim, toString(dtype), threads, beam, neighbours);
            const auto found = search(*model, batch, options, at::kCPU);
            CHECK(same(found[neighbours / 2], first));
            CHECK(same(found.back(), second));
          }
        }
    }
  at::set_num_threads(threads_before);
}

TEST_CASE("source batches end in end marks and are filled up") {
  const Sentences sources = {{5, 6, 7}, {8}};
  const SourceBatch batch = make_source_batch(sources, 4, at::kCPU);
  CHECK(at::equal(batch.tokens, at::tensor({5, 6, 7, 3, 8, 3, 1, 1}, at::kLong).view({2, 4})));
  CHECK(at::equal(batch.mask, batch.tokens.ne(1)));
  CHECK(make_source_batch(sources, 16, at::kCPU).tokens.size(1) == 16);
  CHECK(make_source_batch(sources, 3, at::kCPU).tokens.size(1) == 6);
}

TEST_CASE("search options that make no sense are refused") {
  const auto message = [](const SearchOptions& options) { return thrown([&] { validate(options); }); };
  CHECK(message({}) == "nothing");
  CHECK(message({.beam_size = 0}) == "2: beam-size must be 1 to 1024");
  CHECK(message({.beam_size = 1025}) == "2: beam-size must be 1 to 1024");
  CHECK(message({.n_best = 5}) == "2: n-best must be 1 to beam-size (4): raise --beam-size");
  CHECK(message({.n_best = 0}) == "2: n-best must be 1 to beam-size (4): raise --beam-size");
  CHECK(message({.length_penalty = -1}) == "2: length-penalty must be 0 or more");
  CHECK(message({.max_length_ratio = 0}) == "2: max-length-ratio must be above 0");
  CHECK(message({.max_length_ratio = NAN}) == "2: max-length-ratio must be above 0");
}

}  // namespace heed
