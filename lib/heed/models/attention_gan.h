#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include "heed/models/attention_gan_options.h"
#include "heed/nn/conv.h"
#include "heed/nn/example_draws.h"
#include "heed/nn/layers.h"
#include "heed/nn/self_attention_2d.h"
#include "heed/nn/spectral_norm.h"

/// Adversarial networks with attention over places: a residual generator whose stages can be gated by a learned map and
/// can attend to themselves, and a discriminator of the same parts. Shapes: B batch, C channels, H height, W width,
/// Z latent size. Pictures are float in [-1, 1]; both networks take and keep channels_last.
namespace heed {

/// What a forward pass attended to, in the order of computation.
struct AttentionMaps {
  std::vector<at::Tensor> gates;           ///< [B, 1, H, W] in (0, 1)
  std::vector<at::Tensor> self_attention;  ///< [B, heads, H, W, H, W], each place's weights sum to one
};

/// Standard normal latents [B, latent], float32: each row is a function of its example.
at::Tensor random_latents(const ExampleDraws& draws, std::int64_t latent);

/// Where to look: conv-ReLU-conv-ReLU-conv to one channel, sigmoid, bilinear resize (align_corners false) to the size
/// of the input. All three convolutions have the given kernel size, stride and padding and no bias; a stride above one
/// makes a coarse map with a wide view.
class AttentionMaskImpl : public torch::nn::Module {
 public:
  AttentionMaskImpl(std::int64_t input_channels, std::int64_t attention_channels, std::int64_t kernel_size,
                    std::int64_t stride, std::int64_t padding, bool spectral_norm = false);
  /// [B, C, H, W] -> [B, 1, H, W] in (0, 1).
  at::Tensor forward(const at::Tensor& input);

  Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr};
};
TORCH_MODULE(AttentionMask);

/// Gate, then self-attention, each if asked for and each with a learned gain from zero, so that it is neutral at first.
/// Gate: x + gain x M. Extra convolution, the control of an ablation: x + gain conv(lrelu(conv(x))) with as many inner
/// channels as make it cost what the gate costs.
class StageAttentionImpl : public torch::nn::Module {
 public:
  explicit StageAttentionImpl(StageAttentionOptions options);
  /// [B, C, H, W] -> [B, C, H, W]; adds to `maps` if given.
  at::Tensor forward(at::Tensor x, AttentionMaps* maps);

  AttentionMask gate{nullptr};
  Conv2d extra_conv1{nullptr}, extra_conv2{nullptr};
  at::Tensor gain;  ///< [1], of the gate or the extra convolution
  SelfAttention2d self_attention{nullptr};
};
TORCH_MODULE(StageAttention);

/// Twice the size between two 3x3 convolutions, beside a shortcut; the second convolution starts from zero. What comes
/// before each convolution is scaled and shifted, channel by channel, as the code says (FiLM, Perez et al. 2018):
/// latent numbers that only entered at the coarsest level would hardly be seen among the classes in a short training.
/// The shortcut is enlarged smoothly and leaves no blocks, the other path by nearest neighbours, which keep it sharp.
class GeneratorStageImpl : public torch::nn::Module {
 public:
  GeneratorStageImpl(std::int64_t input_channels, const PyramidLevel& level, const AttentionGeneratorOptions& options);
  /// [B, C, h, w] and code [B, Z + class_dim] -> [B, C', H, W] of the level.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& code, AttentionMaps* maps);

  Linear modulation1{nullptr}, modulation2{nullptr};  ///< code to the scales and shifts before each convolution
  Conv2d conv1{nullptr}, conv2{nullptr};
  Conv2d shortcut{nullptr};  ///< 1x1, when the number of channels changes
  StageAttention attention{nullptr};

 private:
  std::int64_t height_, width_;
};
TORCH_MODULE(GeneratorStage);

