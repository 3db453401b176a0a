#include "heed/image/sampler.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "heed/image/picture_tensor.h"

namespace heed {
namespace {

constexpr std::int64_t kBatch = 16;
/// Latent numbers of samples belong to no training update.
constexpr std::uint64_t kSampleRole = 200;

// What the places of a map receive, all lookers and heads together: [B, heads, H, W, H, W] -> [B, 1, H, W], mean 1.
at::Tensor received(const at::Tensor& weights) {
  const at::Tensor mean = weights.mean({1, 2, 3});                                 // [B, H, W]
  return mean.mul(static_cast<double>(mean.size(1) * mean.size(2))).unsqueeze(1);  // [B, 1, H, W]
}

}  // namespace

Sampler::Sampler(PictureModel model, at::Device device) : model_(std::move(model)), device_(device) {
  model_.generator->to(device);
}

at::Tensor Sampler::latents(std::span<const std::uint64_t> seeds, double truncation) const {
  const ExampleDraws draws{.seed = 0, .update = 0, .role = kSampleRole, .examples = seeds};
  return random_latents(draws, model_.generator->options.latent) * truncation;  // [N, Z]
}

std::vector<Sample> Sampler::draw(std::span<const SampleRequest> requests, const SamplerOptions& options) {
  std::vector<std::uint64_t> seeds;
  std::vector<std::int64_t> labels;
  for (const SampleRequest& request : requests) {
    seeds.push_back(request.seed);
    labels.push_back(request.label);
  }
  return draw(latents(seeds, options.truncation), labels, options.with_maps);
}

std::vector<Sample> Sampler::draw(const at::Tensor& latents, std::span<const std::int64_t> labels, bool with_maps) {
  const at::NoGradGuard no_grad;
  const bool conditional = model_.generator->options.image.classes > 0;
  std::vector<Sample> samples;
  for (std::int64_t begin = 0; begin < latents.size(0); begin += kBatch) {
    const std::int64_t count = std::min(kBatch, latents.size(0) - begin);
    const at::Tensor filled = at::zeros({kBatch, latents.size(1)});  // [16, Z]
    filled.narrow(0, 0, count).copy_(latents.narrow(0, begin, count));
    at::Tensor classes;
    if (conditional) {
      classes = at::zeros({kBatch}, at::kLong);
      for (std::int64_t i = 0; i < count; ++i) classes[i] = labels[static_cast<std::size_t>(begin + i)];
      classes = classes.to(device_);
    }
    AttentionMaps maps;
    const at::Tensor images =
        model_.generator(filled.to(device_), classes, with_maps ? &maps : nullptr);  // [16, C, H, W]
    const std::vector<Picture> pictures = to_pictures(images);
    for (std::int64_t i = 0; i < count; ++i) {
      Sample sample{pictures[static_cast<std::size_t>(i)], {}, {}};
      for (const at::Tensor& map : maps.gates) sample.gates.push_back(map[i].to(at::kCPU, at::kFloat));
      for (const at::Tensor& map : maps.self_attention)
        sample.self_attention.push_back(received(map.narrow(0, i, 1))[0].to(at::kCPU, at::kFloat));
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

at::Tensor slerp(const at::Tensor& from, const at::Tensor& to, std::int64_t frames) {
  const double cosine = std::clamp((from.dot(to) / (from.norm() * to.norm())).item<double>(), -1.0, 1.0);
  const double angle = std::acos(cosine);
  const at::Tensor share = at::arange(frames).to(at::kFloat).div_(static_cast<double>(frames)).unsqueeze(1);  // [F, 1]
  if (angle < 1e-6) return from * (1 - share) + to * share;                                                   // [F, Z]
  return (at::sin((1 - share) * angle) * from + at::sin(share * angle) * to) / std::sin(angle);               // [F, Z]
}

}  // namespace heed
