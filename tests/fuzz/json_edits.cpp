#include "fuzz/json_edits.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <nlohmann/json.hpp>

namespace heed {
namespace {

using Tokens = std::vector<std::string>;

constexpr std::string_view kValues[] = {"0",
                                        "1",
                                        "2",
                                        "8",
                                        "-1",
                                        "-0",
                                        "255",
                                        "65536",
                                        "1000000",
                                        "4294967295",
                                        "4294967296",
                                        "1099511627776",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "-9223372036854775808",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "1.5",
                                        "1e0",
                                        "1e-400",
                                        "1e308",
                                        "1e999",
                                        "null",
                                        "true",
                                        "false",
                                        "[]",
                                        "[0,8]",
                                        "[[0]]",
                                        "{}",
                                        R"({"":0})",
                                        R"("")",
                                        R"("F32")",
                                        R"("U8")",
                                        R"("I32")",
                                        R"("F16")",
                                        R"("none")",
                                        R"("auto")",
                                        R"("lstm")",
                                        R"("\u0000")",
                                        R"("\ud800")",
                                        R"("\ud83d\ude00")",
                                        "\"\xFF\""};

Tokens tokens_of(std::string_view text) {
  Tokens tokens;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    end = begin + 1;
    if (text[begin] == '"') {
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, text.size());
    } else if (std::isalnum(static_cast<unsigned char>(text[begin])) != 0 || text[begin] == '-') {
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 ||
                                   std::string_view("+-.").find(text[end]) != std::string_view::npos))
        ++end;
    }
    tokens.emplace_back(text.substr(begin, end - begin));
  }
  return tokens;
}

bool is_punctuation(const std::string& token) {
  return token.size() == 1 && std::string_view("{}[]:, ").find(token[0]) != std::string_view::npos;
}

template <class Range>
auto one_of(const Range& range, std::mt19937_64& draw) {
  return range[draw() % std::size(range)];
}

class Editor {
 public:
  Editor(Tokens tokens, std::mt19937_64& draw) : tokens_(std::move(tokens)), draw_(draw) {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const bool named = i > 0 && tokens_[i - 1] == ":";
      if (i + 1 < tokens_.size() && tokens_[i + 1] == ":") keys_.push_back(i);
      if (named || !is_punctuation(tokens_[i])) values_.push_back(i);
    }
  }

  Tokens edit() {
    if (tokens_.empty()) return {std::string(one_of(kValues, draw_))};
    if (keys_.empty() || values_.empty()) {
      replace_any();
      return std::move(tokens_);
    }
    switch (draw_() % 9) {
      case 0:
      case 1:
        replace_value();
        break;
      case 2:
        repeat_member();
        break;
      case 3:
        remove_member();
        break;
      case 4:
        std::swap(tokens_[one_of(values_, draw_)], tokens_[one_of(values_, draw_)]);
        break;
      case 5:
        tokens_[one_of(keys_, draw_)] = tokens_[draw_() % 4 == 0 ? one_of(values_, draw_) : one_of(keys_, draw_)];
        break;
      case 6:
        replace_any();
        break;
      default:
        edit_inside();
    }
    return std::move(tokens_);
  }

 private:
  /// Behind the value that begins at `begin`.
  std::size_t end_of_value(std::size_t begin) const {
    std::size_t depth = 0;
    for (std::size_t i = begin; i < tokens_.size(); ++i) {
      if (tokens_[i] == "{" || tokens_[i] == "[") ++depth;
      if ((tokens_[i] == "}" || tokens_[i] == "]") && depth > 0) --depth;
      if (depth == 0) return i + 1;
    }
    return tokens_.size();
  }

  void replace(std::size_t begin, std::size_t end, const Tokens& with) {
    const auto place = [&](std::size_t i) { return tokens_.begin() + static_cast<std::ptrdiff_t>(i); };
    tokens_.insert(tokens_.erase(place(begin), place(end)), with.begin(), with.end());
  }

  void replace_value() {
    const std::size_t begin = one_of(values_, draw_);
    std::string value(one_of(kValues, draw_));
    // Near what was there: one more, one less.
    const std::string& old = tokens_[begin];
    if (draw_() % 3 == 0 && old.size() < 10 &&
        std::ranges::all_of(old, [](unsigned char c) { return std::isdigit(c); }))
      value = std::to_string(std::stoll(old) + (draw_() % 2 == 0 ? 1 : -1));
    replace(begin, end_of_value(begin), {value});
  }

  void repeat_member() {
    const std::size_t key = one_of(keys_, draw_), end = end_of_value(std::min(key + 2, tokens_.size() - 1));
    Tokens member(tokens_.begin() + static_cast<std::ptrdiff_t>(key),
                  tokens_.begin() + static_cast<std::ptrdiff_t>(end));
    member.push_back(",");
    const std::size_t place = one_of(keys_, draw_);
    replace(place, place, member);
  }

  void remove_member() {
    const std::size_t key = one_of(keys_, draw_);
    std::size_t end = end_of_value(std::min(key + 2, tokens_.size() - 1));
    if (end < tokens_.size() && tokens_[end] == ",") ++end;
    replace(key, end, {});
  }

  void replace_any() {
    const std::size_t place = draw_() % tokens_.size();
    const Tokens others = {"", "{", "}", "[", "]", ",", ":", " ", tokens_[place] + tokens_[place]};
    tokens_[place] = one_of(others, draw_);
  }

  void edit_inside() {
    std::vector<std::size_t> nested;
    for (const std::size_t value : values_)
      if (tokens_[value].starts_with(R"("{)") || tokens_[value].starts_with(R"("[)")) nested.push_back(value);
    if (nested.empty()) return replace_value();
    std::string& text = tokens_[one_of(nested, draw_)];
    const auto inside = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!inside.is_string()) return replace_value();
    using nlohmann::json;
    text = json(edited_json(inside.get<std::string>(), draw_)).dump(-1, ' ', false, json::error_handler_t::replace);
  }

  Tokens tokens_;
  std::mt19937_64& draw_;
  std::vector<std::size_t> keys_, values_;
};

}  // namespace

std::string edited_json(std::string_view text, std::mt19937_64& draw) {
  std::string result;
  for (const std::string& token : Editor(tokens_of(text), draw).edit()) result += token;
  return result;
}

}  // namespace heed
