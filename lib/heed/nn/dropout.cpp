#include "heed/nn/dropout.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/base/random.h"
#include "heed/nn/dropout_kernel.h"

namespace heed {
namespace {

constexpr std::int64_t kPerCounter = 8;        // a Philox counter serves eight channels, 16 bits each
constexpr std::int64_t kHeadStride = 1 << 16;  // channel numbers of one head of attention weights

std::uint32_t threshold_of(double p) {
  return static_cast<std::uint32_t>(std::lround(p * 65536.0));
}
float scale_of(double p) {
  return static_cast<float>(65536.0 / (65536.0 - threshold_of(p)));
}

PhiloxKey key_of(const DropoutSite& site, const Randomness& randomness) {
  return make_key(randomness.seed, randomness.update, site.site);
}

struct Rows {
  at::Tensor sentence, position, channel_base;  // [N] int64; channel_base may be undefined
};

// One 32x32 -> 64 bit product of Philox on int64 tensors that hold 32-bit words, without overflowing 63 bits.
std::pair<at::Tensor, at::Tensor> multiply_words(const at::Tensor& word, std::int64_t constant) {
  const std::int64_t high = constant >> 16, low = constant & 0xffff;
  const at::Tensor upper = word * high, lower = word * low;  // both below 2^48
  const at::Tensor middle = upper + lower.__rshift__(16);
  const at::Tensor product_high = middle.__rshift__(16);
  const at::Tensor product_low = middle.__and__(0xffff).__lshift__(16).__or__(lower.__and__(0xffff));
  return {product_high, product_low};
}

// Sixteen random bits per (row, channel), [N, channels] int64, by tensor operations: base/random.h's Philox.
at::Tensor random_halves(std::int64_t channels, PhiloxKey key, const Rows& rows) {
  const std::int64_t blocks = (channels + kPerCounter - 1) / kPerCounter;
  const at::Tensor block = at::arange(blocks, rows.sentence.options()).unsqueeze(0);  // [1, blocks]
  at::Tensor a = block.expand({rows.sentence.size(0), blocks});                       // [N, blocks]
  if (rows.channel_base.defined()) a = a + rows.channel_base.unsqueeze(1).__rshift__(3);
  at::Tensor b = rows.position.unsqueeze(1).expand_as(a);
  at::Tensor c = rows.sentence.unsqueeze(1).__and__(0xffffffffLL).expand_as(a);
  at::Tensor d = rows.sentence.unsqueeze(1).__rshift__(32).expand_as(a);
  std::uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; ++round) {
    const auto [high0, low0] = multiply_words(a, 0xD2511F53LL);
    const auto [high1, low1] = multiply_words(c, 0xCD9E8D57LL);
    a = high1.__xor__(b).__xor__(static_cast<std::int64_t>(k0));
    c = high0.__xor__(d).__xor__(static_cast<std::int64_t>(k1));
    b = low1;
    d = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  const at::Tensor words = at::stack({a, b, c, d}, -1);                                         // [N, blocks, 4]
  const at::Tensor halves = at::stack({words.__and__(0xffff), words.__rshift__(16)}, -1);       // [N, blocks, 4, 2]
  return halves.reshape({rows.sentence.size(0), blocks * kPerCounter}).narrow(1, 0, channels);  // [N, channels]
}

at::Tensor mask_of(std::int64_t channels, double p, PhiloxKey key, const Rows& rows) {
  return random_halves(channels, key, rows).ge(static_cast<std::int64_t>(threshold_of(p))).to(at::kFloat) * scale_of(p);
}

// `input` [N, C] with the mask applied.
at::Tensor apply_mask(const at::Tensor& input, double p, PhiloxKey key, const Rows& rows) {
  const std::int64_t channels = input.size(1);
  const bool vector_loop =
      input.device().is_cpu() && (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16);
  // The product is in float32 and rounded once, as in the loop.
  if (!vector_loop) return (input * mask_of(channels, p, key, rows)).to(input.scalar_type());
  const at::Tensor in = input.contiguous();
  at::Tensor out = at::empty_like(in);
  // Expanded over a batch of one sentence they may have stride zero.
  const at::Tensor sentence = rows.sentence.contiguous(), position = rows.position.contiguous();
  const at::Tensor base = rows.channel_base.defined() ? rows.channel_base.contiguous() : rows.channel_base;
  const DropoutRows places{sentence.const_data_ptr<std::int64_t>(), position.const_data_ptr<std::int64_t>(),
                           base.defined() ? base.const_data_ptr<std::int64_t>() : nullptr};
  at::parallel_for(0, in.size(0), 8, [&](std::int64_t begin, std::int64_t end) {
    if (in.scalar_type() == at::kFloat)
      dropout_rows(in.const_data_ptr<float>(), out.mutable_data_ptr<float>(), begin, end, channels, places, key,
                   threshold_of(p), scale_of(p));
    else
      dropout_rows(reinterpret_cast<const BFloat16Bits*>(in.const_data_ptr()),
                   reinterpret_cast<BFloat16Bits*>(out.mutable_data_ptr()), begin, end, channels, places, key,
                   threshold_of(p), scale_of(p));
  });
  return out;
}

// Forward and backward are the same product with the same mask.
struct DropoutFunction : torch::autograd::Function<DropoutFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input, double p, PhiloxKey key,
                            const Rows& rows) {
    context->saved_data["p"] = p;
    context->saved_data["key0"] = std::int64_t{key[0]};
    context->saved_data["key1"] = std::int64_t{key[1]};
    context->save_for_backward({rows.sentence, rows.position, rows.channel_base});
    return apply_mask(input, p, key, rows);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const PhiloxKey key = {static_cast<std::uint32_t>(context->saved_data["key0"].toInt()),
                           static_cast<std::uint32_t>(context->saved_data["key1"].toInt())};
    return {
        apply_mask(gradients[0], context->saved_data["p"].toDouble(), key, {saved[0], saved[1], saved[2]}), {}, {}, {}};
  }
};

}  // namespace

