#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/image/picture.h"

/// Between bytes and what networks see: float32 in [-1, 1], channels_last in memory.
namespace heed {

/// Bytes [B, height, width, channels] to [B, C, H, W].
at::Tensor to_tensor(std::span<const std::uint8_t> bytes, PictureSize size, int channels);
/// [B, C, H, W], clamped and rounded to the nearest byte.
std::vector<Picture> to_pictures(const at::Tensor& images);

}  // namespace heed
