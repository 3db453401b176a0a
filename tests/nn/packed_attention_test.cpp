#include "heed/nn/packed_attention.h"

#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "heed/nn/attention.h"

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

PackedRows rows_of(const std::vector<std::int64_t>& lengths) {
  std::vector<std::uint64_t> sentences;
  for (std::size_t i = 0; i < lengths.size(); ++i) sentences.push_back(i);
  return {lengths, sentences, at::kCPU};
}

std::int64_t real_rows(const PackedRows& rows) {
  return rows.offsets.back();
}

// Output and gradients of all inputs for one random direction.
template <class Function>
std::vector<at::Tensor> run(Function function, const PackedRows& query_rows, const PackedRows& memory_rows,
                            const PackedAttention& form, bool self, at::ScalarType dtype) {
  at::manual_seed(8);
  const std::int64_t query_width = form.heads * form.key_width,
                     memory_width = form.kv_heads * (form.key_width + form.value_width);
  const at::Tensor queries =
      at::randn({query_rows.count(), query_width + (self ? memory_width : 0)}).to(dtype).requires_grad_();
  const at::Tensor memory =
      self ? at::Tensor() : at::randn({memory_rows.count(), memory_width}).to(dtype).requires_grad_();
  const at::Tensor output =
      function(queries, memory, query_rows, memory_rows, form).narrow(0, 0, real_rows(query_rows));
  (output * at::randn(output.sizes())).sum().backward();
  std::vector<at::Tensor> results = {output.to(at::kFloat), queries.grad().to(at::kFloat)};
  if (!self) results.push_back(memory.grad().to(at::kFloat));
  return results;
}

}  // namespace

TEST_CASE("attention over packed rows equals attend() on a padded copy, gradients included") {
  // Short ones, one token, more than a tile of queries, more keys than a vector; odd widths; grouped heads.
  const PackedRows targets = rows_of({5, 1, 70, 16, 33}), sources = rows_of({9, 2, 40, 1, 100});
  const std::vector<PackedAttention> forms = {
      {.heads = 4, .kv_heads = 4, .key_width = 16, .value_width = 16},
      {.heads = 2, .kv_heads = 2, .key_width = 64, .value_width = 64},
      {.heads = 6, .kv_heads = 2, .key_width = 7, .value_width = 20},
      {.heads = 3, .kv_heads = 1, .key_width = 33, .value_width = 5, .scale = 0.7},
  };
  for (std::size_t i = 0; i < forms.size(); ++i)
    for (const bool self : {true, false})
      for (const bool causal : {true, false})
        for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
          if (causal && !self) continue;
          CAPTURE(i, self, causal, dtype);
          PackedAttention form = forms[i];
          form.causal = causal;
          const PackedRows& memory_rows = self ? targets : sources;
          const auto loop = run(attend_packed, targets, memory_rows, form, self, dtype);
          const auto expected = run(attend_packed_padded, targets, memory_rows, form, self, dtype);
          for (std::size_t t = 0; t < expected.size(); ++t) {
            CAPTURE(t);
            const double size = expected[t].abs().max().item<double>();
            CHECK(difference(loop[t], expected[t]) < size * (dtype == at::kFloat ? 1e-5 : 2e-2));
          }
        }
}

TEST_CASE("rows that fill packed rows up get zeros and give no gradient") {
  const PackedRows rows = rows_of({5, 3});
  const at::Tensor x = at::randn({rows.count(), 3 * 32}).requires_grad_();
  const PackedAttention form{.heads = 2, .kv_heads = 2, .key_width = 16, .value_width = 16};
  const at::Tensor output = attend_packed(x, {}, rows, rows, form);
  CHECK(output.narrow(0, 8, 56).eq(0).all().item<bool>());
  output.sum().backward();
  CHECK(x.grad().narrow(0, 8, 56).eq(0).all().item<bool>());
  CHECK(x.grad().narrow(0, 0, 8).ne(0).any().item<bool>());
}

TEST_CASE("a module's packed attention equals its padded one, with dropout on the weights too") {
  const PackedRows targets = rows_of({5, 1, 8}), sources = rows_of({3, 9, 4});
  for (const double p : {0.0, 0.4}) {
    CAPTURE(p);
    at::manual_seed(2);
    MultiHeadAttention attention(MultiHeadAttentionOptions{.heads = 4, .width = 32, .kv_heads = 2, .dropout = {p, 3}});
    const at::Tensor query = at::randn({targets.count(), 32}), memory = at::randn({sources.count(), 32});
    const Randomness packed{1, 2, targets.places}, padded{1, 2, targets.padded_places()};
    const at::Tensor mask = sources.padded_mask().unsqueeze(1).unsqueeze(1);  // [B, 1, 1, S]
    const at::Tensor expected =
        targets.from_padded(attention(targets.to_padded(query), sources.to_padded(memory), mask, &padded));  // [N, D]
    const at::Tensor output = attention->forward_packed(query, memory, targets, sources, &packed);
    CHECK(difference(output.narrow(0, 0, 14), expected.narrow(0, 0, 14)) < 1e-5);
  }
}

TEST_CASE("packed attention with copied weights equals nn.MultiheadAttention of Python") {
  const Numbers numbers("nn/attention_numbers.safetensors");
  const std::vector<std::pair<std::string, MultiHeadAttentionOptions>> cases = {
      {"causal", {.heads = 2, .width = 8, .causal = true}}, {"free", {.heads = 2, .width = 8}}};
  for (const auto& [name, options] : cases) {
    CAPTURE(name);
    MultiHeadAttention attention(options);
    {
      const at::NoGradGuard no_grad;
      for (auto& parameter : attention->named_parameters())
        parameter.value().copy_(numbers[name + "." + parameter.key()]);
    }
    const at::Tensor query = numbers[name + ".query"].requires_grad_();
    const at::Tensor memory = numbers[name + ".memory"].requires_grad_();
    const auto whole = [&](const at::Tensor& batch) {
      return rows_of(std::vector<std::int64_t>(static_cast<std::size_t>(batch.size(0)), batch.size(1)));
    };
    const PackedRows query_rows = whole(query), memory_rows = whole(memory);
    const at::Tensor output = query_rows.to_padded(attention->forward_packed(
        query_rows.from_padded(query), memory_rows.from_padded(memory), query_rows, memory_rows));
    CHECK(difference(output, numbers[name + ".output"]) < 1e-5);
    output.backward(numbers[name + ".upstream"]);
    CHECK(difference(query.grad(), numbers[name + ".gradient.query"]) < 1e-5);
    CHECK(difference(memory.grad(), numbers[name + ".gradient.memory"]) < 1e-5);
    for (const auto& parameter : attention->named_parameters()) {
      CAPTURE(parameter.key());
      CHECK(difference(parameter.value().grad(), numbers[name + ".gradient." + parameter.key()]) < 2e-5);
    }
  }
}

}  // namespace heed
