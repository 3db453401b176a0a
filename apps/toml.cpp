#include "toml.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

// toml++ asserts that a table's key begins like one (until its pull request 301), and then checks it anyway.
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include "heed/base/error.h"
#include "heed/base/utf8.h"

namespace heed {
namespace {

Error failure(const std::string& path, std::size_t line, std::string_view message) {
  return usage_error(path + ":" + std::to_string(line) + ": " + std::string(message));
}

std::string as_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  throw usage_error("'" + printable(text) + "' is not UTF-8: a settings file cannot hold it");
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

bool is_ascii(char character) {
  return static_cast<unsigned char>(character) < 0x80;
}

/// The line of the first character that is not ASCII where TOML knows none: outside of strings and comments, and where
/// white space may follow a backslash in a string. 0 when there is none. toml++ takes them for impossible (until its
/// pull request 305).
std::size_t line_of_stray_character(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF", kSpace = " \t\r\n";
  std::size_t line = 1;
  std::string_view end;   // of the string or comment that this is in
  bool skipping = false;  // white space behind a backslash
  for (std::size_t i = text.starts_with(kMark) ? kMark.size() : 0; i < text.size(); ++i) {
    if (!is_ascii(text[i]) && (end.empty() || skipping)) return line;
    if (text[i] == '\n') ++line;
    skipping = skipping && kSpace.find(text[i]) != kSpace.npos;
    if (skipping) continue;
    const std::string_view rest = text.substr(i);
    if (end.empty()) {
      for (const std::string_view quotes : {R"(""")", "'''", "\"", "'"})
        if (end.empty() && rest.starts_with(quotes)) end = quotes;
      if (!end.empty()) i += end.size() - 1;
      if (text[i] == '#') end = "\n";
    } else if (text[i] == '\\' && end.front() == '"') {
      skipping = rest.size() > 1 && kSpace.find(rest[1]) != kSpace.npos;
      if (skipping) continue;
      if (rest.size() > 1 && !is_ascii(rest[1])) return line;
      ++i;
    } else if (rest.starts_with(end)) {
      // A long string may end in quotes of its own.
      const std::size_t quotes = std::min(rest.find_first_not_of(end.front()), rest.size());
      if (end.size() > 1) i += std::min(quotes, end.size() + 2) - 1;
      end = {};
    } else if (end.size() == 1 && text[i] == '\n') {
      end = {};
    }
  }
  return 0;
}

toml::table parse(std::string_view text, const std::string& path) {
  if (const std::size_t line = line_of_stray_character(text); line != 0)
    throw failure(path, line, "a character that is not ASCII stands outside of quotes");
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
  return written(toml::value(as_utf8(value)));
}

std::string to_toml(const std::vector<std::string>& values) {
  toml::array array;
  for (const std::string& value : values) array.push_back(as_utf8(value));
  return written(array);
}

}  // namespace heed
