#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/safetensors.h"

/// What every model is on disk: a safetensors file with the metadata `format` "heed", `format_version`, `kind`,
/// `version` (of heed) and `options` (JSON), and the weights under their module names. No LibTorch here.
namespace heed {

inline constexpr std::string_view kFormatVersion = "1";
/// Prefix of the averaged weights in a `last` file; a `best` file holds them under the plain names.
inline constexpr std::string_view kEmaPrefix = "ema.";
/// Prefix of what the optimizer remembers, and of weights at validations before that are still to be averaged.
inline constexpr std::string_view kOptimizerPrefix = "optim.", kRecentPrefix = "recent.";
/// The tensor of a translation model that is made of its training text rather than trained.
inline constexpr std::string_view kShortlist = "shortlist";

/// What a file holds and which programs make and open it.
struct ModelKind {
  std::span<const std::string_view> names;  ///< metadata `kind`: what the network is made of
  std::string_view title;                   ///< for messages
  std::string_view maker, opener;
};
inline constexpr std::string_view kTranslationNetworks[] = {"transformer", "lstm", "gru"};
inline constexpr std::string_view kPictureNetworks[] = {"attention-gan"};
inline constexpr ModelKind kTranslationModel{kTranslationNetworks, "a translation model", "seq2seq-train", "translate"};
inline constexpr ModelKind kPictureModel{kPictureNetworks, "a picture model", "gan-train", "sample"};

/// The metadata that every model has: what the network is made of (one of a kind's names) and its options, JSON text.
safetensors::Metadata model_metadata(std::string_view network, std::string options);
/// What the network of a heed model is made of: the metadata `kind`.
std::string network_of(const safetensors::File& file);
/// The kind of a heed model of this format. Throws Error(checkpoint) for any other file.
const ModelKind& kind_of(const safetensors::File& file);
/// Throws Error(checkpoint) when the file is not a heed model of this kind and format; a model of another kind is told
/// which program opens it.
void check_kind(const safetensors::File& file, const ModelKind& kind);
/// Whether training alone needs the tensor of that name.
bool is_for_training(std::string_view tensor);
/// How many weights the file holds: what its options ask for is compared with it before anything is allocated.
std::int64_t weights_in(const safetensors::File& file);

/// The tensors that the model is used with, under their plain names: averaged weights where the file has both, nothing
/// that only training needs, and all that is not of type F32. Sorted by name; they point into the file.
std::vector<safetensors::TensorView> used_tensors(const safetensors::File& file);

/// Whether there is such a file or directory. Throws Error(checkpoint) when that cannot be found out.
bool is_there(const std::filesystem::path& path);

/// The checkpoint that `given` means: itself, or in a model directory `best.safetensors`, else `last.safetensors`.
/// Throws Error(checkpoint) when there is none.
std::filesystem::path find_model_file(const std::filesystem::path& given, const ModelKind& kind);
/// The same for a model of any kind.
std::filesystem::path find_model_file(const std::filesystem::path& given);

}  // namespace heed
