#include "heed/train/run_files.h"

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/log.h"

namespace heed {
namespace {

constexpr const char* kLast = "last.safetensors";
constexpr const char* kPrevious = "last.1.safetensors";
constexpr const char* kBest = "best.safetensors";

void write_file(const std::filesystem::path& path, const std::vector<safetensors::TensorView>& tensors,
                const safetensors::Metadata& metadata, const std::filesystem::path& keep_previous_as) {
  AtomicFile file(path, static_cast<int>(ExitCode::checkpoint));
  safetensors::write(file, tensors, metadata);
  file.commit(keep_previous_as);
}

safetensors::File open_checked(const std::filesystem::path& path,
                               const std::function<void(const safetensors::File&)>& check) {
  safetensors::File file(path);
  check(file);
  return file;
}

// Makes the state before the last one too. `problem`: what is the matter with the last.
void take_place_of(const std::filesystem::path& last, const std::filesystem::path& previous,
                   const std::string& problem) {
  try {
    link_atomically(previous, last, static_cast<int>(ExitCode::checkpoint));
  } catch (const Error& error) {
    throw checkpoint_error(problem + "; " + previous.string() +
                           " is whole, but cannot take its place: " + error.what());
  }
}

}  // namespace

void save_last(const std::filesystem::path& directory, const std::vector<safetensors::TensorView>& tensors,
               const safetensors::Metadata& metadata) {
  write_file(directory / kLast, tensors, metadata, directory / kPrevious);
}

void save_best(const std::filesystem::path& directory, const std::vector<safetensors::TensorView>& tensors,
               const safetensors::Metadata& metadata) {
  write_file(directory / kBest, tensors, metadata, {});
}

std::optional<safetensors::File> open_last(const std::filesystem::path& directory,
                                           const std::function<void(const safetensors::File&)>& check) {
  const auto last = directory / kLast, previous = directory / kPrevious;
  const bool has_last = std::filesystem::exists(last), has_previous = std::filesystem::exists(previous);
  if (!has_last && !has_previous) return std::nullopt;
  std::string problem = last.string() + ": is missing";
  if (has_last) {
    try {
      return open_checked(last, check);
    } catch (const Error& error) {
      problem = error.what();
    }
  }
  if (has_previous) {
    std::optional<safetensors::File> file;
    try {
      file = open_checked(previous, check);
    } catch (const Error& error) {
      problem += "; " + std::string(error.what());
    }
    if (file) {
      take_place_of(last, previous, problem);
      log::warning(problem + "; going on from " + previous.string() + ", saved before it");
      return file;
    }
  }
  throw checkpoint_error(problem +
                         ". No state to go on from: restore one of these files, choose another --model "
                         "directory, or say --restart to start over");
}

}  // namespace heed
