#include "heed/text/model_file.h"

#include <cstring>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/version.h"

namespace heed {
namespace {

constexpr std::string_view kKind = "transformer";
constexpr std::string_view kSourceSubwords = "subwords.source", kTargetSubwords = "subwords.target";

safetensors::DType dtype_of(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return safetensors::DType::f32;
    case at::kDouble:
      return safetensors::DType::f64;
    case at::kBFloat16:
      return safetensors::DType::bf16;
    case at::kLong:
      return safetensors::DType::i64;
    case at::kByte:
      return safetensors::DType::u8;
    default:
      throw std::logic_error(std::string("no file format for tensors of ") + toString(tensor.scalar_type()));
  }
}

at::ScalarType scalar_type_of(safetensors::DType dtype) {
  switch (dtype) {
    case safetensors::DType::boolean:
      return at::kBool;
    case safetensors::DType::u8:
      return at::kByte;
    case safetensors::DType::i32:
      return at::kInt;
    case safetensors::DType::i64:
      return at::kLong;
    case safetensors::DType::f16:
      return at::kHalf;
    case safetensors::DType::bf16:
      return at::kBFloat16;
    case safetensors::DType::f32:
      return at::kFloat;
    case safetensors::DType::f64:
      return at::kDouble;
  }
  throw std::logic_error("unknown dtype");
}

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

Subwords read_vocabulary(const safetensors::File& file, std::string_view name) {
  const safetensors::TensorView* view = file.find(name);
  if (view == nullptr || view->dtype != safetensors::DType::u8)
    throw checkpoint_error(file.path().string() + ": no subword model '" + std::string(name) + "' inside");
  return Subwords::from_bytes({reinterpret_cast<const char*>(view->data.data()), view->data.size()},
                              file.path().string() + " (" + std::string(name) + ")");
}

}  // namespace

void TensorList::add(std::string name, const at::Tensor& tensor) {
  kept_.push_back(tensor.detach().to(at::kCPU).contiguous());
  const at::Tensor& kept = kept_.back();
  views_.push_back({std::move(name),
                    dtype_of(kept),
                    kept.sizes().vec(),
                    {static_cast<const std::byte*>(kept.const_data_ptr()), kept.nbytes()}});
}

void TensorList::add_bytes(std::string name, std::string_view bytes) {
  views_.push_back({std::move(name),
                    safetensors::DType::u8,
                    {static_cast<std::int64_t>(bytes.size())},
                    std::as_bytes(std::span(bytes))});
}

safetensors::Metadata model_metadata(const TransformerOptions& options) {
  auto json = fields_to_json(options);
  json["source-vocab"] = options.source_vocab;
  json["target-vocab"] = options.target_vocab;
  return {{"format", "heed"},
          {"format_version", std::string(kFormatVersion)},
          {"kind", std::string(kKind)},
          {"version", std::string(kVersion)},
          {"options", json.dump()}};
}

void add_subwords(TensorList& tensors, const Subwords& source, const Subwords& target) {
  tensors.add_bytes(std::string(kSourceSubwords), source.serialized());
  if (target != source) tensors.add_bytes(std::string(kTargetSubwords), target.serialized());
}

void check_kind(const safetensors::File& file) {
  const auto& metadata = file.metadata();
  const auto value = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  const std::string path = file.path().string();
  if (value("format") != "heed")
    throw checkpoint_error(path + ": not a heed model (a safetensors file of another program?)");
  if (value("format_version") != kFormatVersion)
    throw checkpoint_error(path + ": format version '" + value("format_version") + "', but this heed reads version " +
                           std::string(kFormatVersion) + ": use the heed that wrote it, or a newer one");
  if (value("kind") != kKind)
    throw checkpoint_error(path + ": holds a model of kind '" + value("kind") + "', not a translation model" +
                           (value("kind").find("gan") != std::string::npos ? "; `sample` opens it" : ""));
}

