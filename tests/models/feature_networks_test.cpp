#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/models/inception.h"
#include "heed/models/random_features.h"

#include "catch.h"
#include "tensors.h"
#include "text/errors.h"

namespace heed {
namespace {

// The formula of make_inception_numbers.py: SplitMix64 of the place, from a start that FNV-1a makes of the name.
std::vector<double> formula(const std::string& name, std::int64_t count) {
  std::uint64_t start = 0xCBF29CE484222325;
  for (const char byte : name) start = (start ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint64_t z = start + (static_cast<std::uint64_t>(i) + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z = z ^ (z >> 31);
    values.push_back(static_cast<double>(z >> 11) * 0x1p-52 - 1);
  }
  return values;
}

at::Tensor formula_tensor(const std::string& name, at::IntArrayRef shape) {
  const std::vector<double> values = formula(name, c10::multiply_integers(shape));
  return at::tensor(values, at::kDouble).view(shape);
}

at::Tensor formula_weight(const std::string& name, at::IntArrayRef shape) {
  at::Tensor values = formula_tensor(name, shape);
  if (name.ends_with("conv.weight"))
    values = values * std::sqrt(6.0 / static_cast<double>(shape[1] * shape[2] * shape[3]));
  else if (name.ends_with("bn.weight") || name.ends_with("running_var"))
    values = values / 2 + 1;
  else
    values = values / 2;
  return values.to(at::kFloat);
}

at::Tensor formula_pixels(const std::string& name, at::IntArrayRef shape) {
  return formula_tensor(name, shape).add(1).mul(128).floor().to(at::kFloat);
}

at::Tensor images_of(const at::Tensor& bytes) {
  return bytes.to(at::kFloat) / 127.5 - 1;
}

const Inception& formula_inception() {
  static const Inception inception(formula_weight);
  return inception;
}

}  // namespace

TEST_CASE("Inception's features equal those of torch-fidelity's module on the same weights") {
  const Numbers numbers("models/inception_numbers.safetensors");
  const std::vector<std::pair<std::string, std::vector<std::int64_t>>> cases{
      {"small", {3, 3, 32, 32}}, {"wide", {2, 3, 23, 41}}, {"large", {1, 3, 331, 302}}};
  for (const auto& [name, shape] : cases) {
    CAPTURE(name);
    const at::Tensor features = formula_inception()(images_of(formula_pixels(name, shape)));
    CHECK(features.scalar_type() == at::kFloat);
    // The features of different pictures differ by about 0.07.
    CHECK(difference(features, numbers["features." + name]) < 2e-4);
  }
}

TEST_CASE("Inception resizes as TensorFlow 1 does") {
  const Numbers numbers("models/inception_numbers.safetensors");
  const auto resized = [](const std::string& name, std::vector<std::int64_t> shape, std::int64_t height,
                          std::int64_t width) {
    return resize_like_tensorflow1(formula_pixels(name, shape), height, width);
  };
  CHECK(difference(resized("up", {1, 2, 5, 7}, 17, 23), numbers["resized.up"]) < 1e-4);
  CHECK(difference(resized("down", {1, 2, 31, 20}, 8, 7), numbers["resized.down"]) < 1e-4);
  CHECK(same_bits(resized("same", {1, 1, 6, 4}, 6, 4), numbers["resized.same"]));
}

TEST_CASE("Inception takes grey and transparent pictures, and sees what their files would hold") {
  const at::Tensor grey = images_of(formula_pixels("grey", {1, 1, 20, 20}));
  const at::Tensor expected = formula_inception()(grey.expand({-1, 3, -1, -1}));
  CHECK(same_bits(formula_inception()(grey), expected));
  CHECK(same_bits(formula_inception()(grey.mul(1 - 1e-6)), expected));
  CHECK(same_bits(formula_inception()(at::cat({grey, grey, grey, at::ones_like(grey)}, 1)), expected));
  const at::Tensor unseen = at::cat({grey, grey, grey, -at::ones_like(grey)}, 1);
  CHECK(same_bits(formula_inception()(unseen), formula_inception()(at::ones({1, 3, 20, 20}))));
}

TEST_CASE("Inception refuses weights that are missing or no numbers") {
  const auto from = [](const std::string& bad, double value) {
    return thrown([&] {
      const Inception inception([&](const std::string& name, at::IntArrayRef shape) -> at::Tensor {
        if (name != bad) return at::ones(shape);
        if (value == 0) throw checkpoint_error("the weights '" + name + "' are missing");
        return at::full(shape, value);
      });
    });
  };
  CHECK(from("nothing", 0) == "nothing");
  CHECK(from("Mixed_6e.branch7x7dbl_4.bn.bias", 0) == "4: the weights 'Mixed_6e.branch7x7dbl_4.bn.bias' are missing");
  const std::string message = "4: the weights of layer 'Mixed_7c.branch3x3_2b' are not finite numbers";
  CHECK(from("Mixed_7c.branch3x3_2b.conv.weight", std::numeric_limits<double>::quiet_NaN()) == message);
  CHECK(from("Mixed_7c.branch3x3_2b.bn.running_var", -2) == message);
}

TEST_CASE("random features equal Python's") {
  const Numbers numbers("models/random_features_numbers.safetensors");
  const RandomFeatures features;
  for (const std::string name : {"square", "odd", "least"}) {
    CAPTURE(name);
    const at::Tensor found = features(images_of(numbers[name + ".pictures"]));
    CHECK(found.size(1) == RandomFeatures::kWidth);
    CHECK(difference(found, numbers[name + ".features"]) < 1e-5);
  }
}

TEST_CASE("random features take grey and transparent pictures, and see what their files would hold") {
  const RandomFeatures features;
  const at::Tensor color = images_of(formula_pixels("color", {2, 3, 12, 9}));
  const at::Tensor grey = color.narrow(1, 0, 1);
  const at::Tensor opaque = at::ones_like(grey);
  CHECK(same_bits(features(grey), features(grey.expand({-1, 3, -1, -1}))));
  CHECK(same_bits(features(at::cat({color, opaque}, 1)), features(color)));
  CHECK(same_bits(features(at::cat({color, -opaque}, 1)), features(at::ones_like(color))));
  CHECK(same_bits(features(color.mul(1 - 1e-6)), features(color)));
  CHECK(same_bits(features(color * 3), features((color * 3).clamp(-1, 1))));
  CHECK(difference(features(color), features(color.flip(1))) > 0.01);
}

TEST_CASE("random features of a picture do not depend on its neighbours or on gradients") {
  const RandomFeatures features;
  const at::Tensor images = images_of(formula_pixels("batch", {5, 3, 16, 16})).requires_grad_();
  const at::Tensor together = features(images);
  CHECK_FALSE(together.requires_grad());
  CHECK(difference(together.narrow(0, 3, 1), features(images.narrow(0, 3, 1))) < 1e-6);
}

}  // namespace heed
