#include "heed/text/text_sample.h"

#include <numeric>

#include "catch.h"

namespace heed {
namespace {

// The numbers of the lines that are kept; each line has five bytes.
std::vector<int> sampled(int lines, std::size_t most_bytes) {
  TextSample sample(most_bytes);
  for (int i = 0; i < lines; ++i) sample.add(std::to_string(10000 + i));
  std::vector<int> numbers;
  for (const std::string& line : sample.lines()) numbers.push_back(std::stoi(line) - 10000);
  return numbers;
}

}  // namespace

TEST_CASE("while there is room all lines are kept") {
  std::vector<int> all(20);
  std::iota(all.begin(), all.end(), 0);
  CHECK(sampled(20, 100) == all);
  CHECK(sampled(0, 100).empty());
}

TEST_CASE(
    "of more, as many are kept as there is room for, from all over the stream and both of two alternating languages") {
  for (const int lines : {21, 100, 5000}) {
    const std::vector<int> numbers = sampled(lines, 100);
    CAPTURE(lines);
    REQUIRE(numbers.size() >= 6);
    CHECK(numbers.size() <= 20);
    const int stride = numbers[1];
    CHECK(stride % 2 == 1);
    for (std::size_t i = 0; i < numbers.size(); ++i) CHECK(numbers[i] == static_cast<int>(i) * stride);
    CHECK(numbers.back() + stride >= lines);
  }
}

TEST_CASE("one line stays however long it is") {
  TextSample sample(3);
  sample.add("longer");
  sample.add("than three");
  CHECK(sample.lines() == std::vector<std::string>{"longer"});
}

}  // namespace heed
