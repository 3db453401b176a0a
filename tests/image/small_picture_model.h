#pragma once

#include <ATen/ATen.h>

#include "heed/image/picture_model.h"

/// Networks that are small enough for tests in which nothing is neutral.
namespace heed {

inline PictureNetworks small_networks(std::int64_t classes = 3) {
  PictureNetworks networks;
  networks.generator = {.image = {.channels = 3, .height = 16, .width = 16, .classes = classes},
                        .latent = 6,
                        .class_dim = 4,
                        .width = 8,
                        .max_width = 16,
                        .gate_channels = 4,
                        .attn_res = "auto"};
  networks.discriminator = {.image = networks.generator.image, .width = 8, .max_width = 16, .spectral_norm = true};
  return networks;
}

/// Nothing neutral: gates and self-attention are seen in the pictures.
inline void randomise(torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : module.parameters()) parameter.add_(at::randn_like(parameter), 0.2);
}

inline PictureModel small_model(std::int64_t classes = 3) {
  at::manual_seed(1);
  PictureModel model{AttentionGenerator(small_networks(classes).generator), {}, {}};
  for (std::int64_t i = 0; i < classes; ++i) model.class_names.push_back("class " + std::to_string(i));
  randomise(*model.generator);
  model.generator->eval();
  return model;
}

}  // namespace heed
