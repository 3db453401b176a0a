#include "run_app.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <new>

#include <unistd.h>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/base/stop_signal.h"
#include "heed/version.h"

#include "command_line.h"
#include "help.h"

namespace heed {

namespace log {
inline std::span<const std::string_view> enum_names(Level) {
  static constexpr std::string_view names[] = {"debug", "info", "warning", "error", "off"};
  return names;
}
}  // namespace log

namespace {

constexpr std::uint64_t kLargestConfig = 1 << 20;

struct GeneralOptions {
  bool quiet = false;
  log::Level log_level = log::Level::info;
  std::string log_file;
};

template <OptionsOf<GeneralOptions> Options, class Visitor>
void visit_fields(Options& options, Visitor&& visit) {
  visit("quiet", options.quiet, "only warnings and errors on stderr");
  visit("log-level", options.log_level, "the least important messages to show on stderr");
  visit("log-file", options.log_file, "append all messages to this file too, with time stamps");
}

/// Flags that act at once and never stand in a settings file.
struct ActionOptions {
  std::string config;
  bool dump_config = false;
  bool version = false;
  bool help = false;
};

template <OptionsOf<ActionOptions> Options, class Visitor>
void visit_fields(Options& options, Visitor&& visit) {
  visit("config", options.config, "settings file (TOML, keys named like the flags); flags win over it");
  visit("dump-config", options.dump_config, "print the settings as such a file and stop");
  visit("version", options.version, "print the version and stop");
  visit("help", options.help, "print this text and stop");
}

/// Leaving from the handler itself works wherever the write was, and needs no check after each line.
void leave_quietly(int) {
  _exit(128 + SIGPIPE);
}

void end_quietly_on_closed_pipe() {
  struct sigaction action {};
  action.sa_handler = leave_quietly;
  sigaction(SIGPIPE, &action, nullptr);
}

void start_logging(const GeneralOptions& options) {
  log::set_level(options.quiet ? std::max(options.log_level, log::Level::warning) : options.log_level);
  if (!options.log_file.empty()) log::also_to_file(options.log_file);
}

void flush_results() {
  errno = 0;
  std::cout.flush();
  if (std::cout) return;
  // Output beyond the buffer failed earlier, and its reason is gone.
  const std::string reason = errno == 0 ? "is the disk full?" : std::strerror(errno);
  throw data_error("cannot write to standard output: " + reason);
}

int run(const AppInfo& info, int argc, const char* const* argv, const std::function<void(Flags&)>& declare,
        const std::function<int(const AppRun&)>& body) {
  Flags flags;
  GeneralOptions general;
  ActionOptions actions;
  declare(flags);
  flags.add(general, "General");
  flags.add_actions(actions, "General");
  parse_command_line(argc, argv, flags);

  if (actions.help) {
    std::cout << help_text(info, flags);
    return 0;
  }
  if (actions.version) {
    std::cout << info.name << " (heed) " << kVersion << '\n';
    return 0;
  }
  if (!actions.config.empty()) flags.read_toml(read_file(actions.config, kLargestConfig), actions.config);
  if (actions.dump_config) {
    std::cout << flags.given_toml();
    return 0;
  }
  flags.check_required();

  start_logging(general);
  return body({.given = flags.given(), .resolved_toml = [&flags] { return flags.resolved_toml(); }});
}

int fail(ExitCode code, const std::string& message) {
  std::cout.flush();  // results from before the error are kept, and come before its message
  log::error(message);
  return static_cast<int>(code);
}

int fail_with_bug(const std::string& what) {
  return fail(ExitCode::internal, what + "\nThis is a bug in heed " + kVersion +
                                      ": please report it with the command line and this message.");
}

}  // namespace

Error out_of_memory_error(const std::string& detail) {
  return {ExitCode::out_of_memory,
          "out of memory" + detail + "; try smaller batches (--batch-tokens or --batch) or a smaller model"};
}

int run_app(const AppInfo& info, int argc, const char* const* argv, const std::function<void(Flags&)>& declare,
            const std::function<int(const AppRun&)>& body) {
  end_quietly_on_closed_pipe();
  end_on_signals();
  try {
    const int result = run(info, argc, argv, declare, body);
    flush_results();
    return result;
  } catch (const Error& error) {
    return fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::out_of_memory, out_of_memory_error().what());
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(ExitCode::data, error.path1().string() + ": " + error.code().message());
  } catch (const std::exception& error) {
    return fail_with_bug(error.what());
  } catch (...) {
    return fail_with_bug("something was thrown that is not an exception");
  }
}

}  // namespace heed
