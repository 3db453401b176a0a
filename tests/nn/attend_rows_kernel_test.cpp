#include "heed/nn/attend_rows_kernel.h"

#include <cmath>
#include <utility>
#include <vector>

#include "catch.h"

using namespace heed;

TEST_CASE("row attention is softmax(scale q k) v, head by head, over the listed rows alone") {
  // Loops for widths of 32 and 64, and for all others.
  for (const auto& [key_width, value_width] :
       {std::pair<std::int64_t, std::int64_t>{19, 33}, {32, 32}, {64, 64}, {16, 16}}) {
    const RowAttentionShape shape{
        .heads = 4, .kv_heads = 2, .key_width = key_width, .value_width = value_width, .scale = 0.3f};
    constexpr std::int64_t kRows = 5, kTable = 40, kMost = 21;
    const std::int64_t keys = 2 * key_width, table_width = keys + 2 * value_width;
    const auto wave = [](std::int64_t count, double pace) {
      std::vector<float> numbers;
      for (std::int64_t i = 0; i < count; ++i)
        numbers.push_back(static_cast<float>(1.2 * std::sin(pace * static_cast<double>(i))));
      return numbers;
    };
    const std::vector<float> queries = wave(kRows * 4 * key_width, 0.7), table = wave(kTable * table_width, 1.3);
    std::vector<std::int64_t> places, lengths = {1, 16, 17, 21, 3};
    for (std::int64_t i = 0; i < kRows * kMost; ++i) places.push_back(i * 17 % kTable);
    std::vector<float> output(static_cast<std::size_t>(kRows * 4 * value_width), 99);
    attend_rows(shape, {queries.data(), 4 * key_width, table.data(), table_width, places.data(), kMost, lengths.data()},
                1, kRows, output.data());
    CHECK(output[0] == 99);  // row 0 was not asked for
    for (std::int64_t r = 1; r < kRows; ++r)
      for (std::int64_t h = 0; h < 4; ++h) {
        std::vector<double> values(static_cast<std::size_t>(value_width));
        double sum = 0;
        for (std::int64_t i = 0; i < lengths[static_cast<std::size_t>(r)]; ++i) {
          const float* row = table.data() + places[static_cast<std::size_t>(r * kMost + i)] * table_width;
          double score = 0;
          for (std::int64_t c = 0; c < key_width; ++c)
            score += static_cast<double>(queries[static_cast<std::size_t>((r * 4 + h) * key_width + c)]) *
                     static_cast<double>(row[h / 2 * key_width + c]);
          const double weight = std::exp(0.3 * score);
          sum += weight;
          for (std::int64_t c = 0; c < value_width; ++c)
            values[static_cast<std::size_t>(c)] += weight * static_cast<double>(row[keys + h / 2 * value_width + c]);
        }
        for (std::int64_t c = 0; c < value_width; ++c)
          REQUIRE(output[static_cast<std::size_t>((r * 4 + h) * value_width + c)] ==
                  Approx(values[static_cast<std::size_t>(c)] / sum).margin(2e-5));
      }
  }
}
