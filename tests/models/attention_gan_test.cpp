#include "heed/models/attention_gan.h"

#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "heed/nn/gan_loss.h"

#include "catch.h"
#include "tensors.h"
#include "text/errors.h"

namespace heed {
namespace {

std::int64_t count_parameters(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

// Relative to the largest expected number.
void check_close(const at::Tensor& found, const at::Tensor& expected) {
  CHECK(difference(found, expected) < 2e-5 * (1 + expected.abs().max().item<double>()));
}

void load_parameters(torch::nn::Module& module, const Numbers& numbers, const std::string& name) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : module.named_parameters())
    parameter.value().copy_(numbers[name + ".parameter." + parameter.key()]);
}

void check_gradients(const torch::nn::Module& module, const Numbers& numbers, const std::string& name) {
  for (const auto& parameter : module.named_parameters()) {
    CAPTURE(parameter.key());
    REQUIRE(parameter.value().grad().defined());
    check_close(parameter.value().grad(), numbers[name + ".gradient.parameter." + parameter.key()]);
  }
}

// Leaves nothing neutral, so that each part is seen in the output.
void randomise(torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : module.named_parameters())
    if (parameter.value().eq(0).all().item<bool>()) parameter.value().normal_(0, 0.1);
}

AttentionGeneratorOptions small_generator(const std::function<void(AttentionGeneratorOptions&)>& change = {}) {
  AttentionGeneratorOptions options{
      .latent = 6, .class_dim = 4, .width = 8, .max_width = 16, .gate_channels = 4, .attn_res = "auto"};
  if (change) change(options);
  return options;
}

DiscriminatorOptions small_discriminator(const std::function<void(DiscriminatorOptions&)>& change = {}) {
  DiscriminatorOptions options{.width = 8, .max_width = 16, .gate_channels = 4};
  if (change) change(options);
  return options;
}

at::Tensor labels(std::initializer_list<std::int64_t> classes) {
  return at::tensor(std::vector<std::int64_t>(classes));
}

}  // namespace

TEST_CASE("the attention gate equals Python: odd sizes, strides and paddings") {
  const Numbers numbers("models/attention_gan_numbers.safetensors");
  for (const std::string variant :
       {"same", "odd", "no_padding", "wide_padding", "stride", "stride_even", "stride_padding", "stride_three"}) {
    CAPTURE(variant);
    const std::string name = "gate." + variant;
    const at::Tensor s = numbers[name + ".settings"];
    const auto setting = [&](std::int64_t i) { return s[i].item<std::int64_t>(); };
    AttentionGenerator gate(setting(0), setting(1), setting(2), setting(3), setting(4), setting(5));
    CHECK(gate->parameters().size() == 4);
    load_parameters(*gate, numbers, name);
    const at::Tensor x = numbers[name + ".x"].requires_grad_();
    AttentionMaps maps;
    const at::Tensor output = gate(x, at::Tensor(), &maps);
    check_close(output, numbers[name + ".output"]);
    REQUIRE(maps.gates.size() == 1);
    check_close(maps.gates[0], numbers[name + ".map"]);
    output.backward(numbers[name + ".upstream"]);
    check_close(x.grad(), numbers[name + ".gradient.x"]);
    check_gradients(*gate, numbers, name);
  }
}

TEST_CASE("a gate whose map's last convolution is zero multiplies by one and a half") {
  at::manual_seed(1);
  AttentionGenerator gate(3, 5, 4, 3, 2, 1);
  {
    const at::NoGradGuard no_grad;
    gate->attention->conv3->weight.zero_();
  }
  const at::Tensor x = at::randn({2, 3, 11, 8});
  CHECK(difference(gate(x), at::relu(gate->conv(1.5 * x))) < 1e-5);
}

