#include "heed/image/picture_tensor.h"

#include <cstring>

#include <ATen/ATen.h>

namespace heed {

at::Tensor to_tensor(std::span<const std::uint8_t> bytes, PictureSize size, int channels) {
  const auto count = static_cast<std::int64_t>(bytes.size() / Picture::byte_count(size, channels));
  at::Tensor pixels = at::empty({count, size.height, size.width, channels}, at::kByte);
  if (!bytes.empty()) std::memcpy(pixels.mutable_data_ptr(), bytes.data(), bytes.size());
  return pixels.to(at::kFloat).div_(127.5).sub_(1).permute({0, 3, 1, 2});  // [B, C, H, W]
}

std::vector<Picture> to_pictures(const at::Tensor& images) {
  const at::Tensor pixels = images.detach()
                                .to(at::kCPU, at::kFloat)
                                .add(1)
                                .mul_(127.5)
                                .clamp_(0, 255)
                                .round_()
                                .to(at::kByte)
                                .permute({0, 2, 3, 1})
                                .contiguous();  // [B, H, W, C]
  const PictureSize size{static_cast<int>(pixels.size(2)), static_cast<int>(pixels.size(1))};
  std::vector<Picture> pictures;
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    pictures.emplace_back(size, static_cast<int>(pixels.size(3)));
    const at::Tensor one = pixels[i];
    std::memcpy(pictures.back().pixels.data(), one.const_data_ptr(), one.nbytes());
  }
  return pictures;
}

}  // namespace heed
