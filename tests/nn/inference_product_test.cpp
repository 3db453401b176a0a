#include "heed/nn/inference_product.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "catch.h"
#include "tensors.h"

namespace heed {

TEST_CASE("a prepared product is x W^T + b, of any shape of input") {
  at::manual_seed(1);
  const at::NoGradGuard no_grad;
  const at::Tensor weight = at::randn({9, 6}), bias = at::randn({9}), x = at::randn({2, 5, 6});
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16})
    for (const at::Tensor& b : {bias, at::Tensor()}) {
      const InferenceProduct product(weight, b, dtype);
      const at::Tensor found = product(x);
      CHECK(product.dtype() == dtype);
      CHECK(found.scalar_type() == dtype);
      CHECK(found.sizes() == at::IntArrayRef({2, 5, 9}));
      CHECK(difference(found.to(at::kFloat), at::linear(x, weight, b)) < (dtype == at::kFloat ? 1e-5 : 0.1));
    }
}

TEST_CASE("a row of a product has the same bits among any others, on one thread") {
  at::manual_seed(3);
  const int threads_before = at::get_num_threads();
  at::set_num_threads(1);
  const at::NoGradGuard no_grad;
  for (const auto& [inputs, outputs] :
       {std::pair<std::int64_t, std::int64_t>{128, 512}, {256, 128}, {1024, 256}, {32, 96}})
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16, at::kChar}) {
      const InferenceProduct product(at::randn({outputs, inputs}), at::randn({outputs}), dtype);
      const at::Tensor x = at::randn({300, inputs}), all = product(x);
      for (const std::int64_t count : {1, 3, 16, 17, 40, 129, 256}) {
        CAPTURE(inputs, outputs, toString(dtype), count);
        CHECK(same_bits(product(x.narrow(0, 11, count)), all.narrow(0, 11, count)));
      }
    }
  at::set_num_threads(threads_before);
}

TEST_CASE("in int8 a product is that of the rounded numbers, to the bit whatever rows stand beside") {
  at::manual_seed(2);
  const at::NoGradGuard no_grad;
  const at::Tensor weight = at::randn({40, 100}), bias = at::randn({40}), x = at::randn({37, 100}) * 3;
  weight[3].zero_();
  x[5].zero_();
  const InferenceProduct product(weight, bias, at::kChar);
  CHECK(product.dtype() == at::kChar);
  const at::Tensor found = product(x);
  const auto rounded = [](const at::Tensor& rows) {
    const at::Tensor scale = (rows.abs().amax(1, true) / 127).clamp_min(1e-30);
    return ((rows / scale).round() * scale).to(at::kDouble);
  };
  CHECK(difference(found, at::linear(rounded(x), rounded(weight), bias.to(at::kDouble))) < 1e-4);
  // Half a step of 1/127 in each of a hundred factors of each side.
  CHECK(difference(found, at::linear(x, weight, bias)) < 2);
  CHECK(difference(found, at::linear(x, weight, bias)) > 1e-3);
  for (const std::int64_t count : {1, 2, 16, 36})
    CHECK(same_bits(product(x.narrow(0, 1, count)), found.narrow(0, 1, count)));
}

TEST_CASE("rows are filled up in bfloat16 only") {
  const at::Tensor rows = at::randn({33, 4});
  CHECK(product_rows(rows, at::kFloat).sizes() == at::IntArrayRef({33, 4}));
  const at::Tensor filled = product_rows(rows, at::kBFloat16);
  CHECK(filled.sizes() == at::IntArrayRef({64, 4}));
  CHECK(same_bits(filled.narrow(0, 0, 33), rows.to(at::kBFloat16)));
  CHECK(filled.narrow(0, 33, 31).eq(0).all().item<bool>());
  CHECK(like_input(filled, at::empty({3, 11, 7})).sizes() == at::IntArrayRef({3, 11, 4}));
}

TEST_CASE("the fastest number type is chosen, and float32 unless another gains a fifth") {
  CHECK(choose_dtype({.fp32 = 1, .bf16 = 0.9, .int8 = 0.9}) == at::kFloat);
  CHECK(choose_dtype({.fp32 = 1, .bf16 = 0.7, .int8 = 0.9}) == at::kBFloat16);
  CHECK(choose_dtype({.fp32 = 1, .bf16 = 0.7, .int8 = 0.6}) == at::kChar);
  constexpr double never = std::numeric_limits<double>::infinity();
  CHECK(choose_dtype({.fp32 = 1, .bf16 = 2, .int8 = never}) == at::kFloat);
  CHECK(choose_dtype({.fp32 = 1, .bf16 = 0.5, .int8 = never}) == at::kBFloat16);

  at::manual_seed(3);
  const at::Tensor next = at::randn({2});
  at::manual_seed(3);
  const ProductSeconds seconds = measure_products(32, 16, 24, at::kCPU);
  CHECK(same_bits(at::randn({2}), next));
  for (const double one : {seconds.fp32, seconds.bf16, seconds.int8}) CHECK(one > 0);
  CHECK(std::max(seconds.fp32, seconds.bf16) < 10);
}

}  // namespace heed
