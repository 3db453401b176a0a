#pragma once

#include <functional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "heed/base/fields.h"

namespace heed {

/// Refuses text that is not UTF-8, such as a file's name: neither JSON nor TOML, in which options are saved, can hold
/// it. Throws Error(usage) naming the flag.
void require_utf8(const std::string& flag, const std::string& text);
template <class Options>
void require_utf8(const Options& options) {
  visit_fields(options, [](const char* name, const auto& field, const char*) {
    using Field = std::remove_cvref_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, std::string>) {
      require_utf8(name, field);
    } else if constexpr (std::is_same_v<Field, std::vector<std::string>>) {
      for (const std::string& text : field) require_utf8(name, text);
    }
  });
}

/// How the options of a run that goes on come together.
struct SavedOptionsRules {
  std::function<bool(const std::string&)> is_frozen;     ///< what the weights or the data were made with
  std::function<bool(const std::string&)> is_momentary;  ///< says what to do now rather than how the run was set up
};

struct MergedOptions {
  nlohmann::json options;
  std::string changes;  ///< "  name: before -> now", a line each, none at the end
};

/// The options of the earlier start (`saved`, JSON text found in `where`) with what was `given` now out of `now`.
/// A frozen change is refused with Error(usage) that lists all of them. A given `auto` keeps the earlier choice. Throws
/// Error(checkpoint) when `saved` is not JSON.
MergedOptions merged_options(const nlohmann::json& now, const std::set<std::string>& given, const std::string& saved,
                             const std::string& where, const std::string& model, const SavedOptionsRules& rules);

}  // namespace heed
