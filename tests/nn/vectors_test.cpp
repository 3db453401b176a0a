#pragma GCC diagnostic ignored "-Wpsabi"  // nothing here passes vectors between functions that are not inlined

#include "heed/nn/vectors.h"

#include <bit>
#include <cmath>
#include <vector>

#include "catch.h"

using namespace heed;

namespace {

HEED_CLONES void exponentials(const float* in, float* out) {
  store(out, exp_of_negative(load(in)));
}
HEED_CLONES void round_to_bfloat16(const float* in, BFloat16Bits* out) {
  store(out, load(in));
}
HEED_CLONES void sum_and_greatest(const float* in, float* out) {
  out[0] = sum_of(load(in));
  out[1] = greatest_of(load(in));
}
HEED_CLONES void copy_some(const float* in, float* out, std::int64_t count) {
  store_some(out, load_some(in, count), count);
}

}  // namespace

TEST_CASE("exponentials are right to seven digits, and 0 far below") {
  double worst = 0;
  std::vector<float> x(16), y(16);
  for (double start = 0; start > -86; start -= 0.0371) {
    for (std::size_t i = 0; i < 16; ++i) x[i] = static_cast<float>(start - 0.002 * static_cast<double>(i));
    exponentials(x.data(), y.data());
    for (std::size_t i = 0; i < 16; ++i) {
      const double expected = std::exp(static_cast<double>(x[i]));
      worst = std::max(worst, std::abs(static_cast<double>(y[i]) - expected) / expected);
    }
  }
  CHECK(worst < 1e-6);
  x = std::vector<float>(16, 0);
  x[1] = -INFINITY;
  x[2] = -1e30F;
  x[3] = NAN;
  exponentials(x.data(), y.data());
  CHECK(y[0] == 1);
  CHECK(y[1] == 0);
  CHECK(y[2] == 0);
  CHECK(std::isnan(y[3]));
}

TEST_CASE("numbers are rounded to the nearest bfloat16, ties to even, and not-a-number stays one") {
  std::vector<float> x(16, 1.5F);
  x[0] = 1.01171875F;                                      // 1 + 3 x 2^-8, half way
  x[1] = 1.00390625F;                                      // 1 + 2^-8, half way
  x[2] = std::bit_cast<float>(std::uint32_t{0x7FFFFFFF});  // rounding up would make it a negative zero
  std::vector<BFloat16Bits> y(16);
  round_to_bfloat16(x.data(), y.data());
  CHECK(y[0] == 0x3F82);
  CHECK(y[1] == 0x3F80);
  CHECK((y[2] & 0x7FFF) > 0x7F80);
  CHECK(y[15] == 0x3FC0);
}

TEST_CASE("sums, greatest and parts of a vector") {
  std::vector<float> x(16), y(16, 99);
  for (std::size_t i = 0; i < 16; ++i) x[i] = static_cast<float>((i * 7) % 16);
  sum_and_greatest(x.data(), y.data());
  CHECK(y[0] == 120);
  CHECK(y[1] == 15);
  copy_some(x.data(), y.data(), 5);
  CHECK(y[4] == x[4]);
  CHECK(y[5] == 99);
}
