#include "heed/nn/listed_logits_kernel.h"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.h"

using namespace heed;

TEST_CASE("logits of listed tokens are plain dot products with their rows of the weight, for any width and number") {
  constexpr std::int64_t kTokens = 50, kSentences = 3, kPadding = 1;
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  for (const std::int64_t depth : {1, 16, 37, 128})
    for (const std::int64_t hypotheses : {1, 3, 4, 9})
      for (const std::int64_t width : {1, 11}) {
        CAPTURE(depth, hypotheses, width);
        const auto number = [](std::int64_t i) {
          return static_cast<float>(std::sin(static_cast<double>(i * i % 1009)));
        };
        std::vector<float> weight, states;
        for (std::int64_t i = 0; i < kTokens * depth; ++i) weight.push_back(number(i));
        for (std::int64_t i = 0; i < kSentences * hypotheses * depth; ++i) states.push_back(number(i + 500));
        std::vector<std::int64_t> listed;  // each sentence has other tokens; padding here and there
        for (std::int64_t i = 0; i < kSentences * width; ++i) listed.push_back(i % 5 == 3 ? kPadding : i * 7 % kTokens);
        std::vector<float> logits(static_cast<std::size_t>(kSentences * hypotheses * width), 1000);
        listed_logits(states.data(), kSentences, hypotheses, depth, weight.data(), listed.data(), width, kPadding,
                      logits.data());
        for (std::int64_t row = 0; row < kSentences * hypotheses; ++row)
          for (std::int64_t i = 0; i < width; ++i) {
            const std::int64_t token = listed[static_cast<std::size_t>(row / hypotheses * width + i)];
            double expected = 0;
            for (std::int64_t c = 0; c < depth; ++c)
              expected += static_cast<double>(states[static_cast<std::size_t>(row * depth + c)]) *
                          static_cast<double>(weight[static_cast<std::size_t>(token * depth + c)]);
            const float found = logits[static_cast<std::size_t>(row * width + i)];
            if (token == kPadding)
              CHECK(found == kNone);
            else
              CHECK(found == Approx(expected).margin(1e-5));
          }
      }
}
