#include "heed/nn/dropout_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "catch.h"

using namespace heed;

namespace {

const std::vector<std::int64_t> kSentences = {0, 7, (std::int64_t{5} << 33) + 3}, kPositions = {0, 4'000'000'000, 2};
constexpr PhiloxKey kKey = {0x1234'5678, 0x9abc'def0};
constexpr std::uint32_t kThreshold = 20'000;  // of 65,536

// Sixteen bits for channel c of row r, straight from the definition: eight channels share a counter.
std::uint32_t bits_of(std::size_t r, std::int64_t c) {
  const auto sentence = static_cast<std::uint64_t>(kSentences[r]);
  const PhiloxCounter words =
      philox4x32({static_cast<std::uint32_t>(c / 8), static_cast<std::uint32_t>(kPositions[r]),
                  static_cast<std::uint32_t>(sentence), static_cast<std::uint32_t>(sentence >> 32)},
                 kKey);
  return words[static_cast<std::size_t>(c % 8) / 2] >> (c % 2 == 0 ? 0 : 16) & 0xFFFF;
}

DropoutDraw draw(float scale, std::uint32_t threshold = kThreshold) {
  return {kSentences.data(), kPositions.data(), nullptr, kKey, threshold, scale};
}

BFloat16Bits bfloat16(float value) {
  int exponent = 0;
  const float mantissa = std::frexp(value, &exponent);
  const float rounded = std::ldexp(std::nearbyint(std::ldexp(mantissa, 8)), exponent - 8);  // to nearest, ties to even
  return static_cast<BFloat16Bits>(std::bit_cast<std::uint32_t>(rounded) >> 16);
}

float dropped_number(std::size_t i) {
  return static_cast<float>(i % 97) / 7 - 5;
}

}  // namespace

TEST_CASE("the loop keeps what the definition keeps, at any width, from any channel on") {
  const DropoutDraw plain = draw(1.25F);
  const std::vector<std::int64_t> bases = {0, 8, 1024};
  DropoutDraw shifted = plain;
  shifted.channel_base = bases.data();
  for (const std::int64_t channels : {1, 8, 127, 128, 129, 300})
    for (const DropoutDraw& rows : {plain, shifted}) {
      CAPTURE(channels, rows.channel_base != nullptr);
      std::vector<float> input(static_cast<std::size_t>(3 * channels)), output(input.size(), 99);
      for (std::size_t i = 0; i < input.size(); ++i) input[i] = dropped_number(i);
      dropout_rows(input.data(), output.data(), 0, 3, channels, rows);
      std::int64_t wrong = 0;
      for (std::size_t r = 0; r < 3; ++r)
        for (std::int64_t c = 0; c < channels; ++c) {
          const std::size_t i = r * static_cast<std::size_t>(channels) + static_cast<std::size_t>(c);
          const bool kept = bits_of(r, c + (rows.channel_base != nullptr ? bases[r] : 0)) >= kThreshold;
          wrong += output[i] == (kept ? input[i] * 1.25F : 0.0F) ? 0 : 1;
        }
      CHECK(wrong == 0);
    }
}

TEST_CASE("bfloat16 is multiplied in float32 and rounded to nearest, ties to even") {
  std::vector<BFloat16Bits> input(200), output(200);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = bfloat16(dropped_number(i));
  dropout_rows(input.data(), output.data(), 0, 1, 200, draw(1.0F / 3));
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const float product = std::bit_cast<float>(std::uint32_t{input[i]} << 16) * (1.0F / 3);
    wrong += output[i] == (bits_of(0, static_cast<std::int64_t>(i)) >= kThreshold ? bfloat16(product) : 0) ? 0 : 1;
  }
  CHECK(wrong == 0);
  // 1.5 times 1 + 2^-7 and 1 + 3 x 2^-7 lies half way between two; not-a-number stays what it is.
  const std::vector<BFloat16Bits> halves = {0x3F81, 0x3F83, 0x7F81};
  std::vector<BFloat16Bits> made(3);
  dropout_rows(halves.data(), made.data(), 0, 1, 3, draw(1.5F, 0));
  CHECK(made[0] == 0x3FC2);  // 1.51171875 -> 1.515625
  CHECK(made[1] == 0x3FC4);  // 1.53515625 -> 1.53125
  CHECK((made[2] & 0x7FFF) > 0x7F80);
}

TEST_CASE("rows outside the range are left alone") {
  const std::vector<float> input(30, 1);
  std::vector<float> output(30, 99);
  dropout_rows(input.data(), output.data(), 1, 2, 10, draw(2, 0));
  for (std::size_t i = 0; i < 30; ++i) CHECK(output[i] == (i / 10 == 1 ? 2 : 99));
}

TEST_CASE("relu and dropout in one pass drop what dropout drops, and their gradient needs no mask") {
  for (const std::int64_t channels : {5, 128, 300}) {
    CAPTURE(channels);
    const auto count = static_cast<std::size_t>(3 * channels);
    std::vector<float> input(count), output(count, 99), dropped(count), gradient(count), expected(count), made(count);
    for (std::size_t i = 0; i < count; ++i) input[i] = dropped_number(i), gradient[i] = dropped_number(i + 31);
    relu_dropout_rows(input.data(), output.data(), 0, 3, channels, draw(1.25F));
    dropout_rows(input.data(), dropped.data(), 0, 3, channels, draw(1.25F));
    relu_dropout_gradient(output.data(), gradient.data(), made.data(), 3 * channels, 1.25F);
    std::int64_t wrong = 0;
    for (std::size_t i = 0; i < count; ++i) {
      wrong += output[i] == std::max(dropped[i], 0.0F) ? 0 : 1;
      wrong += made[i] == (dropped[i] > 0 ? gradient[i] * 1.25F : 0.0F) ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("without a draw relu alone is left, and not-a-number passes") {
  const std::vector<float> input = {-1, 2, NAN};
  std::vector<float> output(3);
  relu_dropout_rows(input.data(), output.data(), 0, 1, 3, {});
  CHECK(output[0] == 0);
  CHECK(output[1] == 2);
  CHECK(std::isnan(output[2]));
}
