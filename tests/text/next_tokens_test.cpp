#include "heed/text/next_tokens.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "heed/nn/layers.h"

#include "catch.h"
#include "tensors.h"
#include "tiny_model.h"

namespace heed {
namespace {

constexpr std::int64_t kVocab = 1300;

// Two sentences with two hypotheses each, of which the last is not filled.
std::vector<SearchedSentence> two_sentences() {
  std::vector<SearchedSentence> sentences(2);
  for (SearchedSentence& sentence : sentences) {
    sentence.beam.resize(2);
    for (GrowingHypothesis& one : sentence.beam) one = {{7, 8}, -1, {}};
  }
  sentences[1].beam[1].log_probability = kImpossible;
  return sentences;
}

}  // namespace

TEST_CASE("the best next tokens are those of log_softmax, and the same bits by parts and by whole rows") {
  at::manual_seed(1);
  const c10::InferenceMode inference;
  Transformer model = decided_network(tiny_options(kVocab));
  const at::Tensor states = at::randn({4, 32});
  at::Tensor log_p = at::log_softmax(at::matmul(states, model->output_weight().t()), 1);  // [R, C]
  const at::Tensor end_log_p = log_p.select(1, kEos).clone();
  for (const TokenId mark : {kPad, kBos, kUnk}) log_p.select(1, mark).fill_(kNever);
  const auto [values, tokens] = log_p.topk(4, 1);

  const std::vector<SearchedSentence> sentences = two_sentences();
  const SearchOptions by_parts{.beam_size = 2}, by_rows{.beam_size = 2, .no_repeat_ngram = 100};
  for (const bool prepared : {false, true}) {
    if (prepared) model->prepare_inference(at::kFloat);
    const NextTokens found = next_tokens(*model, states, sentences, by_parts);
    CHECK(at::equal(found.tokens, tokens));
    CHECK(difference(found.log_p, values) < 1e-4);
    CHECK(difference(found.end_log_p, end_log_p) < 1e-4);
    const NextTokens whole = next_tokens(*model, states, sentences, by_rows);
    CHECK(same_bits(whole.log_p, found.log_p));
    CHECK(at::equal(whole.tokens, found.tokens));
    CHECK(same_bits(whole.end_log_p, found.end_log_p));
  }
}

TEST_CASE("a beginning that is given leaves one token, and other rows as they were") {
  at::manual_seed(2);
  const c10::InferenceMode inference;
  Transformer model = decided_network(tiny_options(kVocab));
  const at::Tensor states = at::randn({4, 32});
  std::vector<SearchedSentence> sentences = two_sentences();
  const SearchOptions options{.beam_size = 2};
  const NextTokens free = next_tokens(*model, states, sentences, options);
  sentences[0].guidance.prefix = {7, 8, 1234};
  const NextTokens guided = next_tokens(*model, states, sentences, options);
  CHECK(same_bits(guided.log_p.narrow(0, 2, 2), free.log_p.narrow(0, 2, 2)));
  CHECK(at::equal(guided.tokens.narrow(0, 2, 2), free.tokens.narrow(0, 2, 2)));
  for (const std::int64_t row : {0, 1}) {
    CHECK(guided.tokens[row][0].item<std::int64_t>() == 1234);
    CHECK(guided.log_p[row][1].item<float>() == kNever);
  }
}

}  // namespace heed
