#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "run_app.h"

namespace heed {

struct ComputingRun : AppRun {
  std::string device;  ///< "cpu" or "cuda:N"; "auto" is decided already
};

/// run_app() for programs that compute with LibTorch: adds --threads and --device, and turns LibTorch's errors into
/// messages without a backtrace (which --log-level debug shows).
int run_computing_app(const AppInfo& info, int argc, const char* const* argv,
                      const std::function<void(Flags&)>& declare, const std::function<int(const ComputingRun&)>& body);

/// "cpu" or "cuda:N" of what --device was given, where LibTorch sees so many GPUs. Throws Error(usage).
std::string choose_device(const std::string& wanted, std::size_t gpus);

/// Ends the process as returning `code` from main() would, but leaves LibTorch's static objects standing: taking them
/// apart is a third of the time of a short command.
[[noreturn]] void exit_at_once(int code);

}  // namespace heed
