#pragma once

#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace heed_test {

/// What make_scores.py wrote.
inline const nlohmann::json& scores_data() {
  static const nlohmann::json data = [] {
    std::ifstream file(HEED_TEST_DATA "/text/scores.json");
    return nlohmann::json::parse(file);
  }();
  return data;
}

using Lines = std::vector<std::string>;

}  // namespace heed_test
