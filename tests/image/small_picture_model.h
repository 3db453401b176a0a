#pragma once

#include <ATen/ATen.h>

#include "heed/image/picture_model.h"

#include "image/small_picture_networks.h"

/// Small networks in which nothing is neutral.
namespace heed {

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
