#include "heed/nn/attention.h"

#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

constexpr double kTolerance = 1e-5;

struct Shape {
  std::int64_t batch, heads, kv_heads, queries, keys, key_width, value_width;
};

// Longer and shorter memories than queries, key lengths on both sides of a vector's width, grouped heads, values of
// another width than keys.
const std::vector<Shape> kShapes = {{1, 1, 1, 1, 1, 4, 4},    {2, 2, 2, 5, 7, 8, 8},     {3, 4, 2, 6, 6, 8, 5},
                                    {2, 6, 1, 17, 33, 4, 12}, {2, 4, 4, 48, 48, 16, 16}, {1, 8, 2, 3, 64, 16, 8},
                                    {2, 2, 1, 9, 4, 8, 8}};

enum class Mask { none, padding, random, shared_random, causal, causal_and_padding, some_rows_empty, all_empty };
const std::vector<Mask> kMasks = {Mask::none,
                                  Mask::padding,
                                  Mask::random,
                                  Mask::shared_random,
                                  Mask::causal,
                                  Mask::causal_and_padding,
                                  Mask::some_rows_empty,
                                  Mask::all_empty};

// [B, 1, 1, S], sentences of falling length, the last of one token.
at::Tensor padding_mask(const Shape& s) {
  const at::Tensor lengths = at::linspace(static_cast<double>(s.keys), 1, s.batch).to(at::kLong);
  return at::arange(s.keys).lt(lengths.unsqueeze(1)).unsqueeze(1).unsqueeze(1);
}

AttendOptions attend_options(const Shape& s, Mask kind) {
  const auto random = [&](std::int64_t batch, std::int64_t heads) {
    return at::rand({batch, heads, s.queries, s.keys}).lt(0.6);
  };
  switch (kind) {
    case Mask::none:
      break;
    case Mask::padding:
      return {.mask = padding_mask(s)};
    case Mask::random:
      return {.mask = random(s.batch, s.heads)};
    case Mask::shared_random:
      return {.mask = random(1, 1)};
    case Mask::causal:
      return {.causal = true};
    case Mask::causal_and_padding:
      return {.mask = padding_mask(s), .causal = true};
    case Mask::some_rows_empty: {
      const at::Tensor mask = random(s.batch, s.heads);
      mask.select(2, s.queries / 2).fill_(false);
      return {.mask = mask};
    }
    case Mask::all_empty:
      return {.mask = at::zeros({s.batch, 1, 1, s.keys}, at::kBool)};
  }
  return {};
}

struct Leaves {
  at::Tensor q, k, v;
};

Leaves leaves(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const auto leaf = [](const at::Tensor& x) { return x.detach().clone().requires_grad_(); };
  return {leaf(q), leaf(k), leaf(v)};
}

// May-be-attended of every (query, key), [B, H, T, S], spelled out one by one.
at::Tensor allowed_pairs(const Shape& s, const AttendOptions& options) {
  at::Tensor allowed = at::ones({s.batch, s.heads, s.queries, s.keys}, at::kBool);
  if (options.mask.defined()) allowed = options.mask.expand_as(allowed).clone();
  if (!options.causal) return allowed;
  for (std::int64_t t = 0; t < s.queries; ++t)
    for (std::int64_t key = 0; key < s.keys; ++key)
      if (key > t + s.keys - s.queries) allowed.select(2, t).select(2, key).fill_(false);
  return allowed;
}

}  // namespace

TEST_CASE("fused and explicit attention agree, forward and gradients") {
  at::manual_seed(1);
  for (const Shape& s : kShapes)
    for (const Mask kind : kMasks) {
      CAPTURE(s.batch, s.heads, s.kv_heads, s.queries, s.keys, s.value_width, static_cast<int>(kind));
      const AttendOptions options = attend_options(s, kind);
      const at::Tensor q = at::randn({s.batch, s.heads, s.queries, s.key_width});
      const at::Tensor k = at::randn({s.batch, s.kv_heads, s.keys, s.key_width});
      const at::Tensor v = at::randn({s.batch, s.kv_heads, s.keys, s.value_width});
      const Leaves fused = leaves(q, k, v), explicit_path = leaves(q, k, v);
      const at::Tensor a = attend(fused.q, fused.k, fused.v, options);
      const Attended b = attend_explicit(explicit_path.q, explicit_path.k, explicit_path.v, options);
      CHECK(difference(a, b.output) < kTolerance);
      CHECK(a.size(3) == s.value_width);

      const at::Tensor upstream = at::randn_like(a);
      a.backward(upstream);
      b.output.backward(upstream);
      CHECK(difference(fused.q.grad(), explicit_path.q.grad()) < kTolerance);
      CHECK(difference(fused.k.grad(), explicit_path.k.grad()) < kTolerance);
      CHECK(difference(fused.v.grad(), explicit_path.v.grad()) < kTolerance);

      // A query with keys spreads the weight 1 over them, one without gives zeros.
      const at::Tensor allowed = allowed_pairs(s, options);
      const at::Tensor any = allowed.any(3);
      CHECK(difference(b.weights.sum(3), any.to(at::kFloat)) < kTolerance);
      CHECK(b.weights.masked_select(allowed.logical_not()).eq(0).all().item<bool>());
      const at::Tensor without_keys = any.logical_not();
      for (const at::Tensor& output : {a, b.output})
        CHECK(output.masked_select(without_keys.unsqueeze(3)).eq(0).all().item<bool>());
      CHECK(fused.q.grad().masked_select(without_keys.unsqueeze(3)).eq(0).all().item<bool>());
    }
}

