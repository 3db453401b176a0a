#include "heed/io/model_identity.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "heed/base/error.h"
#include "heed/version.h"

namespace heed {
namespace {

constexpr std::array kKinds{kTranslationModel, kPictureModel};

std::string value_of(const safetensors::File& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? std::string() : found->second;
}

void check_format(const safetensors::File& file) {
  const std::string path = file.path().string(), version = value_of(file, "format_version");
  if (value_of(file, "format") != "heed")
    throw checkpoint_error(path + ": not a heed model (a safetensors file of another program?)");
  if (version != kFormatVersion)
    throw checkpoint_error(path + ": format version '" + version + "', but this heed reads version " +
                           std::string(kFormatVersion) + ": use the heed that wrote it, or a newer one");
}

bool is_of(const ModelKind& kind, const std::string& network) {
  return std::ranges::find(kind.names, network) != kind.names.end();
}

std::filesystem::path find_model_file_of(const std::filesystem::path& given, const std::string& question) {
  if (!is_there(given)) throw checkpoint_error(given.string() + ": no such model directory or file");
  std::error_code unknown;  // opening it will tell
  if (!std::filesystem::is_directory(given, unknown)) return given;
  for (const char* name : {"best.safetensors", "last.safetensors"})
    if (is_there(given / name)) return given / name;
  throw checkpoint_error(given.string() + ": no best.safetensors or last.safetensors in this directory: " + question);
}

}  // namespace

safetensors::Metadata model_metadata(std::string_view network, std::string options) {
  return {{"format", "heed"},
          {"format_version", std::string(kFormatVersion)},
          {"kind", std::string(network)},
          {"version", std::string(kVersion)},
          {"options", std::move(options)}};
}

std::string network_of(const safetensors::File& file) {
  return value_of(file, "kind");
}

const ModelKind& kind_of(const safetensors::File& file) {
  check_format(file);
  for (const ModelKind& kind : kKinds)
    if (is_of(kind, network_of(file))) return kind;
  throw checkpoint_error(file.path().string() + ": holds a model of kind '" + network_of(file) +
                         "', which this heed does not know");
}

void check_kind(const safetensors::File& file, const ModelKind& kind) {
  check_format(file);
  const std::string found = network_of(file);
  if (is_of(kind, found)) return;
  std::string message =
      file.path().string() + ": holds a model of kind '" + found + "', not " + std::string(kind.title);
  for (const ModelKind& other : kKinds)
    if (is_of(other, found)) message += "; `" + std::string(other.opener) + "` opens it";
  throw checkpoint_error(message);
}

bool is_for_training(std::string_view tensor) {
  return tensor.starts_with(kOptimizerPrefix) || tensor.starts_with(kRecentPrefix);
}

std::int64_t weights_in(const safetensors::File& file) {
  std::int64_t weights = 0;
  for (const auto& tensor : file.tensors())
    if (tensor.dtype == safetensors::DType::f32 && !tensor.name.starts_with(kEmaPrefix) &&
        !is_for_training(tensor.name))
      weights += static_cast<std::int64_t>(tensor.data.size() / sizeof(float));
  return weights;
}

std::vector<safetensors::TensorView> used_tensors(const safetensors::File& file) {
  const bool has_average = std::ranges::any_of(
      file.tensors(), [](const safetensors::TensorView& tensor) { return tensor.name.starts_with(kEmaPrefix); });
  std::vector<safetensors::TensorView> used;
  for (safetensors::TensorView tensor : file.tensors()) {
    const bool is_average = tensor.name.starts_with(kEmaPrefix);
    if (is_for_training(tensor.name)) continue;
    if (tensor.dtype == safetensors::DType::f32 && is_average != has_average) continue;
    if (is_average) tensor.name.erase(0, kEmaPrefix.size());
    used.push_back(std::move(tensor));
  }
  std::ranges::sort(used, {}, &safetensors::TensorView::name);
  return used;
}

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  const bool found = std::filesystem::exists(path, error);
  if (error) throw checkpoint_error("cannot look for " + path.string() + ": " + error.message());
  return found;
}

std::filesystem::path find_model_file(const std::filesystem::path& given, const ModelKind& kind) {
  return find_model_file_of(given, "is it a model that " + std::string(kind.maker) + " made?");
}

std::filesystem::path find_model_file(const std::filesystem::path& given) {
  return find_model_file_of(given, "is it a model directory?");
}

}  // namespace heed
