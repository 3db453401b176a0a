#include "heed/text/survey.h"

#include <sstream>

#include "catch.h"
#include "errors.h"
#include "text_files.h"

using namespace heed;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Data {
  TextFiles files;
  ParallelCorpus corpus(const std::string& name, const std::string& source, const std::string& target) const {
    return ParallelCorpus({{files.write(name + ".en", source)}, {files.write(name + ".de", target)}, {}},
                          files.cache());
  }
};

Subwords train_on(const ParallelCorpus& corpus) {
  std::uint64_t next = 0;
  return Subwords::train(
      [&](std::string& line) {
        if (next == 2 * corpus.size()) return false;
        const SentencePair pair = corpus.pair(next / 2);
        line = next++ % 2 == 0 ? pair.source : pair.target;
        return true;
      },
      SubwordKind::bpe, 200);
}

/// `pairs` of growing length; with `shuffled` the targets belong to other sources.
std::pair<std::string, std::string> sides(int pairs, bool shuffled, int repeat_source = 1) {
  std::string source, target;
  for (int i = 0; i < pairs; ++i) {
    const int other = shuffled ? i * 37 % pairs : i;
    for (int word = 0; word < (1 + i % 20) * repeat_source; ++word) source += "word ";
    for (int word = 0; word < 1 + other % 20; ++word) target += "wort ";
    source += "\n", target += "\n";
  }
  return {source, target};
}

}  // namespace

TEST_CASE("one look counts what is odd and names the first places") {
  const Data data;
  const ParallelCorpus training = data.corpus("train", "a b c\nsame\n\nbad \xFF\nd\na b c\nx  y\n \n",
                                              "e f\nsame\ng\nh\nbad \xC3\ne f\n\xE2\x80\xA8\ni\n");
  const ParallelCorpus validation = data.corpus("valid", "same\nother\n", "same\nandere\n");
  const DataSurvey found = survey(training, &validation, false);
  CHECK(found.pairs == 8);
  CHECK(found.empty_sides == 3);
  CHECK(found.first_empty == data.files.path("train.en") + ":3");
  CHECK(found.invalid_utf8 == 2);
  CHECK(found.first_invalid == data.files.path("train.en") + ":4");
  CHECK(found.duplicates == 1);
  CHECK(found.source_equals_target == 1);
  CHECK(found.in_validation == 1);
  CHECK(found.source_words == 12);
  CHECK(found.target_words == 11);
  CHECK(survey(training, nullptr, false).in_validation == 0);

  const std::string text = found.to_text();
  CHECK_THAT(text, Contains("an empty side           3 (37.5 %)") && Contains(found.first_empty));
  CHECK_THAT(text, Contains("invalid UTF-8           2 (25.0 %)") && Contains("--strict-utf8"));
  CHECK_THAT(text, Contains("also in validation      1 (12.5 %)") && Contains("--valid-src"));
  CHECK_THAT(text, Contains("duplicates              1 (12.5 %)"));
  CHECK_THAT(text, Contains("source = target         1 (12.5 %)"));
}

TEST_CASE("strict reading refuses the first ill-formed place, in its own file") {
  const Data data;
  const ParallelCorpus corpus = data.corpus("train", "a\nb\n", "c\nd \xED\xA0\x80\n");
  CHECK_THAT(thrown([&] { (void)survey(corpus, nullptr, true); }),
             StartsWith("3: " + data.files.path("train.de") + ":2: ") && Contains("--strict-utf8"));
  CHECK(survey(corpus, nullptr, false).first_invalid == data.files.path("train.de") + ":2");
}

TEST_CASE("sound data gives a plain report on one screen") {
  const Data data;
  const auto [source, target] = sides(300, false);
  const ParallelCorpus corpus = data.corpus("train", source, target);
  DataSurvey found = survey(corpus, nullptr, true);
  survey_tokens(found, corpus, train_on(corpus), train_on(corpus), 256);
  CHECK(found.length_correlation == Approx(1).margin(0.02));
  CHECK(found.over_length == 0);
  CHECK(found.source_tokens == Approx(10.5).epsilon(0.5));
  const std::string text = found.to_text();
  CHECK_THAT(text, !Contains("warning") && !Contains("--on-long") && !Contains("--strict-utf8"));
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) CHECK(line.size() <= 120);
  CHECK(count <= 24);
}

TEST_CASE("token lengths are measured against the limit") {
  const Data data;
  const auto [source, target] = sides(200, false);
  const ParallelCorpus corpus = data.corpus("train", source + "\n", target + "word\n");
  const Subwords subwords = train_on(corpus);
  DataSurvey found = survey(corpus, nullptr, false);
  survey_tokens(found, corpus, subwords, subwords, 256);
  const auto longest = static_cast<std::int64_t>(subwords.encode("word").size()) * 20;
  CHECK(found.longest_source == longest);
  survey_tokens(found, corpus, subwords, subwords, longest - 1);
  CHECK(found.over_length == Approx(0.05));
  CHECK_THAT(found.to_text(), Contains("5.0 %") && Contains("--on-long") && Contains("--max-length"));
}

TEST_CASE("sides of very different length and unrelated lines are pointed out") {
  const Data data;
  const auto check = [&](const std::pair<std::string, std::string>& text) {
    const ParallelCorpus corpus = data.corpus("train", text.first, text.second);
    DataSurvey found = survey(corpus, nullptr, false);
    survey_tokens(found, corpus, train_on(corpus), train_on(corpus), 256);
    return found.to_text();
  };
  CHECK_THAT(check(sides(200, false, 4)), Contains("times as long") && Contains("--train-src"));
  CHECK_THAT(check(sides(200, true)), Contains("correlation") && !Contains("times as long"));
  CHECK_THAT(check(sides(60, true)), !Contains("warning"));
}
