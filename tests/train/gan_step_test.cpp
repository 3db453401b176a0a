#include "heed/train/gan_step.h"

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/nn/diff_augment.h"
#include "heed/nn/gan_loss.h"
#include "heed/nn/self_attention_2d.h"
#include "heed/train/optimizer.h"

#include "catch.h"
#include "image/small_picture_model.h"
#include "limited_memory.h"
#include "tensors.h"

namespace heed {

using Catch::Matchers::Contains;

namespace {

struct StepBench {
  explicit StepBench(const std::function<void(GanTrainOptions&)>& change = {}) {
    options.networks = small_networks();
    options.networks.discriminator.spectral_norm = false;
    options.networks.discriminator.attn_res = "8";
    options.augment.p = 0;
    options.gamma = 2;
    options.reg_every = 4;
    if (change) change(options);
    at::manual_seed(5);
    generator = AttentionGenerator(options.networks.generator);
    discriminator = Discriminator(options.networks.discriminator);
    randomise(*generator);
    randomise(*discriminator);
    generator_flat = std::make_unique<FlatParameters>(*generator);
    discriminator_flat = std::make_unique<FlatParameters>(*discriminator);
    real.images = at::randn({6, 3, 16, 16}).clamp(-1, 1).contiguous(at::MemoryFormat::ChannelsLast);
    real.classes = at::tensor({0, 1, 2, 0, 1, 2}, at::kLong);
    real.examples = {10, 11, 12, 13, 14, 15};
  }

  // Gradients of the discriminator after one step.
  at::Tensor discriminator_gradients(std::uint64_t update, std::uint64_t step, bool with_penalty) {
    discriminator_flat->gradients.zero_();
    shown =
        GanSteps(generator, discriminator, options, at::kCPU).discriminator_backward(real, update, step, with_penalty);
    return discriminator_flat->gradients.clone();
  }
  at::Tensor generator_gradients(std::uint64_t update) {
    generator_flat->gradients.zero_();
    generator_loss = GanSteps(generator, discriminator, options, at::kCPU).generator_backward(real, update);
    return generator_flat->gradients.clone();
  }
  // The pictures that a step makes.
  at::Tensor fakes(std::uint64_t update, std::uint64_t role) {
    const at::NoGradGuard no_grad;
    const ExampleDraws draws{static_cast<std::uint64_t>(options.seed), update, role, real.examples};
    return generator(random_latents(draws, options.networks.generator.latent), real.classes);
  }
  at::Tensor gradient_of(const std::function<at::Tensor()>& loss) {
    discriminator_flat->gradients.zero_();
    loss().backward();
    return discriminator_flat->gradients.clone();
  }

