#include "heed/models/attention_gan.h"

#include <cmath>
#include <utility>

#include <ATen/ATen.h>

namespace heed {
namespace {

constexpr double kSlope = 0.2;  // of leaky ReLU below zero

at::Tensor activate(const at::Tensor& x) {
  return at::leaky_relu(x, kSlope);
}

// Scales and shifts vary from the start, and stay well above zero.
Linear modulation_of(std::int64_t code, std::int64_t channels) {
  Linear modulation(code, 2 * channels);
  const at::NoGradGuard no_grad;
  modulation->weight.normal_(0, 0.5 / std::sqrt(static_cast<double>(code)));
  return modulation;
}

Conv2d shortcut_of(std::int64_t inputs, std::int64_t outputs, bool spectral_norm) {
  return Conv2d(Conv2dOptions{.inputs = inputs,
                              .outputs = outputs,
                              .kernel = 1,
                              .padding = 0,
                              .bias = false,
                              .gain = 1,
                              .spectral_norm = spectral_norm});
}

// The residual stream stays in float32 whatever the convolutions multiply in.
at::Tensor add_residual(const at::Tensor& stream, const at::Tensor& residual) {
  return stream.to(at::kFloat) + residual;
}

// `scale_and_shift`: [B, 2 C], scales around one.
at::Tensor modulated(const at::Tensor& x, const at::Tensor& scale_and_shift) {
  const std::vector<at::Tensor> parts =
      scale_and_shift.to(x.scalar_type()).unsqueeze(2).unsqueeze(3).chunk(2, 1);  // [B, C, 1, 1] each
  return at::addcmul(parts[1], x, 1 + parts[0]);                                  // [B, C, H, W]
}

at::Tensor halve(const at::Tensor& x) {
  return at::avg_pool2d(x, {2, 2}, {}, {0, 0}, /*ceil_mode=*/true, /*count_include_pad=*/false);
}

void require_classes(const at::Tensor& classes, std::int64_t count) {
  TORCH_CHECK(classes.defined() == (count > 0), "a network of ", count, " classes ",
              count > 0 ? "needs" : "does not take", " class numbers");
}

}  // namespace

at::Tensor random_latents(const ExampleDraws& draws, std::int64_t latent) {
  at::Tensor latents = at::empty({static_cast<std::int64_t>(draws.size()), latent}, at::kFloat);  // [B, Z]
  float* next = latents.mutable_data_ptr<float>();
  for (std::size_t row = 0; row < draws.size(); ++row) {
    const PhiloxKey key = draws.key(row);
    for (std::int64_t i = 0; i < latent; ++i)
      *next++ = static_cast<float>(random_normal(key, static_cast<std::uint64_t>(i)));
  }
  return latents;
}

AttentionMaskImpl::AttentionMaskImpl(std::int64_t input_channels, std::int64_t attention_channels,
                                     std::int64_t kernel_size, std::int64_t stride, std::int64_t padding,
                                     bool spectral_norm) {
  const auto conv = [&](std::int64_t inputs, std::int64_t outputs) {
    return Conv2d(Conv2dOptions{.inputs = inputs,
                                .outputs = outputs,
                                .kernel = kernel_size,
                                .stride = stride,
                                .padding = padding,
                                .bias = false,
                                .spectral_norm = spectral_norm});
  };
  conv1 = register_module("conv1", conv(input_channels, attention_channels));
  conv2 = register_module("conv2", conv(attention_channels, attention_channels));
  conv3 = register_module("conv3", conv(attention_channels, 1));
}

at::Tensor AttentionMaskImpl::forward(const at::Tensor& input) {
  const at::Tensor map = at::sigmoid(conv3(at::relu(conv2(at::relu(conv1(input))))).to(at::kFloat));  // [B, 1, h, w]
  if (map.size(2) == input.size(2) && map.size(3) == input.size(3)) return map;
  return at::upsample_bilinear2d(map, {input.size(2), input.size(3)}, /*align_corners=*/false);  // [B, 1, H, W]
}

StageAttentionImpl::StageAttentionImpl(StageAttentionOptions o) {
  if (o.gate && o.extra_conv) {
    const std::int64_t inner = extra_conv_channels(o);
    const auto conv = [&](std::int64_t inputs, std::int64_t outputs) {
      return Conv2d(
          Conv2dOptions{.inputs = inputs, .outputs = outputs, .bias = false, .spectral_norm = o.spectral_norm});
    };
    extra_conv1 = register_module("extra_conv1", conv(o.channels, inner));
    extra_conv2 = register_module("extra_conv2", conv(inner, o.channels));
  } else if (o.gate) {
    gate = register_module("gate", AttentionMask(o.channels, o.gate_channels, 3, 1, 1, o.spectral_norm));
  }
  if (o.gate) gain = register_parameter("gain", at::zeros({1}));
  if (o.self_attention)
    self_attention = register_module("self_attention", SelfAttention2d(SelfAttention2dOptions{
                                                           .channels = o.channels, .spectral_norm = o.spectral_norm}));
}

at::Tensor StageAttentionImpl::forward(at::Tensor x, AttentionMaps* maps) {
  if (!gate.is_empty()) {
    const at::Tensor map = gate(x);  // [B, 1, H, W]
    if (maps != nullptr) maps->gates.push_back(map);
    x = x * (1 + gain * map);
  }
  if (!extra_conv1.is_empty()) x = x + gain * extra_conv2(activate(extra_conv1(x)));
  if (!self_attention.is_empty()) {
    at::Tensor weights;
    x = self_attention(x, maps != nullptr ? &weights : nullptr);
    if (maps != nullptr) maps->self_attention.push_back(weights);
  }
  return x;
}

GeneratorStageImpl::GeneratorStageImpl(std::int64_t input_channels, const PyramidLevel& level,
                                       const AttentionGeneratorOptions& options)
    : modulation1(register_module("modulation1", modulation_of(code_width(options), input_channels))),
      modulation2(register_module("modulation2", modulation_of(code_width(options), level.channels))),
      conv1(register_module("conv1", Conv2d(Conv2dOptions{.inputs = input_channels, .outputs = level.channels}))),
      conv2(register_module("conv2",
                            Conv2d(Conv2dOptions{.inputs = level.channels, .outputs = level.channels, .gain = 0}))),
      height_(level.height),
      width_(level.width) {
  if (input_channels != level.channels)
    shortcut = register_module("shortcut", shortcut_of(input_channels, level.channels, false));
  attention = register_module("attention", StageAttention(stage_attention(options, level)));
}

// The shortcut, which interpolation commutes with, and what comes before the second convolution are computed at the
// coarse size: they cost a quarter there.
at::Tensor GeneratorStageImpl::forward(const at::Tensor& x, const at::Tensor& code, AttentionMaps* maps) {
  const std::vector<std::int64_t> size = {height_, width_};
  at::Tensor changed = conv1(activate(modulated(x, modulation1(code))));  // [B, C', h, w]
  changed = activate(modulated(changed, modulation2(code)));              // [B, C', h, w]
  changed = conv2(at::upsample_nearest2d(changed, size));                 // [B, C', H, W]
  at::Tensor kept = shortcut.is_empty() ? x : shortcut(x);                // [B, C', h, w]
  kept = at::upsample_bilinear2d(kept, size, /*align_corners=*/false);    // [B, C', H, W]
  return attention(add_residual(kept, changed), maps);                    // [B, C', H, W]
}

AttentionGeneratorImpl::AttentionGeneratorImpl(std::int64_t input_channels, std::int64_t output_channels,
                                               std::int64_t attention_channels, std::int64_t kernel_size,
                                               std::int64_t stride, std::int64_t padding)
    : attention(register_module("attention",
                                AttentionMask(input_channels, attention_channels, kernel_size, stride, padding))),
      conv(register_module("conv", Conv2d(Conv2dOptions{.inputs = input_channels,
                                                        .outputs = output_channels,
                                                        .kernel = kernel_size,
                                                        .stride = stride,
                                                        .padding = padding,
                                                        .bias = false}))) {}

AttentionGeneratorImpl::AttentionGeneratorImpl(AttentionGeneratorOptions given) : options(std::move(given)) {
  validate(options);
  const auto levels = pyramid(options);
  coarsest_ = levels.front();
  if (options.image.classes > 0)
    class_embedding = register_parameter("class_embedding", at::randn({options.image.classes, options.class_dim}));
  const std::int64_t inputs = code_width(options);
  input = register_module("input", Linear(inputs, coarsest_.height * coarsest_.width * coarsest_.channels));
  {
    // Features of variance one out of latents of variance one, unlike after Xavier initialisation.
    const at::NoGradGuard no_grad;
    input->weight.normal_(0, 1 / std::sqrt(static_cast<double>(inputs)));
  }
  stages = register_module("stages", torch::nn::ModuleList());
  for (std::size_t i = 1; i < levels.size(); ++i)
    stages->push_back(GeneratorStage(levels[i - 1].channels, levels[i], options));
  to_rgb = register_module(
      "to_rgb", Conv2d(Conv2dOptions{.inputs = levels.back().channels, .outputs = options.image.channels, .gain = 1}));
}

at::Tensor AttentionGeneratorImpl::forward(const at::Tensor& given, const at::Tensor& classes, AttentionMaps* maps) {
  return conv.is_empty() ? generated(given, classes, maps) : gated(given, maps);
}

at::Tensor AttentionGeneratorImpl::gated(const at::Tensor& image, AttentionMaps* maps) {
  const at::Tensor map = attention(image);  // [B, 1, H, W]
  if (maps != nullptr) maps->gates.push_back(map);
  return at::relu(conv(image * map + image));  // [B, C', H', W']
}

at::Tensor AttentionGeneratorImpl::generated(const at::Tensor& latent, const at::Tensor& classes, AttentionMaps* maps) {
  require_classes(classes, options.image.classes);
  const at::Tensor code =
      classes.defined() ? at::cat({latent, at::embedding(class_embedding, classes)}, 1) : latent;  // [B, Z']
  at::Tensor x = input(code).to(at::kFloat);                                                       // [B, h w C]
  x = x.view({-1, coarsest_.height, coarsest_.width, coarsest_.channels}).permute({0, 3, 1, 2});   // [B, C, h, w]
  for (const auto& stage : *stages) x = stage->as<GeneratorStageImpl>()->forward(x, code, maps);   // [B, C, H, W]
  const at::Tensor image = to_rgb(x).to(at::kFloat);  // [B, 1 / 3 / 4, H, W]
  return options.output == GeneratorOutput::tanh ? at::tanh(image) : image;
}

DiscriminatorStageImpl::DiscriminatorStageImpl(const PyramidLevel& level, std::int64_t output_channels, bool pool,
                                               const DiscriminatorOptions& options)
    : attention(register_module("attention", StageAttention(stage_attention(options, level)))),
      conv1(register_module(
          "conv1", Conv2d(Conv2dOptions{
                       .inputs = level.channels, .outputs = level.channels, .spectral_norm = options.spectral_norm}))),
      conv2(register_module("conv2", Conv2d(Conv2dOptions{.inputs = level.channels,
                                                          .outputs = output_channels,
                                                          .gain = options.spectral_norm ? 1.0 : 0.0,
                                                          .spectral_norm = options.spectral_norm}))),
      pool_(pool) {
  if (level.channels != output_channels)
    shortcut = register_module("shortcut", shortcut_of(level.channels, output_channels, options.spectral_norm));
}

at::Tensor DiscriminatorStageImpl::forward(const at::Tensor& input, AttentionMaps* maps) {
  const auto shrink = [&](const at::Tensor& y) { return pool_ ? halve(y) : y; };
  const at::Tensor x = attention(input, maps);
  const at::Tensor changed = conv2(activate(shrink(conv1(activate(x)))));     // [B, C', h, w]
  const at::Tensor kept = shrink(x);                                          // [B, C, h, w]
  return add_residual(shortcut.is_empty() ? kept : shortcut(kept), changed);  // [B, C', h, w]
}

DiscriminatorImpl::DiscriminatorImpl(DiscriminatorOptions given) : options(std::move(given)) {
  validate(options);
  const auto levels = pyramid(options);
  from_rgb = register_module("from_rgb", Conv2d(Conv2dOptions{.inputs = options.image.channels,
                                                              .outputs = levels.back().channels,
                                                              .gain = 1,
                                                              .spectral_norm = options.spectral_norm}));
  stages = register_module("stages", torch::nn::ModuleList());
  for (std::size_t i = levels.size() - 1; i > 0; --i)
    stages->push_back(DiscriminatorStage(levels[i], levels[i - 1].channels, /*pool=*/true, options));
  const PyramidLevel& coarsest = levels.front();
  stages->push_back(DiscriminatorStage(coarsest, coarsest.channels, /*pool=*/false, options));

  // Logits of about one at the start, though features are summed over the places.
  const double deviation =
      1 / (std::sqrt(static_cast<double>(coarsest.channels)) * static_cast<double>(coarsest.height * coarsest.width));
  head_weight = register_parameter("head_weight", at::randn({1, coarsest.channels}) * deviation);
  head_bias = register_parameter("head_bias", at::zeros({1}));
  if (options.image.classes > 0)
    class_embedding =
        register_parameter("class_embedding", at::randn({options.image.classes, coarsest.channels}) * deviation);
  if (!options.spectral_norm) return;
  head_norm = register_module("head_norm", SpectralNorm(head_weight));
  if (class_embedding.defined()) class_norm = register_module("class_norm", SpectralNorm(class_embedding));
}

at::Tensor DiscriminatorImpl::forward(const at::Tensor& images, const at::Tensor& classes, AttentionMaps* maps) {
  require_classes(classes, options.image.classes);
  at::Tensor x = from_rgb(images).to(at::kFloat);                                               // [B, C, H, W]
  for (const auto& stage : *stages) x = stage->as<DiscriminatorStageImpl>()->forward(x, maps);  // [B, C, h, w]
  const at::Tensor features = activate(x).sum(at::IntArrayRef({2, 3}));                         // [B, C]

  const auto normalised = [](SpectralNorm& norm, const at::Tensor& weight) {
    return norm.is_empty() ? weight : norm(weight);
  };
  const at::Tensor logits = at::linear(features, normalised(head_norm, head_weight), head_bias).squeeze(1);  // [B]
  if (!classes.defined()) return logits;
  const at::Tensor direction = at::embedding(normalised(class_norm, class_embedding), classes);  // [B, C]
  return logits + (direction * features).sum(1);                                                 // [B]
}

}  // namespace heed
