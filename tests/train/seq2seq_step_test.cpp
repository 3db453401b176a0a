#include "heed/train/seq2seq_step.h"

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/models/transformer.h"
#include "heed/nn/layers.h"
#include "heed/text/search.h"

#include "catch.h"
#include "limited_memory.h"
#include "tensors.h"
#include "text/tiny_model.h"

namespace heed {

using Catch::Matchers::Contains;

namespace {

constexpr std::int64_t kVocab = 24;

TokenBatch batch_of_three() {
  return {.sentences = {40, 7, 1'000'000},
          .source = {{5, 6, 7, 8}, {9}, {10, 11}},
          .target = {{12, 13}, {14, 15, 16, 17, 18}, {}},
          .next = {}};
}

TokenBatch batch_of_many(std::int64_t sentences, std::int64_t length) {
  TokenBatch batch;
  for (std::int64_t i = 0; i < sentences; ++i) {
    batch.sentences.push_back(static_cast<std::uint64_t>(i));
    batch.source.emplace_back(length, static_cast<TokenId>(5 + i % 8));
    batch.target.emplace_back(length, static_cast<TokenId>(9 + i % 6));
  }
  return batch;
}

// Sentence `i` of a batch alone.
TokenBatch alone(const TokenBatch& batch, std::size_t i) {
  return {.sentences = {batch.sentences[i]}, .source = {batch.source[i]}, .target = {batch.target[i]}, .next = {}};
}

Transformer small_transformer(double dropout) {
  at::manual_seed(1);
  Seq2SeqOptions options = tiny_options(kVocab);
  options.dropout = dropout;
  Transformer model(options);
  model->train();
  return model;
}

std::vector<at::Tensor> gradients_of(Transformer& model, const at::Tensor& loss) {
  model->zero_grad();
  loss.backward();
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : model->parameters()) gradients.push_back(parameter.grad().clone());
  return gradients;
}

double loss_of(Transformer& model, const TokenBatch& batch, std::uint64_t seed = 3, std::uint64_t update = 4) {
  return batch_loss(*model, batch, update, {.seed = seed}, at::kCPU).loss.item<double>();
}

}  // namespace

TEST_CASE("the decoder is given the start mark and answers with the end mark") {
  const std::vector<std::vector<TokenId>> targets = {{12, 13}, {}, {14, 15, 16}};
  const TargetBatch batch = make_target_batch(targets, at::kCPU);
  const std::int64_t bos = kBos, eos = kEos, pad = kPad;
  CHECK(at::equal(batch.input, at::tensor({bos, std::int64_t{12}, std::int64_t{13}, pad, bos, pad, pad, pad, bos,
                                           std::int64_t{14}, std::int64_t{15}, std::int64_t{16}},
                                          at::kLong)
                                   .view({3, 4})));
  CHECK(at::equal(batch.output, at::tensor({std::int64_t{12}, std::int64_t{13}, eos, pad, eos, pad, pad, pad,
                                            std::int64_t{14}, std::int64_t{15}, std::int64_t{16}, eos},
                                           at::kLong)
                                    .view({3, 4})));
}

TEST_CASE("the loss of a batch is the sum over its sentences, each computed plainly") {
  Transformer model = small_transformer(0);
  const TokenBatch batch = batch_of_three();
  const double smoothing = 0.1;
  at::Tensor expected = at::zeros({}, at::kDouble);
  double likelihood = 0;
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const EncodedSource encoded =
        model->encode(make_source_batch(std::span(&batch.source[i], 1), 1, at::kCPU), nullptr);
    const TargetBatch target = make_target_batch(std::span(&batch.target[i], 1), at::kCPU);
    const at::Tensor logits = at::matmul(model->decode(encoded, target.input, nullptr), model->output_weight().t())
                                  .to(at::kDouble);                  // [1, T, C]
    const at::Tensor log_p = at::log_softmax(logits, 2).squeeze(0);  // [T, C]
    const at::Tensor true_ones = log_p.gather(1, target.output.view({-1, 1})).sum();
    expected = expected - (1 - smoothing) * true_ones - smoothing * log_p.mean(1).sum();
    likelihood -= true_ones.item<double>();
    tokens += log_p.size(0);
  }
  const CrossEntropy found = batch_loss(*model, batch, 4, {.seed = 3, .label_smoothing = smoothing}, at::kCPU);
  CHECK(found.tokens == tokens);
  CHECK(found.tokens == 3 + 6 + 1);
  CHECK(found.loss.item<double>() == Approx(expected.item<double>()).epsilon(1e-5));
  CHECK(found.negative_log_likelihood == Approx(likelihood).epsilon(1e-5));

  const std::vector<at::Tensor> ours = gradients_of(model, found.loss), theirs = gradients_of(model, expected);
  for (std::size_t i = 0; i < ours.size(); ++i)
    CHECK(difference(ours[i], theirs[i]) < 1e-4 * (1 + theirs[i].abs().max().item<double>()));
}

