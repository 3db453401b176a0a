#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

namespace heed {

/// Features of pictures without trained weights: a convolutional network whose weights are fixed random numbers, the
/// same on every machine. Four stages of a 3x3 convolution, leaky ReLU and average pooling; the features are mean and
/// standard deviation over all places of every channel. Distances between sets in such features, whitened (see
/// heed/image/feature_statistics.h), rank generators much like those in trained ones (Lee et al. 2022,
/// arXiv:2208.09218), but their values compare with each other only: name such scores rfid, rkid, rprecision and
/// rrecall.
class RandomFeatures {
 public:
  static constexpr std::int64_t kWidth = 512;       ///< F
  static constexpr std::int64_t kSmallestSide = 8;  ///< of pictures
  /// Changes whenever the numbers do.
  static constexpr std::string_view kName = "random features v1";

  explicit RandomFeatures(at::Device device = at::kCPU);

  /// Pictures [B, C, H, W] in [-1, 1], C = 1, 3 or 4, are rounded to bytes -> [B, 512] float32 on the CPU.
  at::Tensor operator()(const at::Tensor& images) const;

 private:
  struct Stage {
    at::Tensor weight, bias;  ///< [C', C, 3, 3], [C']
  };
  at::Device device_;
  std::vector<Stage> stages_;
};

}  // namespace heed
