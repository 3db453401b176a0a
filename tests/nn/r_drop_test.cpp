#include "heed/nn/r_drop.h"

#include <string>

#include <ATen/ATen.h>

#include "heed/nn/layers.h"

#include "catch.h"
#include "nn/losses.h"
#include "tensors.h"

namespace heed {

TEST_CASE("R-Drop equals its loss out of Python's functions, gradients included") {
  const Numbers numbers("nn/r_drop_numbers.safetensors");
  struct Case {
    std::string name;
    double smoothing, alpha;
  };
  for (const auto& [name, smoothing, alpha] : {Case{"usual", 0.1, 5}, {"little", 0.1, 0.5}, {"plain", 0, 2}}) {
    CAPTURE(name);
    const at::Tensor hidden = numbers["hidden"].requires_grad_(), weight = numbers["weight"].requires_grad_();
    const CrossEntropy result = r_drop_cross_entropy(hidden, weight, numbers["targets"], smoothing, alpha, kNoTarget);
    CHECK(result.tokens == 31);
    CHECK(relative_difference(result.loss, numbers[name + ".loss"]) < 1e-6);
    CHECK(result.negative_log_likelihood == Approx(numbers[name + ".likelihood"].item<double>()).epsilon(1e-6));
    (result.loss * 3).backward();
    CHECK(difference(hidden.grad() / 3, numbers[name + ".gradient.hidden"]) < 1e-5);
    CHECK(difference(weight.grad() / 3, numbers[name + ".gradient.weight"]) < 1e-5);
  }
}

TEST_CASE("the loop over rows of R-Drop equals tensor operations") {
  at::manual_seed(1);
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    for (const std::int64_t classes : {5, 16, 83, 1000}) {
      CAPTURE(dtype, classes);
      const at::Tensor fast = (at::randn({2, 40, classes}) * 3).to(dtype), plain = fast.clone();
      const at::Tensor targets = at::randint(0, classes, {40}, at::kLong);
      const at::Tensor fast_sums = turn_into_r_drop_gradient(fast, targets, 0.1, 3);
      const at::Tensor plain_sums = turn_into_r_drop_gradient_explicit(plain, targets, 0.1, 3);
      CHECK(relative_difference(fast_sums, plain_sums) < 1e-5);
      CHECK(difference(fast, plain) < (dtype == at::kFloat ? 1e-5 : 2e-2));
    }
  }
}

TEST_CASE("R-Drop of two equal passes is the cross-entropy of one") {
  const Numbers numbers("nn/r_drop_numbers.safetensors");
  const at::Tensor hidden = numbers["hidden"].narrow(0, 0, 37), weight = numbers["weight"],
                   targets = numbers["targets"];
  const CrossEntropy once = cross_entropy(hidden, weight, targets, 0.1, kNoTarget);
  const CrossEntropy twice = r_drop_cross_entropy(at::cat({hidden, hidden}), weight, targets, 0.1, 3, kNoTarget);
  CHECK(twice.tokens == once.tokens);
  CHECK(twice.negative_log_likelihood == Approx(once.negative_log_likelihood).epsilon(1e-6));
  CHECK(relative_difference(twice.loss, once.loss) < 1e-6);
}

TEST_CASE("R-Drop over several blocks of rows equals that of all logits at once") {
  at::manual_seed(2);
  // 40,000 classes make blocks of 52 rows of each pass: two whole ones and a rest.
  const std::int64_t rows = 115, width = 8, classes = 40'000;
  const at::Tensor hidden = at::randn({2 * rows, width}).requires_grad_(),
                   weight = at::randn({classes, width}).requires_grad_();
  at::Tensor targets = at::randint(2, classes, {rows}, at::kLong);
  targets[5] = kNoTarget;
  r_drop_cross_entropy(hidden, weight, targets, 0, 2, kNoTarget).loss.backward();

  const at::Tensor hidden_leaf = hidden.detach().to(at::kDouble).requires_grad_(),
                   weight_leaf = weight.detach().to(at::kDouble).requires_grad_();
  const at::Tensor real = targets.ne(kNoTarget).nonzero().squeeze(1);
  const at::Tensor log_p =
      at::log_softmax(hidden_leaf.mm(weight_leaf.t()), 1).view({2, rows, classes}).index_select(1, real);
  const at::Tensor of_targets = targets.index_select(0, real).view({1, -1, 1}).expand({2, -1, 1});
  const at::Tensor apart = ((log_p[0].exp() - log_p[1].exp()) * (log_p[0] - log_p[1])).sum();
  (apart / 2 - log_p.gather(2, of_targets).sum() / 2).backward();
  CHECK(relative_difference(hidden.grad(), hidden_leaf.grad()) < 1e-4);
  CHECK(relative_difference(weight.grad(), weight_leaf.grad()) < 1e-4);
}

TEST_CASE("R-Drop in bfloat16 is near that in float32 and leaves float32 gradients") {
  at::manual_seed(3);
  const at::Tensor targets = at::randint(2, 300, {90}, at::kLong);
  const at::Tensor states = at::randn({180, 32}), table = at::randn({300, 32}) * 0.2;
  const auto run = [&](at::ScalarType dtype) {
    const ComputeDtypeGuard guard(dtype);
    const at::Tensor hidden = states.clone().requires_grad_(), weight = table.clone().requires_grad_();
    const CrossEntropy result = r_drop_cross_entropy(hidden, weight, targets, 0.1, 3, kNoTarget);
    result.loss.backward();
    return std::vector<at::Tensor>{result.loss.detach(), hidden.grad(), weight.grad()};
  };
  const auto exact = run(at::kFloat), rough = run(at::kBFloat16);
  CHECK(relative_difference(rough[0], exact[0]) < 3e-3);
  for (const std::size_t i : {1, 2}) {
    CHECK(rough[i].scalar_type() == at::kFloat);
    CHECK(relative_difference(rough[i], exact[i]) < 3e-2);
    CHECK_FALSE(at::equal(rough[i], exact[i]));
  }
}

TEST_CASE("R-Drop of padding only is nothing") {
  const at::Tensor hidden = at::randn({6, 4}), weight = at::randn({9, 4}).requires_grad_();
  const CrossEntropy nothing =
      r_drop_cross_entropy(hidden, weight, at::full({3}, kNoTarget, at::kLong), 0.1, 5, kNoTarget);
  CHECK(nothing.tokens == 0);
  nothing.loss.backward();
  CHECK(weight.grad().eq(0).all().item<bool>());
}

}  // namespace heed
