#include "heed/train/run_files.h"

#include <utility>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/io/model_identity.h"

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

void refuse_lone_best(const std::filesystem::path& directory, const std::string& init_flag) {
  if (!is_there(directory / kBest) || is_there(directory / kLast) || is_there(directory / kPrevious)) return;
  throw checkpoint_error(directory.string() + " holds a model (" + kBest +
                         ") but no state to go on from: choose another --model, start from it with " + init_flag + " " +
                         directory.string() + ", or say --restart");
}

std::optional<safetensors::File> open_last(const std::filesystem::path& directory,
                                           const std::function<void(const safetensors::File&)>& check) {
  const auto last = directory / kLast, previous = directory / kPrevious;
  const bool has_last = is_there(last), has_previous = is_there(previous);
  if (!has_last && !has_previous) return std::nullopt;
  std::string problem = last.string() + ": is missing";
  std::optional<safetensors::File> file;
  if (has_last) {
    try {
      file.emplace(last);
    } catch (const Error& error) {
      problem = error.what();
    }
  }
  if (file) {  // whole: what stands in it is not to be lost, whether this heed can use it or not
    try {
      check(*file);
    } catch (const Error& error) {
      throw checkpoint_error(std::string(error.what()) +
                             ". Or choose another --model directory, or say --restart to start over");
    }
    return file;
  }
  if (has_previous) {
    try {
      safetensors::File whole(previous);
      check(whole);
      file = std::move(whole);
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
