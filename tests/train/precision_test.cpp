#include "heed/train/precision.h"

#include <stdexcept>

#include "torch_catch.h"

namespace heed {

TEST_CASE("auto takes bf16 where its products are half as fast again") {
  CHECK(choose_precision({.fp32 = 100, .bf16 = 160}) == Precision::bf16);
  CHECK(choose_precision({.fp32 = 100, .bf16 = 150}) == Precision::bf16);
  CHECK(choose_precision({.fp32 = 100, .bf16 = 149}) == Precision::fp32);
  CHECK(choose_precision({.fp32 = 100, .bf16 = 20}) == Precision::fp32);
}

TEST_CASE("speeds are measured in both precisions") {
  const MatrixSpeed speed = measure_matrix_speed(c10::Device(c10::kCPU));
  CHECK(speed.fp32 > 0);
  CHECK(speed.bf16 > 0);
}

TEST_CASE("a precision is a number type, auto is not") {
  CHECK(compute_dtype_of(Precision::fp32) == c10::kFloat);
  CHECK(compute_dtype_of(Precision::bf16) == c10::kBFloat16);
  CHECK_THROWS_AS(compute_dtype_of(Precision::automatic), std::logic_error);
}

}  // namespace heed
