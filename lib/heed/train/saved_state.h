#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/base/safetensors.h"
#include "heed/train/run_state.h"

namespace heed {

/// Refuses numbers that no run comes to, and that training could not count on from: whole ones below those of a new
/// state or above kMostCounted. Throws Error(checkpoint) that names `where` and the field.
template <class State>
void check_ranges(const State& state, const std::string& where) {
  const auto check = [&](const char* name, bool holds, const std::string& expected) {
    if (!holds) throw checkpoint_error(where + ": option '" + name + "' is not " + expected);
  };
  const nlohmann::ordered_json fresh = fields_to_json(State());
  visit_fields(state, [&](const char* name, const auto& field, const char*) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(field)>, std::int64_t>) {
      const auto least = fresh.at(name).template get<std::int64_t>();
      check(name, field >= least && field <= kMostCounted,
            "a whole number from " + std::to_string(least) + " to " + std::to_string(kMostCounted));
    }
  });
  check("seconds", state.seconds >= 0 && state.seconds <= static_cast<double>(kMostCounted),
        "a number from 0 to " + std::to_string(kMostCounted));
  check("lr-scale", state.lr_scale > 0 && state.lr_scale <= 1, "a number above 0 and at most 1");
}

/// The state that a checkpoint's metadata holds as JSON. Throws Error(checkpoint).
template <class State>
State read_state(const safetensors::File& file) {
  State state;
  const std::string where = file.path().string() + " (state)";
  const auto json = nlohmann::json::parse(file.metadata("state"), nullptr, /*allow_exceptions=*/false);
  fields_from_json(state, json, where);
  check_ranges(state, where);
  return state;
}

}  // namespace heed
