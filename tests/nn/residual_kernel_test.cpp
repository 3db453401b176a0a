#include "heed/nn/residual_kernel.h"

#include <bit>
#include <cmath>
#include <vector>

#include "catch.h"

using namespace heed;

TEST_CASE("rows are added and normalised, and only those of the range") {
  const std::vector<float> stream = {9, 9, 9, 9, 1, 2, 3, 4}, branch = {9, 9, 9, 9, 1, 2, 3, 4};
  const std::vector<float> weight = {1, 1, 1, 2}, bias = {0, 0, 0, 5};
  std::vector<float> sum(8, 99), normed(8, 99), mean(2, 99), reciprocal(2, 99);
  const AddNormRows<float> rows{.width = 4,
                                .stream = stream.data(),
                                .branch = branch.data(),
                                .draw = {},
                                .weight = weight.data(),
                                .bias = bias.data(),
                                .sum = sum.data(),
                                .normed = normed.data(),
                                .mean = mean.data(),
                                .reciprocal = reciprocal.data()};
  add_norm_rows(rows, 1, 2);
  CHECK(sum == std::vector<float>{99, 99, 99, 99, 2, 4, 6, 8});
  CHECK(mean == std::vector<float>{99, 5});
  CHECK(reciprocal[1] == Approx(1 / std::sqrt(5 + 1e-5)));
  CHECK(normed[0] == 99);
  CHECK(normed[4] == Approx(-3 / std::sqrt(5 + 1e-5)));
  CHECK(normed[7] == Approx(5 + 2 * 3 / std::sqrt(5 + 1e-5)));
}

TEST_CASE("columns are summed, any number of them, and only those of the range") {
  for (const std::int64_t width : {1, 15, 64, 100, 333}) {
    CAPTURE(width);
    const std::int64_t begin = width / 3;
    std::vector<float> matrix(static_cast<std::size_t>(5 * width)), sums(static_cast<std::size_t>(width), 99);
    std::vector<BFloat16Bits> brain(matrix.size());
    for (std::size_t i = 0; i < matrix.size(); ++i) {
      matrix[i] = static_cast<float>(i % 17) - 4;  // whole numbers that bfloat16 holds
      brain[i] = static_cast<BFloat16Bits>(std::bit_cast<std::uint32_t>(matrix[i]) >> 16);
    }
    std::vector<float> of_brain = sums;
    sum_columns(matrix.data(), 5, width, begin, width, sums.data());
    sum_columns(brain.data(), 5, width, begin, width, of_brain.data());
    std::int64_t wrong = 0;
    for (std::int64_t c = 0; c < width; ++c) {
      float expected = 0;
      for (std::int64_t r = 0; r < 5; ++r) expected += matrix[static_cast<std::size_t>(r * width + c)];
      wrong += sums[static_cast<std::size_t>(c)] == (c < begin ? 99 : expected) ? 0 : 1;
      wrong += of_brain[static_cast<std::size_t>(c)] == (c < begin ? 99 : expected) ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}
