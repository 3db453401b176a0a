#include "heed/train/saved_options.h"

#include <utility>

#include "heed/base/error.h"
#include "heed/base/utf8.h"

namespace heed {

void require_utf8(const std::string& flag, const std::string& text) {
  if (!is_valid_utf8(text))
    throw usage_error("--" + flag + ": '" + printable(text) +
                      "' is not UTF-8, in which the settings of a run are kept: choose another name");
}

MergedOptions merged_options(const nlohmann::json& now, const std::set<std::string>& given, const std::string& saved,
                             const std::string& where, const std::string& model, const SavedOptionsRules& rules) {
  const nlohmann::json before = nlohmann::json::parse(saved, nullptr, /*allow_exceptions=*/false);
  if (!before.is_object()) throw checkpoint_error(where + ": the training options inside are not JSON");
  nlohmann::json merged = before;
  std::string refused, changed;
  for (const auto& [name, value] : now.items()) {
    const bool same = before.contains(name) && before[name] == value;
    if (rules.is_momentary(name)) {
      merged[name] = value;
    } else if (given.contains(name) && !same) {
      merged[name] = value;
      const std::string line =
          "  " + name + ": " + (before.contains(name) ? before[name].dump() : "(none)") + " -> " + value.dump() + "\n";
      // auto says nothing about what was chosen; the choice is kept
      if (value == "auto" && before.contains(name))
        merged[name] = before[name];
      else if (value != "auto")
        (rules.is_frozen(name) ? refused : changed) += line;
    }
  }
  if (!refused.empty())
    throw usage_error("the run in " + model + " was begun with other settings:\n" + refused +
                      "leave these flags out to go on with it, choose another --model directory, or say --restart to "
                      "start over");
  if (!changed.empty()) changed.pop_back();  // the last line's end
  return {std::move(merged), std::move(changed)};
}

}  // namespace heed