RowPlaces RowPlaces::of_batch(const at::Tensor& sentences, std::int64_t length) {
  const std::int64_t batch = sentences.size(0);
  return {sentences.unsqueeze(1).expand({batch, length}).reshape({-1}),                                 // [B * T]
          at::arange(length, sentences.options()).unsqueeze(0).expand({batch, length}).reshape({-1})};  // [B * T]
}

Randomness unkeyed_randomness(std::int64_t batch, std::int64_t length) {
  const auto seed = at::randint(0, std::int64_t{1} << 53, {1}, at::kLong).item<std::int64_t>();
  return {static_cast<std::uint64_t>(seed), 0, RowPlaces::of_batch(at::arange(batch, at::kLong), length)};
}

at::Tensor dropout(const at::Tensor& input, const DropoutSite& site, const Randomness& randomness) {
  if (site.p == 0) return input;
  const at::Tensor rows = input.reshape({-1, input.size(-1)});  // [N, C]
  TORCH_CHECK(rows.size(0) == randomness.rows.sentence.size(0), "dropout: ", rows.size(0), " rows but ",
              randomness.rows.sentence.size(0), " places");
  return DropoutFunction::apply(rows, site.p, key_of(site, randomness),
                                Rows{randomness.rows.sentence, randomness.rows.position, {}})
      .view_as(input);
}

at::Tensor attention_dropout(const at::Tensor& weights, const DropoutSite& site, const Randomness& randomness) {
  if (site.p == 0) return weights;
  const std::int64_t batch = weights.size(0), heads = weights.size(1), length = weights.size(2), keys = weights.size(3);
  const at::Tensor rows = weights.transpose(1, 2).reshape({-1, keys});  // [B * T * H, S]
  const auto per_head = [&](const at::Tensor& place) {
    return place.unsqueeze(1).expand({batch * length, heads}).reshape({-1});  // [B * T * H]
  };
  const at::Tensor head = at::arange(heads, randomness.rows.sentence.options()) * kHeadStride;  // [H]
  const at::Tensor base = head.unsqueeze(0).expand({batch * length, heads}).reshape({-1});      // [B * T * H]
  return DropoutFunction::apply(rows, site.p, key_of(site, randomness),
                                Rows{per_head(randomness.rows.sentence), per_head(randomness.rows.position), base})
      .view({batch, length, heads, keys})
      .transpose(1, 2);  // [B, H, T, S]
}

at::Tensor dropout_mask(std::int64_t channels, const DropoutSite& site, const Randomness& randomness,
                        const at::Tensor& channel_base) {
  return mask_of(channels, site.p, key_of(site, randomness),
                 {randomness.rows.sentence, randomness.rows.position, channel_base});
}

}  // namespace heed
