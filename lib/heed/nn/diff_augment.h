#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "heed/nn/diff_augment_options.h"
#include "heed/nn/example_draws.h"

/// Differentiable augmentation of what a discriminator sees, real and fake alike (Zhao et al. 2020, DiffAugment).
namespace heed {

/// What is done to each example, all of shape [B]; neutral where an operation is off or the example is let alone.
struct Augmentation {
  at::Tensor brightness;             ///< added to all channels; neutral 0, else in [-0.5, 0.5)
  at::Tensor saturation;             ///< factor of the distance to the pixel's mean; neutral 1, else in [0, 2)
  at::Tensor contrast;               ///< factor of the distance to the picture's mean; neutral 1, else in [0.5, 1.5)
  at::Tensor shift_y, shift_x;       ///< int64: row y shows old row y + shift_y, zeros where there is none
  at::Tensor cut_top, cut_left;      ///< int64: first row and column of the blank box, perhaps outside the picture
  at::Tensor cut_height, cut_width;  ///< int64: size of the box; neutral 0
};

/// The augmentation of a batch of pictures of this size in pixels.
Augmentation draw_augmentation(const DiffAugmentOptions& options, const ExampleDraws& draws, std::int64_t height,
                               std::int64_t width);

/// Colour, then translation, then cutout: [B, C, H, W] -> [B, C, H, W], channels_last. Blank is 0, the middle grey of
/// pictures in [-1, 1]. Can be differentiated any number of times.
at::Tensor augment(const at::Tensor& images, const Augmentation& augmentation);

/// augment() with what is drawn for these examples.
at::Tensor diff_augment(const at::Tensor& images, const DiffAugmentOptions& options, const ExampleDraws& draws);

}  // namespace heed
