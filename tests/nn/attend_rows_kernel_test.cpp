#include "heed/nn/attend_rows_kernel.h"

#include <cmath>
#include <vector>

#include "catch.h"

using namespace heed;

TEST_CASE("row attention is softmax(scale q k) v, head by head, over the listed rows alone") {
  const RowAttentionShape shape{.heads = 4, .kv_heads = 2, .key_width = 19, .value_width = 33, .scale = 0.3f};
  constexpr std::int64_t kRows = 5, kTable = 40, kMost = 21;
  constexpr std::int64_t kKeys = 2 * 19, kTableWidth = kKeys + 2 * 33;
  const auto wave = [](std::int64_t count, double pace) {
    std::vector<float> numbers;
    for (std::int64_t i = 0; i < count; ++i)
      numbers.push_back(static_cast<float>(2 * std::sin(pace * static_cast<double>(i))));
    return numbers;
  };
  const std::vector<float> queries = wave(kRows * 4 * 19, 0.7), table = wave(kTable * kTableWidth, 1.3);
  std::vector<std::int64_t> places, lengths = {1, 16, 17, 21, 3};
  for (std::int64_t i = 0; i < kRows * kMost; ++i) places.push_back(i * 17 % kTable);
  std::vector<float> output(kRows * 4 * 33, 99);
  attend_rows(shape, {queries.data(), 4 * 19, table.data(), kTableWidth, places.data(), kMost, lengths.data()}, 1,
              kRows, output.data());
  CHECK(output[0] == 99);  // row 0 was not asked for
  for (std::int64_t r = 1; r < kRows; ++r)
    for (std::int64_t h = 0; h < 4; ++h) {
      std::vector<double> values(33);
      double sum = 0;
      for (std::int64_t i = 0; i < lengths[static_cast<std::size_t>(r)]; ++i) {
        const float* row = table.data() + places[static_cast<std::size_t>(r * kMost + i)] * kTableWidth;
        double score = 0;
        for (std::int64_t c = 0; c < 19; ++c)
          score += static_cast<double>(queries[static_cast<std::size_t>((r * 4 + h) * 19 + c)]) *
                   static_cast<double>(row[h / 2 * 19 + c]);
        const double weight = std::exp(0.3 * score);
        sum += weight;
        for (std::int64_t c = 0; c < 33; ++c)
          values[static_cast<std::size_t>(c)] += weight * static_cast<double>(row[kKeys + h / 2 * 33 + c]);
      }
      for (std::int64_t c = 0; c < 33; ++c)
        REQUIRE(output[static_cast<std::size_t>((r * 4 + h) * 33 + c)] ==
                Approx(values[static_cast<std::size_t>(c)] / sum).margin(2e-5));
    }
}
