#include "heed/text/bootstrap.h"

#include <fstream>
#include <set>

#include <nlohmann/json.hpp>

#include "heed/text/bleu.h"
#include "heed/text/chrf.h"

#include "catch.h"

namespace heed {
namespace {

using Lines = std::vector<std::string>;

// What make_paired_scores.py wrote.
nlohmann::json paired_scores() {
  std::ifstream file(HEED_TEST_DATA "/text/paired_scores.json");
  return nlohmann::json::parse(file);
}

}  // namespace

TEST_CASE("by the same draws, means, intervals and p-values are sacreBLEU's") {
  const nlohmann::json data = paired_scores();
  const std::vector<Lines> references = {data.at("references")}, systems = data.at("systems");
  const std::vector<std::vector<std::size_t>> draws = data.at("draws");
  const Resampling resampling{draws.size(),
                              [&](std::size_t sample, std::size_t place) { return draws[sample][place]; }};
  for (const std::string metric : {"bleu", "chrf"}) {
    CAPTURE(metric);
    std::vector<double> scores;
    std::vector<std::vector<double>> samples;
    for (std::size_t i = 0; i < systems.size(); ++i) {
      if (metric == "bleu") {
        scores.push_back(corpus_bleu(systems[i], references).score);
        samples.push_back(resampled_bleu(systems[i], references, {}, resampling));
      } else {
        scores.push_back(corpus_chrf(systems[i], references).score);
        samples.push_back(resampled_chrf(systems[i], references, {}, resampling));
      }
      const auto& expected = data.at(metric)[i];
      const ScoreSpread spread = spread_of(samples[i]);
      CHECK(scores[i] == Approx(expected.at("score").get<double>()));
      CHECK(spread.mean == Approx(expected.at("mean").get<double>()).epsilon(1e-5));
      CHECK(spread.half_interval == Approx(expected.at("ci").get<double>()).epsilon(1e-5));
    }
    CHECK(p_value(samples[0], samples[1], scores[0], scores[1]) == Approx(data.at(metric)[1].at("p").get<double>()));
  }
}

TEST_CASE("a sample's score is that of its sentences as a corpus") {
  const Lines hypotheses = {"a b c d e", "f g h i", "one two three four"},
              reference = {"a b c d", "f g h i", "one three"};
  const std::vector<std::size_t> drawn = {2, 0, 0};
  Lines some_hypotheses, some_references;
  for (const std::size_t i : drawn) {
    some_hypotheses.push_back(hypotheses[i]);
    some_references.push_back(reference[i]);
  }
  const Resampling resampling{1, [&](std::size_t, std::size_t place) { return drawn[place]; }};
  CHECK(resampled_bleu(hypotheses, std::span(&reference, 1), {}, resampling).at(0) ==
        Approx(corpus_bleu(some_hypotheses, std::span(&some_references, 1)).score));
  CHECK(resampled_chrf(hypotheses, std::span(&reference, 1), {}, resampling).at(0) ==
        Approx(corpus_chrf(some_hypotheses, std::span(&some_references, 1)).score));
}

TEST_CASE("draws are a function of the seed and reach every sentence") {
  const Resampling one = random_resampling(20, 10, 1), again = random_resampling(20, 10, 1),
                   other = random_resampling(20, 10, 2);
  std::set<std::size_t> seen;
  int different = 0;
  for (std::size_t sample = 0; sample < 20; ++sample)
    for (std::size_t place = 0; place < 10; ++place) {
      CHECK(one.sentence(sample, place) < 10);
      CHECK(one.sentence(sample, place) == again.sentence(sample, place));
      different += one.sentence(sample, place) != other.sentence(sample, place);
      seen.insert(one.sentence(sample, place));
    }
  CHECK(seen.size() == 10);
  CHECK(different > 100);
}

TEST_CASE("systems that are alike differ by chance, those far apart do not") {
  std::vector<double> baseline, alike, better;
  for (int i = 0; i < 100; ++i) {
    baseline.push_back(30 + i % 7);
    alike.push_back(30 + i % 5);
    better.push_back(40 + i % 7);
  }
  CHECK(p_value(baseline, alike, 33, 32) > 0.1);
  CHECK(p_value(baseline, better, 33, 43) == Approx(1.0 / 101));
}

}  // namespace heed
