#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "heed/image/picture.h"

namespace heed {

/// How the pictures of both sides became features: what must be the same for two scores to compare.
struct ScoreProtocol {
  std::string network, preparation;
  std::int64_t width = 0;  ///< of the features
  std::int64_t pictures = 0, reference_pictures = 0;
  PictureSize size;
  int channels = 3;
  std::string fit;
  std::int64_t seed = 0;
};

/// One number.
struct PictureScore {
  std::string name;
  double value = 0;
  std::optional<double> deviation = {};
  int decimals = 3;
  std::string method;  ///< what the number itself depends on
};

/// "name value  (protocol)", a line a score, the numbers below each other.
void print_score_lines(const std::vector<PictureScore>& scores, const ScoreProtocol& protocol, std::ostream& out);
/// An array of objects that hold the same.
void print_score_json(const std::vector<PictureScore>& scores, const ScoreProtocol& protocol, std::ostream& out);

}  // namespace heed
