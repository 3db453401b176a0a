#include "heed/train/checkpoint.h"

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/base/files.h"
#include "heed/base/log.h"

namespace heed {
namespace {

constexpr const char* kLast = "last.safetensors";
constexpr const char* kPrevious = "last.1.safetensors";
constexpr const char* kBest = "best.safetensors";
constexpr std::string_view kFirstMoment = "optim.m.", kSecondMoment = "optim.v.";

void add_flat(TensorList& tensors, std::string_view prefix, const FlatParameters& layout, const at::Tensor& flat) {
  for (const auto& slot : layout.slots())
    tensors.add(std::string(prefix) + slot.name, FlatParameters::view(flat, slot));
}

void read_flat(const safetensors::File& file, std::string_view prefix, const FlatParameters& layout,
               const at::Tensor& flat) {
  for (const auto& slot : layout.slots()) {
    const std::string name = std::string(prefix) + slot.name;
    const safetensors::TensorView* view = file.find(name);
    if (view == nullptr || view->shape != slot.shape || view->dtype != safetensors::DType::f32)
      throw checkpoint_error(file.path().string() + ": '" + name + "' is missing or has another shape");
    FlatParameters::view(flat, slot).copy_(to_tensor(*view));
  }
}

void write_file(const std::filesystem::path& path, const TensorList& tensors, safetensors::Metadata metadata,
                const std::filesystem::path& keep_previous_as) {
  AtomicFile file(path, static_cast<int>(ExitCode::checkpoint));
  safetensors::write(file, tensors.views(), std::move(metadata));
  file.commit(keep_previous_as);
}

SavedRun open_run(const std::filesystem::path& path) {
  safetensors::File file(path);
  check_kind(file);
  RunState state;
  const auto json = nlohmann::json::parse(file.metadata("state"), nullptr, /*allow_exceptions=*/false);
  fields_from_json(state, json, path.string() + " (state)");
  std::string train_options = file.metadata("train_options");
  return {std::move(file), std::move(state), std::move(train_options)};
}

}  // namespace

void save_last(const std::filesystem::path& directory, const CheckpointContent& content) {
  TensorList tensors;
  add_flat(tensors, "", content.parameters, content.parameters.values);
  if (content.average != nullptr) add_flat(tensors, kEmaPrefix, *content.average, content.average->values);
  add_flat(tensors, kFirstMoment, content.parameters, content.adam.first_moment);
  add_flat(tensors, kSecondMoment, content.parameters, content.adam.second_moment);
  add_subwords(tensors, content.source, content.target);
  safetensors::Metadata metadata = model_metadata(content.network);
  metadata["state"] = fields_to_json(content.state).dump();
  metadata["train_options"] = content.train_options;
  write_file(directory / kLast, tensors, std::move(metadata), directory / kPrevious);
}

void save_best(const std::filesystem::path& directory, const CheckpointContent& content,
               const FlatParameters& weights) {
  TensorList tensors;
  add_flat(tensors, "", weights, weights.values);
  add_subwords(tensors, content.source, content.target);
  safetensors::Metadata metadata = model_metadata(content.network);
  metadata["update"] = std::to_string(content.state.update);
  metadata["train_options"] = content.train_options;
  write_file(directory / kBest, tensors, std::move(metadata), {});
}

std::optional<SavedRun> open_last(const std::filesystem::path& directory) {
  const auto last = directory / kLast, previous = directory / kPrevious;
  const bool has_last = std::filesystem::exists(last), has_previous = std::filesystem::exists(previous);
  if (!has_last && !has_previous) return std::nullopt;
  std::string problem = last.string() + ": is missing";
  if (has_last) {
    try {
      return open_run(last);
    } catch (const Error& error) {
      problem = error.what();
    }
  }
  if (has_previous) {
    try {
      SavedRun run = open_run(previous);
      log::warning(problem + "; going on from " + previous.string() + ", saved before it (update " +
                   std::to_string(run.state.update) + ")");
      link_atomically(previous, last, static_cast<int>(ExitCode::checkpoint));
      return run;
    } catch (const Error& error) {
      problem += "; " + std::string(error.what());
    }
  }
  throw checkpoint_error(problem +
                         ". No state to go on from: restore one of these files, choose another --model "
                         "directory, or say --restart to start over");
}

void read_tensors(const SavedRun& run, FlatParameters& parameters, FlatParameters* average, Adam& adam) {
  const at::NoGradGuard no_grad;
  read_flat(run.file, "", parameters, parameters.values);
  if (average != nullptr) {
    const bool averaged = run.file.find(std::string(kEmaPrefix) + parameters.slots().front().name) != nullptr;
    read_flat(run.file, averaged ? kEmaPrefix : std::string_view(), *average, average->values);
  }
  read_flat(run.file, kFirstMoment, parameters, adam.first_moment);
  read_flat(run.file, kSecondMoment, parameters, adam.second_moment);
}

}  // namespace heed
