// A run that does nothing but save: what a trainer writes, without LibTorch, so that a test can let each of its calls
// fail. Usage: save_loop DIRECTORY STEPS. Prints the number of each step that is saved. Whatever happens in between,
// the same command again ends with the same files.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "heed/base/content_hash.h"
#include "heed/base/error.h"
#include "heed/train/metrics_csv.h"
#include "heed/train/run_directory.h"
#include "heed/train/run_files.h"

namespace {

struct State {
  std::uint64_t step = 0, value = 1;
};

State read_state(const heed::safetensors::File& file) {
  const std::string& step = file.metadata("step");
  const auto* words = reinterpret_cast<const std::uint64_t*>(file.find("few")->data.data());
  return {std::stoull(step), words[0]};
}

int run(const char* directory, std::uint64_t steps) {
  const heed::RunDirectory run_directory(directory);
  State state;
  if (const auto saved = heed::open_last(run_directory.path(), [](const auto& file) { read_state(file); }))
    state = read_state(*saved);
  heed::MetricsCsv metrics(run_directory.path() / "metrics.csv", "step,value", static_cast<std::int64_t>(state.step));
  while (state.step < steps) {
    ++state.step;
    state.value = heed::combine_hash(state.value, state.step);
    metrics.append({std::to_string(state.step), std::to_string(state.value)});
    // One tensor is written with others in a single call, the other one by a call of its own.
    const std::vector<std::uint64_t> few(1000, state.value), many(10'000, state.value);
    const std::vector<heed::safetensors::TensorView> tensors = {
        {"few", heed::safetensors::DType::i64, {1000}, std::as_bytes(std::span(few))},
        {"many", heed::safetensors::DType::i64, {10'000}, std::as_bytes(std::span(many))}};
    if (state.step % 3 == 0) heed::save_best(run_directory.path(), tensors, {});
    if (state.step % 2 != 0) continue;
    heed::save_last(run_directory.path(), tensors, {{"step", std::to_string(state.step)}});
    std::printf("%llu\n", static_cast<unsigned long long>(state.step));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    return run(argv[1], std::strtoull(argv[2], nullptr, 10));
  } catch (const heed::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return static_cast<int>(error.code());
  }
}