TEST_CASE("the generator equals Python, gradients and maps included") {
  const Numbers numbers("models/attention_gan_numbers.safetensors");
  AttentionGenerator generator(
      AttentionGeneratorOptions{.image = {.channels = 1, .height = 12, .width = 10, .classes = 5},
                                .latent = 4,
                                .class_dim = 3,
                                .width = 6,
                                .max_width = 12,
                                .gate_channels = 3,
                                .attn_res = "auto"});
  load_parameters(*generator, numbers, "generator");
  const at::Tensor latent = numbers["generator.latent"].requires_grad_();
  AttentionMaps maps;
  const at::Tensor output = generator(latent, numbers["generator.classes"], &maps);
  check_close(output, numbers["generator.output"]);
  REQUIRE(maps.gates.size() == 1);
  REQUIRE(maps.self_attention.size() == 1);
  check_close(maps.gates[0], numbers["generator.gate"]);
  check_close(maps.self_attention[0].narrow(0, 0, 1), numbers["generator.self_attention"]);
  output.backward(numbers["generator.upstream"]);
  check_close(latent.grad(), numbers["generator.gradient.latent"]);
  check_gradients(*generator, numbers, "generator");
}

TEST_CASE("the discriminator equals Python, gradient penalty, its gradients and maps included") {
  const Numbers numbers("models/attention_gan_numbers.safetensors");
  for (const std::int64_t classes : {0, 4}) {
    const std::string name = classes > 0 ? "discriminator.classes" : "discriminator.plain";
    CAPTURE(name);
    Discriminator discriminator(DiscriminatorOptions{.image = {.height = 22, .width = 18, .classes = classes},
                                                     .width = 6,
                                                     .max_width = 10,
                                                     .gate_res = "all",
                                                     .gate_channels = 5,
                                                     .extra_conv = true,
                                                     .attn_res = "all"});
    load_parameters(*discriminator, numbers, name);
    const at::Tensor images = numbers[name + ".images"].requires_grad_();
    const at::Tensor labels_of = classes > 0 ? numbers[name + ".classes"] : at::Tensor();
    const DoubleBackwardGuard guard;
    AttentionMaps maps;
    const at::Tensor logits = discriminator(images, labels_of, &maps);
    check_close(logits, numbers[name + ".logits"]);
    REQUIRE(maps.self_attention.size() == 2);
    check_close(maps.self_attention[1].narrow(0, 0, 1), numbers[name + ".self_attention"]);
    const at::Tensor penalty = zero_centred_penalty(logits, images);
    check_close(penalty, numbers[name + ".penalty"]);
    (logits.sum() + penalty).backward();
    check_close(images.grad(), numbers[name + ".gradient.images"]);
    check_gradients(*discriminator, numbers, name);
  }
}

TEST_CASE("both networks are built for any size, channel count and class count, as large as they say") {
  at::manual_seed(2);
  const std::vector<ImageFormat> formats = {{.channels = 3, .height = 32, .width = 32, .classes = 0},
                                            {.channels = 1, .height = 28, .width = 28, .classes = 10},
                                            {.channels = 4, .height = 20, .width = 36, .classes = 3},
                                            {.channels = 3, .height = 33, .width = 19, .classes = 1},
                                            {.channels = 2, .height = 8, .width = 8, .classes = 0}};
  for (const ImageFormat& format : formats)
    for (const bool extra : {false, true}) {
      CAPTURE(format.height, format.width, format.channels, format.classes, extra);
      AttentionGenerator generator(small_generator(
          [&](auto& o) { o.image = format, o.extra_conv = extra, o.attn_res = extra ? "none" : "all"; }));
      Discriminator discriminator(small_discriminator([&](auto& o) {
        o.image = format, o.extra_conv = extra, o.gate_res = o.attn_res = "all", o.spectral_norm = extra;
      }));
      CHECK(count_parameters(*generator) == parameter_count(generator->options));
      CHECK(count_parameters(*discriminator) == parameter_count(discriminator->options));
      const at::Tensor classes = format.classes > 0 ? at::zeros({2}, at::kLong) : at::Tensor();
      const at::Tensor images = generator(at::randn({2, 6}), classes);
      CHECK(images.sizes() == at::IntArrayRef({2, format.channels, format.height, format.width}));
      CHECK(images.is_contiguous(at::MemoryFormat::ChannelsLast));
      CHECK(images.abs().max().item<double>() <= 1);
      const at::Tensor logits = discriminator(images, classes);
      CHECK(logits.sizes() == at::IntArrayRef({2}));
      CHECK(logits.isfinite().all().item<bool>());
    }
}

