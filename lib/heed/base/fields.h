#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

/// One list of fields per options struct serves flags, TOML keys, the JSON in checkpoints and the reading back.
///
/// An options struct is a plain aggregate with a default for each field. Beside it stands
///
///     template <OptionsOf<Seq2SeqOptions> Options, class Visitor>
///     void visit_fields(Options& options, Visitor&& visit) {
///       visit("dim", options.dim, "model width D");
///     }
///
/// which calls `visit(name, field, help)` for every field: kebab-case name, a reference to the field, and one line of
/// help with the unit and the neutral value. Field types: bool, std::int64_t, double, std::string,
/// std::vector<std::string>, and enums for which `enum_names(value)` (found by argument-dependent lookup) returns the
/// names in the order of their values.
namespace heed {

/// `Options` or `const Options`.
template <class Candidate, class Options>
concept OptionsOf = std::same_as<std::remove_const_t<Candidate>, Options>;

template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) {
  { enum_names(value) } -> std::convertible_to<std::span<const std::string_view>>;
};

/// The name of an enum's value.
template <NamedEnum E>
std::string_view name_of(E value) {
  const std::span<const std::string_view> names = enum_names(value);
  return names[static_cast<std::size_t>(value)];
}

}  // namespace heed
