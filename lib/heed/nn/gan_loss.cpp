#include "heed/nn/gan_loss.h"

#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

namespace heed {
namespace {

// d logit / d picture of every example, [B, C H W], with a graph of its own.
at::Tensor picture_gradients(const at::Tensor& logits, const at::Tensor& images) {
  const at::Tensor total = logits.to(at::kFloat).sum();
  return torch::autograd::grad({total}, {images}, {}, /*retain_graph=*/true, /*create_graph=*/true)[0].flatten(1);
}

}  // namespace

at::Tensor discriminator_loss(GanLoss loss, const at::Tensor& real_logits, const at::Tensor& fake_logits) {
  const at::Tensor real = real_logits.to(at::kFloat), fake = fake_logits.to(at::kFloat);
  switch (loss) {
    case GanLoss::rpgan:
      return at::softplus(fake - real).mean();
    case GanLoss::hinge:
      return at::relu(1 - real).mean() + at::relu(1 + fake).mean();
    case GanLoss::nonsat:
      return at::softplus(-real).mean() + at::softplus(fake).mean();
    case GanLoss::lsgan:
      return ((real - 1).square().mean() + fake.square().mean()) / 2;
    case GanLoss::wgan_gp:
      break;
  }
  return fake.mean() - real.mean();
}

bool generator_needs_real(GanLoss loss) {
  return loss == GanLoss::rpgan;
}

at::Tensor generator_loss(GanLoss loss, const at::Tensor& fake_logits, const at::Tensor& real_logits) {
  TORCH_CHECK(real_logits.defined() || !generator_needs_real(loss), "generator_loss: this loss needs real logits");
  const at::Tensor fake = fake_logits.to(at::kFloat);
  switch (loss) {
    case GanLoss::rpgan:
      return at::softplus(real_logits.to(at::kFloat) - fake).mean();
    case GanLoss::nonsat:
      return at::softplus(-fake).mean();
    case GanLoss::lsgan:
      return (fake - 1).square().mean() / 2;
    case GanLoss::hinge:
    case GanLoss::wgan_gp:
      break;
  }
  return -fake.mean();
}

at::Tensor zero_centred_penalty(const at::Tensor& logits, const at::Tensor& images) {
  return picture_gradients(logits, images).square().sum(1).mean();
}

at::Tensor wgan_penalty(const at::Tensor& logits, const at::Tensor& images) {
  return (picture_gradients(logits, images).norm(2, 1) - 1).square().mean();
}

at::Tensor interpolate(const at::Tensor& real, const at::Tensor& fake, const ExampleDraws& draws) {
  std::vector<float> shares;
  for (std::size_t row = 0; row < draws.size(); ++row)
    shares.push_back(static_cast<float>(random_unit(draws.key(row), 0)));
  const at::Tensor share = at::tensor(shares).to(real.device()).view({-1, 1, 1, 1});  // [B, 1, 1, 1]
  return at::lerp(real.detach(), fake.detach(), share).requires_grad_();              // [B, C, H, W]
}

}  // namespace heed