TEST_CASE("the scale of attention is 1 / sqrt(key width) unless said otherwise") {
  at::manual_seed(2);
  const at::Tensor q = at::randn({1, 2, 3, 9}), k = at::randn({1, 2, 4, 9}), v = at::randn({1, 2, 4, 5});
  for (const double scale : {1.0 / 3.0, 0.7}) {
    const at::Tensor expected = at::softmax(at::matmul(q, k.transpose(2, 3)) * scale, -1).matmul(v);
    const AttendOptions options{.scale = scale == 0.7 ? 0.7 : 0};
    CHECK(difference(attend(q, k, v, options), expected) < kTolerance);
    CHECK(difference(attend_explicit(q, k, v, options).output, expected) < kTolerance);
  }
}

TEST_CASE("attention equals F.scaled_dot_product_attention of Python") {
  const Numbers numbers("nn/attention_numbers.safetensors");
  for (const std::string name : {"plain", "value_width", "grouped", "look_back"}) {
    CAPTURE(name);
    const AttendOptions options{.mask = numbers.has(name + ".mask") ? numbers[name + ".mask"] : at::Tensor(),
                                .causal = name == "look_back",
                                .scale = name == "value_width" ? 0.3 : 0};
    for (const bool fused : {true, false}) {
      const Leaves x = leaves(numbers[name + ".q"], numbers[name + ".k"], numbers[name + ".v"]);
      const at::Tensor output = fused ? attend(x.q, x.k, x.v, options) : attend_explicit(x.q, x.k, x.v, options).output;
      CHECK(difference(output, numbers[name + ".output"]) < kTolerance);
      output.backward(numbers[name + ".upstream"]);
      CHECK(difference(x.q.grad(), numbers[name + ".gradient.q"]) < kTolerance);
      CHECK(difference(x.k.grad(), numbers[name + ".gradient.k"]) < kTolerance);
      CHECK(difference(x.v.grad(), numbers[name + ".gradient.v"]) < kTolerance);
    }
  }
}

TEST_CASE("MultiHeadAttention with copied weights equals nn.MultiheadAttention of Python") {
  const Numbers numbers("nn/attention_numbers.safetensors");
  struct Case {
    std::string name;
    MultiHeadAttentionOptions options;
  };
  const std::vector<Case> cases = {{"padded", {.heads = 4, .width = 16}},
                                   {"cross", {.heads = 3, .width = 12, .memory_width = 10}},
                                   {"causal", {.heads = 2, .width = 8, .causal = true}},
                                   {"free", {.heads = 2, .width = 8}}};
  for (const auto& [name, options] : cases)
    for (const bool with_weights : {false, true}) {
      CAPTURE(name, with_weights);
      MultiHeadAttention attention(options);
      {
        const at::NoGradGuard no_grad;
        for (auto& parameter : attention->named_parameters())
          parameter.value().copy_(numbers[name + "." + parameter.key()]);
      }
      const at::Tensor query = numbers[name + ".query"].requires_grad_();
      const at::Tensor memory = numbers[name + ".memory"].requires_grad_();
      // The causal rule is the module's own there; Python was given it as a mask.
      const at::Tensor mask = numbers.has(name + ".mask") && !options.causal ? numbers[name + ".mask"] : at::Tensor();
      at::Tensor output;
      if (with_weights) {
        const auto both = attention->forward_with_weights(query, memory, mask);
        CHECK(difference(both.weights, numbers[name + ".weights"]) < kTolerance);
        output = both.output;
      } else {
        output = attention(query, memory, mask);
      }
      CHECK(difference(output, numbers[name + ".output"]) < kTolerance);
      output.backward(numbers[name + ".upstream"]);
      CHECK(difference(query.grad(), numbers[name + ".gradient.query"]) < kTolerance);
      CHECK(difference(memory.grad(), numbers[name + ".gradient.memory"]) < kTolerance);
      for (const auto& parameter : attention->named_parameters()) {
        CAPTURE(parameter.key());
        CHECK(difference(parameter.value().grad(), numbers[name + ".gradient." + parameter.key()]) < 2 * kTolerance);
      }
    }
}