TEST_CASE("dropout is keyed by seed, update and sentence, not by the company in the batch") {
  Transformer model = small_transformer(0.3);
  const TokenBatch batch = batch_of_three();
  const double together = loss_of(model, batch);
  CHECK(loss_of(model, batch) == together);
  CHECK(loss_of(model, batch, 5) != together);
  CHECK(loss_of(model, batch, 3, 5) != together);
  double apart = 0;
  for (std::size_t i = 0; i < 3; ++i) apart += loss_of(model, alone(batch, i));
  CHECK(apart == Approx(together).epsilon(1e-5));
  TokenBatch renumbered = batch;
  renumbered.sentences[0] = 41;
  CHECK(std::abs(loss_of(model, renumbered) - together) > 1e-4);
  CHECK(std::abs(loss_of(model, alone(batch, 0), 3, 5) - loss_of(model, alone(batch, 0))) > 1e-4);
}

TEST_CASE("R-Drop is the loss of two passes with other dropouts, and of what lies between them") {
  Transformer model = small_transformer(0.3);
  const TokenBatch batch = batch_of_three();
  TokenBatch second = batch;
  for (std::uint64_t& sentence : second.sentences) sentence += std::uint64_t{1} << 62;
  const double first_loss = loss_of(model, batch), second_loss = loss_of(model, second);
  CHECK(std::abs(first_loss - second_loss) > 1e-4);
  const auto r_drop = [&](double alpha) {
    return batch_loss(*model, batch, 4, {.seed = 3, .r_drop = alpha}, at::kCPU);
  };
  const double mean = (first_loss + second_loss) / 2, half = r_drop(1).loss.item<double>();
  CHECK(r_drop(1e-9).loss.item<double>() == Approx(mean).epsilon(1e-5));
  CHECK(r_drop(1).tokens == 3 + 6 + 1);
  CHECK(r_drop(2).loss.item<double>() - mean == Approx(2 * (half - mean)).epsilon(1e-2));
  CHECK(r_drop(2).loss.item<double>() > mean + 0.01);

  // Without dropout both passes are one, in the gradients too.
  Transformer plain = small_transformer(0);
  const auto once = gradients_of(plain, batch_loss(*plain, batch, 4, {.seed = 3}, at::kCPU).loss),
             twice = gradients_of(plain, batch_loss(*plain, batch, 4, {.seed = 3, .r_drop = 5}, at::kCPU).loss);
  for (std::size_t i = 0; i < once.size(); ++i)
    CHECK(difference(once[i], twice[i]) < 1e-4 * (1 + once[i].abs().max().item<double>()));
}

TEST_CASE("workers side by side find the loss and the gradients of the whole batch") {
  Transformer network = small_transformer(0.3);
  FlatParameters parameters(*network);
  const TokenBatch batch = batch_of_three();
  const double r_drop = GENERATE(0.0, 5.0);
  const std::int64_t workers = GENERATE(1, 2, 3, 5);  // of five, two have no sentence
  CAPTURE(r_drop, workers);
  const LossOptions options{.seed = 3, .r_drop = r_drop};
  const CrossEntropy whole = batch_loss(*network, batch, 4, options, at::kCPU);
  whole.loss.backward();
  const at::Tensor expected = parameters.gradients.clone();
  parameters.gradients.zero_();

  BatchGradients gradients(*network, parameters, workers, at::kCPU);
  StageTimer stages;
  for (std::size_t count = 1; count <= 2; ++count) {  // gradients of two batches add up
    const std::vector<TokenBatch> batches(count, batch);
    const LossSum sum = gradients.compute(batches, 4, options, stages);
    const auto times = static_cast<double>(count);
    CHECK(sum.tokens == whole.tokens * std::ssize(batches));
    CHECK(sum.loss == Approx(whole.loss.item<double>() * times).epsilon(1e-5));
    CHECK(difference(parameters.gradients, expected * times) < 1e-4 * (1 + expected.abs().max().item<double>()));
  }
  CHECK(stages.take_report().starts_with("forward"));

  // All of them compute with the weights as they are now.
  {
    const at::NoGradGuard no_grad;
    parameters.values.mul_(0.5);
  }
  const double halved = batch_loss(*network, batch, 4, options, at::kCPU).loss.item<double>();
  CHECK(std::abs(halved - whole.loss.item<double>()) > 1e-2);
  CHECK(gradients.compute(std::span(&batch, 1), 4, options, stages).loss == Approx(halved).epsilon(1e-5));
}

