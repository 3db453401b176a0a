#pragma once

#include <functional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

namespace heed {

/// How the options of a run that goes on come together.
struct SavedOptionsRules {
  std::function<bool(const std::string&)> is_frozen;     ///< what the weights or the data were made with
  std::function<bool(const std::string&)> is_momentary;  ///< says what to do now rather than how the run was set up
};

/// The options of the earlier start (`saved`, JSON text found in `where`) with what was `given` now out of `now`.
/// Changes are said; a frozen one is refused with Error(usage) that lists all of them. A given `auto` keeps the earlier
/// choice. Throws Error(checkpoint) when `saved` is not JSON.
nlohmann::json merged_options(const nlohmann::json& now, const std::set<std::string>& given, const std::string& saved,
                              const std::string& where, const std::string& model, const SavedOptionsRules& rules);

}  // namespace heed
