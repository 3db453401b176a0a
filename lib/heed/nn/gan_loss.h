#pragma once

#include <ATen/core/Tensor.h>

#include "heed/nn/example_draws.h"
#include "heed/nn/gan_loss_kind.h"

/// Adversarial losses and gradient penalties. Logits are what a discriminator says of pictures, [B], high = real; all
/// results are means over the batch, scalars in float32.
namespace heed {

/// What the discriminator minimises.
at::Tensor discriminator_loss(GanLoss loss, const at::Tensor& real_logits, const at::Tensor& fake_logits);

/// Whether generator_loss() looks at the logits of real pictures.
bool generator_needs_real(GanLoss loss);
/// What the generator minimises. `real_logits` may be undefined unless generator_needs_real().
at::Tensor generator_loss(GanLoss loss, const at::Tensor& fake_logits, const at::Tensor& real_logits = {});

/// Mean of |d logit / d picture|^2, to be weighted with gamma / 2: R1 with real pictures, R2 with fakes (Mescheder et
/// al. 2018). `images` are leaves that require a gradient and `logits` were computed from them under a
/// DoubleBackwardGuard; a logit must depend on its own picture only. The result can be differentiated with respect to
/// the discriminator's weights.
at::Tensor zero_centred_penalty(const at::Tensor& logits, const at::Tensor& images);

/// Mean of (|d logit / d picture| - 1)^2, to be weighted with 10 (Gulrajani et al. 2017); otherwise as
/// zero_centred_penalty(), with pictures from interpolate().
at::Tensor wgan_penalty(const at::Tensor& logits, const at::Tensor& images);

/// real + u (fake - real) with u uniform in [0, 1] per example: a leaf [B, C, H, W] that requires a gradient.
at::Tensor interpolate(const at::Tensor& real, const at::Tensor& fake, const ExampleDraws& draws);

}  // namespace heed
