#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

/// How sure a corpus score is, and the difference of two (Koehn 2004, "Statistical significance tests for machine
/// translation evaluation"): the corpus is drawn again, sentence by sentence with replacement, many times. Figures as
/// sacreBLEU's, but for the draws.
namespace heed {

/// Which sentences corpus number `sample` consists of: one for each `place`.
struct Resampling {
  std::size_t samples = 0;
  std::function<std::size_t(std::size_t sample, std::size_t place)> sentence;
};
/// Of a corpus of so many sentences, by chance.
Resampling random_resampling(std::size_t samples, std::size_t sentences, std::uint64_t seed);

/// Mean of the samples' scores, and half of the interval that 95 % of them lie in.
struct ScoreSpread {
  double mean = 0, half_interval = 0;
};
ScoreSpread spread_of(std::vector<double> scores);

/// How likely chance alone makes a larger difference than that of `score` and `baseline_score`, when the same samples
/// of both systems have these scores; 1 / (samples + 1) at least, which is also that of a system against itself.
double p_value(std::span<const double> baseline_samples, std::span<const double> samples, double baseline_score,
               double score);

}  // namespace heed
