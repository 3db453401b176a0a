#include "heed/text/translation_file.h"

#include <cstring>
#include <stdexcept>
#include <vector>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/io/model_identity.h"

namespace heed {
namespace {

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
  check_weights(file, options);
  return options;
}

void check_weights(const safetensors::File& file, const Seq2SeqOptions& options) {
  const std::int64_t expected = parameter_count(options), found = weights_in(file);
  if (found != expected)
    throw checkpoint_error(file.path().string() + ": its options ask for " + std::to_string(expected) +
                           " weights, but it holds " + std::to_string(found));
}

std::pair<Subwords, Subwords> read_subwords(const safetensors::File& file) {
  const Subwords source = read_vocabulary(file, kSourceSubwords);
  return {source, file.find(kTargetSubwords) != nullptr ? read_vocabulary(file, kTargetSubwords) : source};
}

}  // namespace heed
