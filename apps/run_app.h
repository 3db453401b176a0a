#pragma once

#include <functional>
#include <set>
#include <string>

#include "heed/base/error.h"

#include "flags.h"

namespace heed {

struct AppInfo {
  std::string name;         ///< as typed: "seq2seq-train"
  std::string description;  ///< one or two sentences
  std::string example;      ///< one command that works
};

/// What the command line decided, besides the options structs themselves.
struct AppRun {
  std::set<std::string> given;                 ///< names set by a flag or the settings file; presets leave them alone
  std::function<std::string()> resolved_toml;  ///< all options with their values at the time of the call
};

/// What to throw where memory ran out; `detail` follows the first words.
Error out_of_memory_error(const std::string& detail = "");

/// The frame of every program: reads the command line and `--config` (flag before file before default), handles the
/// flags that all programs share, runs `body` and returns its result as the exit code. It is the only catch-all: each
/// error becomes one message on stderr and an exit code (heed/base/error.h). A closed standard output ends the process
/// quietly with 141, one that cannot be written is an Error(data). Results are flushed when it returns, after an error
/// too.
int run_app(const AppInfo& info, int argc, const char* const* argv, const std::function<void(Flags&)>& declare,
            const std::function<int(const AppRun&)>& body);

}  // namespace heed
