#include "heed/nn/cross_entropy.h"

#include <string>

#include <ATen/ATen.h>

#include "heed/nn/layers.h"

#include "catch.h"
#include "nn/losses.h"
#include "tensors.h"

namespace heed {

TEST_CASE("cross-entropy equals F.cross_entropy of Python, gradients included") {
  const Numbers numbers("nn/cross_entropy_numbers.safetensors");
  const at::Tensor targets = numbers["targets"];
  const std::vector<std::pair<std::string, double>> cases = {{"plain", 0}, {"smooth", 0.1}, {"smoother", 0.4}};
  for (const auto& [name, smoothing] : cases) {
    CAPTURE(name);
    const at::Tensor hidden = numbers["hidden"].requires_grad_(), weight = numbers["weight"].requires_grad_();
    const CrossEntropy result = cross_entropy(hidden, weight, targets, smoothing, kNoTarget);
    CHECK(result.tokens == 33);
    CHECK(relative_difference(result.loss, numbers[name + ".loss"]) < 1e-6);
    CHECK(result.negative_log_likelihood == Approx(numbers["plain.loss"].item<double>()).epsilon(1e-6));
    (result.loss * 3).backward();
    CHECK(difference(hidden.grad() / 3, numbers[name + ".gradient.hidden"]) < 1e-5);
    CHECK(difference(weight.grad() / 3, numbers[name + ".gradient.weight"]) < 1e-5);
    CHECK(hidden.grad()[7].eq(0).all().item<bool>());
  }
}

TEST_CASE("cross-entropy over several blocks of rows equals that of all logits at once") {
  at::manual_seed(1);
  // 40,000 classes make blocks of 104 rows: two whole ones and a rest.
  const std::int64_t rows = 230, width = 8, classes = 40'000;
  const at::Tensor hidden = at::randn({rows, width}).requires_grad_(),
                   weight = at::randn({classes, width}).requires_grad_();
  at::Tensor targets = at::randint(2, classes, {rows}, at::kLong);
  targets[5] = kNoTarget;
  const CrossEntropy result = cross_entropy(hidden, weight, targets, 0.1, kNoTarget);
  (result.loss / static_cast<double>(result.tokens)).backward();

  const at::Tensor hidden_leaf = hidden.detach().to(at::kDouble).requires_grad_();
  const at::Tensor weight_leaf = weight.detach().to(at::kDouble).requires_grad_();
  const at::Tensor expected =
      at::cross_entropy_loss(hidden_leaf.mm(weight_leaf.t()), targets, {}, at::Reduction::Mean, kNoTarget, 0.1);
  expected.backward();
  CHECK(result.tokens == rows - 1);
  CHECK(relative_difference(result.loss / static_cast<double>(result.tokens), expected) < 1e-6);
  CHECK(relative_difference(hidden.grad(), hidden_leaf.grad()) < 1e-4);
  CHECK(relative_difference(weight.grad(), weight_leaf.grad()) < 1e-4);
}

TEST_CASE("cross-entropy in bfloat16 is near that in float32 and leaves float32 gradients") {
  at::manual_seed(2);
  const at::Tensor targets = at::randint(2, 300, {90}, at::kLong);
  const at::Tensor states = at::randn({90, 32}), table = at::randn({300, 32}) * 0.2;
  const auto run = [&](at::ScalarType dtype) {
    const ComputeDtypeGuard guard(dtype);
    const at::Tensor hidden = states.clone().requires_grad_(), weight = table.clone().requires_grad_();
    const CrossEntropy result = cross_entropy(hidden, weight, targets, 0.1, kNoTarget);
    result.loss.backward();
    return std::vector<at::Tensor>{result.loss.detach(), hidden.grad(), weight.grad()};
  };
  const auto exact = run(at::kFloat), rough = run(at::kBFloat16);
  CHECK(relative_difference(rough[0], exact[0]) < 2e-3);
  for (const std::size_t i : {1, 2}) {
    CHECK(rough[i].scalar_type() == at::kFloat);
    CHECK(relative_difference(rough[i], exact[i]) < 2e-2);
    CHECK_FALSE(at::equal(rough[i], exact[i]));
  }
}

TEST_CASE("cross-entropy of states in bfloat16 hands back their type") {
  at::manual_seed(3);
  const at::Tensor hidden = at::randn({5, 4}).to(at::kBFloat16).requires_grad_(), weight = at::randn({9, 4});
  cross_entropy(hidden, weight, at::full({5}, std::int64_t{3}, at::kLong), 0, kNoTarget).loss.backward();
  CHECK(hidden.grad().scalar_type() == at::kBFloat16);
}

TEST_CASE("cross-entropy without gradients, and of padding only") {
  at::manual_seed(4);
  const at::Tensor hidden = at::randn({3, 4}), weight = at::randn({9, 4}).requires_grad_();
  const at::Tensor targets = at::tensor({4, 8, 2}, at::kLong);
  const double with_gradient = cross_entropy(hidden, weight, targets, 0.1, kNoTarget).loss.item<double>();
  {
    const at::NoGradGuard no_grad;
    const CrossEntropy result = cross_entropy(hidden, weight, targets, 0.1, kNoTarget);
    CHECK_FALSE(result.loss.requires_grad());
    CHECK(result.loss.item<double>() == with_gradient);
  }
  const CrossEntropy nothing = cross_entropy(hidden, weight, at::full({3}, kNoTarget, at::kLong), 0.1, kNoTarget);
  CHECK(nothing.tokens == 0);
  CHECK(nothing.negative_log_likelihood == 0);
  nothing.loss.backward();
  CHECK(weight.grad().eq(0).all().item<bool>());
}

}  // namespace heed
