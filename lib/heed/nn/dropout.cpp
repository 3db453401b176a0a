#include "heed/nn/dropout.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/base/random.h"
#include "heed/nn/dropout_draw.h"
#include "heed/nn/dropout_kernel.h"
#include "heed/nn/threads.h"

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
at::Tensor random_halves(std::int64_t channels, const KeyedDropout& rows) {
  const std::int64_t blocks = (channels + kPerCounter - 1) / kPerCounter;
  const at::Tensor block = at::arange(blocks, rows.sentence.options()).unsqueeze(0);  // [1, blocks]
  at::Tensor a = block.expand({rows.sentence.size(0), blocks});                       // [N, blocks]
  if (rows.channel_base.defined()) a = a + rows.channel_base.unsqueeze(1).__rshift__(3);
  at::Tensor b = rows.position.unsqueeze(1).expand_as(a);
  at::Tensor c = rows.sentence.unsqueeze(1).__and__(0xffffffffLL).expand_as(a);
  at::Tensor d = rows.sentence.unsqueeze(1).__rshift__(32).expand_as(a);
  std::uint32_t k0 = rows.key[0], k1 = rows.key[1];
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

at::Tensor mask_of(std::int64_t channels, const KeyedDropout& dropout) {
  return random_halves(channels, dropout).ge(static_cast<std::int64_t>(threshold_of(dropout.p))).to(at::kFloat) *
         scale_of(dropout.p);
}

bool has_loop(const at::Tensor& input) {
  return input.is_cpu() && (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16);
}

// `input` [N, C] with the mask applied.
at::Tensor apply_mask(const at::Tensor& input, const KeyedDropout& dropout) {
  const std::int64_t channels = input.size(1);
  // The product is in float32 and rounded once, as in the loop.
  if (!has_loop(input)) return (input * mask_of(channels, dropout)).to(input.scalar_type());
  const at::Tensor in = input.contiguous();
  at::Tensor out = at::empty_like(in);
  const DropoutDraw draw = dropout.draw();
  at::parallel_for(0, in.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    if (in.scalar_type() == at::kFloat)
      dropout_rows(in.const_data_ptr<float>(), out.mutable_data_ptr<float>(), begin, end, channels, draw);
    else
      dropout_rows(static_cast<const BFloat16Bits*>(in.const_data_ptr()),
                   static_cast<BFloat16Bits*>(out.mutable_data_ptr()), begin, end, channels, draw);
  });
  return out;
}

// [.., C] -> [N, C], as many as there are places.
at::Tensor rows_of(const at::Tensor& input, const Randomness& randomness) {
  const at::Tensor rows = input.reshape({-1, input.size(-1)});  // [N, C]
  TORCH_CHECK(rows.size(0) == randomness.rows.sentence.size(0), "dropout: ", rows.size(0), " rows but ",
              randomness.rows.sentence.size(0), " places");
  return rows;
}

// Forward and backward are the same product with the same mask.
struct DropoutFunction : torch::autograd::Function<DropoutFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                            const KeyedDropout& dropout) {
    dropout.save(*context);
    context->save_for_backward({dropout.sentence, dropout.position, dropout.channel_base});
    return apply_mask(input, dropout);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {apply_mask(gradients[0], KeyedDropout::saved(*context, saved[0], saved[1], saved[2])), {}};
  }
};

// relu and dropout of rows [N, C] on the CPU.
struct ReluDropoutFunction : torch::autograd::Function<ReluDropoutFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                            const KeyedDropout& dropout) {
    at::Tensor output = at::empty_like(input);
    const DropoutDraw draw = dropout.draw();
    at::parallel_for(0, input.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
      if (input.scalar_type() == at::kFloat)
        relu_dropout_rows(input.const_data_ptr<float>(), output.mutable_data_ptr<float>(), begin, end, input.size(1),
                          draw);
      else
        relu_dropout_rows(static_cast<const BFloat16Bits*>(input.const_data_ptr()),
                          static_cast<BFloat16Bits*>(output.mutable_data_ptr()), begin, end, input.size(1), draw);
    });
    context->save_for_backward({output});
    context->saved_data["scale"] = static_cast<double>(draw.scale);
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const at::Tensor output = context->get_saved_variables()[0], gradient = gradients[0].contiguous();
    const auto scale = static_cast<float>(context->saved_data["scale"].toDouble());
    at::Tensor result = at::empty_like(gradient);
    at::parallel_for(0, output.numel(), 1 << 14, [&](std::int64_t begin, std::int64_t end) {
      if (output.scalar_type() == at::kFloat)
        relu_dropout_gradient(output.const_data_ptr<float>() + begin, gradient.const_data_ptr<float>() + begin,
                              result.mutable_data_ptr<float>() + begin, end - begin, scale);
      else
        relu_dropout_gradient(static_cast<const BFloat16Bits*>(output.const_data_ptr()) + begin,
                              static_cast<const BFloat16Bits*>(gradient.const_data_ptr()) + begin,
                              static_cast<BFloat16Bits*>(result.mutable_data_ptr()) + begin, end - begin, scale);
    });
    return {result, {}};
  }
};

}  // namespace