  GanTrainOptions options;
  AttentionGenerator generator{nullptr};
  Discriminator discriminator{nullptr};
  std::unique_ptr<FlatParameters> generator_flat, discriminator_flat;
  PictureBatch real;
  DiscriminatorStep shown;
  double generator_loss = 0;
};

constexpr GanLoss kLosses[] = {GanLoss::rpgan, GanLoss::hinge, GanLoss::nonsat, GanLoss::lsgan, GanLoss::wgan_gp};

}  // namespace

TEST_CASE("a step is a function of seed, update and step") {
  StepBench bench([](auto& o) { o.augment.p = 0.5; });
  const at::Tensor d = bench.discriminator_gradients(3, 1, true), g = bench.generator_gradients(3);
  CHECK(same_bits(bench.discriminator_gradients(3, 1, true), d));
  CHECK(same_bits(bench.generator_gradients(3), g));
  CHECK_FALSE(same_bits(bench.discriminator_gradients(4, 1, true), d));
  CHECK_FALSE(same_bits(bench.discriminator_gradients(3, 2, true), d));
  CHECK_FALSE(same_bits(bench.generator_gradients(4), g));
  bench.options.seed = 2;
  CHECK_FALSE(same_bits(bench.discriminator_gradients(3, 1, true), d));
  CHECK_FALSE(same_bits(bench.generator_gradients(3), g));
}

TEST_CASE("the discriminator's step is its loss, both halves apart") {
  for (const GanLoss loss : kLosses) {
    StepBench bench([&](auto& o) { o.loss = loss; });
    const at::Tensor found = bench.discriminator_gradients(2, 1, false);
    const at::Tensor fake = bench.fakes(2, 4);  // the first role of step 1
    const at::Tensor expected = bench.gradient_of([&] {
      return discriminator_loss(loss, bench.discriminator(bench.real.images, bench.real.classes),
                                bench.discriminator(fake, bench.real.classes));
    });
    CHECK(difference(found, expected) < 1e-4 * (1 + expected.abs().max().item<double>()));
    CHECK_FALSE(bench.shown.penalised);
    CHECK(std::abs(bench.shown.real_logit -
                   bench.discriminator(bench.real.images, bench.real.classes).mean().item<double>()) < 1e-4);
  }
}

TEST_CASE("penalties join with their weight, where they are due") {
  StepBench bench;
  const at::Tensor without = bench.discriminator_gradients(2, 1, false);
  const auto penalty_at = [&](const at::Tensor& images) {
    const DoubleBackwardGuard twice;
    const at::Tensor leaf = images.detach().requires_grad_();
    return zero_centred_penalty(bench.discriminator(leaf, bench.real.classes), leaf);
  };
  const at::Tensor fake = bench.fakes(2, 4);
  const at::Tensor r1 = bench.gradient_of([&] { return penalty_at(bench.real.images) * 4.0; });  // gamma / 2 * 4
  const at::Tensor r2 = bench.gradient_of([&] { return penalty_at(fake) * 4.0; });
  REQUIRE(r1.abs().max().item<double>() > 1e-3);
  const auto close = [](const at::Tensor& a, const at::Tensor& b) {
    return difference(a, b) < 1e-4 * (1 + b.abs().max().item<double>());
  };
  CHECK(close(bench.discriminator_gradients(2, 1, true), without + r1 + r2));
  CHECK(bench.shown.penalised);
  CHECK(bench.shown.penalty == Approx(penalty_at(bench.real.images).item<double>()).epsilon(1e-4));
  bench.options.r2 = false;
  CHECK(close(bench.discriminator_gradients(2, 1, true), without + r1));
  bench.options.gamma = 0;
  CHECK(same_bits(bench.discriminator_gradients(2, 1, true), without));
  CHECK_FALSE(bench.shown.penalised);
}

TEST_CASE("wgan-gp is penalised between real and fake") {
  StepBench bench([](auto& o) { o.loss = GanLoss::wgan_gp, o.augment.p = 0.7; });
  const at::Tensor without = bench.discriminator_gradients(2, 1, false);
  const at::Tensor with = bench.discriminator_gradients(2, 1, true);
  // Between what the discriminator sees of both; step 1 has the roles from 4 on.
  const auto draws = [&](std::uint64_t role) { return ExampleDraws{1, 2, role, bench.real.examples}; };
  const at::Tensor real = diff_augment(bench.real.images, bench.options.augment, draws(5));
  const at::Tensor fake = diff_augment(bench.fakes(2, 4), bench.options.augment, draws(6));
  double value = 0;
  const at::Tensor penalty = bench.gradient_of([&] {
    const DoubleBackwardGuard twice;
    const at::Tensor between = interpolate(real, fake, draws(7));
    const at::Tensor mean = wgan_penalty(bench.discriminator(between, bench.real.classes), between);
    value = mean.item<double>();
    return mean * 8.0;  // gamma * reg_every
  });
  REQUIRE(penalty.abs().max().item<double>() > 1e-3);
  CHECK(bench.shown.penalty == Approx(value).epsilon(1e-4));
  CHECK(difference(with, without + penalty) < 1e-4 * (1 + with.abs().max().item<double>()));
}

TEST_CASE("a batch that memory does not suffice for is computed in parts, with the same gradients") {
  LimitedMemory memory;
  for (const GanLoss loss : kLosses) {
    StepBench bench([&](auto& o) { o.loss = loss, o.augment.p = 0.7; });
    bench.real.examples = {10, 11, 12, 10, 11, 12};  // of few pictures, some are in a batch twice
    CAPTURE(name_of(loss));
    GanSteps steps(bench.generator, bench.discriminator, bench.options, at::kCPU);
    const auto close = [](const at::Tensor& a, const at::Tensor& b) {
      return difference(a, b) < 1e-4 * (1 + b.abs().max().item<double>());
    };
    bench.discriminator_gradients(2, 1, true);
    const std::int64_t before = memory.in_use;
    memory.peak = before;
    const at::Tensor discriminator = bench.discriminator_gradients(2, 1, true);
    const DiscriminatorStep shown = bench.shown;
    const at::Tensor generator = bench.generator_gradients(2);
    const double generator_loss = bench.generator_loss;
    const std::int64_t needed = memory.peak - before;

    memory.limit = before + static_cast<std::int64_t>(0.6 * static_cast<double>(needed));
    for (const bool first : {true, false}) {
      memory.refused = 0;
      bench.discriminator_flat->gradients.zero_();
      const DiscriminatorStep found = steps.discriminator_backward(bench.real, 2, 1, true);
      CHECK((memory.refused > 0) == first);
      CHECK(close(bench.discriminator_flat->gradients, discriminator));
      CHECK(found.penalised);
      CHECK(found.loss == Approx(shown.loss).epsilon(1e-4));
      CHECK(found.penalty == Approx(shown.penalty).epsilon(1e-4));
      CHECK(found.real_logit == Approx(shown.real_logit).margin(1e-4));
      CHECK(found.fake_logit == Approx(shown.fake_logit).margin(1e-4));
    }
    bench.generator_flat->gradients.zero_();
    CHECK(steps.generator_backward(bench.real, 2) == Approx(generator_loss).epsilon(1e-4));
    CHECK(close(bench.generator_flat->gradients, generator));

    memory.limit = before + needed / 1000;
    try {
      steps.generator_backward(bench.real, 2);
      FAIL("computed without memory");
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::out_of_memory);
      CHECK_THAT(error.what(), Contains("a batch of 6 pictures of 16x16") && Contains("--size"));
    }
    memory.limit = std::numeric_limits<std::int64_t>::max();
  }
}

