#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/error.h"
#include "heed/base/fields.h"

#include "toml.h"

namespace heed {

/// One option of a program: a command-line flag and a key of the settings file with the same name.
struct Flag {
  enum class Kind { boolean, scalar, list };

  std::string name;  ///< kebab-case, without "--"
  char letter = 0;   ///< short form, 0 when there is none
  std::string group;
  std::string help;
  std::string placeholder;  ///< "N", "FILE", "{fp32,bf16,auto}"; empty for a boolean
  Kind kind = Kind::scalar;
  bool required = false;
  bool by_preset = false;  ///< without it, --preset decides
  bool setting = true;     ///< can stand in a settings file; false for what acts at once, such as --help
  bool given = false;      ///< on the command line or in the settings file
  std::string default_toml;
  std::function<void(const std::vector<std::string>&)> assign;  ///< throws Error(usage)
  std::function<std::string()> toml;                            ///< the field's present value
};

/// The value of a switch. Throws Error(usage) for anything but one true or false.
bool is_on(const std::vector<std::string>& values);

/// Runs `action` and puts `where` before the message of its error.
template <class Action>
auto named(const std::string& where, Action&& action) {
  try {
    return action();
  } catch (const Error& error) {
    throw Error(error.code(), where + ": " + error.what());
  }
}

/// The flags of a program, made from the field lists of its options structs (heed/base/fields.h). The structs must
/// outlive this object.
class Flags {
 public:
  /// A flag for each field of `options`: bool gives --x and --no-x, an enum takes its names, a whole number takes the
  /// suffixes k, M and G, a list takes several values and may be repeated.
  template <class Options>
  void add(Options& options, const std::string& group = "Options") {
    visit_fields(options,
                 [&](const char* name, auto& field, const char* help) { add_field(group, name, help, field); });
  }

  /// Flags that act at once (--help, --config) and are no settings.
  template <class Options>
  void add_actions(Options& options, const std::string& group) {
    const std::size_t first = flags_.size();
    add(options, group);
    for (std::size_t i = first; i < flags_.size(); ++i) flags_[i].setting = false;
  }

  /// Shows these flags under a heading of their own, in this order. Such groups come first in the help, in the order of
  /// these calls; a flag belongs to one of them at most.
  void group(const std::string& title, std::initializer_list<std::string_view> names);
  /// --preset gives these their defaults.
  void by_preset(std::initializer_list<std::string_view> names);
  /// The program cannot run without these.
  void require(std::initializer_list<std::string_view> names);

  Flag* find(std::string_view name);
  const Flag* find(std::string_view name) const;
  const std::vector<Flag>& all() const { return flags_; }
  /// Names of the settings that were set on the command line or in the settings file.
  std::set<std::string> given() const;
  /// "x" for a flag and "no-x" for a boolean one.
  bool knows(std::string_view name) const;

  /// Sets one flag from the command line or a settings file; `where` starts the message of an error.
  void set(Flag& flag, const std::vector<std::string>& values, const std::string& where);
  /// Settings file content: keys are flag names (or their aliases). Flags that are given already keep their values.
  void read_toml(std::string_view text, const std::string& path);
  /// Every field with its present value.
  std::string resolved_toml() const;
  /// As above, but fields that nobody set and that have their default are comments, so that reading it back leaves
  /// them to presets, as they are now.
  std::string given_toml() const;

  /// Error(usage) naming a required flag that was not given.
  void check_required() const;

 private:
  Flag& declared(std::string_view name);
  void add_flag(const std::string& group, const char* name, const char* help, Flag flag);
  void add_field(const std::string& group, const char* name, const char* help, bool& field);
  void add_field(const std::string& group, const char* name, const char* help, std::int64_t& field);
  void add_field(const std::string& group, const char* name, const char* help, double& field);
  void add_field(const std::string& group, const char* name, const char* help, std::string& field);
  void add_field(const std::string& group, const char* name, const char* help, std::vector<std::string>& field);

  template <NamedEnum Enum>
  void add_field(const std::string& group, const char* name, const char* help, Enum& field) {
    std::string names;
    for (const std::string_view value : enum_names(field)) names += (names.empty() ? "" : ",") + std::string(value);
    Flag flag;
    flag.placeholder = "{" + names + "}";
    flag.toml = [&field] { return to_toml(name_of(field)); };
    flag.assign = [&field, names](const std::vector<std::string>& values) {
      const auto known = enum_names(field);
      for (std::size_t i = 0; i < known.size(); ++i) {
        if (known[i] == values.front()) {
          field = static_cast<Enum>(i);
          return;
        }
      }
      throw usage_error("'" + values.front() + "' is not one of " + names);
    };
    add_flag(group, name, help, std::move(flag));
  }

  std::vector<Flag> flags_;
  std::size_t grouped_ = 0;  // flags at the front that group() put there
};

}  // namespace heed
