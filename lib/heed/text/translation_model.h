#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/safetensors.h"
#include "heed/models/transformer.h"
#include "heed/text/subwords.h"

/// What a translation model is on disk: metadata `format` "heed", `format_version`, `kind`, `options` (JSON), weights
/// under their module names, and the subword models as U8 tensors.
namespace heed {

inline constexpr std::string_view kFormatVersion = "1";
/// Prefix of the averaged weights in a `last` file; a `best` file holds them under the plain names.
inline constexpr std::string_view kEmaPrefix = "ema.";

/// A model and what it reads and writes.
struct TranslationModel {
  Transformer network{nullptr};
  Subwords source, target;
};

/// Tensors that only point at the bytes of others, which must stay alive while they are written.
class TensorList {
 public:
  /// The tensor is moved to the CPU and made contiguous when it is not (the copy is kept here).
  void add(std::string name, const at::Tensor& tensor);
  void add_bytes(std::string name, std::string_view bytes);
  std::vector<safetensors::TensorView> views() const { return views_; }

 private:
  std::vector<safetensors::TensorView> views_;
  std::vector<at::Tensor> kept_;
};

/// Metadata and tensors of a model for safetensors::write. `subwords`: the target's is left out when both are one.
safetensors::Metadata model_metadata(const TransformerOptions& options);
void add_subwords(TensorList& tensors, const Subwords& source, const Subwords& target);

/// Checks format, version and kind. Throws Error(checkpoint); a picture model is told which program opens it.
void check_kind(const safetensors::File& file);
/// The options, validated: their parameter count must equal the numbers in the file before anything is built.
TransformerOptions model_options(const safetensors::File& file);
/// Source and target vocabulary.
std::pair<Subwords, Subwords> read_subwords(const safetensors::File& file);
/// Copies the tensors named `prefix` + parameter name into the module's parameters. Throws Error(checkpoint) naming
/// the first that is missing or has another shape or type.
void read_parameters(const safetensors::File& file, std::string_view prefix, torch::nn::Module& module);
/// A tensor of the file as a LibTorch tensor of its own memory.
at::Tensor to_tensor(const safetensors::TensorView& view);

/// `path`: a model directory (its `best.safetensors`, else `last.safetensors`) or a checkpoint file. Averaged weights
/// are preferred where a file has both. The network is on the CPU, in evaluation mode. Throws Error(checkpoint).
TranslationModel load_translation_model(const std::filesystem::path& path, bool verify = true);

}  // namespace heed
