#include "bench.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <unistd.h>

#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/base/memory.h"
#include "heed/base/progress.h"
#include "heed/base/random.h"
#include "heed/image/png.h"
#include "heed/train/gan_forecast.h"
#include "heed/train/seq2seq.h"

/// Benchmarks: measured figures for people, never part of the tests. `heed-bench NAME [SETTING=VALUE...]`.
namespace heed {
namespace {

/// A folder that is gone when the benchmark is over.
struct Scratch {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("heed-bench-" + std::to_string(getpid()));
  Scratch() { std::filesystem::create_directories(path); }
  ~Scratch() { std::filesystem::remove_all(path); }
};

// Lines of made-up words whose frequencies fall as those of a language do, as long as picture captions (about 12).
void write_made_up_text(const std::filesystem::path& path, std::uint64_t side, std::uint64_t lines) {
  std::ofstream file(path);
  const PhiloxKey length_key = make_key(1, 0), word_key = make_key(1, 1 + side), letter_key = make_key(1, 3);
  std::uint64_t drawn = 0;
  for (std::uint64_t i = 0; i < lines; ++i) {
    const std::uint64_t words = 7 + random_below(length_key, i, 6) + random_below(length_key, lines + i, 6);
    for (std::uint64_t w = 0; w < words; ++w, ++drawn) {
      const auto rank = static_cast<std::uint64_t>(10'000 * std::pow(random_unit(word_key, drawn), 3));
      std::string word;
      for (std::uint64_t c = 0; c < 3 + rank % 6; ++c)
        word += static_cast<char>('a' + random_below(letter_key, 16 * rank + c, 26));
      file << (w > 0 ? " " : "") << word;
    }
    file << '\n';
  }
}

void write_made_up_sides(const std::filesystem::path& folder) {
  write_made_up_text(folder / "train.src", 0, 20'000);
  write_made_up_text(folder / "train.tgt", 1, 20'000);
}

// So many pictures in each of so many class folders.
void write_noise_pictures(const std::filesystem::path& folder, std::uint64_t classes, std::uint64_t pictures) {
  for (std::uint64_t c = 0; c < classes; ++c) {
    const std::filesystem::path place = folder / std::to_string(c);
    std::filesystem::create_directories(place);
    for (std::uint64_t i = 0; i < pictures; ++i) {
      Picture picture({32, 32}, 3);
      const PhiloxKey key = make_key(2, c, i);
      for (std::size_t p = 0; p < picture.pixels.size(); ++p)
        picture.pixels[p] = static_cast<std::uint8_t>(random_below(key, p, 256));
      write_png(place / (std::to_string(i) + ".png"), picture);
    }
  }
}

// Training speed of the `small` shape: vocabulary 8,000, 4,096 tokens a batch, dropout 0.2. On Multi30k when HEED_DATA
// names a folder that holds it, else on made-up text.
void bench_seq2seq_train(const Settings& settings) {
  const Scratch scratch;
  Seq2SeqTrainOptions options;
  const char* data = std::getenv("HEED_DATA");
  if (data != nullptr) {
    options.train.source = {std::string(data) + "/multi30k/train.en"};
    options.train.target = {std::string(data) + "/multi30k/train.de"};
  } else {
    options.train.source = {scratch.path / "train.src"};
    options.train.target = {scratch.path / "train.tgt"};
    write_made_up_sides(scratch.path);
  }
  const std::int64_t warm_up = 5, updates = std::stoll(setting(settings, "updates", "40"));
  options.model = scratch.path / "model";
  options.preset = Preset::small;
  options.log_every = warm_up;
  options.valid_every = options.max_updates = warm_up + (updates + warm_up - 1) / warm_up * warm_up;
  options.valid_sentences = 8;
  options.save_every = 1'000'000;
  const std::string precision = setting(settings, "precision", "auto");
  for (const Precision known : {Precision::fp32, Precision::bf16, Precision::automatic})
    if (name_of(known) == precision) options.precision = known;
  // At level debug the seconds of each stage are shown.
  log::set_level(setting(settings, "stages", "no") == "yes" ? log::Level::debug : log::Level::warning);
  train_seq2seq(options, {.given = {"valid-every"}, .resolved_toml = [] { return std::string(); }});

  // update,epoch,seconds,lr,train_loss,tokens_per_second,...: rows of equally many updates; the first warms up
  std::ifstream metrics(options.model + "/metrics.csv");
  std::string line;
  std::getline(metrics, line);
  double seconds_per_token = 0;
  std::int64_t rows = 0;
  for (std::int64_t row = 0; std::getline(metrics, line); ++row) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 6; ++i) std::getline(fields, field, ',');
    if (row == 0) continue;
    seconds_per_token += 1 / std::stod(field);
    ++rows;
  }
  std::cout << "seq2seq-train: " << format_number(static_cast<double>(rows) / seconds_per_token, 0)
            << " target tokens/s  shape=small precision=" << name_of(options.precision)
            << " threads=" << at::get_num_threads() << " updates=" << rows * warm_up
            << " text=" << (data != nullptr ? "multi30k" : "made-up") << '\n';
}

// Training speed of the preset `small`: pictures of noise in ten classes, 32 by 32 (size=N: others), or those of
// CIFAR-10 when HEED_DATA names a folder that holds them. What pictures show does not change the time they take.
void bench_gan_train(const Settings& settings) {
  const Scratch scratch;
  GanTrainOptions options;
  const char* data = std::getenv("HEED_DATA");
  options.images.size = setting(settings, "size", "32");
  options.images.cond = true;
  if (data != nullptr) {
    options.images.data = std::string(data) + "/cifar10-train.tar.gz";
  } else {
    options.images.data = scratch.path / "pictures";
    write_noise_pictures(options.images.data, 10, 64);
  }
  options.batch = std::stoll(setting(settings, "batch", "32"));
  options.preset = GanPreset::small;
  const std::string precision = setting(settings, "precision", "auto");
  for (const Precision known : {Precision::fp32, Precision::bf16, Precision::automatic})
    if (name_of(known) == precision) options.precision = known;
  log::set_level(log::Level::warning);
  const ImageFolder folder(options.images);
  apply_preset(options, {"batch", "preset", "precision"}, folder);
  const PictureBatches batches(folder, split_pictures(folder.size(), 0, 0).training, 1, c10::kCPU);
  if (options.precision == Precision::automatic)
    options.precision = choose_precision(measure_gan_steps(options, batches, c10::kCPU));
  const GanForecast forecast = forecast_gan(options, batches, c10::kCPU);
  std::cout << "gan-train: " << format_number(1000 / forecast.seconds_per_kimg, 1)
            << " images/s  preset=small size=" << options.images.size << " batch=" << options.batch
            << " precision=" << name_of(options.precision) << " threads=" << at::get_num_threads()
            << " step=" << format_number(forecast.seconds_per_kimg * static_cast<double>(options.batch) / 1000, 3)
            << "s pictures=" << (data != nullptr ? "cifar-10" : "noise") << '\n';
}

const std::map<std::string, std::function<void(const Settings&)>> kBenchmarks = {
    {"gan-train", bench_gan_train},
    {"made-up-text", [](const Settings& settings) { write_made_up_sides(setting(settings, "folder", ".")); }},
    {"seq2seq-train", bench_seq2seq_train},
    {"training-parts", bench_training_parts},
};

}  // namespace
}  // namespace heed

int main(int argc, char** argv) {
  heed::Settings settings;
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    settings[argument.substr(0, equals)] = equals == std::string::npos ? "" : argument.substr(equals + 1);
  }
  const auto found = argc > 1 ? heed::kBenchmarks.find(argv[1]) : heed::kBenchmarks.end();
  if (found == heed::kBenchmarks.end()) {
    std::cerr << "Usage: heed-bench NAME [SETTING=VALUE...]\n\n  seq2seq-train  training speed; settings: "
                 "precision=fp32|bf16|auto, updates=N, stages=yes|no\n  made-up-text   writes train.src and train.tgt; "
                 "settings: folder=DIR\n  training-parts each fused part of a step beside tensor operations; settings: "
                 "precision=fp32|bf16, turns=N\n  gan-train      training speed of pictures; settings: "
                 "precision=fp32|bf16|auto, batch=N, size=N\n";
    return argc > 1 ? static_cast<int>(heed::ExitCode::usage) : 0;
  }
  try {
    heed::keep_freed_memory();
    found->second(settings);
  } catch (const heed::Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    return static_cast<int>(error.code());
  }
}
