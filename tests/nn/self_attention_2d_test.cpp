#include "heed/nn/self_attention_2d.h"

#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

void set_gain(SelfAttention2d& module, double gain) {
  const at::NoGradGuard no_grad;
  module->gain.fill_(gain);
}

at::Tensor penalty_of(const at::Tensor& output, const at::Tensor& upstream, const at::Tensor& x) {
  return torch::autograd::grad({(output * upstream).sum()}, {x}, {}, true, true)[0].square().flatten(1).sum(1).mean();
}

}  // namespace

TEST_CASE("2-D self-attention, its map and its first and second derivatives equal Python") {
  const Numbers numbers("nn/self_attention_2d_numbers.safetensors");
  const auto run = [&](const std::string& name, SelfAttention2dOptions options) {
    CAPTURE(name);
    SelfAttention2d module(options);
    auto parameters = module->named_parameters();
    CHECK(parameters.size() == 5);
    {
      const at::NoGradGuard no_grad;
      for (auto& parameter : parameters) parameter.value().copy_(numbers[name + ".parameter." + parameter.key()]);
    }
    const at::Tensor upstream = numbers[name + ".upstream"];
    for (const bool twice : {false, true}) {
      CAPTURE(twice);
      const DoubleBackwardGuard guard(twice);
      module->zero_grad();
      const at::Tensor x = numbers[name + ".x"].requires_grad_();
      const at::Tensor output = module(x);
      CHECK(difference(output, numbers[name + ".output"]) < 1e-5);
      (output * upstream).sum().backward();
      CHECK(difference(x.grad(), numbers[name + ".gradient.x"]) < 2e-5);
      for (const auto& parameter : parameters)
        CHECK(difference(parameter.value().grad(), numbers[name + ".gradient." + parameter.key()]) < 5e-5);
    }
    const at::Tensor x = numbers[name + ".x"].requires_grad_();
    at::Tensor weights;
    CHECK(difference(module(x, &weights), numbers[name + ".output"]) < 1e-5);
    CHECK(difference(weights, numbers[name + ".weights"]) < 1e-6);

    const DoubleBackwardGuard guard;
    module->zero_grad();
    const at::Tensor penalty = penalty_of(module(x), upstream, x);
    CHECK(penalty.item<double>() == Approx(numbers[name + ".penalty"].item<double>()).epsilon(1e-5));
    penalty.backward();
    const auto close = [&](const at::Tensor& gradient, const std::string& of) {
      const at::Tensor expected = numbers[name + ".penalty_gradient." + of];
      CAPTURE(of);
      CHECK(difference(gradient, expected) < 1e-5 * (1 + expected.abs().max().item<double>()));
    };
    close(x.grad(), "x");
    for (const auto& parameter : parameters) close(parameter.value().grad(), parameter.key());
  };
  run("usual", {.channels = 8});
  run("heads", {.channels = 8, .heads = 2, .head_dim = 3, .value_head_dim = 2});
}

TEST_CASE("the guard chooses the path that has a second derivative, for its scope") {
  at::manual_seed(1);
  // The fused kernel takes only values as wide as keys.
  SelfAttention2d module(SelfAttention2dOptions{.channels = 16, .head_dim = 4, .value_head_dim = 4});
  set_gain(module, 1);
  const at::Tensor upstream = at::randn({2, 16, 4, 4});
  const auto second_derivative = [&] {
    const at::Tensor x = at::randn({2, 16, 4, 4}).requires_grad_();
    penalty_of(module(x), upstream, x).backward();
    return x.grad();
  };
  CHECK_FALSE(double_backward());
  {
    const DoubleBackwardGuard guard;
    CHECK(double_backward());
    CHECK(second_derivative().abs().max().item<double>() > 0);
    {
      const DoubleBackwardGuard inner(false);
      CHECK_FALSE(double_backward());
    }
    CHECK(double_backward());
  }
  CHECK_FALSE(double_backward());
  CHECK_THROWS(second_derivative());
}

TEST_CASE("2-D self-attention begins as the identity and has widths C/8 and C/2") {
  at::manual_seed(2);
  SelfAttention2d module(SelfAttention2dOptions{.channels = 48}),
      small(SelfAttention2dOptions{.channels = 3, .heads = 2});
  const at::Tensor x = at::randn({2, 48, 3, 5});
  CHECK(at::equal(module(x), x));
  set_gain(module, 0.5);
  CHECK(difference(module(x), x) > 0.01);
  CHECK(module->attention->query_projection->weight.sizes() == at::IntArrayRef({6, 48}));
  CHECK(module->attention->value_projection->weight.sizes() == at::IntArrayRef({24, 48}));
  CHECK(small->options.head_dim == 1);
  CHECK(small->options.value_head_dim == 1);
  for (const auto& options : {module->options, small->options}) {
    std::int64_t count = 0;
    for (const at::Tensor& parameter : SelfAttention2d(options)->parameters()) count += parameter.numel();
    CHECK(parameter_count(options) == count);
  }
}

TEST_CASE("2-D self-attention does not care where the places are, nor about the memory format") {
  at::manual_seed(3);
  SelfAttention2d module(SelfAttention2dOptions{.channels = 16});
  set_gain(module, 1);
  const at::Tensor x = at::randn({2, 16, 6, 4}), y = module(x);
  CHECK(difference(module(x.flip(2)), y.flip(2)) < 1e-5);
  const at::Tensor last = module(x.contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(last.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(difference(last, y) < 1e-5);
  at::Tensor weights;
  module(x, &weights);
  CHECK(weights.sizes() == at::IntArrayRef({2, 1, 6, 4, 6, 4}));
  CHECK(difference(weights.sum(at::IntArrayRef({4, 5})), at::ones({2, 1, 6, 4})) < 1e-5);
}

TEST_CASE("2-D self-attention stays in float32 when the rest multiplies in bfloat16") {
  at::manual_seed(5);
  SelfAttention2d module(SelfAttention2dOptions{.channels = 16});
  set_gain(module, 1);
  const at::Tensor x = at::randn({2, 16, 4, 4}), expected = module(x);
  const ComputeDtypeGuard rough(at::kBFloat16);
  CHECK(same_bits(module(x), expected));
  CHECK(module(x.to(at::kBFloat16)).scalar_type() == at::kFloat);
}

TEST_CASE("spectral norm divides all four projections and leaves the parameters where they are") {
  at::manual_seed(4);
  SelfAttention2d module(SelfAttention2dOptions{.channels = 16, .spectral_norm = true});
  set_gain(module, 1);
  module->eval();
  CHECK(module->parameters().size() == 5);
  CHECK(module->buffers().size() == 8);
  const at::Tensor x = at::randn({2, 16, 3, 3}).requires_grad_();
  const at::Tensor before = module(x).detach();
  auto& attention = *module->attention;
  const std::vector<at::Tensor> projections = {attention.query_projection->weight, attention.key_projection->weight,
                                               attention.value_projection->weight, attention.output_projection->weight};
  {
    const at::NoGradGuard no_grad;
    for (const at::Tensor& weight : projections) {
      weight.mul_(3);
      CHECK(difference(module(x), before) < 1e-5);
    }
  }
  const DoubleBackwardGuard guard;
  (module(x).square().sum() + penalty_of(module(x), before, x)).backward();
  for (const at::Tensor& weight : projections) {
    CHECK(weight.is_leaf());
    REQUIRE(weight.grad().defined());
    CHECK(weight.grad().abs().max().item<double>() > 0);
  }
}

}  // namespace heed
