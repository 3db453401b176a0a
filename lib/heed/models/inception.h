#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

/// Inception-v3 (Szegedy et al. 2016) with the weights of 2015-12-05 and the poolings of that TensorFlow graph: the
/// network that FID (Heusel et al. 2017) and KID (Binkowski et al. 2018) are defined with. Shapes: B batch, C channels,
/// H height, W width.
namespace heed {

/// Gives the float32 tensor of a name and shape, or throws.
using WeightSource = std::function<at::Tensor(const std::string& name, at::IntArrayRef shape)>;

/// Bilinear resize of TensorFlow 1: place i of the output looks at i * (size in / size out), without half a pixel and
/// without smoothing. [B, C, h, w] float32 -> [B, C, height, width].
at::Tensor resize_like_tensorflow1(const at::Tensor& images, std::int64_t height, std::int64_t width);

/// The network up to its last pooling.
class Inception {
 public:
  static constexpr std::int64_t kWidth = 2048, kSide = 299;

  /// Asks for the weights under the names of the published PyTorch port, such as "Conv2d_1a_3x3.conv.weight" and
  /// "Mixed_5b.branch1x1.bn.running_mean". Throws Error(checkpoint) when a layer's are not finite numbers.
  explicit Inception(const WeightSource& weights, at::Device device = at::kCPU);

  /// Pictures [B, C, H, W] in [-1, 1], C = 1, 3 or 4, are rounded to bytes and resized to 299x299 -> [B, 2048] float32
  /// on the CPU.
  at::Tensor operator()(const at::Tensor& images) const;

 private:
  friend class InceptionPlan;

  /// Convolution with its batch normalisation folded in, and ReLU.
  struct Layer {
    at::Tensor weight, bias;  ///< [C', C, K, K'], [C']
    std::vector<std::int64_t> stride, padding;
    at::Tensor operator()(const at::Tensor& x) const;
  };
  enum class Pool { none, average, max, max_half };
  /// A pooling, layers one after the other, and layers side by side at the end.
  struct Branch {
    Pool pool;
    std::vector<Layer> chain, ends;
    at::Tensor operator()(const at::Tensor& x) const;
  };
  /// Branches side by side.
  using Block = std::vector<Branch>;

  at::Device device_;
  std::vector<Block> blocks_;
};

}  // namespace heed
