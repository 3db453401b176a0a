#include "heed/train/precision.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include <ATen/ATen.h>

#include "heed/base/random.h"
#include "heed/nn/layers.h"
#include "heed/train/seq2seq_step.h"

namespace heed {
namespace {

// Sentences of `length` random tokens on both sides.
TokenBatch random_batch(std::int64_t sentences, std::int64_t length, std::int64_t vocab) {
  TokenBatch batch;
  const PhiloxKey key = make_key(1, static_cast<std::uint64_t>(length));
  for (std::int64_t i = 0; i < sentences; ++i) {
    std::vector<TokenId> tokens(static_cast<std::size_t>(length));
    for (std::int64_t t = 0; t < length; ++t)
      tokens[static_cast<std::size_t>(t)] = static_cast<TokenId>(
          random_below(key, static_cast<std::uint64_t>(i * length + t), static_cast<std::uint64_t>(vocab)));
    batch.sentences.push_back(static_cast<std::uint64_t>(i));
    batch.source.push_back(tokens);
    batch.target.push_back(std::move(tokens));
  }
  return batch;
}

double seconds_of_step(Seq2SeqModel& model, const TokenBatch& batch, at::ScalarType dtype, c10::Device device) {
  const ComputeDtypeGuard compute(dtype);
  const auto start = std::chrono::steady_clock::now();
  batch_loss(model, batch, 1, {}, device).loss.backward();
  // A GPU works on after backward() has returned; to read a number waits for it.
  model.parameters().front().grad().flatten().select(0, 0).item<float>();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

at::ScalarType compute_dtype_of(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return at::kFloat;
    case Precision::bf16:
      return at::kBFloat16;
    case Precision::automatic:
      break;
  }
  throw std::logic_error("precision auto was not resolved");
}

StepSpeed measure_steps(Seq2SeqOptions network, std::int64_t batch_tokens, c10::Device device) {
  // One layer of each kind tells as much as all of them.
  network.enc_layers = network.dec_layers = 1;
  const std::shared_ptr<Seq2SeqModel> model = make_seq2seq_model(network);
  model->to(device);
  model->train();
  const std::int64_t vocab = std::min(network.source_vocab, network.target_vocab);
  // In turns, and the fastest of three each: what else runs on the machine must not decide.
  double fp32_seconds = 0, bf16_seconds = 0, tokens = 0;
  for (const std::int64_t length : {12, 19}) {
    const TokenBatch batch = random_batch(std::max<std::int64_t>(1, batch_tokens / (length + 1)), length, vocab);
    double fp32 = std::numeric_limits<double>::infinity(), bf16 = fp32;
    for (int turn = 0; turn < 4; ++turn) {
      const double in_fp32 = seconds_of_step(*model, batch, at::kFloat, device);
      const double in_bf16 = seconds_of_step(*model, batch, at::kBFloat16, device);
      if (turn == 0) continue;  // warms up
      fp32 = std::min(fp32, in_fp32);
      bf16 = std::min(bf16, in_bf16);
    }
    fp32_seconds += fp32;
    bf16_seconds += bf16;
    tokens += static_cast<double>(batch.target_tokens());
  }
  const StepSpeed speed{.fp32 = tokens / fp32_seconds, .bf16 = tokens / bf16_seconds};
  return speed;
}

Precision choose_precision(const StepSpeed& speed) {
  return speed.bf16 > kBf16Gain * speed.fp32 ? Precision::bf16 : Precision::fp32;
}

}  // namespace heed
