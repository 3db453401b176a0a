#include "heed/nn/gan_loss.h"

#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "heed/base/fields.h"

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

const std::vector<GanLoss> kLosses = {GanLoss::rpgan, GanLoss::hinge, GanLoss::nonsat, GanLoss::lsgan,
                                      GanLoss::wgan_gp};

struct Critic {
  explicit Critic(const Numbers& numbers)
      : weight(numbers["critic.weight"].requires_grad_()),
        head(numbers["critic.head"].requires_grad_()),
        images(numbers["critic.images"].requires_grad_()) {}

  at::Tensor logits() const {
    const at::Tensor features = at::softplus(at::conv2d(images, weight, {}, 1, 1)).sum(at::IntArrayRef({2, 3}));
    return at::tanh(at::mv(features, head) / 8) * 8;
  }

  at::Tensor weight, head, images;
};

}  // namespace

TEST_CASE("every adversarial loss and its gradients equal Python") {
  const Numbers numbers("nn/gan_loss_numbers.safetensors");
  for (const GanLoss kind : kLosses)
    for (const bool generator : {false, true}) {
      const std::string name = std::string(name_of(kind)) + (generator ? ".generator" : ".discriminator");
      CAPTURE(name);
      const at::Tensor real = numbers["real"].requires_grad_(), fake = numbers["fake"].requires_grad_();
      const at::Tensor loss = generator ? generator_loss(kind, fake, real) : discriminator_loss(kind, real, fake);
      CHECK(loss.dim() == 0);
      CHECK(difference(loss, numbers[name]) < 1e-6);
      loss.backward();
      CHECK(difference(fake.grad(), numbers[name + ".gradient.fake"]) < 1e-6);
      CHECK(real.grad().defined() == numbers.has(name + ".gradient.real"));
      if (real.grad().defined()) CHECK(difference(real.grad(), numbers[name + ".gradient.real"]) < 1e-6);
    }
}

TEST_CASE("only the relativistic loss of the generator needs real pictures") {
  const at::Tensor fake = at::ones({3});
  for (const GanLoss kind : kLosses) {
    CAPTURE(name_of(kind));
    CHECK(generator_needs_real(kind) == (kind == GanLoss::rpgan));
    if (generator_needs_real(kind))
      CHECK_THROWS(generator_loss(kind, fake));
    else
      CHECK(generator_loss(kind, fake).isfinite().item<bool>());
  }
}

TEST_CASE("losses are finite for wild logits and float32 for bfloat16 ones") {
  const at::Tensor low = at::full({2}, -1e4F), high = at::full({2}, 1e4F);
  for (const GanLoss kind : kLosses) {
    CAPTURE(name_of(kind));
    CHECK(discriminator_loss(kind, low, high).isfinite().item<bool>());
    CHECK(generator_loss(kind, low, high).isfinite().item<bool>());
    CHECK(discriminator_loss(kind, low.to(at::kBFloat16), high.to(at::kBFloat16)).scalar_type() == at::kFloat);
    CHECK(generator_loss(kind, low.to(at::kBFloat16), high.to(at::kBFloat16)).scalar_type() == at::kFloat);
  }
}

TEST_CASE("gradient penalties and their gradients equal Python") {
  const Numbers numbers("nn/gan_loss_numbers.safetensors");
  for (const std::string name : {"zero_centred", "wgan"}) {
    CAPTURE(name);
    const Critic critic(numbers);
    const at::Tensor logits = critic.logits();
    CHECK(difference(logits, numbers["critic.logits"]) < 1e-5);
    const at::Tensor penalty =
        name == "wgan" ? wgan_penalty(logits, critic.images) : zero_centred_penalty(logits, critic.images);
    CHECK(difference(penalty, numbers[name]) < 1e-5);
    penalty.backward();
    CHECK(difference(critic.weight.grad(), numbers[name + ".gradient.weight"]) < 1e-5);
    CHECK(difference(critic.head.grad(), numbers[name + ".gradient.head"]) < 1e-5);
  }
}

TEST_CASE("the penalty of a flat critic has a finite gradient") {
  const at::Tensor images = at::randn({2, 1, 3, 3}).requires_grad_(), factor = at::zeros({1}).requires_grad_();
  const at::Tensor logits = (images * factor).sum(at::IntArrayRef({1, 2, 3}));
  const at::Tensor penalty = wgan_penalty(logits, images);
  CHECK(penalty.item<double>() == Approx(1));
  penalty.backward();
  CHECK(factor.grad().isfinite().all().item<bool>());
}

TEST_CASE("interpolation stands on the line between the pictures, at a place that belongs to the example") {
  at::manual_seed(1);
  const at::Tensor real = at::randn({4, 3, 5, 5}), fake = at::randn({4, 3, 5, 5});
  const std::vector<std::uint64_t> examples = {7, 8, 9, 10}, swapped = {9, 8};
  const at::Tensor mixed = interpolate(real, fake, {.seed = 1, .update = 2, .role = 3, .examples = examples});
  CHECK(mixed.is_leaf());
  CHECK(mixed.requires_grad());
  const at::Tensor share = ((mixed - real) / (fake - real)).flatten(1);  // [B, C H W]
  CHECK(difference(share, share.mean(1, true).expand_as(share)) < 1e-3);
  CHECK(share.min().item<double>() > -1e-3);
  CHECK(share.max().item<double>() < 1 + 1e-3);
  CHECK(share.mean(1).std().item<double>() > 0.01);

  const at::Tensor order = at::tensor({std::int64_t{2}, std::int64_t{1}});
  const at::Tensor again = interpolate(real.index_select(0, order), fake.index_select(0, order),
                                       {.seed = 1, .update = 2, .role = 3, .examples = swapped});
  CHECK(same_bits(again, mixed.index_select(0, order)));
  CHECK_FALSE(same_bits(interpolate(real, fake, {.seed = 1, .update = 3, .role = 3, .examples = examples}), mixed));
}

}  // namespace heed