TEST_CASE("gates, extra convolutions and self-attention are neutral at the start") {
  const at::Tensor latent = at::randn({2, 6});
  const auto images = [&](const std::function<void(AttentionGeneratorOptions&)>& change) {
    AttentionGenerator generator(small_generator(change)),
        plain(small_generator([](auto& o) { o.gate_res = o.attn_res = "none"; }));
    const at::NoGradGuard no_grad;
    at::manual_seed(3);
    for (auto& parameter : plain->named_parameters()) {
      parameter.value().normal_(0, 0.1);
      generator->named_parameters()[parameter.key()].copy_(parameter.value());
    }
    CHECK(generator->parameters().size() >= plain->parameters().size());
    const at::Tensor expected = plain(latent);
    CHECK(difference(generator(latent), expected) == 0);
    randomise(*generator);
    return difference(generator(latent), expected);
  };
  CHECK(images([](auto& o) { o.gate_res = o.attn_res = "none"; }) == 0);
  CHECK(images([](auto& o) { o.attn_res = "none"; }) > 1e-4);
  CHECK(images([](auto& o) { o.attn_res = "none", o.extra_conv = true; }) > 1e-4);
  CHECK(images([](auto& o) { o.gate_res = "none"; }) > 1e-4);
}

TEST_CASE("gates and self-attention sit where the options say, in both networks") {
  at::manual_seed(4);
  const auto sides = [](const std::vector<at::Tensor>& maps) {
    std::string text;
    for (const at::Tensor& map : maps) text += std::to_string(map.size(2)) + "x" + std::to_string(map.size(3)) + " ";
    return text;
  };
  const auto of_generator = [&](const std::string& gate_res, const std::string& attn_res, bool extra_conv = false) {
    AttentionGenerator generator(small_generator(
        [&](auto& o) { o.image.width = 64, o.gate_res = gate_res, o.attn_res = attn_res, o.extra_conv = extra_conv; }));
    AttentionMaps maps;
    generator(at::randn({1, 6}), at::Tensor(), &maps);
    return sides(maps.gates) + "| " + sides(maps.self_attention);
  };
  CHECK(of_generator("all", "auto") == "8x16 16x32 32x64 | 16x32 ");
  CHECK(of_generator("none", "none") == "| ");
  CHECK(of_generator("auto", "8,16") == "16x32 | 8x16 16x32 ");
  CHECK(of_generator("32,8", "32") == "8x16 32x64 | 32x64 ");
  CHECK(of_generator("all", "16", true) == "| 16x32 ");

  Discriminator discriminator(small_discriminator([](auto& o) { o.gate_res = "8,32", o.attn_res = "all"; }));
  AttentionMaps maps;
  discriminator(at::randn({1, 3, 32, 32}), at::Tensor(), &maps);
  CHECK(sides(maps.gates) == "32x32 8x8 ");
  CHECK(sides(maps.self_attention) == "32x32 16x16 8x8 ");
}

TEST_CASE("the class changes the picture and the logit") {
  at::manual_seed(5);
  AttentionGenerator generator(small_generator([](auto& o) { o.image.classes = 3; }));
  const at::Tensor latent = at::randn({1, 6}).expand({3, 6});
  const at::Tensor images = generator(latent, labels({0, 1, 1}));
  CHECK(difference(images[0], images[1]) > 0.01);
  CHECK(difference(images[1], images[2]) < 1e-6);
  CHECK_THROWS(generator(latent));

  Discriminator discriminator(small_discriminator([](auto& o) { o.image.classes = 3; }));
  const at::Tensor same = at::randn({1, 3, 32, 32}).expand({3, 3, 32, 32});
  const at::Tensor logits = discriminator(same, labels({0, 1, 1}));
  CHECK(difference(logits[0], logits[1]) > 1e-4);
  CHECK(difference(logits[1], logits[2]) < 1e-6);
  CHECK_THROWS(discriminator(same));
  Discriminator unconditional(small_discriminator());
  CHECK_THROWS(unconditional(same, labels({0, 1, 1})));
}

TEST_CASE("the linear output goes past one, tanh does not") {
  for (const GeneratorOutput output : {GeneratorOutput::linear, GeneratorOutput::tanh}) {
    at::manual_seed(6);
    AttentionGenerator generator(small_generator([&](auto& o) { o.output = output; }));
    const double largest = generator(5 * at::randn({4, 6})).abs().max().item<double>();
    CHECK((largest > 1) == (output == GeneratorOutput::linear));
  }
}

