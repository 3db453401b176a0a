#include "toml.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <set>

#include "heed/base/error.h"

namespace heed {
namespace {

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// Whole text is a TOML number (underscores between digits allowed, as in 10_000).
bool is_number(const std::string& text) {
  double value = 0;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(begin, end, value);
  return error != std::errc::invalid_argument && rest == end && (std::isfinite(value) || error != std::errc());
}

std::string utf8(std::uint32_t code) {
  std::string text;
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | (code >> 6));
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    if (code < 0x10000) {
      text += static_cast<char>(0xE0 | (code >> 12));
    } else {
      text += static_cast<char>(0xF0 | (code >> 18));
      text += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    }
    text += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  }
  return text;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& path) : text_(text), path_(path) {
    if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;
  }

  std::vector<TomlItem> items() {
    std::vector<TomlItem> items;
    std::set<std::string> seen;
    while (skip_blank_lines()) {
      TomlItem item;
      item.line = line_;
      if (peek() == '[') throw failure("tables such as [section] are not used here: write plain key = value lines");
      item.key = key();
      if (!seen.insert(item.key).second) throw failure("key '" + item.key + "' stands here a second time");
      skip_spaces();
      if (peek() != '=') throw failure("expected '=' after key '" + item.key + "'");
      ++position_;
      skip_spaces();
      if (peek() == '[') {
        item.is_list = true;
        item.values = array();
      } else {
        item.values.push_back(value());
      }
      end_of_line();
      items.push_back(std::move(item));
    }
    return items;
  }

 private:
  char peek() const { return position_ < text_.size() ? text_[position_] : '\n'; }
  bool at_end() const { return position_ >= text_.size(); }

  Error failure(const std::string& message) const {
    return usage_error(path_ + ":" + std::to_string(line_) + ": " + message);
  }

  void skip_spaces() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\r')) ++position_;
  }

  void skip_comment() {
    if (peek() != '#') return;
    while (!at_end() && peek() != '\n') ++position_;
  }

  /// False at the end of the text.
  bool skip_blank_lines() {
    for (;;) {
      skip_spaces();
      skip_comment();
      if (at_end()) return false;
      if (peek() != '\n') return true;
      ++position_;
      ++line_;
    }
  }

  void end_of_line() {
    skip_spaces();
    skip_comment();
    if (peek() != '\n') throw failure("unexpected text after the value (strings with spaces need \"quotes\")");
  }

  std::string key() {
    if (peek() == '"' || peek() == '\'') return value();
    const std::size_t begin = position_;
    while (!at_end() && is_bare(peek())) ++position_;
    if (position_ == begin) throw failure("expected key = value");
    return std::string(text_.substr(begin, position_ - begin));
  }

  std::vector<std::string> array() {
    std::vector<std::string> values;
    ++position_;
    for (;;) {
      if (!skip_blank_lines()) throw failure("the array is not closed with ']'");
      if (peek() == ']') break;
      values.push_back(value());
      if (!skip_blank_lines()) throw failure("the array is not closed with ']'");
      if (peek() == ',') {
        ++position_;
      } else if (peek() != ']') {
        throw failure("expected ',' or ']' in the array");
      }
    }
    ++position_;
    return values;
  }

  std::string value() {
    if (text_.substr(position_).starts_with("\"\"\"") || text_.substr(position_).starts_with("'''"))
      throw failure("strings over several lines are not used here");
    if (peek() == '"') return basic_string();
    if (peek() == '\'') return literal_string();
    const std::size_t begin = position_;
    while (!at_end() && (is_bare(peek()) || peek() == '.' || peek() == '+')) ++position_;
    std::string word(text_.substr(begin, position_ - begin));
    if (word == "true" || word == "false") return word;
    std::string number;
    for (const char c : word)
      if (c != '_') number += c;
    if (!is_number(number))
      throw failure("expected a number, true, false, an array or a string in \"quotes\"" +
                    (word.empty() ? std::string() : ", got " + word));
    return number;
  }

  std::string literal_string() {
    const std::size_t end = text_.find_first_of("'\n", position_ + 1);
    if (end == std::string_view::npos || text_[end] == '\n') throw failure("the string is not closed with '");
    std::string value(text_.substr(position_ + 1, end - position_ - 1));
    position_ = end + 1;
    return value;
  }

  std::string basic_string() {
    std::string value;
    for (++position_; peek() != '"'; ++position_) {
      if (peek() == '\n') throw failure("the string is not closed with \"");
      if (peek() != '\\') {
        value += peek();
        continue;
      }
      ++position_;
      switch (peek()) {
        case 'b':
          value += '\b';
          break;
        case 't':
          value += '\t';
          break;
        case 'n':
          value += '\n';
          break;
        case 'f':
          value += '\f';
          break;
        case 'r':
          value += '\r';
          break;
        case '"':
          value += '"';
          break;
        case '\\':
          value += '\\';
          break;
        case 'u':
          value += code_point(4);
          break;
        case 'U':
          value += code_point(8);
          break;
        default:
          throw failure("unknown escape in a string; write a backslash as \\\\ or use 'single quotes'");
      }
    }
    ++position_;
    return value;
  }

  /// Leaves the position on the last digit.
  std::string code_point(std::size_t digits) {
    const std::string_view hex = text_.substr(position_ + 1, digits);
    std::uint32_t code = 0;
    const auto [rest, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    if (error != std::errc() || hex.size() != digits || rest != hex.data() + digits || code > 0x10FFFF ||
        (code >= 0xD800 && code <= 0xDFFF))
      throw failure("\\u needs four and \\U eight hexadecimal digits of a Unicode character");
    position_ += digits;
    return utf8(code);
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

std::vector<TomlItem> parse_toml(std::string_view text, const std::string& path) {
  return Parser(text, path).items();
}

std::string to_toml(bool value) {
  return value ? "true" : "false";
}

std::string to_toml(std::int64_t value) {
  return std::to_string(value);
}

std::string to_toml(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, error == std::errc() ? end : buffer);
  // "1" would be an integer in TOML.
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::string to_toml(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      text += escape;
    } else {
      text += c;
    }
  }
  return text + "\"";
}

std::string to_toml(const std::vector<std::string>& values) {
  std::string text = "[";
  for (const std::string& value : values) text += (text.size() > 1 ? ", " : "") + to_toml(std::string_view(value));
  return text + "]";
}

}  // namespace heed
