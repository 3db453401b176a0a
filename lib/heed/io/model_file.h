#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "heed/base/safetensors.h"

/// What every model is on disk: a safetensors file with the metadata `format` "heed", `format_version`, `kind`,
/// `version` (of heed) and `options` (JSON), and the weights under their module names.
namespace heed {

inline constexpr std::string_view kFormatVersion = "1";
/// Prefix of the averaged weights in a `last` file; a `best` file holds them under the plain names.
inline constexpr std::string_view kEmaPrefix = "ema.";

/// What a file holds and which programs make and open it.
struct ModelKind {
  std::string_view name;   ///< metadata `kind`
  std::string_view title;  ///< for messages
  std::string_view maker, opener;
};
inline constexpr ModelKind kTranslationModel{"transformer", "a translation model", "seq2seq-train", "translate"};
inline constexpr ModelKind kPictureModel{"attention-gan", "a picture model", "gan-train", "sample"};

/// Tensors that only point at the bytes of others, which must stay alive while they are written.
class TensorList {
 public:
  /// The tensor is moved to the CPU and made contiguous when it is not (the copy is kept here).
  void add(std::string name, const at::Tensor& tensor);
  void add_bytes(std::string name, std::string_view bytes);
  const std::vector<safetensors::TensorView>& views() const { return views_; }

 private:
  std::vector<safetensors::TensorView> views_;
  std::vector<at::Tensor> kept_;
};

/// A tensor of the file as a LibTorch tensor of its own memory.
at::Tensor to_tensor(const safetensors::TensorView& view);

/// The metadata that every model has; `options` is JSON text.
safetensors::Metadata model_metadata(const ModelKind& kind, std::string options);
/// Throws Error(checkpoint) when the file is not a heed model of this kind and format; a model of another kind is told
/// which program opens it.
void check_kind(const safetensors::File& file, const ModelKind& kind);
/// How many weights the file holds: what its options ask for is compared with it before anything is allocated.
std::int64_t weights_in(const safetensors::File& file);
/// The tensor of that name. Throws Error(checkpoint) naming it when it is missing or has another shape or type than
/// F32.
at::Tensor read_tensor(const safetensors::File& file, const std::string& name, at::IntArrayRef shape);
/// Copies the tensors named `prefix` + parameter name into the module's parameters. Throws as read_tensor().
void read_parameters(const safetensors::File& file, std::string_view prefix, torch::nn::Module& module);

/// The checkpoint that `given` means: itself, or in a model directory `best.safetensors`, else `last.safetensors`.
/// Throws Error(checkpoint) when there is none.
std::filesystem::path find_model_file(const std::filesystem::path& given, const ModelKind& kind);

}  // namespace heed
