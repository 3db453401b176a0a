#include "toml.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include <toml++/toml.h>

#include "heed/base/error.h"

namespace heed {
namespace {

Error failure(const std::string& path, std::size_t line, std::string_view message) {
  return usage_error(path + ":" + std::to_string(line) + ": " + std::string(message));
}

std::string written(const toml::node& node) {
  std::ostringstream text;
  text << toml::toml_formatter(node, toml::format_flags::allow_unicode_strings);
  return text.str();
}

/// A value as a flag would be given it.
std::string flag_text(const toml::node& node, const std::string& path) {
  if (const auto* text = node.as_string()) return text->get();
  const auto* number = node.as_floating_point();
  const bool is_finite = number == nullptr || std::isfinite(number->get());
  if (!is_finite || !(node.is_number() || node.is_boolean()))
    throw failure(path, node.source().begin.line,
                  "expected a number, true, false, a string in \"quotes\" or an array of these");
  return number != nullptr   ? to_toml(number->get())
         : node.is_integer() ? to_toml(node.as_integer()->get())
                             : to_toml(node.as_boolean()->get());
}

toml::table parse(std::string_view text, const std::string& path) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw failure(path, error.source().begin.line, error.description());
  }
}

}  // namespace

std::vector<TomlItem> parse_toml(std::string_view text, const std::string& path) {
  std::vector<TomlItem> items;
  for (const auto& [key, node] : parse(text, path)) {
    const std::size_t line = key.source().begin.line;
    if (node.is_table() || node.is_array_of_tables())
      throw failure(path, line, "tables such as [section] are not used here: write plain key = value lines");
    TomlItem item{.key = std::string(key.str()), .values = {}, .is_list = node.is_array(), .line = line};
    if (item.is_list) {
      for (const toml::node& value : *node.as_array()) item.values.push_back(flag_text(value, path));
    } else {
      item.values.push_back(flag_text(node, path));
    }
    items.push_back(std::move(item));
  }
  std::ranges::sort(items, {}, &TomlItem::line);
  return items;
}

std::string to_toml(bool value) {
  return written(toml::value(value));
}

std::string to_toml(std::int64_t value) {
  return written(toml::value(value));
}

// The shortest digits that read back, where toml++ writes 0.1 as 0.10000000000000001.
std::string to_toml(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  const std::string text(buffer, error == std::errc() ? end : buffer);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;  // "1" would be an integer
}

std::string to_toml(std::string_view value) {
  return written(toml::value(std::string(value)));
}

std::string to_toml(const std::vector<std::string>& values) {
  toml::array array;
  for (const std::string& value : values) array.push_back(value);
  return written(array);
}

}  // namespace heed
