#include "computing_app.h"

#include <charconv>
#include <cstdlib>
#include <stdexcept>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/base/memory.h"
#include "heed/nn/out_of_memory.h"

namespace heed {
namespace {

struct ComputeOptions {
  std::int64_t threads = 0;
  std::string device = "auto";
};

template <OptionsOf<ComputeOptions> Options, class Visitor>
void visit_fields(Options& options, Visitor&& visit) {
  visit("threads", options.threads, "threads for computing; 0 takes OMP_NUM_THREADS or else every core");
  visit("device", options.device, "auto, cpu or cuda:N; auto takes the first GPU that LibTorch can use");
}

void set_threads(std::int64_t threads) {
  constexpr std::int64_t kMost = 4096;
  if (threads < 0 || threads > kMost) throw usage_error("--threads: expected 0 to " + std::to_string(kMost));
  if (threads > 0) at::set_num_threads(static_cast<int>(threads));
}

}  // namespace

std::string choose_device(const std::string& wanted, std::size_t gpus) {
  if (wanted == "cpu") return wanted;
  if (wanted == "auto") return gpus > 0 ? "cuda:0" : "cpu";
  std::size_t number = 0;
  if (wanted != "cuda") {
    const bool begins = wanted.starts_with("cuda:");
    const char *first = wanted.data() + (begins ? 5 : 0), *end = wanted.data() + wanted.size();
    const auto [rest, error] = std::from_chars(first, end, number);
    if (!begins || error != std::errc() || rest != end)
      throw usage_error("--device: expected auto, cpu or cuda:N, got '" + wanted + "'");
  }
  if (gpus == 0)
    throw usage_error("--device " + wanted +
                      ": this LibTorch sees no GPU; use --device cpu, or build against a CUDA "
                      "LibTorch");
  if (number >= gpus)
    throw usage_error("--device " + wanted + ": this LibTorch sees " + std::to_string(gpus) +
                      (gpus == 1 ? " GPU, cuda:0" : " GPUs, cuda:0 to cuda:" + std::to_string(gpus - 1)));
  return "cuda:" + std::to_string(number);
}

int run_computing_app(const AppInfo& info, int argc, const char* const* argv,
                      const std::function<void(Flags&)>& declare, const std::function<int(const ComputingRun&)>& body) {
  ComputeOptions compute;
  const auto declare_all = [&](Flags& flags) {
    declare(flags);
    flags.add(compute, "Computing");
  };
  return run_app(info, argc, argv, declare_all, [&](const AppRun& run) {
    keep_freed_memory();
    set_threads(compute.threads);
    try {
      return body({run, choose_device(compute.device, at::getNumGPUs())});
    } catch (const c10::Error& error) {
      const bool verbose = log::level() == log::Level::debug;
      const std::string text = verbose ? error.what() : error.what_without_backtrace();
      if (is_out_of_memory(error)) throw out_of_memory_error(verbose ? ": " + text : "");
      throw std::runtime_error(text);
    }
  });
}

void exit_at_once(int code) {
  std::quick_exit(code);  // run_app() has flushed the results, and messages are not buffered
}

}  // namespace heed
