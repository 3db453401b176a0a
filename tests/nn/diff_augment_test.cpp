#include "heed/nn/diff_augment.h"

#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

std::vector<std::uint64_t> numbered(std::uint64_t count, std::uint64_t first = 0) {
  std::vector<std::uint64_t> examples(count);
  for (std::uint64_t i = 0; i < count; ++i) examples[i] = first + i;
  return examples;
}

DiffAugmentOptions only(const std::function<void(DiffAugmentOptions&)>& change) {
  DiffAugmentOptions options{.p = 1, .color = false, .translation = false, .cutout = false};
  change(options);
  return options;
}

const std::vector<std::pair<std::string, DiffAugmentOptions>> kSingles = {
    {"color", only([](auto& o) { o.color = true; })},
    {"translation", only([](auto& o) { o.translation = true; })},
    {"cutout", only([](auto& o) { o.cutout = true; })}};

std::set<std::int64_t> values(const at::Tensor& x) {
  std::set<std::int64_t> result;
  for (std::int64_t i = 0; i < x.numel(); ++i) result.insert(x[i].item<std::int64_t>());
  return result;
}

std::set<std::int64_t> range(std::int64_t first, std::int64_t last) {
  std::set<std::int64_t> result;
  for (std::int64_t i = first; i <= last; ++i) result.insert(i);
  return result;
}

}  // namespace

TEST_CASE("augmented pictures and their gradients equal Python") {
  const Numbers numbers("nn/diff_augment_numbers.safetensors");
  for (const std::string name : {"colour", "grey"}) {
    CAPTURE(name);
    const auto drawn = [&](const std::string& what) { return numbers[name + "." + what]; };
    const Augmentation augmentation{.brightness = drawn("brightness"),
                                    .saturation = drawn("saturation"),
                                    .contrast = drawn("contrast"),
                                    .shift_y = drawn("shift_y"),
                                    .shift_x = drawn("shift_x"),
                                    .cut_top = drawn("cut_top"),
                                    .cut_left = drawn("cut_left"),
                                    .cut_height = drawn("cut_height"),
                                    .cut_width = drawn("cut_width")};
    const at::Tensor images = drawn("images").requires_grad_();
    const at::Tensor output = augment(images, augmentation);
    CHECK(output.is_contiguous(at::MemoryFormat::ChannelsLast));
    CHECK(difference(output, drawn("output")) < 1e-5);
    output.backward(drawn("upstream"));
    CHECK(difference(images.grad(), drawn("gradient")) < 1e-5);
  }
}

TEST_CASE("draws cover the ranges of the paper and nothing else") {
  const auto examples = numbered(4000);
  const Augmentation a = draw_augmentation({}, {.seed = 1, .examples = examples}, 32, 20);
  const auto spread = [](const at::Tensor& x, double low, double high) {
    CHECK(x.min().item<double>() >= low);
    CHECK(x.max().item<double>() <= high);
    CHECK(x.mean().item<double>() == Approx((low + high) / 2).margin(0.04 * (high - low)));
    CHECK(x.std().item<double>() == Approx((high - low) / std::sqrt(12.0)).epsilon(0.05));
  };
  spread(a.brightness, -0.5, 0.5);
  spread(a.saturation, 0, 2);
  spread(a.contrast, 0.5, 1.5);
  CHECK(values(a.shift_y) == range(-4, 4));
  CHECK(values(a.shift_x) == range(-3, 3));  // 20 / 8, rounded
  CHECK(values(a.cut_top) == range(-8, 24));
  CHECK(values(a.cut_left) == range(-5, 15));
  CHECK(values(a.cut_height) == std::set<std::int64_t>{16});
  CHECK(values(a.cut_width) == std::set<std::int64_t>{10});
  CHECK(values(draw_augmentation({}, {.examples = examples}, 9, 9).cut_top) == range(-2, 6));  // odd box of 5
}

