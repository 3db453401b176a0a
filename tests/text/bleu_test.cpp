#include "heed/text/bleu.h"

#include <algorithm>
#include <cmath>

#include "heed/base/error.h"

#include "catch.h"
#include "text/scores_data.h"

using namespace heed;
using heed_test::Lines;

namespace {

constexpr double kTolerance = 1e-9;

BleuTokenizer tokenizer_named(std::string_view name) {
  const auto names = enum_names(BleuTokenizer{});
  return static_cast<BleuTokenizer>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::string failure(const Lines& hypotheses, const std::vector<Lines>& references) {
  try {
    corpus_bleu(hypotheses, references);
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("BLEU is sacreBLEU's on every segment set, tokenizer and case") {
  std::size_t compared = 0;
  for (const auto& set : heed_test::scores_data().at("sets")) {
    const Lines hypotheses = set.at("hypotheses");
    const std::vector<Lines> references = set.at("references");
    for (const std::string name : {"13a", "intl", "char", "none"}) {
      for (const bool lowercase : {false, true}) {
        const double expected = set.at("bleu").at(name + (lowercase ? " lc" : ""));
        const double score =
            corpus_bleu(hypotheses, references, {.tokenizer = tokenizer_named(name), .lowercase = lowercase}).score;
        INFO(name << (lowercase ? " lc " : " ") << set.at("hypotheses") << " against " << set.at("references"));
        CHECK(std::abs(score - expected) <= kTolerance);
        ++compared;
      }
    }
  }
  CHECK(compared >= 250 * 8);
}

TEST_CASE("BLEU's parts, text and signature are sacreBLEU's") {
  std::size_t compared = 0;
  for (const auto& set : heed_test::scores_data().at("sets")) {
    if (!set.contains("full_bleu")) continue;
    const auto& expected = set.at("full_bleu");
    const BleuScore bleu =
        corpus_bleu(set.at("hypotheses").get<Lines>(), set.at("references").get<std::vector<Lines>>(),
                    {.tokenizer = tokenizer_named(expected.at("tokenize").get<std::string>()),
                     .lowercase = expected.at("lowercase")});
    INFO(set.at("hypotheses") << " against " << set.at("references"));
    CHECK(std::abs(bleu.score - expected.at("score").get<double>()) <= kTolerance);
    CHECK(std::abs(bleu.brevity_penalty - expected.at("bp").get<double>()) <= kTolerance);
    CHECK(bleu.hypothesis_length == expected.at("lengths").at(0));
    CHECK(bleu.reference_length == expected.at("lengths").at(1));
    for (std::size_t i = 0; i < bleu.precisions.size(); ++i) {
      CHECK(std::abs(bleu.precisions[i] - expected.at("precisions").at(i).get<double>()) <= kTolerance);
    }
    CHECK(bleu.to_text() == expected.at("text"));
    CHECK(bleu.signature == expected.at("signature"));
    ++compared;
  }
  CHECK(compared >= 90);
}

TEST_CASE("BLEU refuses nothing and unequal line counts") {
  CHECK(failure({}, {{}}).starts_with("3: "));
  CHECK(failure({"a"}, {}).starts_with("3: "));
  const std::string message = failure({"a"}, {{"a"}, {"a", "b"}});
  CHECK(message.starts_with("3: reference 2 has 2 lines"));
  CHECK(message.find("1 hypotheses") != std::string::npos);
}