TEST_CASE("the generator's step moves the generator alone") {
  for (const GanLoss loss : kLosses) {
    StepBench bench([&](auto& o) { o.loss = loss; });
    bench.discriminator_flat->gradients.fill_(7);
    const at::Tensor found = bench.generator_gradients(2);
    CHECK(bench.discriminator_flat->gradients.eq(7).all().item<bool>());
    for (const at::Tensor& parameter : bench.discriminator->parameters()) CHECK(parameter.requires_grad());
    CHECK(found.abs().max().item<double>() > 0);

    bench.generator_flat->gradients.zero_();
    const ExampleDraws draws{static_cast<std::uint64_t>(bench.options.seed), 2, 0, bench.real.examples};
    const at::Tensor fake =
        bench.generator(random_latents(draws, bench.options.networks.generator.latent), bench.real.classes);
    const at::Tensor expected = generator_loss(loss, bench.discriminator(fake, bench.real.classes),
                                               bench.discriminator(bench.real.images, bench.real.classes));
    CHECK(bench.generator_loss == Approx(expected.item<double>()).epsilon(1e-4));
    expected.backward();
    CHECK(difference(found, bench.generator_flat->gradients) < 1e-4 * (1 + found.abs().max().item<double>()));
  }
}

TEST_CASE("augmentation changes what the discriminator sees of both") {
  StepBench plain, augmented([](auto& o) { o.augment.p = 1; });
  CHECK_FALSE(same_bits(plain.discriminator_gradients(2, 1, false), augmented.discriminator_gradients(2, 1, false)));
  CHECK(plain.shown.real_logit != augmented.shown.real_logit);
  CHECK(plain.shown.fake_logit != augmented.shown.fake_logit);
  CHECK_FALSE(same_bits(plain.generator_gradients(2), augmented.generator_gradients(2)));
}

}  // namespace heed
