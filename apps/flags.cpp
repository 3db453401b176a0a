#include "flags.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "heed/base/units.h"

#include "spelling.h"

namespace heed {
namespace {

/// Short forms are the same in every program.
char letter_of(std::string_view name) {
  struct Short {
    std::string_view name;
    char letter;
  };
  static constexpr Short kShorts[] = {{"model", 'm'},  {"input", 'i'}, {"output", 'o'}, {"beam-size", 'b'},
                                      {"config", 'c'}, {"quiet", 'q'}, {"help", 'h'}};
  for (const Short& entry : kShorts)
    if (entry.name == name) return entry.letter;
  return 0;
}

/// What stands for the value in the help.
std::string text_placeholder(std::string_view name) {
  static constexpr std::string_view kFolders[] = {"model", "init", "init-from", "against", "data", "ref"};
  if (name.ends_with("-dir") || std::ranges::find(kFolders, name) != std::end(kFolders)) return "DIR";
  if (name.ends_with("-time")) return "TIME";
  static constexpr std::string_view kFiles[] = {"src",       "tgt",        "tsv",      "vocab",      "input",
                                                "output",    "config",     "log-file", "hypothesis", "hypotheses",
                                                "reference", "references", "prefix",   "score-ref",  "glossary",
                                                "attention", "paired",     "features", "stats-cache"};
  for (const std::string_view file : kFiles)
    if (name.ends_with(file)) return "FILE";
  return name.starts_with("vocab-") ? "FILE" : "TEXT";
}

double parse_number(const std::string& text) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || !std::isfinite(value))
    throw usage_error("'" + text + "' is not a number");
  return value;
}

void only_one(const std::vector<std::string>& values) {
  if (values.size() != 1) throw usage_error("expected one value, got " + std::to_string(values.size()));
}

}  // namespace

bool is_on(const std::vector<std::string>& values) {
  only_one(values);
  if (values.front() != "true" && values.front() != "false")
    throw usage_error("'" + values.front() + "' is neither true nor false");
  return values.front() == "true";
}

void Flags::add_flag(const std::string& group, const char* name, const char* help, Flag flag) {
  flag.name = name;
  flag.letter = letter_of(name);
  flag.group = group;
  flag.help = help;
  flag.default_toml = flag.toml();
  flags_.push_back(std::move(flag));
}

void Flags::add_field(const std::string& group, const char* name, const char* help, bool& field) {
  Flag flag;
  flag.kind = Flag::Kind::boolean;
  flag.toml = [&field] { return to_toml(field); };
  flag.assign = [&field](const std::vector<std::string>& values) { field = is_on(values); };
  add_flag(group, name, help, std::move(flag));
}

void Flags::add_field(const std::string& group, const char* name, const char* help, std::int64_t& field) {
  Flag flag;
  flag.placeholder = "N";
  flag.toml = [&field] { return to_toml(field); };
  flag.assign = [&field](const std::vector<std::string>& values) { field = parse_count(values.front()); };
  add_flag(group, name, help, std::move(flag));
}

void Flags::add_field(const std::string& group, const char* name, const char* help, double& field) {
  Flag flag;
  flag.placeholder = "X";
  flag.toml = [&field] { return to_toml(field); };
  flag.assign = [&field](const std::vector<std::string>& values) { field = parse_number(values.front()); };
  add_flag(group, name, help, std::move(flag));
}

void Flags::add_field(const std::string& group, const char* name, const char* help, std::string& field) {
  Flag flag;
  flag.placeholder = text_placeholder(name);
  flag.toml = [&field] { return to_toml(std::string_view(field)); };
  flag.assign = [&field](const std::vector<std::string>& values) { field = values.front(); };
  add_flag(group, name, help, std::move(flag));
}

void Flags::add_field(const std::string& group, const char* name, const char* help, std::vector<std::string>& field) {
  Flag flag;
  flag.kind = Flag::Kind::list;
  flag.placeholder = text_placeholder(name) + "...";
  flag.toml = [&field] { return to_toml(field); };
  flag.assign = [&field](const std::vector<std::string>& values) { field = values; };
  add_flag(group, name, help, std::move(flag));
}