TEST_CASE("each operation does what it says, and alone") {
  at::manual_seed(1);
  const at::Tensor images = at::rand({64, 3, 16, 16}) + 1;  // no zeros of its own
  const auto examples = numbered(64);
  const ExampleDraws draws{.seed = 3, .examples = examples};
  const Augmentation all = draw_augmentation({}, draws, 16, 16);
  for (const auto& [name, options] : kSingles) {
    CAPTURE(name);
    const at::Tensor changed = diff_augment(images, options, draws);
    const at::Tensor blank = changed.eq(0).all(1).to(at::kFloat).mean(at::IntArrayRef({1, 2}));  // [B]
    const Augmentation alone = draw_augmentation(options, draws, 16, 16);
    const bool color = name == "color", translation = name == "translation", cutout = name == "cutout";
    if (color) {
      CHECK(blank.max().item<double>() == 0);
      CHECK(difference(changed, images) > 0.1);
    }
    if (translation) {
      CHECK(blank.max().item<double>() == Approx(1 - 14.0 / 16 * 14 / 16));
      CHECK(difference(changed.select(0, 0).sum(), images.select(0, 0).sum()) > 0);
    }
    if (cutout) {
      CHECK(blank.max().item<double>() == Approx(0.25));
      CHECK(difference(changed, images * changed.ne(0)) == 0);
    }
    // What is off is neutral; what is on is drawn as if the others were on too.
    CHECK(same_bits(alone.brightness, color ? all.brightness : at::zeros({64})));
    CHECK(same_bits(alone.saturation, color ? all.saturation : at::ones({64})));
    CHECK(same_bits(alone.contrast, color ? all.contrast : at::ones({64})));
    CHECK(same_bits(alone.shift_y, translation ? all.shift_y : at::zeros({64}, at::kLong)));
    CHECK(same_bits(alone.cut_height, cutout ? all.cut_height : at::zeros({64}, at::kLong)));
  }
  const DiffAugmentOptions nothing = only([](auto&) {});
  CHECK(at::equal(diff_augment(images, nothing, draws), images));
}

TEST_CASE("the share p of the examples is changed, the others stay to the bit") {
  at::manual_seed(2);
  const at::Tensor images = at::randn({1000, 1, 8, 8});
  const auto examples = numbered(1000);
  const auto changed_share = [&](double p) {
    DiffAugmentOptions options;
    options.p = p;
    const at::Tensor changed = diff_augment(images, options, {.seed = 4, .examples = examples});
    return changed.ne(images).flatten(1).any(1).to(at::kFloat).mean().item<double>();
  };
  CHECK(changed_share(0) == 0);
  CHECK(changed_share(0.3) == Approx(0.3).margin(0.05));
  CHECK(changed_share(1) == 1);
}

TEST_CASE("the augmentation of an example depends on seed, update, role and example, and on nothing else") {
  at::manual_seed(3);
  const at::Tensor image = at::randn({1, 3, 16, 16});
  const auto run = [&](std::uint64_t seed, std::uint64_t update, std::uint64_t role,
                       const std::vector<std::uint64_t>& examples) {
    return diff_augment(image.expand({static_cast<std::int64_t>(examples.size()), 3, 16, 16}), {},
                        {.seed = seed, .update = update, .role = role, .examples = examples});
  };
  const at::Tensor expected = run(1, 2, 3, {40, 41, 42});
  CHECK(same_bits(
      run(1, 2, 3, {42, 7, 41, 40}).index_select(0, at::tensor({std::int64_t{3}, std::int64_t{2}, std::int64_t{0}})),
      expected));
  for (const at::Tensor& other :
       {run(9, 2, 3, {40, 41, 42}), run(1, 9, 3, {40, 41, 42}), run(1, 2, 9, {40, 41, 42}), run(1, 2, 3, {43, 44, 45})})
    for (std::int64_t i = 0; i < 3; ++i) CHECK(difference(other[i], expected[i]) > 0.01);
  CHECK_THROWS(diff_augment(image, {}, {}));
}

TEST_CASE("gradients, and theirs, flow through every operation") {
  at::manual_seed(4);
  const auto examples = numbered(8);
  const ExampleDraws draws{.seed = 5, .examples = examples};
  const at::Tensor upstream = at::randn({8, 3, 8, 8});
  auto cases = kSingles;
  cases.emplace_back("all", DiffAugmentOptions{});
  for (const auto& [name, options] : cases) {
    CAPTURE(name);
    const at::Tensor images = at::randn({8, 3, 8, 8}).requires_grad_();
    const auto loss = [&](const at::Tensor& x) { return (diff_augment(x, options, draws).tanh() * upstream).sum(); };
    const at::Tensor gradient = torch::autograd::grad({loss(images)}, {images}, {}, true, true)[0];
    CHECK(gradient.abs().sum().item<double>() > 1);
    // Along a random direction: the slope of the loss, and the slope of the gradient's square.
    const at::Tensor direction = at::randn_like(images);
    const auto of_gradient = [&](const at::Tensor& x) {
      return torch::autograd::grad({loss(x)}, {x})[0].to(at::kDouble).square().sum().item<double>();
    };
    const auto moved = [&](double by) { return (images.detach() + by * direction).requires_grad_(); };
    const double step = 1e-3;
    const double slope = (loss(moved(step)) - loss(moved(-step))).item<double>() / (2 * step);
    CHECK((gradient * direction).sum().item<double>() == Approx(slope).epsilon(0.01).margin(0.05));
    gradient.square().sum().backward();
    const double second = (of_gradient(moved(step)) - of_gradient(moved(-step))) / (2 * step);
    CHECK((images.grad() * direction).sum().item<double>() == Approx(second).epsilon(0.01).margin(0.05));
  }
}

}  // namespace heed
