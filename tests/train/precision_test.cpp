#include "heed/train/precision.h"

#include <stdexcept>

#include "catch.h"

namespace heed {

TEST_CASE("auto takes bf16 where it gains more than a tenth") {
  CHECK(choose_precision({.fp32 = 100, .bf16 = 160}) == Precision::bf16);
  CHECK(choose_precision({.fp32 = 100, .bf16 = 111}) == Precision::bf16);
  CHECK(choose_precision({.fp32 = 100, .bf16 = 110}) == Precision::fp32);
  CHECK(choose_precision({.fp32 = 100, .bf16 = 20}) == Precision::fp32);
}

TEST_CASE("steps are timed in both precisions") {
  const Seq2SeqOptions network{.source_vocab = 40, .target_vocab = 40, .dim = 16, .ffn_dim = 32, .heads = 2};
  const StepSpeed speed = measure_steps(network, 64, c10::Device(c10::kCPU));
  CHECK(speed.fp32 > 0);
  CHECK(speed.bf16 > 0);
}

TEST_CASE("a precision is a number type, auto is not") {
  CHECK(compute_dtype_of(Precision::fp32) == c10::kFloat);
  CHECK(compute_dtype_of(Precision::bf16) == c10::kBFloat16);
  CHECK_THROWS_AS(compute_dtype_of(Precision::automatic), std::logic_error);
}

}  // namespace heed
