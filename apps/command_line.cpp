#include "command_line.h"

#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "heed/base/error.h"

#include "spelling.h"

namespace heed {
namespace {

/// The arguments with every long flag in our spelling, so that the parser sees known names only.
std::vector<std::string> canonical_arguments(int argc, const char* const* argv, const Flags& flags) {
  std::vector<std::string> arguments;
  std::string pending_suffix;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--") {
      arguments.insert(arguments.end(), argv + i, argv + argc);
      break;
    }
    if (!argument.starts_with("--")) {
      arguments.push_back(argument + std::exchange(pending_suffix, ""));
      continue;
    }
    const std::size_t equals = argument.find('=');
    const std::string written = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Spelling spelling = canonical_spelling(written, flags);
    if (!flags.knows(spelling.name))
      throw usage_error("unknown flag --" + written + suggestion(written, flags, "--") + "; --help lists all flags");
    const Flag* flag = flags.find(spelling.name);
    const bool takes_value = flag != nullptr && flag->kind != Flag::Kind::boolean;
    if (!spelling.fixed_value.empty()) {
      const std::string value = equals == std::string::npos ? "true" : argument.substr(equals + 1);
      if (named("--" + written, [&] { return is_on({value}); }))
        arguments.insert(arguments.end(), {"--" + spelling.name, spelling.fixed_value});
      continue;
    }
    arguments.push_back("--" + spelling.name);
    if (equals == std::string::npos) {
      pending_suffix = spelling.suffix;
    } else if (takes_value) {
      // Two arguments instead of one, because the parser would take "--output=" for a flag without a value.
      arguments.push_back(argument.substr(equals + 1) + spelling.suffix);
    } else {
      arguments.back() += argument.substr(equals);
    }
  }
  return arguments;
}

CLI::Option* declare(CLI::App& parser, const Flag& flag) {
  const std::string names = (flag.letter != 0 ? std::string("-") + flag.letter + "," : "") + "--" + flag.name;
  if (flag.kind == Flag::Kind::boolean) return parser.add_flag(names + ",!--no-" + flag.name);
  CLI::Option* option = parser.add_option(names, CLI::callback_t{});
  if (flag.kind == Flag::Kind::list) return option->expected(CLI::detail::expected_max_vector_size);
  return option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

}  // namespace

void parse_command_line(int argc, const char* const* argv, Flags& flags) {
  std::vector<std::string> arguments = canonical_arguments(argc, argv, flags);
  CLI::App parser;
  parser.set_help_flag();
  parser.allow_extras();
  std::vector<CLI::Option*> options;
  for (const Flag& flag : flags.all()) options.push_back(declare(parser, flag));
  try {
    std::reverse(arguments.begin(), arguments.end());
    parser.parse(arguments);
  } catch (const CLI::ParseError& error) {
    throw usage_error(std::string(error.what()) + "; see --help");
  }
  for (const std::string& word : parser.remaining())
    if (word != "--")
      throw usage_error("unexpected word '" + word + "': a value stands behind its flag" +
                        (flags.knows("input") ? ", such as --input FILE" : "") + "; see --help");
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (options[i]->count() == 0) continue;
    Flag& flag = *flags.find(flags.all()[i].name);
    std::vector<std::string> values = options[i]->results();
    if (flag.kind != Flag::Kind::list) values = {values.back()};
    flags.set(flag, values, "--" + flag.name);
  }
}

}  // namespace heed
