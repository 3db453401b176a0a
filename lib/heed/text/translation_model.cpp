#include "heed/text/translation_model.h"

#include <cstring>
#include <stdexcept>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"

namespace heed {
namespace {

constexpr std::string_view kSourceSubwords = "subwords.source", kTargetSubwords = "subwords.target",
                           kShortlist = "shortlist";

Subwords read_vocabulary(const safetensors::File& file, std::string_view name) {
  const safetensors::TensorView* view = file.find(name);
  if (view == nullptr || view->dtype != safetensors::DType::u8)
    throw checkpoint_error(file.path().string() + ": no subword model '" + std::string(name) + "' inside");
  return Subwords::from_bytes({reinterpret_cast<const char*>(view->data.data()), view->data.size()},
                              file.path().string() + " (" + std::string(name) + ")");
}

}  // namespace

safetensors::Metadata translation_metadata(const Seq2SeqOptions& options) {
  const auto all = fields_to_json(options);
  auto json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : all.items())
    if (name != "arch" && has_option(options.arch, name)) json[name] = value;
  json["source-vocab"] = options.source_vocab;
  json["target-vocab"] = options.target_vocab;
  return model_metadata(name_of(options.arch), json.dump());
}

void add_subwords(TensorList& tensors, const Subwords& source, const Subwords& target) {
  tensors.add_bytes(std::string(kSourceSubwords), source.serialized());
  if (target != source) tensors.add_bytes(std::string(kTargetSubwords), target.serialized());
}

void add_shortlist(TensorList& tensors, const Shortlist& shortlist) {
  if (shortlist.empty()) return;
  const at::Tensor table = at::tensor(shortlist.table(), at::kInt);
  tensors.add(std::string(kShortlist), table.view({-1, shortlist.width()}));
}

Shortlist read_shortlist(const safetensors::File& file, const Seq2SeqOptions& options) {
  const safetensors::TensorView* view = file.find(kShortlist);
  if (view == nullptr) return {};
  const std::string where = file.path().string() + " (" + std::string(kShortlist) + ")";
  if (view->dtype != safetensors::DType::i32 || view->shape.size() != 2)
    throw checkpoint_error(where + ": not a table of token numbers");
  std::vector<TokenId> table(view->data.size() / sizeof(TokenId));
  if (!table.empty()) std::memcpy(table.data(), view->data.data(), view->data.size());
  try {
    return {std::move(table), view->shape[1], options.source_vocab, options.target_vocab};
  } catch (const std::invalid_argument& error) {
    throw checkpoint_error(where + ": " + error.what());
  }
}

Seq2SeqOptions model_options(const safetensors::File& file) {
  const std::string where = file.path().string();
  Seq2SeqOptions options;
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
  json["arch"] = network_of(file);
  fields_from_json(options, json, where);
  try {
    validate(options);
  } catch (const Error& error) {
    throw checkpoint_error(where + ": " + error.what());
  }
  // Whoever asks for more weights than the file has must not make us allocate them.
  const std::int64_t numbers = weights_in(file);
  if (numbers != parameter_count(options))
    throw checkpoint_error(where + ": its options ask for " + std::to_string(parameter_count(options)) +
                           " weights, but it holds " + std::to_string(numbers));
  return options;
}

std::pair<Subwords, Subwords> read_subwords(const safetensors::File& file) {
  const Subwords source = read_vocabulary(file, kSourceSubwords);
  return {source, file.find(kTargetSubwords) != nullptr ? read_vocabulary(file, kTargetSubwords) : source};
}

TranslationModel load_translation_model(const std::filesystem::path& given, bool verify) {
  const std::filesystem::path path = find_model_file(given, kTranslationModel);
  const safetensors::File file(path, verify);
  check_kind(file, kTranslationModel);
  const Seq2SeqOptions options = model_options(file);
  const auto [source, target] = read_subwords(file);
  if (source.size() != options.source_vocab || target.size() != options.target_vocab)
    throw checkpoint_error(path.string() + ": its vocabularies have " + std::to_string(source.size()) + " and " +
                           std::to_string(target.size()) + " entries, its options say " +
                           std::to_string(options.source_vocab) + " and " + std::to_string(options.target_vocab));
  const std::shared_ptr<Seq2SeqModel> network = make_seq2seq_model(options);
  const bool averaged = file.find(std::string(kEmaPrefix) + network->named_parameters().front().key()) != nullptr;
  read_parameters(file, averaged ? kEmaPrefix : std::string_view(), *network);
  network->eval();
  return {network, source, target, read_shortlist(file, options)};
}

}  // namespace heed
