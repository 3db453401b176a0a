#include "heed/nn/dropout.h"

#include <bit>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>

#include "heed/base/random.h"

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

const std::vector<std::int64_t> kChannels = {1, 3, 7, 8, 9, 64, 127, 128, 129, 200, 1000};
const std::vector<double> kProbabilities = {1.0 / 65536, 0.1, 0.2, 0.5, 0.9, 0.999};

// Rows far apart, with numbers on both sides of 32 bits.
Randomness scattered_rows() {
  const std::int64_t far = std::int64_t{5} << 33;
  return {
      .seed = 0x1234'5678'9abc'def0,
      .update = std::uint64_t{1} << 40,
      .rows = {at::tensor({std::int64_t{0}, std::int64_t{0}, far, far + 1, std::int64_t{77}, std::int64_t{4294967295}}),
               at::tensor({std::int64_t{0}, std::int64_t{1}, std::int64_t{1023}, std::int64_t{0}, std::int64_t{31},
                           std::int64_t{2}})}};
}

Randomness batch_rows(const std::vector<std::int64_t>& sentences, std::int64_t length) {
  return {.seed = 9, .update = 4, .rows = RowPlaces::of_batch(at::tensor(sentences, at::kLong), length)};
}

at::Tensor mask_of(const Randomness& randomness, std::int64_t channels, double p, std::uint64_t site = 1) {
  const at::Tensor ones = at::ones({randomness.rows.sentence.size(0), channels});
  return dropout(ones, {p, site}, randomness);
}

}  // namespace

TEST_CASE("the vector loop of dropout equals its tensor operations to the bit") {
  at::manual_seed(1);
  const Randomness randomness = scattered_rows();
  for (const std::int64_t channels : kChannels)
    for (const double p : kProbabilities) {
      CAPTURE(channels, p);
      const DropoutSite site{p, 17};
      const at::Tensor mask = dropout_mask(channels, site, randomness);
      const at::Tensor x = at::randn({6, channels});
      CHECK(at::equal(dropout(x, site, randomness), x * mask));
      const at::Tensor brain = x.to(at::kBFloat16);
      const at::Tensor expected = (brain.to(at::kFloat) * mask).to(at::kBFloat16);
      const at::Tensor dropped = dropout(brain, site, randomness);
      CHECK(dropped.scalar_type() == at::kBFloat16);
      CHECK(at::equal(dropped, expected));
      // What has no vector loop takes the tensor operations, with the same rounding.
      const at::Tensor half = x.to(at::kHalf);
      CHECK(at::equal(dropout(half, site, randomness), (half.to(at::kFloat) * mask).to(at::kHalf)));
    }
}

TEST_CASE("dropout rounds bfloat16 like LibTorch, specials included") {
  const Randomness randomness = batch_rows({3}, 1);
  const at::Tensor bits = at::arange(65536, at::kInt).to(at::kShort);
  const at::Tensor every = bits.view(at::kBFloat16).unsqueeze(0);  // all bfloat16 numbers there are
  const DropoutSite site{0.3, 2};
  const at::Tensor mask = dropout_mask(65536, site, randomness);
  const at::Tensor kept = mask.ne(0);
  const at::Tensor expected = (every.to(at::kFloat) * mask).to(at::kBFloat16).masked_select(kept);
  const at::Tensor dropped = dropout(every, site, randomness);
  CHECK(at::allclose(dropped.masked_select(kept), expected, 0, 0, /*equal_nan=*/true));
  CHECK(dropped.masked_select(kept.logical_not()).eq(0).all().item<bool>());
}

