#include "heed/nn/best_tokens_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "catch.h"

using namespace heed;

TEST_CASE("sums of exponentials and best tokens of parts of wider rows are those of plain loops") {
  constexpr std::int64_t kRows = 3, kStride = 500, kFirst = 20, kColumns = 333, kKeep = 6;
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  for (const double spread : {0.1, 8.0, 90.0}) {
    std::vector<float> logits;
    for (std::int64_t i = 0; i < kRows * kStride; ++i)
      logits.push_back(static_cast<float>(spread * std::sin(static_cast<double>(i * i % 1009))));
    logits[kFirst + 7] = kNone;
    std::vector<float> largest(kRows, kNone), values(kRows * kKeep, kNone);
    std::vector<double> sum(kRows);
    std::vector<std::int64_t> tokens(kRows * kKeep);
    // In two parts, the second with an odd end.
    for (const auto& [begin, count] : {std::pair<std::int64_t, std::int64_t>{0, 128}, {128, kColumns - 128}}) {
      const float* part = logits.data() + kFirst + begin;
      add_exponentials(part, kStride, kRows, count, largest.data(), sum.data());
      add_best(part, kStride, kRows, count, 1000 + begin, kKeep, values.data(), tokens.data());
    }
    for (std::int64_t r = 0; r < kRows; ++r) {
      const float* row = logits.data() + r * kStride + kFirst;
      std::vector<std::int64_t> order(kColumns);
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return row[a] > row[b]; });
      double exact = 0;
      for (std::int64_t c = 0; c < kColumns; ++c)
        exact += std::exp(static_cast<double>(row[c]) - static_cast<double>(row[order[0]]));
      const auto place = static_cast<std::size_t>(r);
      CHECK(largest[place] == row[order[0]]);
      CHECK(sum[place] == Approx(exact).epsilon(2e-6));
      for (std::int64_t k = 0; k < kKeep; ++k) {
        CHECK(values[place * kKeep + static_cast<std::size_t>(k)] == row[order[static_cast<std::size_t>(k)]]);
        CHECK(tokens[place * kKeep + static_cast<std::size_t>(k)] == 1000 + order[static_cast<std::size_t>(k)]);
      }
    }
  }
}
