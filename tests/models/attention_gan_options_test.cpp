#include "heed/models/attention_gan_options.h"

#include <functional>

#include "catch.h"
#include "text/errors.h"

namespace heed {
namespace {

std::string sizes_of(std::int64_t height, std::int64_t width) {
  AttentionGeneratorOptions options;
  options.image = {.height = height, .width = width};
  std::string text;
  for (const PyramidLevel& level : pyramid(options))
    text += std::to_string(level.height) + "x" + std::to_string(level.width) + " ";
  return text;
}

}  // namespace

TEST_CASE("sizes are halved down to about four places, whatever the picture") {
  CHECK(sizes_of(8, 8) == "4x4 8x8 ");
  CHECK(sizes_of(32, 32) == "4x4 8x8 16x16 32x32 ");
  CHECK(sizes_of(32, 64) == "4x8 8x16 16x32 32x64 ");
  CHECK(sizes_of(48, 48) == "6x6 12x12 24x24 48x48 ");
  CHECK(sizes_of(28, 28) == "7x7 14x14 28x28 ");
  CHECK(sizes_of(100, 60) == "13x8 25x15 50x30 100x60 ");
  CHECK(sizes_of(33, 19) == "9x5 17x10 33x19 ");
  CHECK(sizes_of(250, 250) == "4x4 8x8 16x16 32x32 63x63 125x125 250x250 ");
}

TEST_CASE("by default both networks have about a million weights at 32x32") {
  CHECK(parameter_count(AttentionGeneratorOptions{}) == Approx(1e6).epsilon(0.1));
  CHECK(parameter_count(DiscriminatorOptions{}) == Approx(1e6).epsilon(0.1));
}

TEST_CASE("an extra convolution costs what the gate costs, within a twentieth") {
  const auto added = [](AttentionGeneratorOptions options, const std::string& gate_res, bool extra) {
    options.extra_conv = extra;
    options.gate_res = gate_res;
    const auto with = static_cast<double>(parameter_count(options));
    options.gate_res = "none";
    return with - static_cast<double>(parameter_count(options));
  };
  for (const std::int64_t width : {48, 64, 96}) {
    const AttentionGeneratorOptions options{.width = width, .max_width = 2 * width, .gate_channels = 16};
    CHECK(added(options, "32", true) == Approx(added(options, "32", false)).epsilon(0.05));
  }
  // Few inner channels have to be rounded; over all stages of the preset it comes out even.
  const AttentionGeneratorOptions small{.width = 32, .max_width = 128};
  CHECK(added(small, "all", true) == Approx(added(small, "all", false)).epsilon(0.02));
}

TEST_CASE("options that cannot be are named with the remedy") {
  const auto generator_error = [](const std::function<void(AttentionGeneratorOptions&)>& change) {
    AttentionGeneratorOptions options{.width = 8, .max_width = 16, .attn_res = "auto"};
    change(options);
    return thrown([&] { validate(options); });
  };
  CHECK(generator_error([](auto&) {}) == "nothing");
  CHECK(generator_error([](auto& o) { o.attn_res = "8,12"; }) ==
        "2: attn-res '8,12': '12' is not a resolution of this network, which are 8, 16, 32; give a list of these, or "
        "none, all or auto");
  for (const std::string bad : {"", "16,", ",16", "16 ", "4", "x", "99999999999999999999"})
    CHECK(generator_error([&](auto& o) { o.gate_res = bad; }).rfind("2: gate-res '" + bad + "'", 0) == 0);
  CHECK(generator_error([](auto& o) { o.latent = 0; }) == "2: latent must be 1 to 65536, not 0");
  CHECK(generator_error([](auto& o) { o.max_width = 4; }) == "2: g-max-width must be 8 to 4096, not 4");
  CHECK(generator_error([](auto& o) { o.image.height = 6; }).rfind("2: the height of the images", 0) == 0);
  CHECK(generator_error([](auto& o) { o.image.width = 400; }).find("too long") != std::string::npos);
  CHECK(generator_error([](auto& o) {
          o.image.height = o.image.width = 512, o.attn_res = "all";
        }).find("too much memory") != std::string::npos);
  CHECK(generator_error([](auto& o) { o.image.classes = -1; }).rfind("2: the number of classes", 0) == 0);
  const auto discriminator_error = [](const std::function<void(DiscriminatorOptions&)>& change) {
    DiscriminatorOptions options{.width = 8, .max_width = 16};
    change(options);
    return thrown([&] { validate(options); });
  };
  CHECK(discriminator_error([](auto&) {}) == "nothing");
  CHECK(discriminator_error([](auto& o) { o.attn_res = "12"; }).rfind("2: d-attn-res '12'", 0) == 0);
  CHECK(discriminator_error([](auto& o) { o.gate_channels = 0; }) == "2: d-gate-channels must be 1 to 4096, not 0");
}

}  // namespace heed
