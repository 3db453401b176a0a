#include "heed/text/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "heed/base/random.h"

namespace heed {
namespace {

constexpr std::uint64_t kPurpose = 0x626F6F74;  // tells these draws apart from all others of the seed

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Resampling random_resampling(std::size_t samples, std::size_t sentences, std::uint64_t seed) {
  return {samples, [key = make_key(seed, kPurpose), sentences](std::size_t sample, std::size_t place) {
            return static_cast<std::size_t>(random_below(key, sample * sentences + place, sentences));
          }};
}

ScoreSpread spread_of(std::vector<double> scores) {
  std::ranges::sort(scores);
  const std::size_t cut = scores.size() / 40;  // 2.5 % at each end
  return {mean_of(scores), 0.5 * (scores[scores.size() - cut - 1] - scores[cut])};
}

double p_value(std::span<const double> baseline_samples, std::span<const double> samples, double baseline_score,
               double score) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < samples.size(); ++i) differences.push_back(std::abs(samples[i] - baseline_samples[i]));
  const double mean = mean_of(differences), real = std::abs(score - baseline_score);
  const auto larger = std::ranges::count_if(differences, [&](double difference) { return difference - mean > real; });
  return static_cast<double>(larger + 1) / static_cast<double>(samples.size() + 1);
}

}  // namespace heed
