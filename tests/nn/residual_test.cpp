#include "heed/nn/residual.h"

#include <vector>

#include <ATen/ATen.h>

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

Randomness places(std::int64_t rows) {
  return {.seed = 5,
          .update = 2,
          .rows = {at::arange(rows, at::kLong).div(3, "floor"), at::arange(rows, at::kLong).remainder(3)}};
}

LayerNorm random_norm(std::int64_t width) {
  LayerNorm norm(width);
  const at::NoGradGuard no_grad;
  norm->weight.add_(at::randn({width}) * 0.3);
  norm->bias.add_(at::randn({width}) * 0.3);
  return norm;
}

struct Results {
  std::vector<at::Tensor> tensors;  // sum, norm, gradients of stream, branch, weight and bias
};

template <class Function>
Results run(Function function, std::int64_t rows, std::int64_t width, double p, at::ScalarType dtype,
            bool with_branch) {
  at::manual_seed(3);
  const at::Tensor stream = at::randn({rows, width}).requires_grad_();
  const at::Tensor branch = at::randn({rows, width}).to(dtype).requires_grad_();
  LayerNorm norm = random_norm(width);
  const Randomness randomness = places(rows);
  const AddNorm result = function(stream, with_branch ? branch : at::Tensor(), {p, 11}, &randomness, *norm, dtype);
  const at::Tensor factor = at::randn({rows, width}), other = at::randn({rows, width});
  ((result.normed * factor).sum() + (result.sum * other).sum()).backward();
  Results results{{result.sum, result.normed.to(at::kFloat), stream.grad(), norm->weight.grad(), norm->bias.grad()}};
  if (with_branch) results.tensors.push_back(branch.grad().to(at::kFloat));
  return results;
}

}  // namespace

TEST_CASE("add_norm equals its tensor operations, gradients included") {
  for (const std::int64_t width : {2, 5, 16, 40, 256})
    for (const double p : {0.0, 0.3})
      for (const bool with_branch : {true, false})
        for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
          CAPTURE(width, p, with_branch, dtype);
          const Results loop = run(add_norm, 37, width, p, dtype, with_branch);
          const Results expected = run(add_norm_explicit, 37, width, p, dtype, with_branch);
          for (std::size_t i = 0; i < expected.tensors.size(); ++i) {
            CAPTURE(i);
            const double size = 1 + expected.tensors[i].abs().max().item<double>();
            CHECK(difference(loop.tensors[i], expected.tensors[i]) < size * (dtype == at::kFloat ? 2e-5 : 1e-2));
          }
        }
}

TEST_CASE("a residual stream is x + f(norm(x)) or norm(x + f(x)), norm at the end") {
  at::manual_seed(4);
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({2, 7, 12});
  LayerNorm first = random_norm(12), second = random_norm(12), last = random_norm(12);
  const auto f = [](const at::Tensor& y) { return y.sin() * 2; };
  const auto g = [](const at::Tensor& y) { return y.cos(); };
  for (const bool norm_first : {true, false}) {
    CAPTURE(norm_first);
    ResidualStream stream(x, norm_first, nullptr);
    stream.pass(first, {0.5, 1}, f);
    stream.pass(second, {0.5, 2}, g);
    at::Tensor expected = norm_first ? x + f(first(x)) : first(x + f(x));
    expected = norm_first ? expected + g(second(expected)) : second(expected + g(expected));
    CHECK(difference(stream.finish(last), last(expected)) < 1e-5);
  }
}

TEST_CASE("a residual stream reads in the number type of the products and drops at each site") {
  const at::Tensor x = at::randn({6, 128});
  LayerNorm norm = random_norm(128);
  const Randomness randomness = places(6);
  const ComputeDtypeGuard compute(at::kBFloat16);
  ResidualStream stream(x, true, &randomness);
  stream.pass(norm, {0.5, 1}, [&](const at::Tensor& y) {
    CHECK(y.scalar_type() == at::kBFloat16);
    return at::ones_like(y);
  });
  at::Tensor sum;
  stream.pass(norm, {0, 2}, [&](const at::Tensor& y) { return at::zeros_like(sum = y); });
  const at::Tensor expected = norm(x + dropout(at::ones({6, 128}), {0.5, 1}, randomness));
  CHECK(difference(sum.to(at::kFloat), expected) < 2e-2);
}

}  // namespace heed
