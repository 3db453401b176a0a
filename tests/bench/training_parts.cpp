#include <algorithm>
#include <ctime>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

#include "heed/base/progress.h"
#include "heed/models/transformer.h"
#include "heed/nn/cross_entropy.h"
#include "heed/nn/packed_attention.h"
#include "heed/nn/residual.h"
#include "heed/train/optimizer.h"

#include "bench.h"

namespace heed {
namespace {

constexpr std::int64_t kWidth = 256, kInner = 1024, kHeads = 4, kVocab = 8000;

// A batch as Multi30k gives them: about 3,600 tokens in sentences of much the same length.
PackedRows caption_rows() {
  std::vector<std::int64_t> lengths;
  std::vector<std::uint64_t> sentences;
  for (std::uint64_t i = 0; i < 240; ++i) {
    lengths.push_back(12 + static_cast<std::int64_t>(i % 7));
    sentences.push_back(100 * i);
  }
  return {lengths, sentences, at::kCPU};
}

// Of the processor, so that other programs do not count.
double milliseconds(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Both in turns; prints medians and the median of the ratios.
void compare(const std::string& name, std::int64_t turns, const std::function<void()>& separate,
             const std::function<void()>& fused) {
  std::vector<double> slow, fast, ratios;
  for (std::int64_t turn = -2; turn < turns; ++turn) {
    const double a = milliseconds(separate), b = milliseconds(fused);
    if (turn < 0) continue;  // warms up
    slow.push_back(a);
    fast.push_back(b);
    ratios.push_back(a / b);
  }
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  std::cout << "| " << name << " | " << format_number(median(slow), 1) << " ms | " << format_number(median(fast), 1)
            << " ms | " << format_number(median(ratios), 1) << " (" << format_number(*least, 1) << " to "
            << format_number(*most, 1) << ") |\n"
            << std::flush;
}

}  // namespace

void bench_training_parts(const Settings& settings) {
  const std::int64_t turns = std::stoll(setting(settings, "turns", "11"));
  const ComputeDtypeGuard compute(setting(settings, "precision", "bf16") == "bf16" ? at::kBFloat16 : at::kFloat);
  const at::ScalarType dtype = compute_dtype();
  at::manual_seed(1);
  at::set_num_threads(1);  // threads that wait for each other would count as work
  const PackedRows rows = caption_rows();
  const std::int64_t count = rows.count();
  const Randomness randomness{1, 2, rows.places};
  const auto random = [&](std::int64_t width, at::ScalarType type) {
    return at::randn({count, width}).to(type).requires_grad_();
  };
  std::cout << "Forward and backward of " << count << " rows, processor time of one thread, " << at::toString(dtype)
            << "\n\n| part | tensor operations | heed | ratio |\n|---|---|---|---|\n";

  const at::Tensor projected = random(3 * kWidth, dtype), upstream = at::randn({count, kWidth}).to(dtype);
  const PackedAttention form{.heads = kHeads, .kv_heads = kHeads, .key_width = 64, .value_width = 64, .causal = true};
  const auto attention = [&](const auto& function) {
    return [&, function] { function(projected, at::Tensor(), rows, rows, form).backward(upstream); };
  };
  compare("attention", turns, attention(attend_packed_padded), attention(attend_packed));

  const at::Tensor stream = random(kWidth, at::kFloat), branch = random(kWidth, dtype);
  LayerNorm norm(kWidth);
  const auto residual = [&](const auto& function) {
    return [&, function] {
      const AddNorm result = function(stream, branch, {0.2, 3}, &randomness, *norm, dtype);
      (result.normed.to(at::kFloat) + result.sum).backward(at::ones_like(stream));
    };
  };
  compare("residual, dropout and norm", turns, residual(add_norm_explicit), residual(add_norm));

  const at::Tensor inner = random(kInner, dtype), inner_upstream = at::randn({count, kInner}).to(dtype);
  compare(
      "relu and dropout", turns, [&] { dropout(at::relu(inner), {0.2, 3}, randomness).backward(inner_upstream); },
      [&] { relu_dropout(inner, {0.2, 3}, &randomness).backward(inner_upstream); });
  compare(
      "the same beside LibTorch's dropout", turns,
      [&] { at::dropout(at::relu(inner), 0.2, true).backward(inner_upstream); },
      [&] { relu_dropout(inner, {0.2, 3}, &randomness).backward(inner_upstream); });

  Linear query(kWidth, kWidth), key(kWidth, kWidth), value(kWidth, kWidth);
  const at::Tensor input = random(kWidth, dtype), wide = at::randn({count, 3 * kWidth}).to(dtype);
  compare(
      "query, key and value products", turns,
      [&] { at::cat({query(input), key(input), value(input)}, 1).backward(wide); },
      [&] { linear_side_by_side(input, {query.get(), key.get(), value.get()}).backward(wide); });

  const at::Tensor states = random(kWidth, dtype), targets = at::randint(4, kVocab, {count}, at::kLong);
  const at::Tensor table = (at::randn({kVocab, kWidth}) / 16).requires_grad_();
  compare(
      "output product and loss", turns,
      [&] {
        const at::Tensor logits = at::linear(states, table.to(dtype)).to(at::kFloat);
        at::cross_entropy_loss(logits, targets, {}, at::Reduction::Sum, -100, 0.1).backward();
      },
      [&] { cross_entropy(states, table, targets, 0.1, 1).loss.backward(); });

  Seq2SeqOptions options;
  options.source_vocab = options.target_vocab = kVocab;
  options.dropout = 0.2;
  Transformer model(options);
  const PackedTokens tokens{targets, rows};
  const at::Tensor factor = at::randn({count, kWidth});
  const auto step = [&](at::Tensor result) { (result.to(at::kFloat) * factor).sum().backward(); };
  compare(
      "encoder and decoder, padded beside packed", turns,
      [&] { step(model->Seq2SeqModel::states(tokens, tokens, 1, 2)); },
      [&] { step(model->states(tokens, tokens, 1, 2)); });

  // Division by tokens, the norm, clipping and Adam, once over each tensor or over one buffer of all.
  Transformer separate(options);
  for (at::Tensor& parameter : separate->parameters()) parameter.mutable_grad() = at::randn_like(parameter);
  torch::optim::AdamW separate_adam(separate->parameters(), torch::optim::AdamWOptions(1e-9).weight_decay(0));
  FlatParameters flat(*model);
  flat.gradients.normal_();
  Adam adam(flat, {});
  std::int64_t update = 0;
  const double tokens_in_batch = 1.001;  // nearly 1: gradients that are divided again and again stay
  compare(
      "optimizer", turns,
      [&] {
        for (at::Tensor& parameter : separate->parameters()) parameter.mutable_grad().div_(tokens_in_batch);
        torch::nn::utils::clip_grad_norm_(separate->parameters(), 1);
        separate_adam.step();
      },
      [&] {
        const double norm = flat.gradients.norm().item<double>() / tokens_in_batch;
        adam.step(flat, 1e-9, ++update, tokens_in_batch * std::max(1.0, norm));
      });
}

}  // namespace heed
