#include "help.h"

#include <algorithm>
#include <sstream>
#include <vector>

namespace heed {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kHelpColumn = 34;

/// Breaks `text` at spaces; continuation lines start at `indent`, the first one is at `column` already.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t column) {
  std::string lines;
  std::istringstream words(text);
  bool first_in_line = true;
  for (std::string word; words >> word;) {
    if (!first_in_line && column + 1 + word.size() > kWidth) {
      lines += "\n" + std::string(indent, ' ');
      column = indent;
      first_in_line = true;
    }
    if (!first_in_line) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += word.size();
    first_in_line = false;
  }
  return lines;
}

std::string default_text(const Flag& flag) {
  const std::string& toml = flag.default_toml;
  if (flag.required) return "(required)";
  if (flag.by_preset) return "[by --preset]";
  if (toml == "\"\"" || toml == "[]") return "";
  if (flag.kind == Flag::Kind::boolean) return toml == "true" ? "[on]" : "";
  std::string plain;
  for (const char c : toml)
    if (c != '"' && c != '[' && c != ']' && c != ',') plain += c;
  return "[" + plain + "]";
}

void print_flag(std::ostringstream& out, const Flag& flag) {
  std::string left = flag.letter != 0 ? std::string("  -") + flag.letter + ", " : "      ";
  left += flag.kind == Flag::Kind::boolean && flag.default_toml == "true" ? "--[no-]" : "--";
  left += flag.name;
  if (!flag.placeholder.empty()) left += " " + flag.placeholder;
  out << left;
  if (left.size() + 2 > kHelpColumn) {
    out << '\n' << std::string(kHelpColumn, ' ');
  } else {
    out << std::string(kHelpColumn - left.size(), ' ');
  }
  out << wrapped(flag.help + " " + default_text(flag), kHelpColumn, kHelpColumn) << '\n';
}

}  // namespace

std::string help_text(const AppInfo& info, const Flags& flags) {
  std::ostringstream out;
  std::string usage = "Usage: " + info.name;
  for (const Flag& flag : flags.all())
    if (flag.required) usage += " --" + flag.name + " " + flag.placeholder;
  out << usage << " [OPTIONS]\n";
  out << "Example: " << info.example << "\n\n";
  out << wrapped(info.description, 0, 0) << '\n';

  std::vector<std::string> groups;
  for (const Flag& flag : flags.all())
    if (std::find(groups.begin(), groups.end(), flag.group) == groups.end()) groups.push_back(flag.group);
  for (const std::string& group : groups) {
    out << '\n' << group << ":\n";
    for (const Flag& flag : flags.all())
      if (flag.group == group) print_flag(out, flag);
  }
  out << "\nAny flag can stand in a settings file for --config, as a line such as: seed = 7\n";
  return out.str();
}

}  // namespace heed
