#include "heed/models/random_features.h"

#include <array>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "heed/base/random.h"
#include "heed/models/color_bytes.h"

namespace heed {
namespace {

constexpr std::array<std::int64_t, 4> kStageWidths{32, 64, 64, 96};
static_assert(2 * std::accumulate(kStageWidths.begin(), kStageWidths.end(), std::int64_t{0}) == RandomFeatures::kWidth);
constexpr std::uint64_t kSeed = 0x72666561;
constexpr double kLeak = 0.2, kLargestBias = 0.25;

/// Uniform in [-bound, bound): unlike normal numbers made without a function whose last bit depends on the library.
at::Tensor uniform(at::IntArrayRef shape, double bound, PhiloxKey key) {
  const at::Tensor tensor = at::empty(shape);
  float* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i)
    values[i] = static_cast<float>(bound * (2 * random_unit(key, static_cast<std::uint64_t>(i)) - 1));
  return tensor;
}

}  // namespace

RandomFeatures::RandomFeatures(at::Device device) : device_(device) {
  const c10::InferenceMode inference;
  std::int64_t inputs = 3;
  for (std::size_t s = 0; s < kStageWidths.size(); ++s) {
    // Keeps the size of activations from stage to stage (He et al. 2015).
    const double variance = 2 / ((1 + kLeak * kLeak) * static_cast<double>(inputs * 9));
    const at::Tensor weight =
        uniform({kStageWidths[s], inputs, 3, 3}, std::sqrt(3 * variance), make_key(kSeed, s, 0));  // [C', C, 3, 3]
    stages_.push_back({weight.to(device).contiguous(at::MemoryFormat::ChannelsLast),
                       uniform({kStageWidths[s]}, kLargestBias, make_key(kSeed, s, 1)).to(device)});
    inputs = kStageWidths[s];
  }
}

at::Tensor RandomFeatures::operator()(const at::Tensor& images) const {
  const c10::InferenceMode inference;
  at::Tensor x = color_bytes(images.to(device_)).div(127.5).sub_(1);  // [B, 3, H, W]
  x = x.contiguous(at::MemoryFormat::ChannelsLast);
  std::vector<at::Tensor> features;
  for (const Stage& stage : stages_) {
    if (!features.empty())
      x = at::avg_pool2d(x, 2, 2, 0, /*ceil_mode=*/true, /*count_include_pad=*/false);  // [B, C, h, w]
    x = at::conv2d(x, stage.weight, stage.bias, 1, 1);                                  // [B, C', h, w]
    at::leaky_relu_(x, kLeak);
    const at::Tensor places = x.flatten(2);                        // [B, C', h w]
    features.push_back(places.mean(2));                            // [B, C']
    features.push_back(places.var(2, /*unbiased=*/false).sqrt());  // [B, C']
  }
  return at::cat(features, 1).to(at::kCPU);  // [B, 512]
}

}  // namespace heed