TransformerOptions model_options(const safetensors::File& file) {
  const std::string where = file.path().string();
  TransformerOptions options;
  auto json = nlohmann::json::parse(file.metadata("options"), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw checkpoint_error(where + ": the options inside are not JSON");
  const auto take = [&](const char* key, std::int64_t& field) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_integer())
      throw checkpoint_error(where + ": option '" + key + "' is missing");
    field = found->get<std::int64_t>();
    json.erase(found);
  };
  take("source-vocab", options.source_vocab);
  take("target-vocab", options.target_vocab);
  fields_from_json(options, json, where);
  try {
    validate(options);
  } catch (const Error& error) {
    throw checkpoint_error(where + ": " + error.what());
  }
  // Whoever asks for more weights than the file has must not make us allocate them.
  std::int64_t numbers = 0;
  for (const auto& tensor : file.tensors())
    if (tensor.dtype == safetensors::DType::f32 && !tensor.name.starts_with(kEmaPrefix) &&
        !tensor.name.starts_with("optim."))
      numbers += static_cast<std::int64_t>(tensor.data.size() / sizeof(float));
  if (numbers != parameter_count(options))
    throw checkpoint_error(where + ": its options ask for " + std::to_string(parameter_count(options)) +
                           " weights, but it holds " + std::to_string(numbers));
  return options;
}

std::pair<Subwords, Subwords> read_subwords(const safetensors::File& file) {
  const Subwords source = read_vocabulary(file, kSourceSubwords);
  return {source, file.find(kTargetSubwords) != nullptr ? read_vocabulary(file, kTargetSubwords) : source};
}

at::Tensor to_tensor(const safetensors::TensorView& view) {
  at::Tensor tensor = at::empty(view.shape, at::TensorOptions().dtype(scalar_type_of(view.dtype)));
  if (!view.data.empty()) std::memcpy(tensor.mutable_data_ptr(), view.data.data(), view.data.size());
  return tensor;
}

void read_parameters(const safetensors::File& file, std::string_view prefix, torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : module.named_parameters()) {
    const std::string name = std::string(prefix) + parameter.key();
    const safetensors::TensorView* view = file.find(name);
    if (view == nullptr) throw checkpoint_error(file.path().string() + ": the weights '" + name + "' are missing");
    if (at::IntArrayRef(view->shape) != parameter.value().sizes() || view->dtype != safetensors::DType::f32)
      throw checkpoint_error(file.path().string() + ": '" + name + "' is " + std::string(name_of(view->dtype)) + " " +
                             shape_text(view->shape) + ", expected F32 " + shape_text(parameter.value().sizes()));
    parameter.value().copy_(to_tensor(*view));
  }
}

TranslationModel load_translation_model(const std::filesystem::path& given, bool verify) {
  std::filesystem::path path = given;
  if (std::filesystem::is_directory(given)) {
    path = given / "best.safetensors";
    if (!std::filesystem::exists(path)) path = given / "last.safetensors";
    if (!std::filesystem::exists(path))
      throw checkpoint_error(given.string() +
                             ": no best.safetensors or last.safetensors in this directory: is it a "
                             "model that seq2seq-train made?");
  } else if (!std::filesystem::exists(given)) {
    throw checkpoint_error(given.string() + ": no such model directory or file");
  }
  const safetensors::File file(path, verify);
  check_kind(file);
  const TransformerOptions options = model_options(file);
  const auto [source, target] = read_subwords(file);
  if (source.size() != options.source_vocab || target.size() != options.target_vocab)
    throw checkpoint_error(path.string() + ": its vocabularies have " + std::to_string(source.size()) + " and " +
                           std::to_string(target.size()) + " entries, its options say " +
                           std::to_string(options.source_vocab) + " and " + std::to_string(options.target_vocab));
  Transformer network(options);
  const bool averaged = file.find(std::string(kEmaPrefix) + network->named_parameters().front().key()) != nullptr;
  read_parameters(file, averaged ? kEmaPrefix : std::string_view(), *network);
  network->eval();
  return {network, source, target};
}

}  // namespace heed
