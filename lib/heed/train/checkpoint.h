#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "heed/base/safetensors.h"
#include "heed/io/model_file.h"
#include "heed/train/optimizer.h"
#include "heed/train/run_files.h"
#include "heed/train/saved_state.h"

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

/// As in train/run_files.h, of a whole checkpoint.
inline void save_last(const std::filesystem::path& directory, const Checkpoint& checkpoint) {
  save_last(directory, checkpoint.tensors.views(), checkpoint.metadata);
}
inline void save_best(const std::filesystem::path& directory, const Checkpoint& checkpoint) {
  save_best(directory, checkpoint.tensors.views(), checkpoint.metadata);
}

}  // namespace heed
