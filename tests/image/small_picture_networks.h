#pragma once

#include <cstdint>

#include "heed/image/picture_networks.h"

/// Networks that are small enough for tests.
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

}  // namespace heed
