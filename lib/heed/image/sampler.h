#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/image/picture.h"
#include "heed/image/picture_model.h"

namespace heed {

/// One picture to draw: the seed decides its latent numbers.
struct SampleRequest {
  std::uint64_t seed = 0;
  std::int64_t label = 0;  ///< class number; 0 without classes
};

/// A sample and what its networks' parts looked at.
struct Sample {
  Picture picture;
  std::vector<at::Tensor> gates;           ///< [1, h, w] each, in (0, 1), coarsest stage first
  std::vector<at::Tensor> self_attention;  ///< [1, h, w] each: what all places together take from a place, mean 1
};

struct SamplerOptions {
  double truncation = 1;  ///< factor of the latent numbers: below 1 safer and less varied (Brock et al. 2019)
  bool with_maps = false;
};

/// Draws pictures. A picture is a function of model, seed, class and options: batches always have the same size and are
/// filled up with others, since convolutions of one and of sixteen pictures differ in the last bits.
class Sampler {
 public:
  explicit Sampler(PictureModel model, at::Device device = at::kCPU);

  std::vector<Sample> draw(std::span<const SampleRequest> requests, const SamplerOptions& options = {});
  /// The latent numbers of seeds: [N, Z].
  at::Tensor latents(std::span<const std::uint64_t> seeds, double truncation = 1) const;
  /// Pictures of given latent numbers [N, Z] and classes.
  std::vector<Sample> draw(const at::Tensor& latents, std::span<const std::int64_t> labels, bool with_maps = false);

  const PictureModel& model() const { return model_; }

 private:
  PictureModel model_;
  at::Device device_;
};

/// Points on the great circle from `from` to `to` ([Z] each), `frames` of them, the end left out: [frames, Z]
/// (spherical interpolation, White 2016).
at::Tensor slerp(const at::Tensor& from, const at::Tensor& to, std::int64_t frames);

}  // namespace heed
