#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/base/safetensors.h"
#include "heed/io/model_file.h"
#include "heed/train/optimizer.h"

/// The files of a run: `last.safetensors` (everything needed to go on), `last.1.safetensors` (the one before) and
/// `best.safetensors` (the weights to use). Each is one file and so one commit point.
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

/// Replaces `last`, keeping the one before as `last.1`. Throws Error(checkpoint); the old files are intact then.
void save_last(const std::filesystem::path& directory, const Checkpoint& checkpoint);
/// Replaces `best`.
void save_best(const std::filesystem::path& directory, const Checkpoint& checkpoint);

/// The state in `directory`: `last`, or with a warning `last.1` when that is missing, damaged or refused by `check`
/// (which throws Error), and then takes the place of `last`: the next save must not keep the damaged one as `last.1`.
/// Nothing when there are neither; Error(checkpoint) when there are some but none is readable: a run is never begun
/// anew silently.
std::optional<safetensors::File> open_last(const std::filesystem::path& directory,
                                           const std::function<void(const safetensors::File&)>& check);

}  // namespace heed
