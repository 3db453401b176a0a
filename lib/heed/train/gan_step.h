#pragma once

#include <cstdint>

#include "heed/models/attention_gan.h"
#include "heed/train/gan_data.h"
#include "heed/train/gan_options.h"

namespace heed {

/// What a step showed, as means over its pictures.
struct DiscriminatorStep {
  double loss = 0;         ///< without the penalty
  double penalty = 0;      ///< mean squared gradient at real pictures
  bool penalised = false;  ///< whether this step took a penalty
  double real_logit = 0, fake_logit = 0;
};

/// Backward passes of one step each; the caller clears gradients before and applies them after. Randomness is keyed by
/// (seed, update, role, example), where an update with several discriminator steps counts each as its own `step`.
class GanSteps {
 public:
  GanSteps(AttentionGenerator generator, Discriminator discriminator, const GanTrainOptions& options,
           c10::Device device);

  /// `real` was shown to no other step. With `with_penalty`, gamma / 2 |gradient|^2 joins the loss, times reg_every.
  DiscriminatorStep discriminator_backward(const PictureBatch& real, std::uint64_t update, std::uint64_t step,
                                           bool with_penalty);
  /// Returns the generator's loss. The discriminator's weights get no gradient.
  double generator_backward(const PictureBatch& real, std::uint64_t update);

 private:
  at::Tensor fakes(const PictureBatch& real, std::uint64_t update, std::uint64_t role);
  at::Tensor augmented(const at::Tensor& images, const PictureBatch& real, std::uint64_t update, std::uint64_t role);
  at::Tensor penalty(const at::Tensor& images, const at::Tensor& classes);

  AttentionGenerator generator_;
  Discriminator discriminator_;
  const GanTrainOptions& options_;
  c10::Device device_;
};

}  // namespace heed
