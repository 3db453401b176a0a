#include "heed/models/attention_gan_options.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "heed/base/require.h"
#include "heed/nn/self_attention_2d_options.h"

namespace heed {
namespace {

void validate(const ImageFormat& image) {
  require_in_range("the number of image channels", image.channels, 1, 4);
  require_in_range("the height of the images in pixels", image.height, kShortestModelSide, kLongestModelSide);
  require_in_range("the width of the images in pixels", image.width, kShortestModelSide, kLongestModelSide);
  require(std::max(image.height, image.width) <= 8 * std::min(image.height, image.width),
          "images of " + std::to_string(image.width) + "x" + std::to_string(image.height) +
              " pixels are too long: one side may be up to eight times the other");
  require_in_range("the number of classes", image.classes, 0, 100'000);
}

// The finest first: how a picture is halved.
std::vector<std::pair<std::int64_t, std::int64_t>> halved_sizes(std::int64_t height, std::int64_t width) {
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes = {{height, width}};
  for (;;) {
    const std::int64_t shorter = std::min(height, width);
    const bool exact = height % 2 == 0 && width % 2 == 0 && shorter >= 8;
    if (!exact && shorter <= 8) return sizes;
    height = (height + 1) / 2;
    width = (width + 1) / 2;
    sizes.emplace_back(height, width);
  }
}

std::string joined(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

// Those of `resolutions` (rising) that `wanted` names.
std::vector<std::int64_t> chosen(const std::string& name, const std::string& wanted,
                                 const std::vector<std::int64_t>& resolutions) {
  if (wanted == "none") return {};
  if (wanted == "all") return resolutions;
  if (wanted == "auto") {
    const auto above = std::upper_bound(resolutions.begin(), resolutions.end(), 16);
    if (above == resolutions.begin()) return {};
    return {*(above - 1)};
  }
  std::vector<std::int64_t> result;
  for (std::size_t begin = 0; begin <= wanted.size();) {
    const std::size_t end = std::min(wanted.find(',', begin), wanted.size());
    const std::string item = wanted.substr(begin, end - begin);
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(item.data(), item.data() + item.size(), number);
    require(error == std::errc() && stop == item.data() + item.size() &&
                std::binary_search(resolutions.begin(), resolutions.end(), number),
            name + " '" + wanted + "': '" + item + "' is not a resolution of this network, which are " +
                joined(resolutions) + "; give a list of these, or none, all or auto");
    result.push_back(number);
    begin = end + 1;
  }
  return result;
}

template <class Options>
std::vector<PyramidLevel> levels_of(const Options& options, const std::string& prefix) {
  auto sizes = halved_sizes(options.image.height, options.image.width);
  std::reverse(sizes.begin(), sizes.end());
  std::vector<std::int64_t> resolutions;
  for (std::size_t i = 1; i < sizes.size(); ++i) resolutions.push_back(std::min(sizes[i].first, sizes[i].second));
  const auto gates = chosen(prefix + "gate-res", options.gate_res, resolutions);
  const auto attentions = chosen(prefix + "attn-res", options.attn_res, resolutions);

  std::vector<PyramidLevel> levels;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto [height, width] = sizes[i];
    const std::int64_t shorter = std::min(height, width);
    const auto among = [&](const std::vector<std::int64_t>& list) {
      return i > 0 && std::find(list.begin(), list.end(), shorter) != list.end();
    };
    const std::int64_t channels = std::min(options.max_width, options.width << (sizes.size() - 1 - i));
    levels.push_back({height, width, channels, among(gates), among(attentions)});
    constexpr std::int64_t kMostPlaces = 64 * 64;
    require(!levels.back().self_attention || height * width <= kMostPlaces,
            prefix + "attn-res: self-attention over " + std::to_string(width) + "x" + std::to_string(height) +
                " places would need too much memory: choose resolutions up to 64");
  }
  return levels;
}

template <class Options>
void validate_network(const Options& o, const std::string& width_name, const std::string& prefix) {
  validate(o.image);
  require_in_range(width_name + "width", o.width, 1, 4096);
  require_in_range(width_name + "max-width", o.max_width, o.width, 4096);
  require_in_range(prefix + "gate-channels", o.gate_channels, 1, 4096);
  levels_of(o, prefix);
}

template <class Options>
StageAttentionOptions attention_at(const Options& options, const PyramidLevel& level, bool spectral_norm) {
  return {.channels = level.channels,
          .gate = level.gate,
          .gate_channels = options.gate_channels,
          .extra_conv = options.extra_conv,
          .self_attention = level.self_attention,
          .spectral_norm = spectral_norm};
}

// Multiply-adds per place of a gate's three 3x3 convolutions, over 9.
std::int64_t gate_cost(const StageAttentionOptions& o) {
  return o.channels * o.gate_channels + o.gate_channels * o.gate_channels + o.gate_channels;
}

std::int64_t conv_count(std::int64_t inputs, std::int64_t outputs, std::int64_t kernel, bool bias = true) {
  return inputs * outputs * kernel * kernel + (bias ? outputs : 0);
}

std::int64_t count_of(const StageAttentionOptions& o) {
  std::int64_t count = 0;
  if (o.gate && o.extra_conv)
    count += 18 * o.channels * extra_conv_channels(o) + 1;
  else if (o.gate)
    count += 9 * gate_cost(o) + 1;
  if (o.self_attention) count += parameter_count(SelfAttention2dOptions{.channels = o.channels});
  return count;
}

std::int64_t residual_count(std::int64_t inputs, std::int64_t outputs, std::int64_t inner) {
  return conv_count(inputs, inner, 3) + conv_count(inner, outputs, 3) +
         (inputs == outputs ? 0 : conv_count(inputs, outputs, 1, false));
}

}  // namespace

void validate(const AttentionGeneratorOptions& o) {
  require_in_range("latent", o.latent, 1, 65'536);
  require_in_range("class-dim", o.class_dim, 1, 65'536);
  validate_network(o, "g-", "");
}

void validate(const DiscriminatorOptions& o) {
  validate_network(o, "d-", "d-");
}

std::vector<PyramidLevel> pyramid(const AttentionGeneratorOptions& options) {
  return levels_of(options, "");
}

std::vector<PyramidLevel> pyramid(const DiscriminatorOptions& options) {
  return levels_of(options, "d-");
}

StageAttentionOptions stage_attention(const AttentionGeneratorOptions& options, const PyramidLevel& level) {
  return attention_at(options, level, /*spectral_norm=*/false);
}

StageAttentionOptions stage_attention(const DiscriminatorOptions& options, const PyramidLevel& level) {
  return attention_at(options, level, options.spectral_norm);
}

std::int64_t extra_conv_channels(const StageAttentionOptions& o) {
  return std::max<std::int64_t>(1, (gate_cost(o) + o.channels) / (2 * o.channels));
}

std::int64_t code_width(const AttentionGeneratorOptions& o) {
  return o.latent + (o.image.classes > 0 ? o.class_dim : 0);
}

std::int64_t parameter_count(const AttentionGeneratorOptions& o) {
  const auto levels = pyramid(o);
  const PyramidLevel& coarsest = levels.front();
  const std::int64_t inputs = code_width(o);
  std::int64_t count = o.image.classes * o.class_dim +
                       (inputs + 1) * coarsest.height * coarsest.width * coarsest.channels +
                       conv_count(levels.back().channels, o.image.channels, 3);
  for (std::size_t i = 1; i < levels.size(); ++i)
    count += residual_count(levels[i - 1].channels, levels[i].channels, levels[i].channels) +
             2 * (inputs + 1) * (levels[i - 1].channels + levels[i].channels) + count_of(stage_attention(o, levels[i]));
  return count;
}

std::int64_t parameter_count(const DiscriminatorOptions& o) {
  const auto levels = pyramid(o);
  const std::int64_t features = levels.front().channels;
  std::int64_t count = conv_count(o.image.channels, levels.back().channels, 3) +
                       residual_count(features, features, features) + features + 1 + o.image.classes * features;
  for (std::size_t i = 1; i < levels.size(); ++i)
    count += residual_count(levels[i].channels, levels[i - 1].channels, levels[i].channels) +
             count_of(stage_attention(o, levels[i]));
  return count;
}

}  // namespace heed
