#include "heed/train/checkpoint.h"

#include <ATen/ATen.h>

#include "heed/base/files.h"
#include "heed/base/log.h"

namespace heed {
namespace {

constexpr const char* kLast = "last.safetensors";
constexpr const char* kPrevious = "last.1.safetensors";
constexpr const char* kBest = "best.safetensors";

void write_file(const std::filesystem::path& path, const Checkpoint& checkpoint,
                const std::filesystem::path& keep_previous_as) {
  AtomicFile file(path, static_cast<int>(ExitCode::checkpoint));
  safetensors::write(file, checkpoint.tensors.views(), checkpoint.metadata);
  file.commit(keep_previous_as);
}

safetensors::File open_checked(const std::filesystem::path& path,
                               const std::function<void(const safetensors::File&)>& check) {
  safetensors::File file(path);
  check(file);
  return file;
}

}  // namespace

void add_flat(TensorList& tensors, std::string_view prefix, const FlatParameters& layout, const at::Tensor& flat) {
  for (const auto& slot : layout.slots())
    tensors.add(std::string(prefix) + slot.name, FlatParameters::view(flat, slot));
}

void read_flat(const safetensors::File& file, std::string_view prefix, const FlatParameters& layout,
               const at::Tensor& flat) {
  const at::NoGradGuard no_grad;
  for (const auto& slot : layout.slots())
    FlatParameters::view(flat, slot).copy_(read_tensor(file, std::string(prefix) + slot.name, slot.shape));
}

void add_moments(TensorList& tensors, std::string_view prefix, const FlatParameters& layout, const Adam& adam) {
  add_flat(tensors, "optim.m." + std::string(prefix), layout, adam.first_moment);
  add_flat(tensors, "optim.v." + std::string(prefix), layout, adam.second_moment);
}

void read_moments(const safetensors::File& file, std::string_view prefix, const FlatParameters& layout, Adam& adam) {
  read_flat(file, "optim.m." + std::string(prefix), layout, adam.first_moment);
  read_flat(file, "optim.v." + std::string(prefix), layout, adam.second_moment);
}

void save_last(const std::filesystem::path& directory, const Checkpoint& checkpoint) {
  write_file(directory / kLast, checkpoint, directory / kPrevious);
}

void save_best(const std::filesystem::path& directory, const Checkpoint& checkpoint) {
  write_file(directory / kBest, checkpoint, {});
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
    try {
      safetensors::File file = open_checked(previous, check);
      log::warning(problem + "; going on from " + previous.string() + ", saved before it");
      link_atomically(previous, last, static_cast<int>(ExitCode::checkpoint));
      return file;
    } catch (const Error& error) {
      problem += "; " + std::string(error.what());
    }
  }
  throw checkpoint_error(problem +
                         ". No state to go on from: restore one of these files, choose another --model "
                         "directory, or say --restart to start over");
}

}  // namespace heed