TEST_CASE("spectral norm makes the discriminator blind to the scale of its weights and adds buffers only") {
  at::manual_seed(7);
  const auto change = [](auto& o) { o.image.classes = 3, o.gate_res = "16", o.attn_res = "8", o.gate_channels = 4; };
  Discriminator normalised(small_discriminator([&](auto& o) { change(o), o.spectral_norm = true; })),
      plain(small_discriminator(change));
  CHECK(normalised->parameters().size() == plain->parameters().size());
  CHECK(plain->buffers().empty());
  const at::Tensor images = at::randn({2, 3, 32, 32}), classes = labels({0, 2});
  const auto is_weight = [](const at::Tensor& parameter) { return parameter.dim() > 1; };
  const auto logits = [&](Discriminator& network, double scale) {
    network->eval();
    const at::NoGradGuard no_grad;
    for (auto& parameter : network->parameters())
      if (is_weight(parameter)) parameter.mul_(scale);
    return network(images, classes);
  };
  randomise(*normalised);
  randomise(*plain);
  std::int64_t weights = 0;
  for (const at::Tensor& parameter : normalised->parameters()) weights += is_weight(parameter) ? 1 : 0;
  CHECK(static_cast<std::int64_t>(normalised->buffers().size()) == 2 * weights);
  const at::Tensor before = logits(normalised, 1);
  CHECK(difference(logits(normalised, 2), before) < 1e-4 * (1 + before.abs().max().item<double>()));
  const at::Tensor plain_before = logits(plain, 1);
  CHECK(difference(logits(plain, 2), plain_before) > 1e-3);
}

TEST_CASE("bfloat16 convolutions stay near float32 in both networks, with float32 results") {
  at::manual_seed(8);
  AttentionGenerator generator(small_generator());
  Discriminator discriminator(small_discriminator([](auto& o) { o.attn_res = "8"; }));
  randomise(*generator);
  randomise(*discriminator);
  const at::Tensor latent = at::randn({2, 6});
  const at::Tensor images = generator(latent), logits = discriminator(images);
  const ComputeDtypeGuard guard(at::kBFloat16);
  const at::Tensor rough_images = generator(latent), rough_logits = discriminator(images);
  CHECK(rough_images.scalar_type() == at::kFloat);
  CHECK(rough_logits.scalar_type() == at::kFloat);
  CHECK(difference(rough_images, images) < 0.1);
  CHECK(difference(rough_images, images) > 0);
  CHECK(difference(rough_logits, logits) < 0.1 * (1 + logits.abs().max().item<double>()));
}

TEST_CASE("latents are standard normal and belong to their example") {
  std::vector<std::uint64_t> examples(2000);
  for (std::size_t i = 0; i < examples.size(); ++i) examples[i] = i;
  const at::Tensor latents = random_latents({.seed = 1, .update = 2, .role = 3, .examples = examples}, 33);
  CHECK(latents.sizes() == at::IntArrayRef({2000, 33}));
  CHECK(latents.mean().item<double>() == Approx(0).margin(0.02));
  CHECK(latents.var().item<double>() == Approx(1).epsilon(0.02));
  CHECK(latents.pow(4).mean().item<double>() == Approx(3).epsilon(0.05));
  CHECK(at::matmul(latents.t(), latents).div(2000).sub(at::eye(33)).abs().max().item<double>() < 0.15);
  const std::vector<std::uint64_t> few = {1999, 5};
  const at::Tensor again = random_latents({.seed = 1, .update = 2, .role = 3, .examples = few}, 33);
  CHECK(same_bits(again[0], latents[1999]));
  CHECK(same_bits(again[1], latents[5]));
  for (const ExampleDraws& other : {ExampleDraws{2, 2, 3, few}, ExampleDraws{1, 3, 3, few}, ExampleDraws{1, 2, 4, few}})
    CHECK(difference(random_latents(other, 33), again) > 0.1);
}

TEST_CASE("networks of options that cannot be are not built") {
  CHECK(thrown([] {
          Discriminator(small_discriminator([](auto& o) { o.attn_res = "12"; }));
        }).rfind("2: d-attn-res '12'", 0) == 0);
  CHECK(thrown([] { AttentionGenerator(small_generator([](auto& o) { o.width = 0; })); }) ==
        "2: g-width must be 1 to 4096, not 0");
}

}  // namespace heed
