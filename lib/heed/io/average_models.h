#pragma once

#include <string>
#include <vector>

#include "heed/base/fields.h"

namespace heed {

/// What the program `heed-average` is told.
struct AverageOptions {
  std::vector<std::string> model = {};
  std::string output = {};
};

template <OptionsOf<AverageOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("model", o.model, "two or more model directories or checkpoint files of the same network and vocabulary");
  visit("output", o.output, "directory of the new model");
}

/// Makes a model directory whose `best` holds the mean of the weights that the models are used with (averaged ones
/// where a file has both), each counting alike; all else is the first one's. Throws Error(usage) when the models do
/// not go together or the directory holds a model already, and Error(checkpoint).
void average_models(const AverageOptions& options);

}  // namespace heed
