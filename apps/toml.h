#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The flat part of TOML that settings files need: `key = value` lines, where a value is a string, a number, true,
/// false or an array of these. Read and written by toml++, seen here alone. (CLI11's own reader cuts strings at '#' and
/// at spaces, and knows no line numbers.)
namespace heed {

struct TomlItem {
  std::string key;
  std::vector<std::string>
      values;  ///< one, unless `is_list`; strings without their quotes, numbers in their shortest form
  bool is_list = false;
  std::size_t line = 0;  ///< counted from 1
};

/// All items in the order of the text. Throws Error(usage) with `path`:line for anything else, for repeated keys and
/// for tables, which settings do not use.
std::vector<TomlItem> parse_toml(std::string_view text, const std::string& path);

/// A value as TOML, such that parse_toml gives it back. Throws Error(usage) for text that is not UTF-8.
std::string to_toml(bool value);
std::string to_toml(std::int64_t value);
std::string to_toml(double value);
std::string to_toml(std::string_view value);
std::string to_toml(const std::vector<std::string>& values);

}  // namespace heed