TEST_CASE("widths of MultiHeadAttention are free of each other") {
  at::manual_seed(3);
  MultiHeadAttention three(3, 10, 7);
  CHECK(three->query_projection->weight.sizes() == at::IntArrayRef({21, 10}));
  CHECK(three->output_projection->weight.sizes() == at::IntArrayRef({10, 21}));
  CHECK(three(at::randn({2, 4, 10}), at::randn({2, 6, 10})).sizes() == at::IntArrayRef({2, 4, 10}));

  MultiHeadAttention attention(MultiHeadAttentionOptions{
      .heads = 6, .width = 10, .head_dim = 5, .value_head_dim = 3, .memory_width = 11, .kv_heads = 2, .bias = false});
  CHECK(attention->query_projection->weight.sizes() == at::IntArrayRef({30, 10}));
  CHECK(attention->key_projection->weight.sizes() == at::IntArrayRef({10, 11}));
  CHECK(attention->value_projection->weight.sizes() == at::IntArrayRef({6, 11}));
  CHECK(attention->output_projection->weight.sizes() == at::IntArrayRef({10, 18}));
  CHECK(attention->parameters().size() == 4);

  const at::Tensor query = at::randn({2, 4, 10}), memory = at::randn({2, 6, 11});
  const at::Tensor mask = at::rand({2, 1, 4, 6}).lt(0.7);
  const auto [output, weights] = attention->forward_with_weights(query, memory, mask);
  CHECK(output.sizes() == at::IntArrayRef({2, 4, 10}));
  CHECK(weights.sizes() == at::IntArrayRef({2, 6, 4, 6}));
  CHECK(difference(attention(query, memory, mask), output) < kTolerance);

  // Query head h reads key/value head h / 3: with the keys of the second zeroed, the last three heads look evenly.
  const at::NoGradGuard no_grad;
  attention->key_projection->weight.slice(0, 5, 10).zero_();
  const at::Tensor even = attention->forward_with_weights(query, memory).weights;
  CHECK(difference(even.slice(1, 3, 6), at::full({2, 3, 4, 6}, 1.0 / 6)) < kTolerance);
  CHECK(difference(even.slice(1, 0, 3), at::full({2, 3, 4, 6}, 1.0 / 6)) > 0.01);
}

TEST_CASE("MultiHeadAttention refuses heads that do not fit") {
  CHECK_THROWS_WITH(MultiHeadAttention(MultiHeadAttentionOptions{.heads = 3, .width = 10}),
                    Catch::Contains("width 10 is not a multiple of 3 heads"));
  CHECK_THROWS_WITH(MultiHeadAttention(MultiHeadAttentionOptions{.heads = 6, .width = 12, .kv_heads = 4}),
                    Catch::Contains("6 heads are not a multiple of 4 key/value heads"));
}

TEST_CASE("the scale of MultiHeadAttention holds over packed rows too") {
  at::manual_seed(8);
  const at::NoGradGuard no_grad;
  MultiHeadAttention attention(MultiHeadAttentionOptions{.heads = 2, .width = 8, .scale = 3});
  const std::vector<std::int64_t> lengths = {4, 4};
  const std::vector<std::uint64_t> sentences = {0, 1};
  const PackedRows rows(lengths, sentences, at::kCPU);
  const at::Tensor x = at::randn({2, 4, 8});
  const at::Tensor packed = attention->forward_packed(rows.from_padded(x), rows.from_padded(x), rows, rows);
  CHECK(difference(rows.to_padded(packed), attention(x, x)) < kTolerance);
}

TEST_CASE("what needs all projections says so where some are missing") {
  MultiHeadAttention attention(MultiHeadAttentionOptions{.heads = 1, .width = 8, .projections = Projections::keys});
  KeyValueTable table;
  const at::Tensor x = at::randn({3, 8});
  const VisibleRows visible{at::zeros({3, 1}, at::kLong), at::ones({3}, at::kLong)};
  const auto message = Catch::Contains("with all of its projections");
  CHECK_THROWS_WITH(attention->tabulate_memory(x), message);
  CHECK_THROWS_WITH(attention->attend_to(x, table, visible), message);
  CHECK_THROWS_WITH(attention->step(x, table, visible), message);
}

