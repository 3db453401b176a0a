#include "heed/train/gan_step.h"

#include <string>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/base/memory.h"
#include "heed/nn/diff_augment.h"
#include "heed/nn/gan_loss.h"
#include "heed/nn/out_of_memory.h"
#include "heed/nn/self_attention_2d.h"

namespace heed {
namespace {

// Uses of random numbers within an update; a discriminator step takes kRolesPerStep of them.
enum Role : std::uint64_t { kLatent, kAugmentReal, kAugmentFake, kInterpolate, kRolesPerStep };
// The generator's come before those of the discriminator's first step.
constexpr std::uint64_t kGeneratorStep = 0;

std::uint64_t role_of(std::uint64_t step, Role role) {
  return step * kRolesPerStep + role;
}

// The generator's step needs the discriminator's answer, not its gradients.
class FrozenWeights {
 public:
  explicit FrozenWeights(torch::nn::Module& module) : parameters_(module.parameters()) { set(false); }
  ~FrozenWeights() { set(true); }
  FrozenWeights(const FrozenWeights&) = delete;
  FrozenWeights& operator=(const FrozenWeights&) = delete;

 private:
  void set(bool trainable) {
    for (at::Tensor& parameter : parameters_) parameter.requires_grad_(trainable);
  }
  std::vector<at::Tensor> parameters_;
};

PictureBatch part_of(const PictureBatch& batch, std::int64_t begin, std::int64_t count) {
  return {.images = batch.images.narrow(0, begin, count),
          .classes = batch.classes.defined() ? batch.classes.narrow(0, begin, count) : batch.classes,
          .examples = {batch.examples.begin() + begin, batch.examples.begin() + begin + count}};
}

// For messages.
std::string describe(const PictureBatch& batch) {
  return "a batch of " + std::to_string(batch.images.size(0)) + " pictures of " + std::to_string(batch.images.size(3)) +
         "x" + std::to_string(batch.images.size(2));
}

at::Tensor twice(const at::Tensor& classes) {
  return classes.defined() ? at::cat({classes, classes}) : classes;  // [2B]
}

}  // namespace

GanSteps::GanSteps(AttentionGenerator generator, Discriminator discriminator, const GanTrainOptions& options,
                   c10::Device device)
    : generator_(std::move(generator)), discriminator_(std::move(discriminator)), options_(options), device_(device) {}

void GanSteps::in_parts(const PictureBatch& batch, torch::nn::Module& network, const std::function<void()>& begin,
                        const std::function<void(const PictureBatch&, double)>& backward) {
  const std::int64_t pictures = batch.images.size(0), parts_before = parts_;
  for (;;) {
    begin();
    try {
      for (std::int64_t part = 0; part < parts_; ++part) {
        const std::int64_t first = pictures * part / parts_, count = pictures * (part + 1) / parts_ - first;
        if (count > 0)
          backward(part_of(batch, first, count), static_cast<double>(count) / static_cast<double>(pictures));
      }
      if (parts_ > parts_before)
        log::warning(describe(batch) + " does not fit into memory: it is computed in " + std::to_string(parts_) +
                     " parts from now on; a smaller --batch spares that");
      return;
    } catch (const std::exception& error) {
      if (!is_out_of_memory(error)) throw;
    }
    network.zero_grad(/*set_to_none=*/false);
    release_freed_memory();
    if (parts_ >= pictures)
      throw Error(ExitCode::out_of_memory,
                  "out of memory: of " + describe(batch) +
                      ", not even single pictures fit; try a smaller --size or smaller networks");
    parts_ *= 2;
  }
}

DiscriminatorStep GanSteps::discriminator_backward(const PictureBatch& real, std::uint64_t update, std::uint64_t step,
                                                   bool with_penalty) {
  DiscriminatorStep result;
  const auto begin = [&] { result = {}; };
  in_parts(real, *discriminator_, begin, [&](const PictureBatch& part, double share) {
    const DiscriminatorStep shown = discriminator_part(part, update, step, with_penalty, share);
    result.loss += share * shown.loss;
    result.penalty += share * shown.penalty;
    result.penalised = shown.penalised;
    result.real_logit += share * shown.real_logit;
    result.fake_logit += share * shown.fake_logit;
  });
  return result;
}

DiscriminatorStep GanSteps::discriminator_part(const PictureBatch& real, std::uint64_t update, std::uint64_t step,
                                               bool with_penalty, double share) {
  at::Tensor fake;
  {
    const at::NoGradGuard no_grad;
    fake = fakes(real, update, role_of(step, kLatent));  // [B, C, H, W]
  }
  const at::Tensor real_seen = augmented(real.images, real, update, role_of(step, kAugmentReal));
  const at::Tensor fake_seen = augmented(fake, real, update, role_of(step, kAugmentFake));
  // No layer looks at the batch, so both halves can go in one pass.
  const at::Tensor logits = discriminator_(at::cat({real_seen, fake_seen}), twice(real.classes));  // [2B]
  const std::vector<at::Tensor> halves = logits.chunk(2);                                          // [B] each
  const at::Tensor loss = discriminator_loss(options_.loss, halves[0], halves[1]);
  DiscriminatorStep result{.loss = loss.item<double>(),
                           .penalty = 0,
                           .penalised = with_penalty && options_.gamma > 0,
                           .real_logit = halves[0].mean().item<double>(),
                           .fake_logit = halves[1].mean().item<double>()};
  (loss * share).backward();
  if (!result.penalised) return result;

  // Each penalty has a pass and a backward of its own: the memory of one is free before the next begins.
  const double weight = share * options_.gamma / 2 * static_cast<double>(options_.reg_every);
  const DoubleBackwardGuard differentiable_twice;
  if (options_.loss == GanLoss::wgan_gp) {
    const ExampleDraws draws{static_cast<std::uint64_t>(options_.seed), update, role_of(step, kInterpolate),
                             real.examples};
    const at::Tensor between = interpolate(real_seen, fake_seen, draws);
    const at::Tensor value = wgan_penalty(discriminator_(between, real.classes), between);
    (value * (2 * weight)).backward();
    result.penalty = value.item<double>();
    return result;
  }
  const at::Tensor at_real = penalty(real_seen, real.classes);
  (at_real * weight).backward();
  result.penalty = at_real.item<double>();
  if (options_.r2) (penalty(fake_seen, real.classes) * weight).backward();
  return result;
}

double GanSteps::generator_backward(const PictureBatch& real, std::uint64_t update) {
  double loss = 0;
  const auto begin = [&] { loss = 0; };
  in_parts(real, *generator_, begin,
           [&](const PictureBatch& part, double share) { loss += share * generator_part(part, update, share); });
  return loss;
}

double GanSteps::generator_part(const PictureBatch& real, std::uint64_t update, double share) {
  const FrozenWeights frozen(*discriminator_);
  const at::Tensor fake = fakes(real, update, role_of(kGeneratorStep, kLatent));  // [B, C, H, W]
  const at::Tensor fake_seen = augmented(fake, real, update, role_of(kGeneratorStep, kAugmentFake));
  const at::Tensor fake_logits = discriminator_(fake_seen, real.classes);  // [B]
  at::Tensor real_logits;
  if (generator_needs_real(options_.loss))
    real_logits = discriminator_(augmented(real.images, real, update, role_of(kGeneratorStep, kAugmentReal)),
                                 real.classes);  // [B]
  const at::Tensor loss = generator_loss(options_.loss, fake_logits, real_logits);
  (loss * share).backward();
  return loss.item<double>();
}

at::Tensor GanSteps::fakes(const PictureBatch& real, std::uint64_t update, std::uint64_t role) {
  const ExampleDraws draws{static_cast<std::uint64_t>(options_.seed), update, role, real.examples};
  const at::Tensor latents = random_latents(draws, options_.networks.generator.latent).to(device_);  // [B, Z]
  return generator_(latents, real.classes);                                                          // [B, C, H, W]
}

at::Tensor GanSteps::augmented(const at::Tensor& images, const PictureBatch& real, std::uint64_t update,
                               std::uint64_t role) {
  if (options_.augment.p <= 0) return images;
  const ExampleDraws draws{static_cast<std::uint64_t>(options_.seed), update, role, real.examples};
  return diff_augment(images, options_.augment, draws);
}

at::Tensor GanSteps::penalty(const at::Tensor& images, const at::Tensor& classes) {
  const at::Tensor leaf = images.detach().requires_grad_();
  return zero_centred_penalty(discriminator_(leaf, classes), leaf);
}

}  // namespace heed
