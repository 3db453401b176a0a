#pragma once

#include <string>
#include <string_view>

namespace heed {

class Flags;

/// How a name that a user wrote is understood.
struct Spelling {
  std::string name;         ///< a name of ours, or what was written (with hyphens) when it is unknown
  std::string suffix;       ///< goes behind the value: the foreign flag counts in another unit
  std::string fixed_value;  ///< the foreign flag takes no value and means this one
};

/// Underscores become hyphens, and names that other tools use for the same thing become ours, unless the program has
/// a flag of that name itself. `written` comes without leading hyphens.
Spelling canonical_spelling(std::string_view written, const Flags& flags);

/// " (did you mean --lr?)" with the nearest name, or other advice, or an empty string when none is near. `dashes`
/// stands before the name; none in a settings file, whose keys are the settings alone.
std::string suggestion(std::string_view written, const Flags& flags, std::string_view dashes);

}  // namespace heed
