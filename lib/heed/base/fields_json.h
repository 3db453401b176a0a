#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "heed/base/error.h"
#include "heed/base/fields.h"

namespace heed {

/// All fields of an options struct as a JSON object.
template <class Options>
nlohmann::ordered_json fields_to_json(const Options& options) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  visit_fields(options, [&](const char* name, const auto& field, const char*) {
    if constexpr (NamedEnum<std::remove_cvref_t<decltype(field)>>) {
      json[name] = std::string(name_of(field));
    } else {
      json[name] = field;
    }
  });
  return json;
}

/// Reads every field of `options` from `json`. Fields that the object lacks keep their default (an older file);
/// unknown keys, wrong types and unknown enum names throw Error(checkpoint) that names `where` and the key.
template <class Options>
void fields_from_json(Options& options, const nlohmann::json& json, const std::string& where) {
  if (!json.is_object()) throw checkpoint_error(where + ": options are not a JSON object");
  std::size_t known = 0;
  visit_fields(options, [&](const char* name, auto& field, const char*) {
    const auto found = json.find(name);
    if (found == json.end()) return;
    ++known;
    const auto wrong = [&](const std::string& expected) {
      return checkpoint_error(where + ": option '" + name + "' is not " + expected);
    };
    using Field = std::remove_cvref_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, bool>) {
      if (!found->is_boolean()) throw wrong("true or false");
      field = found->template get<bool>();
    } else if constexpr (std::is_integral_v<Field>) {
      const bool fits = !found->is_number_unsigned() || std::in_range<Field>(found->template get<std::uint64_t>());
      if (!found->is_number_integer() || !fits) throw wrong("a whole number of 64 bits");
      field = found->template get<Field>();
    } else if constexpr (std::is_floating_point_v<Field>) {
      if (!found->is_number()) throw wrong("a number");
      field = found->template get<Field>();
    } else if constexpr (std::is_same_v<Field, std::string>) {
      if (!found->is_string()) throw wrong("a string");
      field = found->template get<std::string>();
    } else if constexpr (NamedEnum<Field>) {
      if (!found->is_string()) throw wrong("a string");
      const std::string text = found->template get<std::string>();
      const std::span<const std::string_view> names = enum_names(field);
      std::size_t index = 0;
      while (index < names.size() && names[index] != text) ++index;
      if (index == names.size()) throw wrong("one of the known names ('" + text + "')");
      field = static_cast<Field>(index);
    } else {
      if (!found->is_array()) throw wrong("a list of strings");
      for (const auto& item : *found)
        if (!item.is_string()) throw wrong("a list of strings");
      field = found->template get<std::vector<std::string>>();
    }
  });
  if (known != json.size()) {
    for (const auto& item : json.items()) {
      const std::string& key = item.key();
      bool listed = false;
      visit_fields(options, [&](const char* name, const auto&, const char*) { listed = listed || key == name; });
      if (!listed) throw checkpoint_error(where + ": unknown option '" + key + "' (written by a newer heed?)");
    }
  }
}

}  // namespace heed