void Flags::group(const std::string& title, std::initializer_list<std::string_view> names) {
  std::vector<Flag> moved;
  for (const std::string_view name : names) {
    const auto found = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& flag) { return flag.name == name; });
    if (found == flags_.end()) throw std::logic_error("no flag --" + std::string(name) + " to put under " + title);
    found->group = title;
    moved.push_back(std::move(*found));
    flags_.erase(found);
  }
  const auto place = flags_.begin() + static_cast<std::ptrdiff_t>(grouped_);
  grouped_ += moved.size();
  flags_.insert(place, std::make_move_iterator(moved.begin()), std::make_move_iterator(moved.end()));
}

void Flags::by_preset(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) declared(name).by_preset = true;
}

void Flags::require(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) declared(name).required = true;
}

Flag& Flags::declared(std::string_view name) {
  Flag* flag = find(name);
  if (flag == nullptr) throw std::logic_error("no flag --" + std::string(name));
  return *flag;
}

Flag* Flags::find(std::string_view name) {
  for (Flag& flag : flags_)
    if (flag.name == name) return &flag;
  return nullptr;
}

const Flag* Flags::find(std::string_view name) const {
  for (const Flag& flag : flags_)
    if (flag.name == name) return &flag;
  return nullptr;
}

std::set<std::string> Flags::given() const {
  std::set<std::string> names;
  for (const Flag& flag : flags_)
    if (flag.given && flag.setting) names.insert(flag.name);
  return names;
}

bool Flags::knows(std::string_view name) const {
  return std::any_of(flags_.begin(), flags_.end(), [&](const Flag& flag) {
    return flag.name == name || (flag.kind == Flag::Kind::boolean && "no-" + flag.name == name);
  });
}

void Flags::set(Flag& flag, const std::vector<std::string>& values, const std::string& where) {
  named(where, [&] {
    if (flag.kind != Flag::Kind::list) only_one(values);
    flag.assign(values);
  });
  flag.given = true;
}

void Flags::read_toml(std::string_view text, const std::string& path) {
  const std::set<std::string> already = given();
  std::set<std::string> seen;
  for (TomlItem& item : parse_toml(text, path)) {
    const std::string where = path + ":" + std::to_string(item.line);
    const Spelling spelling = canonical_spelling(item.key, *this);
    Flag* flag = find(spelling.name);
    if (flag == nullptr || !flag->setting)
      throw usage_error(where + ": unknown key '" + item.key + "'" + suggestion(item.key, *this, ""));
    if (!seen.insert(flag->name).second)
      throw usage_error(where + ": '" + flag->name + "' is set a second time (as '" + item.key + "')");
    if (already.contains(flag->name)) continue;
    if (!spelling.fixed_value.empty()) {
      if (!named(where + ": " + item.key, [&] { return is_on(item.values); })) continue;
      item.values = {spelling.fixed_value};
    }
    for (std::string& value : item.values) value += spelling.suffix;
    set(*flag, item.values, where + ": " + flag->name);
  }
}

std::string Flags::resolved_toml() const {
  std::ostringstream text;
  for (const Flag& flag : flags_)
    if (flag.setting) text << flag.name << " = " << flag.toml() << '\n';
  return text.str();
}

std::string Flags::given_toml() const {
  std::ostringstream text;
  std::string group;
  for (const Flag& flag : flags_) {
    if (!flag.setting) continue;
    if (flag.group != group) text << (group.empty() ? "" : "\n") << "# " << flag.group << '\n';
    group = flag.group;
    const std::string value = flag.toml();
    text << (flag.given || value != flag.default_toml ? "" : "# ") << flag.name << " = " << value << '\n';
  }
  return text.str();
}

void Flags::check_required() const {
  std::string missing;
  for (const Flag& flag : flags_)
    if (flag.required && !flag.given) missing += (missing.empty() ? "--" : ", --") + flag.name + " " + flag.placeholder;
  if (!missing.empty()) throw usage_error("missing " + missing + " (see --help for an example)");
}

}  // namespace heed
