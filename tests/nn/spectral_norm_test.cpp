#include "heed/nn/spectral_norm.h"

#include <cmath>
#include <string>

#include <ATen/ATen.h>

#include "heed/nn/conv.h"
#include "heed/nn/layers.h"

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

void copy_into(at::Tensor& to, const at::Tensor& from) {
  const at::NoGradGuard no_grad;
  to.copy_(from);
}

at::Tensor largest_singular_value(const at::Tensor& weight) {
  return at::linalg_svdvals(weight.flatten(1).to(at::kDouble)).max();
}

}  // namespace

TEST_CASE("Conv2d equals Python over several steps of training, with and without spectral norm") {
  const Numbers numbers("nn/spectral_norm_numbers.safetensors");
  const auto run = [&](const std::string& name, Conv2dOptions options) {
    CAPTURE(name);
    Conv2d conv(options);
    copy_into(conv->weight, numbers[name + ".weight"]);
    copy_into(conv->bias, numbers[name + ".bias"]);
    if (options.spectral_norm) {
      copy_into(conv->spectral_norm->u, numbers[name + ".u"]);
      copy_into(conv->spectral_norm->v, numbers[name + ".v"]);
    }
    for (int step = 0; step < 4; ++step) {
      CAPTURE(step);
      const std::string at_step = name + "." + std::to_string(step) + ".";
      const at::Tensor x = numbers[at_step + "x"].requires_grad_();
      const at::Tensor output = conv(x);
      CHECK(difference(output, numbers[at_step + "output"]) < 1e-5);
      conv->zero_grad();
      output.backward(numbers[at_step + "upstream"]);
      CHECK(difference(x.grad(), numbers[at_step + "gradient.x"]) < 1e-5);
      CHECK(difference(conv->weight.grad(), numbers[at_step + "gradient.weight"]) < 1e-5);
      CHECK(difference(conv->bias.grad(), numbers[at_step + "gradient.bias"]) < 1e-5);
      copy_into(conv->weight, conv->weight - 0.5 * conv->weight.grad());
      if (!options.spectral_norm) continue;
      CHECK(difference(conv->spectral_norm->u, numbers[at_step + "u"]) < 1e-5);
      CHECK(difference(conv->spectral_norm->v, numbers[at_step + "v"]) < 1e-5);
    }
    conv->eval();
    for (int pass = 0; pass < 2; ++pass)
      CHECK(difference(conv(numbers[name + ".eval.x"]), numbers[name + ".eval.output"]) < 1e-5);
  };
  run("plain", {.inputs = 3, .outputs = 4});
  run("strided", {.inputs = 2, .outputs = 3, .kernel = 4, .stride = 2, .padding = 0});
  run("normalised", {.inputs = 3, .outputs = 5, .spectral_norm = true});
  run("wide", {.inputs = 2, .outputs = 9, .kernel = 1, .stride = 2, .padding = 0, .spectral_norm = true});
}

TEST_CASE("spectral norm makes the largest singular value one and keeps its vectors in the buffers") {
  at::manual_seed(1);
  const at::Tensor weight = at::randn({12, 5, 3, 3}) * 7;
  SpectralNorm norm(weight);
  for (int pass = 0; pass < 200; ++pass) norm(weight);
  CHECK(largest_singular_value(norm(weight)).item<double>() == Approx(1).epsilon(1e-4));
  CHECK(norm->parameters().empty());
  const auto buffers = norm->named_buffers();
  REQUIRE(buffers.size() == 2);
  CHECK(buffers["u"].is_alias_of(norm->u));
  CHECK(buffers["v"].is_alias_of(norm->v));
  CHECK(norm->u.sizes() == at::IntArrayRef({12}));
  CHECK(norm->v.sizes() == at::IntArrayRef({45}));
  CHECK_THROWS(SpectralNorm(at::ones({3})));
}

TEST_CASE("spectral norm starts near the singular vectors, follows the weight in training and rests in evaluation") {
  at::manual_seed(2);
  at::Tensor weight = at::randn({6, 20});
  SpectralNorm norm(weight);
  CHECK(largest_singular_value(norm(weight)).item<double>() == Approx(1).epsilon(0.1));
  norm->eval();
  const at::Tensor u = norm->u.clone(), v = norm->v.clone();
  weight = at::randn({6, 20});
  norm(weight);
  CHECK(same_bits(norm->u, u));
  CHECK(same_bits(norm->v, v));
  norm->train();
  norm(weight);
  CHECK(difference(norm->u, u) > 0.01);
  CHECK(difference(norm->v, v) > 0.01);
}

TEST_CASE("two passes before one backward pass through spectral norm keep their own vectors") {
  at::manual_seed(3);
  const auto gradient = [](bool together) {
    at::manual_seed(4);
    Conv2d conv(Conv2dOptions{.inputs = 2, .outputs = 3, .spectral_norm = true});
    const at::Tensor real = at::randn({1, 2, 4, 4}), fake = at::randn({1, 2, 4, 4});
    if (together) {
      const at::Tensor first = conv(real).sum();
      (first + conv(fake).square().sum()).backward();
    } else {
      conv(real).sum().backward();
      conv(fake).square().sum().backward();
    }
    return conv->weight.grad();
  };
  CHECK(difference(gradient(true), gradient(false)) < 1e-5);
}

TEST_CASE("Conv2d starts with He's deviation times the gain") {
  at::manual_seed(5);
  const double root_fan_in = 24;  // of 64 channels and 3 x 3
  Conv2d usual(Conv2dOptions{.inputs = 64, .outputs = 64}), unit(Conv2dOptions{.inputs = 64, .outputs = 64, .gain = 1}),
      zero(Conv2dOptions{.inputs = 64, .outputs = 64, .bias = false, .gain = 0});
  CHECK(usual->weight.std().item<double>() == Approx(std::sqrt(2.0) / root_fan_in).epsilon(0.02));
  CHECK(unit->weight.std().item<double>() == Approx(1 / root_fan_in).epsilon(0.02));
  CHECK(usual->bias.eq(0).all().item<bool>());
  CHECK(zero->weight.eq(0).all().item<bool>());
  CHECK(zero->parameters().size() == 1);
  CHECK_THROWS(Conv2d(Conv2dOptions{.inputs = 2, .outputs = 2, .gain = 0, .spectral_norm = true}));
}

TEST_CASE("Conv2d multiplies in the compute dtype and keeps the memory format") {
  at::manual_seed(6);
  Conv2d conv(Conv2dOptions{.inputs = 4, .outputs = 8});
  const at::Tensor x = at::randn({2, 4, 6, 6}), expected = at::conv2d(x, conv->weight, conv->bias, 1, 1);
  const at::Tensor last = conv(x.contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(last.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(difference(last, expected) < 1e-5);
  const ComputeDtypeGuard guard(at::kBFloat16);
  const at::Tensor rough = conv(x);
  CHECK(rough.scalar_type() == at::kBFloat16);
  CHECK(difference(rough, expected) < 0.1);
  rough.sum().backward();
  CHECK(conv->weight.grad().scalar_type() == at::kFloat);
}

}  // namespace heed
