#pragma once

#include <cstdint>
#include <functional>

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
/// (seed, update, role, example), where an update with several discriminator steps counts each as its own `step`. A
/// batch that memory does not suffice for is computed in two parts, then four and so on, from then on too; only
/// spectral norm notices. Throws Error(out_of_memory) when there is not enough for single pictures.
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
  // Calls begin(), then backward(part, its share of the batch) for each part; where memory does not suffice, clears the
  // gradients of `network` and does so again with more parts.
  void in_parts(const PictureBatch& batch, torch::nn::Module& network, const std::function<void()>& begin,
                const std::function<void(const PictureBatch&, double)>& backward);
  DiscriminatorStep discriminator_part(const PictureBatch& real, std::uint64_t update, std::uint64_t step,
                                       bool with_penalty, double share);
  double generator_part(const PictureBatch& real, std::uint64_t update, double share);
  at::Tensor fakes(const PictureBatch& real, std::uint64_t update, std::uint64_t role);
  at::Tensor augmented(const at::Tensor& images, const PictureBatch& real, std::uint64_t update, std::uint64_t role);
  at::Tensor penalty(const at::Tensor& images, const at::Tensor& classes);

  AttentionGenerator generator_;
  Discriminator discriminator_;
  const GanTrainOptions& options_;
  c10::Device device_;
  std::int64_t parts_ = 1;
};

}  // namespace heed