/// Latent numbers to pictures; or, built from six numbers, the attention gate alone, pictures to pictures.
class AttentionGeneratorImpl : public torch::nn::Module {
 public:
  /// The attention gate: M = AttentionMask(x), y = x M + x, then ReLU(conv(y)); all without bias (the residual
  /// attention of Wang et al. 2017 in its simplest form).
  AttentionGeneratorImpl(std::int64_t input_channels, std::int64_t output_channels, std::int64_t attention_channels,
                         std::int64_t kernel_size, std::int64_t stride, std::int64_t padding);
  /// The generator of pictures. Throws as validate() does.
  explicit AttentionGeneratorImpl(AttentionGeneratorOptions options);

  /// Generator: latent numbers [B, Z] and, when there are classes, their numbers [B] int64 -> [B, C, H, W].
  /// Gate alone: picture [B, C, H, W] -> [B, C', H', W'] of the convolution. Adds to `maps` if given.
  at::Tensor forward(const at::Tensor& input, const at::Tensor& classes = {}, AttentionMaps* maps = nullptr);

  const AttentionGeneratorOptions options;  ///< of the generator

  AttentionMask attention{nullptr};  ///< gate alone
  Conv2d conv{nullptr};              ///< gate alone

  at::Tensor class_embedding;  ///< [classes, class_dim], when there are classes
  Linear input{nullptr};       ///< to the coarsest feature map, channels last
  torch::nn::ModuleList stages{nullptr};
  Conv2d to_rgb{nullptr};

 private:
  at::Tensor gated(const at::Tensor& image, AttentionMaps* maps);
  at::Tensor generated(const at::Tensor& latent, const at::Tensor& classes, AttentionMaps* maps);

  PyramidLevel coarsest_{};
};
TORCH_MODULE(AttentionGenerator);

/// Attention, then two 3x3 convolutions with average pooling between them, if the size changes, beside a shortcut. The
/// second convolution starts from zero, unless spectral norm has to divide by its size.
class DiscriminatorStageImpl : public torch::nn::Module {
 public:
  /// `level` is what comes in. `pool`: to half the size, rounded up.
  DiscriminatorStageImpl(const PyramidLevel& level, std::int64_t output_channels, bool pool,
                         const DiscriminatorOptions& options);
  /// [B, C, H, W] -> [B, C', h, w].
  at::Tensor forward(const at::Tensor& x, AttentionMaps* maps);

  StageAttention attention{nullptr};
  Conv2d conv1{nullptr}, conv2{nullptr};
  Conv2d shortcut{nullptr};  ///< 1x1, when the number of channels changes

 private:
  bool pool_;
};
TORCH_MODULE(DiscriminatorStage);

/// Residual discriminator without batch normalisation, so that each logit depends on its own picture only; classes by
/// projection (Miyato and Koyama 2018): logit = w . f + b + class_embedding[class] . f with f summed over places.
/// Spectral norm, when on, is of all convolutions, of self-attention's projections, of w and of the class embedding.
class DiscriminatorImpl : public torch::nn::Module {
 public:
  /// Throws as validate() does.
  explicit DiscriminatorImpl(DiscriminatorOptions options);

  /// Pictures [B, C, H, W] and, when there are classes, their numbers [B] int64 -> logits [B], float32, high = real.
  /// Adds to `maps` if given. For gradient penalties hold a DoubleBackwardGuard.
  at::Tensor forward(const at::Tensor& images, const at::Tensor& classes = {}, AttentionMaps* maps = nullptr);

  const DiscriminatorOptions options;
  Conv2d from_rgb{nullptr};
  torch::nn::ModuleList stages{nullptr};  ///< the last one does not pool
  at::Tensor head_weight, head_bias;      ///< [1, C], [1]
  at::Tensor class_embedding;             ///< [classes, C], when there are classes
  SpectralNorm head_norm{nullptr}, class_norm{nullptr};
};
TORCH_MODULE(Discriminator);

}  // namespace heed