TEST_CASE("workers compute in the number type of the thread that asks them") {
  Transformer network = small_transformer(0);
  FlatParameters parameters(*network);
  BatchGradients gradients(*network, parameters, 2, at::kCPU);
  StageTimer stages;
  const double in_fp32 = loss_of(network, batch_of_three());
  const ComputeDtypeGuard compute(at::kBFloat16);
  const double in_bf16 = loss_of(network, batch_of_three());
  REQUIRE(std::abs(in_bf16 - in_fp32) > 1e-4 * in_fp32);
  const TokenBatch batch = batch_of_three();
  CHECK(gradients.compute(std::span(&batch, 1), 4, {.seed = 3}, stages).loss == Approx(in_bf16).epsilon(1e-6));
}

TEST_CASE("a batch that memory does not suffice for is split, with the same loss and gradients") {
  LimitedMemory memory;
  Transformer network = small_transformer(0.3);
  FlatParameters parameters(*network);
  const std::int64_t workers = GENERATE(1, 2);
  const double r_drop = GENERATE(0.0, 5.0);
  CAPTURE(workers, r_drop);
  const LossOptions options{.seed = 3, .r_drop = r_drop};
  const std::vector<TokenBatch> batches = {batch_of_three(), batch_of_many(16, 40), batch_of_many(16, 4)};
  StageTimer stages;
  BatchGradients unlimited(*network, parameters, 1, at::kCPU);
  unlimited.compute(batches, 4, options, stages);  // what is kept from then on is there now
  const std::int64_t before = memory.in_use;
  memory.peak = before;
  const LossSum whole = unlimited.compute(batches, 4, options, stages);
  const at::Tensor expected = parameters.gradients.clone();
  const std::int64_t needed = memory.peak - before;
  REQUIRE(memory.refused == 0);

  // Two workers need half of that, or all of it, as they happen to meet: what is enough once may not be enough again.
  BatchGradients gradients(*network, parameters, workers, at::kCPU);
  const std::int64_t now = memory.in_use;
  for (const double share : workers == 1 ? std::vector{0.7, 0.4} : std::vector{0.4}) {
    memory.limit = now + static_cast<std::int64_t>(share * static_cast<double>(needed));
    for (const bool first : {true, false}) {
      memory.refused = 0;
      const LossSum sum = gradients.compute(batches, 4, options, stages);
      if (first || workers == 1) CHECK((memory.refused > 0) == first);
      CHECK(sum.tokens == whole.tokens);
      CHECK(sum.loss == Approx(whole.loss).epsilon(1e-5));
      CHECK(difference(parameters.gradients, expected) < 1e-4 * (1 + expected.abs().max().item<double>()));
    }
  }

  memory.limit = now + needed / 1000;
  try {
    gradients.compute(batches, 4, options, stages);
    FAIL("computed without memory");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::out_of_memory);
    CHECK_THAT(error.what(), Contains("3 sentences of up to 5 and 6 tokens") && Contains("--max-length"));
  }
  memory.limit = std::numeric_limits<std::int64_t>::max();
  CHECK(gradients.compute(batches, 4, options, stages).loss == Approx(whole.loss).epsilon(1e-5));
}

TEST_CASE("there are as many workers as have enough to do and memory for their gradients") {
  const auto split = [](std::int64_t threads, std::int64_t batch_tokens, std::int64_t weights,
                        c10::Device device = at::kCPU) {
    const ThreadSplit found = split_threads(threads, batch_tokens, weights, device);
    return std::pair(found.workers, found.threads);
  };
  using Pair = std::pair<std::int64_t, std::int64_t>;
  CHECK(split(1, 4096, 1'000'000) == Pair(1, 1));
  CHECK(split(2, 2048, 2'349'568) == Pair(2, 1));
  CHECK(split(8, 2048, 2'349'568) == Pair(4, 2));
  CHECK(split(2, 500, 2'349'568) == Pair(1, 2));
  CHECK(split(32, 8192, 60'000'000) == Pair(5, 6));
  CHECK(split(4, 8192, 1'000'000'000) == Pair(1, 4));
  CHECK(split(4, 8192, 1'000'000, at::kCUDA) == Pair(1, 4));
}

}  // namespace heed