KeyedDropout KeyedDropout::of(const DropoutSite& site, const Randomness* randomness) {
  if (randomness == nullptr || site.p == 0) return {};
  // Expanded over a batch of one sentence they may have stride zero.
  return {randomness->rows.sentence.contiguous(),
          randomness->rows.position.contiguous(),
          {},
          key_of(site, *randomness),
          site.p};
}

DropoutDraw KeyedDropout::draw() const {
  if (!sentence.defined()) return {};
  return {sentence.const_data_ptr<std::int64_t>(),
          position.const_data_ptr<std::int64_t>(),
          channel_base.defined() ? channel_base.const_data_ptr<std::int64_t>() : nullptr,
          key,
          threshold_of(p),
          scale_of(p)};
}

void KeyedDropout::save(torch::autograd::AutogradContext& context) const {
  context.saved_data["p"] = p;
  context.saved_data["key0"] = std::int64_t{key[0]};
  context.saved_data["key1"] = std::int64_t{key[1]};
}

KeyedDropout KeyedDropout::saved(torch::autograd::AutogradContext& context, const at::Tensor& sentence,
                                 const at::Tensor& position, const at::Tensor& channel_base) {
  const auto word = [&](const char* name) { return static_cast<std::uint32_t>(context.saved_data[name].toInt()); };
  return {sentence, position, channel_base, {word("key0"), word("key1")}, context.saved_data["p"].toDouble()};
}

RowPlaces RowPlaces::of_batch(const at::Tensor& sentences, std::int64_t length) {
  const std::int64_t batch = sentences.size(0);
  return {sentences.unsqueeze(1).expand({batch, length}).reshape({-1}),                                 // [B * T]
          at::arange(length, sentences.options()).unsqueeze(0).expand({batch, length}).reshape({-1})};  // [B * T]
}

at::Tensor dropout(const at::Tensor& input, const DropoutSite& site, const Randomness& randomness) {
  if (site.p == 0) return input;
  const at::Tensor rows = rows_of(input, randomness);  // [N, C]
  return DropoutFunction::apply(rows, KeyedDropout::of(site, &randomness)).view_as(input);
}

at::Tensor relu_dropout(const at::Tensor& input, const DropoutSite& site, const Randomness* randomness) {
  if (!has_loop(input)) {
    const at::Tensor positive = at::relu(input);
    return randomness != nullptr ? dropout(positive, site, *randomness) : positive;
  }
  const at::Tensor rows = randomness != nullptr ? rows_of(input, *randomness) : input.reshape({-1, input.size(-1)});
  return ReluDropoutFunction::apply(rows.contiguous(), KeyedDropout::of(site, randomness)).view_as(input);
}

at::Tensor attention_dropout(const at::Tensor& weights, const DropoutSite& site, const Randomness& randomness) {
  if (site.p == 0) return weights;
  const std::int64_t batch = weights.size(0), heads = weights.size(1), length = weights.size(2), keys = weights.size(3);
  const at::Tensor rows = weights.transpose(1, 2).reshape({-1, keys});  // [B * T * H, S]
  const auto per_head = [&](const at::Tensor& place) {
    return place.unsqueeze(1).expand({batch * length, heads}).reshape({-1}).contiguous();  // [B * T * H]
  };
  const at::Tensor head = at::arange(heads, randomness.rows.sentence.options()) * kHeadStride;           // [H]
  const at::Tensor base = head.unsqueeze(0).expand({batch * length, heads}).reshape({-1}).contiguous();  // [B * T * H]
  return DropoutFunction::apply(
             rows, KeyedDropout{per_head(randomness.rows.sentence), per_head(randomness.rows.position), base,
                                key_of(site, randomness), site.p})
      .view({batch, length, heads, keys})
      .transpose(1, 2);  // [B, H, T, S]
}

at::Tensor dropout_mask(std::int64_t channels, const DropoutSite& site, const Randomness& randomness,
                        const at::Tensor& channel_base) {
  return mask_of(channels,
                 {randomness.rows.sentence, randomness.rows.position, channel_base, key_of(site, randomness), site.p});
}

}  // namespace heed
