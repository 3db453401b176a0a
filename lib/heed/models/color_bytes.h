#pragma once

#include <ATen/ATen.h>

namespace heed {

/// Pictures as networks make them, [B, C, H, W] in [-1, 1] with C = 1, 3 or 4, to what a colour file of them holds:
/// whole numbers from 0 to 255, [B, 3, H, W] float32. Grey is repeated, alpha is laid on white.
inline at::Tensor color_bytes(const at::Tensor& images) {
  const at::Tensor bytes = images.detach().to(at::kFloat).add(1).mul_(127.5).clamp_(0, 255).round_();  // [B, C, H, W]
  if (bytes.size(1) == 1) return bytes.expand({-1, 3, -1, -1});                                        // [B, 3, H, W]
  if (bytes.size(1) == 3) return bytes;                                                                // [B, 3, H, W]
  const at::Tensor alpha = bytes.narrow(1, 3, 1) / 255;                                                // [B, 1, H, W]
  return (bytes.narrow(1, 0, 3) * alpha + 255 * (1 - alpha)).round_();                                 // [B, 3, H, W]
}

}  // namespace heed
