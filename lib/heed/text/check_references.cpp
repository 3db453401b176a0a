#include "heed/text/check_references.h"

#include "heed/base/error.h"

namespace heed {

void check_references(std::span<const std::string> hypotheses, std::span<const std::vector<std::string>> references) {
  if (hypotheses.empty()) throw data_error("nothing to score: there are no hypotheses; give at least one line");
  if (references.empty()) throw data_error("nothing to score against: there are no references; give at least one");
  for (std::size_t r = 0; r < references.size(); ++r) {
    if (references[r].size() == hypotheses.size()) continue;
    throw data_error("reference " + std::to_string(r + 1) + " has " + std::to_string(references[r].size()) +
                     " lines, but there are " + std::to_string(hypotheses.size()) +
                     " hypotheses; line i of each must belong to the same sentence");
  }
}

}  // namespace heed