TEST_CASE("attention of single queries to a projected memory equals attention of all at once, prepared or not") {
  at::manual_seed(4);
  const at::NoGradGuard no_grad;
  for (const std::int64_t memory_width : {12, 7}) {
    MultiHeadAttention attention(MultiHeadAttentionOptions{.heads = 6,
                                                           .width = 12,
                                                           .head_dim = 5,
                                                           .value_head_dim = 3,
                                                           .memory_width = memory_width,
                                                           .kv_heads = 2,
                                                           .scale = 2});
    const at::Tensor query = at::randn({2, 4, 12}), memory = at::randn({2, 6, memory_width});
    const at::Tensor lengths = at::tensor({6, 4}, at::kLong);
    const at::Tensor mask = at::arange(6).unsqueeze(0).lt(lengths.unsqueeze(1)).unsqueeze(1).unsqueeze(1);
    const at::Tensor expected = attention(query, memory, mask).flatten(0, 1);  // [B * T, D]
    const VisibleRows visible{at::arange(12).view({2, 6}).repeat_interleave(4, 0), lengths.repeat_interleave(4)};
    const auto found = [&] {
      return attention->attend_to(query.flatten(0, 1), attention->tabulate_memory(memory), visible);
    };
    CHECK(difference(found(), expected) < kTolerance);
    prepare_inference(*attention, at::kFloat);
    CHECK(difference(found(), expected) < kTolerance);
  }
}

TEST_CASE("causal attention step by step, with rows that change places, equals all steps in one go") {
  at::manual_seed(5);
  const at::NoGradGuard no_grad;
  const std::vector<MultiHeadAttentionOptions> kinds = {
      {.heads = 4, .width = 16, .causal = true, .scale = 1.5},
      {.heads = 4, .width = 16, .bias = false, .causal = true},
      {.heads = 6, .width = 12, .head_dim = 5, .value_head_dim = 3, .kv_heads = 2, .causal = true}};
  const std::int64_t before = 21, length = 55;  // room for the table is taken twice
  for (const auto& options : kinds)
    for (const bool prepared : {false, true}) {
      MultiHeadAttention attention(options);
      if (prepared) prepare_inference(*attention, at::kFloat);
      KeyValueTable past;
      at::Tensor x = at::randn({3, length, options.width}), places = at::zeros({3, 0}, at::kLong);
      for (std::int64_t t = 0; t < length; ++t) {
        if (t == before) {  // rows change places, one twice
          const at::Tensor rows = at::tensor({2, 0, 0, 1}, at::kLong);
          places = places.index_select(0, rows);
          x = at::cat({x.narrow(1, 0, before).index_select(0, rows), at::randn({4, length - before, options.width})},
                      1);
        }
        const at::Tensor own = past.size() + at::arange(x.size(0));
        places = at::cat({places, own.unsqueeze(1)}, 1);
        const VisibleRows visible{places, at::full({x.size(0)}, t + 1, at::kLong)};
        const at::Tensor step = attention->step(x.select(1, t), past, visible);
        CAPTURE(options.heads, prepared, t);
        const at::Tensor so_far = x.narrow(1, 0, t + 1);
        REQUIRE(difference(step, attention(so_far, so_far).select(1, t)) < kTolerance);
      }
    }
}

TEST_CASE("dropout on attention weights happens in training only") {
  at::manual_seed(6);
  MultiHeadAttention attention(MultiHeadAttentionOptions{.heads = 2, .width = 8, .dropout = {.p = 0.5, .site = 3}});
  const at::Tensor x = at::randn({2, 5, 8});
  const Randomness randomness{.seed = 1, .update = 2, .rows = RowPlaces::of_batch(at::tensor({4, 9}, at::kLong), 5)};
  attention->eval();
  const at::Tensor quiet = attention(x, x);
  CHECK(same_bits(attention(x, x, at::Tensor(), &randomness), quiet));
  attention->train();
  const at::Tensor dropped = attention(x, x, at::Tensor(), &randomness);
  CHECK(same_bits(attention(x, x), quiet));
  CHECK(difference(dropped, quiet) > 0.01);
  CHECK(same_bits(attention(x, x, at::Tensor(), &randomness), dropped));

  // The weights that are handed out are those before dropout.
  const auto [output, weights] = attention->forward_with_weights(x, x, at::Tensor(), &randomness);
  CHECK(difference(output, dropped) < kTolerance);
  CHECK(difference(weights.sum(3), at::ones({2, 2, 5})) < kTolerance);
  const at::Tensor v = attention->value_projection(x).view({2, 5, 2, 4}).transpose(1, 2);  // [B, H, S, V]
  const at::Tensor by_hand = attention_dropout(weights, {.p = 0.5, .site = 3}, randomness).matmul(v);
  CHECK(difference(attention->output_projection(by_hand.transpose(1, 2).flatten(2)), output) < kTolerance);
}

}  // namespace heed
