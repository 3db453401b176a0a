#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "heed/base/safetensors.h"

/// The files of a run: `last.safetensors` (everything needed to go on), `last.1.safetensors` (the one before) and
/// `best.safetensors` (the weights to use). Each is one file and so one commit point. No LibTorch here.
namespace heed {

/// Replaces `last`, keeping the one before as `last.1`. Throws Error(checkpoint); the old files are intact then.
void save_last(const std::filesystem::path& directory, const std::vector<safetensors::TensorView>& tensors,
               const safetensors::Metadata& metadata);
/// Replaces `best`.
void save_best(const std::filesystem::path& directory, const std::vector<safetensors::TensorView>& tensors,
               const safetensors::Metadata& metadata);

/// Throws Error(checkpoint) when `directory` holds `best` but no state to go on from: a new run would replace that
/// model. `init_flag` is the one by which a run begins from another model.
void refuse_lone_best(const std::filesystem::path& directory, const std::string& init_flag);

/// The state in `directory`: `last`, or with a warning `last.1` when that is missing, damaged or unreadable, and then
/// takes the place of `last`: the next save must not keep the damaged one as `last.1`. A whole `last` that `check`
/// refuses (it throws Error), such as one by a newer heed, stays where it is. Nothing when there are neither;
/// Error(checkpoint) when there are some but none is of use: a run is never begun anew silently.
std::optional<safetensors::File> open_last(const std::filesystem::path& directory,
                                           const std::function<void(const safetensors::File&)>& check);

}  // namespace heed