TEST_CASE("an element's fate is 16 bits of the counter of its place") {
  const Randomness randomness = scattered_rows();
  const double p = 0.2;
  const std::int64_t channels = 45, base = 3 * 65536;
  const std::uint32_t threshold = 13107;  // 0.2 * 65536, rounded
  const PhiloxKey key = make_key(randomness.seed, randomness.update, 17);
  const at::Tensor plain = mask_of(randomness, channels, p, 17);
  const at::Tensor moved = dropout_mask(channels, {p, 17}, randomness, at::full({6}, base, at::kLong));
  for (std::int64_t r = 0; r < 6; ++r) {
    const auto sentence = static_cast<std::uint64_t>(randomness.rows.sentence[r].item<std::int64_t>());
    const auto position = static_cast<std::uint32_t>(randomness.rows.position[r].item<std::int64_t>());
    for (std::int64_t c = 0; c < channels; ++c)
      for (const bool with_base : {false, true}) {
        const auto counter = static_cast<std::uint32_t>((c + (with_base ? base : 0)) / 8);
        const PhiloxCounter words = philox4x32(
            {counter, position, static_cast<std::uint32_t>(sentence), static_cast<std::uint32_t>(sentence >> 32)}, key);
        const std::uint32_t half = words[static_cast<std::size_t>(c % 8 / 2)] >> (c % 2 * 16) & 0xffff;
        const float expected = half >= threshold ? 65536.0f / (65536.0f - threshold) : 0.0f;
        const at::Tensor& mask = with_base ? moved : plain;
        REQUIRE(mask[r][c].item<float>() == Approx(expected));
      }
  }
}

TEST_CASE("backward uses the mask of forward") {
  at::manual_seed(2);
  const Randomness randomness = scattered_rows();
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const DropoutSite site{0.4, 5};
    const at::Tensor x = at::randn({2, 3, 50}).to(dtype).requires_grad_();
    const at::Tensor y = dropout(x, site, randomness);
    const at::Tensor upstream = at::randn({2, 3, 50}).to(dtype);
    y.backward(upstream);
    const at::Tensor mask = dropout_mask(50, site, randomness).view({2, 3, 50});
    CHECK(at::equal(x.grad(), (upstream.to(at::kFloat) * mask).to(dtype)));
    // A gradient that is no dense tensor of its own, as sums hand it back.
    x.mutable_grad() = at::Tensor();
    dropout(x, site, randomness).sum().backward();
    CHECK(at::equal(x.grad(), mask.to(dtype)));
  }
}

TEST_CASE("a token's mask does not depend on the batch it is in") {
  const std::int64_t channels = 77;
  const auto rows_of = [&](const at::Tensor& mask, std::int64_t row, std::int64_t length, std::int64_t count) {
    return mask.narrow(0, row * length, count);
  };
  const at::Tensor alone = mask_of(batch_rows({9}, 4), channels, 0.3);
  const at::Tensor among = mask_of(batch_rows({5, 9, 7}, 11), channels, 0.3);
  const at::Tensor turned = mask_of(batch_rows({9, 7, 6, 5}, 4), channels, 0.3);
  CHECK(same_bits(alone, rows_of(among, 1, 11, 4)));
  CHECK(same_bits(alone, rows_of(turned, 0, 4, 4)));
  CHECK(same_bits(rows_of(among, 0, 11, 4), rows_of(turned, 3, 4, 4)));
}

TEST_CASE("masks of another seed, update, site, sentence or position are others") {
  const std::int64_t channels = 4096;
  const Randomness first = batch_rows({5}, 1);
  Randomness seed = first, update = first, high_seed = first;
  ++seed.seed;
  high_seed.seed += std::uint64_t{1} << 32;
  ++update.update;
  const at::Tensor mask = mask_of(first, channels, 0.5);
  const std::vector<at::Tensor> others = {mask_of(seed, channels, 0.5),
                                          mask_of(high_seed, channels, 0.5),
                                          mask_of(update, channels, 0.5),
                                          mask_of(first, channels, 0.5, 2),
                                          mask_of(batch_rows({6}, 1), channels, 0.5),
                                          mask_of(batch_rows({5 + (std::int64_t{1} << 32)}, 1), channels, 0.5),
                                          mask_of(batch_rows({5}, 2), channels, 0.5).narrow(0, 1, 1),
                                          mask.roll(1, 1)};
  for (const at::Tensor& other : others) {
    // Agreement of independent coins: 1/2 with a deviation of 1 / (2 sqrt(n)).
    const double agreement = mask.eq(other).to(at::kDouble).mean().item<double>();
    CHECK(std::abs(agreement - 0.5) < 5 * 0.5 / std::sqrt(static_cast<double>(channels)));
  }
}

