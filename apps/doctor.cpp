#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <sys/utsname.h>
#include <torch/version.h>
#include <unistd.h>

#include "heed/base/progress.h"
#include "heed/image/opencv.h"
#include "heed/train/precision.h"
#include "heed/version.h"

#include "computing_app.h"

namespace heed {
namespace {

/// The first value of `key` in a file of "key : value" lines (/proc/cpuinfo, /proc/meminfo), or an empty string.
std::string proc_value(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t key_end = line.find_last_not_of(" \t", colon - 1);
    if (line.substr(0, key_end + 1) != key) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

std::string compiler() {
#if defined(__clang__)
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string cpu_model() {
  utsname system{};
  uname(&system);
  const std::string model = proc_value("/proc/cpuinfo", "model name");
  return (model.empty() ? "unnamed" : model) + " (" + system.machine + ")";
}

/// Those that matter for matrix products.
std::string cpu_features() {
  std::set<std::string> has;
  for (const char* key : {"flags", "Features"}) {
    std::istringstream words(proc_value("/proc/cpuinfo", key));
    for (std::string word; words >> word;) has.insert(word);
  }
  std::string found;
  for (const char* feature : {"avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile", "amx_bf16", "asimd",
                              "asimddp", "bf16", "i8mm", "sve", "sve2"})
    if (has.contains(feature)) found += (found.empty() ? "" : " ") + std::string(feature);
  return found.empty() ? "none of those that speed up matrix products" : found;
}

std::string gigabytes(const char* key) {
  std::istringstream kilobytes(proc_value("/proc/meminfo", key));
  double value = 0;
  kilobytes >> value;
  return format_number(value / (1024 * 1024), 1);
}

/// LibTorch's own account of its build, cut down to the parts that decide about speed and devices.
std::string build_flags() {
  std::string summary;
  const auto append = [&](const std::string& text) { summary += (summary.empty() ? "" : ", ") + text; };
  std::istringstream lines(at::show_config());
  for (std::string line; std::getline(lines, line);) {
    const std::size_t text = line.find_first_not_of(" -");
    if (text == std::string::npos || line.find("PyTorch built with") != std::string::npos) continue;
    const std::string entry = line.substr(text);
    if (!entry.starts_with("Build settings:")) {
      append(entry.substr(0, std::min(entry.find(" for Intel"), entry.find(" ("))));
      continue;
    }
    for (const char* key : {"BLAS_INFO=", "BUILD_TYPE=", "USE_CUDA=", "USE_GLOO=", "USE_MKLDNN=", "USE_OPENMP="}) {
      const std::size_t begin = entry.find(std::string(" ") + key);
      if (begin != std::string::npos) append(entry.substr(begin + 1, entry.find(',', begin) - begin - 1));
    }
  }
  return summary;
}

void row(std::string_view name, const std::string& value) {
  constexpr std::size_t kColumn = 18;
  std::cout << name << ':' << std::string(kColumn - name.size() - 1, ' ') << value << '\n';
}

/// Speed of matrix products, measured for half a second.
double gigaflops(at::ScalarType dtype, c10::Device device) {
  const std::int64_t rows = 2048, inner = 512, columns = 1024;
  const auto options = at::TensorOptions().dtype(dtype).device(device);
  const at::Tensor a = at::ones({rows, inner}, options), b = at::ones({inner, columns}, options);
  const auto multiply = [&] { at::mm(a, b).view(-1)[0].item<float>(); };  // item() waits for the device
  multiply();
  const auto start = std::chrono::steady_clock::now();
  double seconds = 0, products = 0;
  for (; seconds < 0.5; ++products) {
    multiply();
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return 2e-9 * static_cast<double>(rows * inner * columns) * products / seconds;
}

int examine(const ComputingRun& run) {
  row("heed", kVersion);
  row("compiler", compiler());
  row("LibTorch", TORCH_VERSION);
  row("LibTorch build", build_flags());
  row("OpenCV", opencv_version());
  row("CPU", cpu_model());
  row("CPU features", cpu_features());
  row("cores", std::to_string(std::thread::hardware_concurrency()));
  row("threads", std::to_string(at::get_num_threads()));
  row("memory", gigabytes("MemTotal") + " GB, " + gigabytes("MemAvailable") + " GB available");
  const c10::Device device(run.device);
  row("fp32 products", format_number(gigaflops(at::kFloat, device), 0) + " GFLOP/s");
  row("bf16 products", format_number(gigaflops(at::kBFloat16, device), 0) + " GFLOP/s");
  row("auto: device", run.device);
  for (const std::int64_t width : {128, 256, 512}) {
    const Seq2SeqOptions network{
        .source_vocab = 8000, .target_vocab = 8000, .dim = width, .ffn_dim = 4 * width, .heads = width / 64};
    const StepSpeed speed = measure_steps(network, 2048, device);
    row("auto: precision", std::string(name_of(choose_precision(speed))) + " for a model " + std::to_string(width) +
                               " wide (bf16 trains " + format_number(speed.bf16 / speed.fp32, 2) +
                               " times as fast as fp32; it has to be " + format_number(kBf16Gain, 1) + " times)");
  }
  return 0;
}

}  // namespace
}  // namespace heed

int main(int argc, char** argv) {
  const heed::AppInfo info{
      .name = "heed-doctor",
      .description =
          "Prints what this machine and this build of heed offer, measures the speed of matrix products for "
          "a second, and says what 'auto' would choose.",
      .example = "heed-doctor --threads 2"};
  heed::exit_at_once(heed::run_computing_app(info, argc, argv, [](heed::Flags&) {}, heed::examine));
}
