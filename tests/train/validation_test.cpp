#include "heed/train/validation.h"

#include <cmath>

#include <ATen/ATen.h>

#include "heed/text/translator.h"

#include "catch.h"
#include "text/tiny_model.h"

namespace heed {
namespace {

std::vector<SentencePair> pairs() {
  std::vector<SentencePair> all;
  for (const char* noun : {"house", "tree", "river", "child", "bridge", "window", "garden"}) {
    all.push_back({std::string("the ") + noun + " sees a tree", std::string("a ") + noun});
    all.push_back({noun, std::string("the ") + noun + " , and the letter ."});
  }
  return all;
}

}  // namespace

TEST_CASE("validation says what translate says, with any number of workers and in any batches") {
  at::manual_seed(3);
  const TranslationModel model = tiny_translation_model();
  model.network->prepare_inference(at::kFloat);
  const auto validate = [&](std::int64_t batch_tokens, std::int64_t workers) {
    return Validator(pairs(), model.source, model.target, 64, batch_tokens, workers)(*model.network, at::kCPU);
  };
  const ValidationScores whole = validate(4096, 1);
  for (const std::int64_t workers : {1, 3}) {
    const ValidationScores found = validate(30, workers);
    CAPTURE(workers);
    CHECK(found.loss == Approx(whole.loss).epsilon(1e-5));
    CHECK(found.perplexity == Approx(std::exp(found.loss)));
    CHECK(found.bleu == Approx(whole.bleu).margin(1e-9));
    CHECK(found.chrf == Approx(whole.chrf).margin(1e-9));
    CHECK(found.samples == whole.samples);
  }

  // The loss by forced decoding, sentence by sentence, and a translation among the samples.
  Translator translator(model, {});
  double sum = 0;
  std::size_t tokens = 0;
  for (const SentencePair& pair : pairs()) {
    const auto scored = translator.score(std::span(&pair.source, 1), std::span(&pair.target, 1), 0).front();
    sum -= scored.score;
    tokens += scored.log_p.size();
  }
  CHECK(whole.loss == Approx(sum / static_cast<double>(tokens)).epsilon(1e-4));
  CHECK(whole.samples.find("translation  " + translator.translate(pairs()[0].source, {.beam_size = 1})) !=
        std::string::npos);
}

}  // namespace heed
