#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/fields.h"

/// The shapes of the networks of heed/models/attention_gan.h: what can be asked for, and what it comes to. No LibTorch
/// here.
namespace heed {

/// Pixels a side of the pictures that these networks can be built for.
inline constexpr std::int64_t kShortestModelSide = 8, kLongestModelSide = 1024;

/// What the pictures of a model are.
struct ImageFormat {
  std::int64_t channels = 3, height = 32, width = 32;
  std::int64_t classes = 0;  ///< 0 = not told apart
};

template <OptionsOf<ImageFormat> Format, class Visitor>
void visit_fields(Format& o, Visitor&& visit) {
  visit("image-channels", o.channels, "1 = grey, 3 = colour, 4 = colour and alpha");
  visit("image-height", o.height, "pixels");
  visit("image-width", o.width, "pixels");
  visit("classes", o.classes, "classes that are told apart (0 = none)");
}

enum class GeneratorOutput { tanh, linear };
inline std::span<const std::string_view> enum_names(GeneratorOutput) {
  static constexpr std::string_view names[] = {"tanh", "linear"};
  return names;
}

/// The shape of a generator. Resolutions name a stage by the shorter side of its feature map: "none", "all", "auto"
/// (the finest one up to 16) or a list such as "8,16".
struct AttentionGeneratorOptions {
  ImageFormat image = {};
  std::int64_t latent = 64;     ///< Z
  std::int64_t class_dim = 64;  ///< width of the class embedding
  std::int64_t width = 64, max_width = 128;
  std::string gate_res = "all";
  std::int64_t gate_channels = 8;
  bool extra_conv = false;
  std::string attn_res = "none";
  GeneratorOutput output = GeneratorOutput::tanh;
};

template <OptionsOf<AttentionGeneratorOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("latent", o.latent, "numbers that a picture is made of");
  visit("class-dim", o.class_dim, "width of the generator's class embedding");
  visit("g-width", o.width, "generator: channels at full resolution, doubled at each coarser one");
  visit("g-max-width", o.max_width, "generator: most channels of a stage");
  visit("gate-res", o.gate_res, "generator: resolutions with attention gates (none, all, auto = up to 16, or a list)");
  visit("gate-channels", o.gate_channels, "inner channels of the generator's gates");
  visit("extra-conv", o.extra_conv, "generator: a residual convolution of equal cost in place of each gate");
  visit("attn-res", o.attn_res, "generator: resolutions with self-attention (none, all, auto = up to 16, or a list)");
  visit("g-output", o.output, "generator: last function");
}

/// The shape of a discriminator.
struct DiscriminatorOptions {
  ImageFormat image = {};
  std::int64_t width = 64, max_width = 128;
  std::string gate_res = "none";
  std::int64_t gate_channels = 8;
  bool extra_conv = false;
  std::string attn_res = "none";
  bool spectral_norm = false;
};

template <OptionsOf<DiscriminatorOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("d-width", o.width, "discriminator: channels at full resolution, doubled at each coarser one");
  visit("d-max-width", o.max_width, "discriminator: most channels of a stage");
  visit("d-gate-res", o.gate_res, "discriminator: resolutions with attention gates (none, all, auto or a list)");
  visit("d-gate-channels", o.gate_channels, "inner channels of the discriminator's gates");
  visit("d-extra-conv", o.extra_conv, "discriminator: a residual convolution of equal cost in place of each gate");
  visit("d-attn-res", o.attn_res, "discriminator: resolutions with self-attention (none, all, auto or a list)");
  visit("spectral-norm", o.spectral_norm, "divide the discriminator's weights by their largest singular value");
}

/// Throw Error(usage) that names the option and the remedy. Ranges keep hostile files from asking for the impossible.
void validate(const AttentionGeneratorOptions& options);
void validate(const DiscriminatorOptions& options);
/// Number of weights of a network of these valid options, without building it.
std::int64_t parameter_count(const AttentionGeneratorOptions& options);
std::int64_t parameter_count(const DiscriminatorOptions& options);

/// One resolution of a network, the coarsest first. Sides are halved from the picture's as long as they are even and
/// the shorter one stays at 4 or more, then, rounding up, while the shorter one is over 8: 4x4 for powers of two, 7x7
/// for 28.
struct PyramidLevel {
  std::int64_t height, width, channels;
  bool gate, self_attention;  ///< never at the coarsest level
};
std::vector<PyramidLevel> pyramid(const AttentionGeneratorOptions& options);
std::vector<PyramidLevel> pyramid(const DiscriminatorOptions& options);

/// What a stage may do beside its convolutions.
struct StageAttentionOptions {
  std::int64_t channels = 0;
  bool gate = false;
  std::int64_t gate_channels = 8;
  bool extra_conv = false;  ///< in place of the gate
  bool self_attention = false;
  bool spectral_norm = false;
};
/// What the options ask for at a level.
StageAttentionOptions stage_attention(const AttentionGeneratorOptions& options, const PyramidLevel& level);
StageAttentionOptions stage_attention(const DiscriminatorOptions& options, const PyramidLevel& level);
/// Inner channels that make the two 3x3 convolutions, in and out again, cost what the gate costs.
std::int64_t extra_conv_channels(const StageAttentionOptions& options);

/// Numbers that each stage of a generator sees: latent ones and those of the class.
std::int64_t code_width(const AttentionGeneratorOptions& options);

}  // namespace heed
