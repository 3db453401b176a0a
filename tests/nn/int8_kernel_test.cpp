#include "heed/nn/int8_kernel.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "catch.h"

using namespace heed;

TEST_CASE("rows become 8-bit numbers of which the largest is 127, and come back within half a step") {
  constexpr std::int64_t kRows = 4, kStride = 60, kColumns = 53;
  std::vector<float> rows;
  for (int i = 0; i < kRows * kStride; ++i)
    rows.push_back(static_cast<float>(std::pow(10, i / kStride) * std::sin(1.7 * i)));
  for (int i = 0; i < kColumns; ++i) rows[2 * kStride + static_cast<std::size_t>(i)] = 0;
  std::vector<std::int8_t> quantised(kRows * kColumns, 99);
  std::vector<float> scales(kRows);
  quantise_rows(rows.data(), kStride, kRows, kColumns, quantised.data(), scales.data());
  for (std::size_t r = 0; r < kRows; ++r) {
    int largest = 0;
    for (std::size_t c = 0; c < kColumns; ++c) {
      const int number = quantised[r * kColumns + c];
      largest = std::max(largest, std::abs(number));
      CHECK(std::abs(static_cast<float>(number) * scales[r] - rows[r * kStride + c]) <= 0.501f * scales[r]);
    }
    CHECK(largest == (r == 2 ? 0 : 127));
  }
}

TEST_CASE("sums of 8-bit products are scaled by row and column, with and without bias") {
  const std::vector<std::int32_t> sums = {100, -200, 16'129'000, 0, 5, -7};
  const std::vector<float> rows = {0.5f, 2}, columns = {1, 0.25f, 3}, bias = {10, 20, 30};
  std::vector<float> output(6);
  scale_product(sums.data(), 2, 3, rows.data(), columns.data(), bias.data(), output.data());
  CHECK(output == std::vector<float>{60, -5, 24'193'530, 10, 22.5f, -12});
  scale_product(sums.data(), 2, 3, rows.data(), columns.data(), nullptr, output.data());
  CHECK(output == std::vector<float>{50, -25, 24'193'500, 0, 2.5f, -42});
}