TEST_CASE("dropout keeps its rate and its mean") {
  const std::int64_t sentences = 100, length = 20, channels = 128;
  std::vector<std::int64_t> numbers(sentences);
  for (std::int64_t i = 0; i < sentences; ++i) numbers[static_cast<std::size_t>(i)] = 1000 + i;
  const Randomness randomness = batch_rows(numbers, length);
  for (const double p : {0.1, 0.3, 0.5, 0.9}) {
    const at::Tensor mask = mask_of(randomness, channels, p);
    const auto within = [&](const at::Tensor& rate, std::int64_t count, double deviations) {
      return difference(rate, at::full_like(rate, p)) <
             deviations * std::sqrt(p * (1 - p) / static_cast<double>(count));
    };
    const at::Tensor zero = mask.eq(0).to(at::kDouble);
    CHECK(within(zero.mean(), zero.numel(), 4));
    CHECK(within(zero.mean(0), sentences * length, 5));  // of each channel
    CHECK(within(zero.mean(1), channels, 6));            // of each row
    CHECK(mask.mean().item<double>() == Approx(1.0).margin(0.02));
    CHECK(mask.max().item<double>() == Approx(1 / (1 - p)).epsilon(1e-4));
  }
}

TEST_CASE("no dropout without a probability, and none without a place for every row") {
  const at::Tensor x = at::randn({4, 3});
  CHECK(dropout(x, {0, 1}, batch_rows({1}, 4)).is_same(x));
  CHECK_THROWS_WITH(dropout(x, {0.1, 1}, batch_rows({1}, 3)), Catch::Contains("4 rows but 3 places"));
}

TEST_CASE("attention dropout depends on sentence, query, head and key, not on the padded length") {
  const DropoutSite site{0.5, 8};
  const auto mask = [&](const std::vector<std::int64_t>& sentences, std::int64_t heads, std::int64_t queries,
                        std::int64_t keys) {
    return attention_dropout(at::ones({static_cast<std::int64_t>(sentences.size()), heads, queries, keys}), site,
                             batch_rows(sentences, queries));
  };
  const at::Tensor alone = mask({9}, 4, 6, 7);       // [1, 4, 6, 7]
  const at::Tensor among = mask({3, 9}, 5, 10, 33);  // [2, 5, 10, 33]
  CHECK(same_bits(alone[0], among[1].narrow(0, 0, 4).narrow(1, 0, 6).narrow(2, 0, 7)));
  CHECK_FALSE(at::equal(alone[0], among[0].narrow(0, 0, 4).narrow(1, 0, 6).narrow(2, 0, 7)));
  CHECK_FALSE(at::equal(among[1][0], among[1][1]));
  CHECK_FALSE(at::equal(among[1].select(1, 0), among[1].select(1, 1)));

  // Head h and key s are channel h * 65536 + s.
  const Randomness randomness = batch_rows({3, 9}, 10);
  for (std::int64_t head = 0; head < 5; ++head) {
    const at::Tensor expected = dropout_mask(33, site, randomness, at::full({20}, head * 65536, at::kLong));
    CHECK(at::equal(among.select(1, head).reshape({20, 33}), expected));
  }

  const at::Tensor weights = at::rand({2, 5, 10, 33}).requires_grad_();
  const at::Tensor dropped = attention_dropout(weights, site, randomness);
  CHECK(at::equal(dropped, weights * among));
  dropped.sum().backward();
  CHECK(at::equal(weights.grad(), among));
}

TEST_CASE("rows of a batch are its sentences, position by position") {
  const RowPlaces places = RowPlaces::of_batch(at::tensor({7, 4}, at::kLong), 3);
  CHECK(at::equal(places.sentence, at::tensor({7, 7, 7, 4, 4, 4}, at::kLong)));
  CHECK(at::equal(places.position, at::tensor({0, 1, 2, 0, 1, 2}, at::kLong)));
}

}  // namespace heed
