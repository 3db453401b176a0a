#include "heed/text/chrf.h"

#include <cmath>

#include "heed/base/error.h"

#include "catch.h"
#include "text/scores_data.h"

using namespace heed;
using heed_test::Lines;

namespace {

constexpr double kChrfTolerance = 1e-9;

ExitCode code_of(const Lines& hypotheses, const std::vector<Lines>& references, const ChrfOptions& options = {}) {
  try {
    corpus_chrf(hypotheses, references, options);
  } catch (const Error& error) {
    return error.code();
  }
  return ExitCode::ok;
}

}  // namespace

TEST_CASE("chrF and chrF++ are sacreBLEU's on every segment set and case") {
  std::size_t compared = 0;
  for (const auto& set : heed_test::scores_data().at("sets")) {
    const Lines hypotheses = set.at("hypotheses");
    const std::vector<Lines> references = set.at("references");
    for (const std::int64_t word_order : {0, 2}) {
      for (const bool lowercase : {false, true}) {
        const double expected = set.at("chrf").at(std::to_string(word_order) + (lowercase ? " lc" : ""));
        const double score =
            corpus_chrf(hypotheses, references, {.word_order = word_order, .lowercase = lowercase}).score;
        INFO(word_order << (lowercase ? " lc " : " ") << set.at("hypotheses") << " against " << set.at("references"));
        CHECK(std::abs(score - expected) <= kChrfTolerance);
        ++compared;
      }
    }
  }
  CHECK(compared >= 250 * 4);
}

TEST_CASE("chrF with other orders and weights, its text and signature are sacreBLEU's") {
  std::size_t compared = 0;
  for (const auto& set : heed_test::scores_data().at("sets")) {
    if (!set.contains("full_chrf")) continue;
    const auto& expected = set.at("full_chrf");
    const ChrfScore chrf =
        corpus_chrf(set.at("hypotheses").get<Lines>(), set.at("references").get<std::vector<Lines>>(),
                    {.char_order = expected.at("char_order"),
                     .word_order = expected.at("word_order"),
                     .beta = expected.at("beta"),
                     .lowercase = expected.at("lowercase")});
    INFO(expected << " " << set.at("hypotheses") << " against " << set.at("references"));
    CHECK(std::abs(chrf.score - expected.at("score").get<double>()) <= kChrfTolerance);
    CHECK(chrf.to_text() == expected.at("text"));
    CHECK(chrf.signature == expected.at("signature"));
    ++compared;
  }
  CHECK(compared >= 90);
}

TEST_CASE("chrF refuses nothing, unequal line counts and options out of range") {
  CHECK(code_of({}, {{}}) == ExitCode::data);
  CHECK(code_of({"a"}, {}) == ExitCode::data);
  CHECK(code_of({"a", "b"}, {{"a"}}) == ExitCode::data);
  CHECK(code_of({"a"}, {{"a"}}, {.char_order = 0}) == ExitCode::usage);
  CHECK(code_of({"a"}, {{"a"}}, {.word_order = -1}) == ExitCode::usage);
  CHECK(code_of({"a"}, {{"a"}}, {.beta = 0}) == ExitCode::usage);
  CHECK(code_of({"a"}, {{"a"}}, {.char_order = 1, .word_order = 0, .beta = 1}) == ExitCode::ok);
}
