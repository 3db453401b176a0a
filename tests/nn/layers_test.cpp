#include "heed/nn/layers.h"

#include <cmath>

#include <ATen/ATen.h>

#include "heed/nn/attention.h"

#include "catch.h"
#include "tensors.h"

namespace heed {

TEST_CASE("Linear multiplies in the compute dtype and keeps float32 weights") {
  at::manual_seed(1);
  Linear linear(6, 4);
  const at::Tensor x = at::randn({2, 3, 6});
  const at::Tensor expected = at::matmul(x, linear->weight.t()) + linear->bias;
  CHECK(compute_dtype() == at::kFloat);
  CHECK(difference(linear(x), expected) < 1e-6);
  {
    const ComputeDtypeGuard guard(at::kBFloat16);
    CHECK(compute_dtype() == at::kBFloat16);
    const at::Tensor y = linear(x);
    CHECK(y.scalar_type() == at::kBFloat16);
    CHECK(difference(y, expected) < 0.05);
    CHECK(difference(y, expected) > 0);
    y.sum().backward();
  }
  CHECK(compute_dtype() == at::kFloat);
  CHECK(linear->weight.scalar_type() == at::kFloat);
  CHECK(linear->weight.grad().scalar_type() == at::kFloat);
  CHECK(difference(linear->weight.grad(), x.sum(at::IntArrayRef({0, 1})).expand({4, 6})) < 0.05);
}

TEST_CASE("Linear starts with Xavier-uniform weights and zero bias") {
  at::manual_seed(2);
  Linear linear(300, 100), without_bias(3, 2, /*with_bias=*/false);
  const double bound = std::sqrt(6.0 / 400);
  CHECK(linear->weight.abs().max().item<double>() <= bound);
  CHECK(linear->weight.std().item<double>() == Approx(bound / std::sqrt(3.0)).epsilon(0.02));
  CHECK(linear->bias.eq(0).all().item<bool>());
  CHECK_FALSE(without_bias->bias.defined());
  CHECK(without_bias->parameters().size() == 1);
}

TEST_CASE("inference copies are used while gradients are off, and made again when asked") {
  at::manual_seed(3);
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const ComputeDtypeGuard guard(dtype);
    FeedForward feed_forward(4, 8, Activation::relu, DropoutSite{});
    const at::Tensor x = at::randn({5, 4});
    const at::NoGradGuard no_grad;
    prepare_inference(*feed_forward, dtype);
    const at::Tensor before = feed_forward(x, nullptr);
    feed_forward->contract->weight.data().copy_(at::randn({4, 8}));
    // In float32 the copy is the weight itself: nothing to make.
    if (dtype != at::kFloat) CHECK(same_bits(feed_forward(x, nullptr), before));
    {
      const at::AutoGradMode training(true);
      CHECK(difference(feed_forward(x, nullptr), before) > 0.01);
    }
    prepare_inference(*feed_forward, dtype);
    CHECK(difference(feed_forward(x, nullptr), before) > 0.01);
  }
}

TEST_CASE("LayerNorm normalises the last dimension in float32") {
  at::manual_seed(4);
  LayerNorm norm(7);
  const at::NoGradGuard no_grad;
  norm->weight.normal_();
  norm->bias.normal_();
  const at::Tensor x = at::randn({3, 2, 7}) * 5 + 2, centred = x - x.mean(-1, true);
  const at::Tensor expected = centred / (centred.square().mean(-1, true) + 1e-5).sqrt() * norm->weight + norm->bias;
  CHECK(difference(norm(x), expected) < 1e-5);
  CHECK(norm(x.to(at::kBFloat16)).scalar_type() == at::kFloat);
}

TEST_CASE("the padding row of an embedding is zero and stays so") {
  at::manual_seed(5);
  Embedding embedding(50, 64, 1);
  CHECK(embedding->weight[1].eq(0).all().item<bool>());
  CHECK(embedding->weight.std().item<double>() == Approx(1.0 / 8).epsilon(0.05));
  const at::Tensor rows = embedding(at::tensor({3, 1, 3}, at::kLong).view({1, 3}));
  CHECK(same_bits(rows[0][0], embedding->weight[3]));
  rows.sum().backward();
  CHECK(embedding->weight.grad()[1].eq(0).all().item<bool>());
  CHECK(embedding->weight.grad()[3].eq(2).all().item<bool>());
}

TEST_CASE("sinusoidal positions are sines and cosines of falling frequency, from any first position") {
  const auto options = at::TensorOptions().dtype(at::kFloat);
  for (const std::int64_t width : {2, 7, 16}) {
    const at::Tensor table = sinusoidal_positions(0, 60, width, options);
    REQUIRE(table.sizes() == at::IntArrayRef({60, width}));
    for (const std::int64_t t : {0, 1, 37, 59})
      for (std::int64_t c = 0; c < width; ++c) {
        const double angle =
            static_cast<double>(t) / std::pow(10000.0, static_cast<double>(c / 2 * 2) / static_cast<double>(width));
        CHECK(table[t][c].item<double>() == Approx(c % 2 == 0 ? std::sin(angle) : std::cos(angle)).margin(1e-6));
      }
    CHECK(same_bits(sinusoidal_positions(37, 4, width, options), table.narrow(0, 37, 4)));
  }
}

TEST_CASE("FeedForward is Linear, activation, dropout, Linear") {
  at::manual_seed(6);
  const at::Tensor x = at::randn({2, 3, 4});
  const Randomness randomness{.seed = 1, .rows = RowPlaces::of_batch(at::arange(2, at::kLong), 3)};
  for (const Activation activation : {Activation::relu, Activation::gelu}) {
    const DropoutSite site{0.5, 3};
    FeedForward feed_forward(4, 10, activation, site);
    const at::Tensor inner = feed_forward->expand(x);
    const at::Tensor active =
        activation == Activation::relu ? inner.clamp_min(0) : inner * 0.5 * (1 + at::erf(inner / std::sqrt(2.0)));
    CHECK(difference(feed_forward(x, nullptr), feed_forward->contract(active)) < 1e-6);
    const at::Tensor dropped = active * dropout_mask(10, site, randomness).view({2, 3, 10});
    CHECK(difference(feed_forward(x, &randomness), feed_forward->contract(dropped)) < 1e-6);
    feed_forward->eval();
    CHECK(difference(feed_forward(x, &randomness), feed_forward->contract(active)) < 1e-6);
  }
}

}  // namespace heed
