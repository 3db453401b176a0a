#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/base/safetensors.h"
#include "heed/io/model_file.h"
#include "heed/train/optimizer.h"
#include "heed/train/run_files.h"

/// What the files of a run (train/run_files.h) hold.
namespace heed {

/// What a checkpoint holds; tensors are only pointed at.
struct Checkpoint {
  TensorList tensors;
  safetensors::Metadata metadata;
};

/// Adds a flat buffer laid out like `layout` as one tensor per parameter, named `prefix` + its name.
void add_flat(TensorList& tensors, std::string_view prefix, const FlatParameters& layout, const at::Tensor& flat);
/// The opposite. Throws as read_tensor().
void read_flat(const safetensors::File& file, std::string_view prefix, const FlatParameters& layout,
               const at::Tensor& flat);

/// Both moments of an optimizer under `prefix` "optim.m." and "optim.v.", followed by the parameters' names.
void add_moments(TensorList& tensors, std::string_view prefix, const FlatParameters& layout, const Adam& adam);
void read_moments(const safetensors::File& file, std::string_view prefix, const FlatParameters& layout, Adam& adam);

/// The state that a checkpoint's metadata holds as JSON. Throws Error(checkpoint).
template <class State>
State read_state(const safetensors::File& file) {
  State state;
  const auto json = nlohmann::json::parse(file.metadata("state"), nullptr, /*allow_exceptions=*/false);
  fields_from_json(state, json, file.path().string() + " (state)");
  return state;
}

/// The same for a whole checkpoint.
inline void save_last(const std::filesystem::path& directory, const Checkpoint& checkpoint) {
  save_last(directory, checkpoint.tensors.views(), checkpoint.metadata);
}
inline void save_best(const std::filesystem::path& directory, const Checkpoint& checkpoint) {
  save_best(directory, checkpoint.tensors.views(), checkpoint.metadata);
}

}  // namespace heed
