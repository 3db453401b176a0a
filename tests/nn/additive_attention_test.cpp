#include "heed/nn/additive_attention.h"

#include <cmath>

#include <ATen/ATen.h>

#include "catch.h"
#include "tensors.h"

namespace heed {

TEST_CASE("additive attention is its formula, number by number") {
  at::manual_seed(1);
  const at::NoGradGuard no_grad;
  const std::int64_t batch = 2, queries = 3, keys = 4;
  AdditiveAttention attention(5, 6, 7);
  attention->query_projection->bias.normal_();
  const at::Tensor query = at::randn({batch, queries, 5}), memory = at::randn({batch, keys, 6});
  at::Tensor mask = at::ones({batch, 1, 1, keys}, at::kBool);
  mask[1][0][0][3] = false;
  const auto [output, weights] = attention->forward_with_weights(query, memory, mask);
  REQUIRE(output.sizes() == at::IntArrayRef({batch, queries, 6}));
  REQUIRE(weights.sizes() == at::IntArrayRef({batch, 1, queries, keys}));
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t t = 0; t < queries; ++t) {
      std::vector<double> shares;
      double sum = 0;
      for (std::int64_t s = 0; s < keys; ++s) {
        const at::Tensor inner =
            at::tanh(at::mv(attention->query_projection->weight, query[b][t]) + attention->query_projection->bias +
                     at::mv(attention->key_projection->weight, memory[b][s]));
        const double score = inner.dot(attention->score_weight).item<double>();
        shares.push_back(mask[b][0][0][s].item<bool>() ? std::exp(score) : 0.0);
        sum += shares.back();
      }
      at::Tensor context = at::zeros({6});
      for (std::int64_t s = 0; s < keys; ++s) {
        const double share = shares[static_cast<std::size_t>(s)] / sum;
        CHECK(weights[b][0][t][s].item<double>() == Approx(share).margin(1e-6));
        context += memory[b][s] * share;
      }
      CHECK(difference(output[b][t], context) < 1e-5);
    }
  CHECK(same_bits(attention->attend_to(query, attention->project_memory(memory), mask), output));
}

}  // namespace heed
