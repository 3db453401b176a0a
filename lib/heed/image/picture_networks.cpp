#include "heed/image/picture_networks.h"

#include <cstdint>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/io/model_identity.h"

namespace heed {
namespace {

std::int64_t weights_under(const safetensors::File& file, std::string_view prefix) {
  std::int64_t weights = 0;
  for (const auto& tensor : file.tensors())
    if (tensor.dtype == safetensors::DType::f32 && tensor.name.starts_with(prefix))
      weights += static_cast<std::int64_t>(tensor.data.size() / sizeof(float));
  return weights;
}

// Whoever asks for more weights than the file has must not make us allocate them.
void check_generator_weights(const safetensors::File& file, const PictureNetworks& networks) {
  const std::int64_t expected = parameter_count(networks.generator), found = weights_under(file, kGeneratorPrefix);
  if (found != expected)
    throw checkpoint_error(file.path().string() + ": its options ask for a generator of " + std::to_string(expected) +
                           " weights, but it holds " + std::to_string(found));
}

}  // namespace

void validate(const PictureNetworks& networks) {
  validate(networks.generator);
  validate(networks.discriminator);
}

safetensors::Metadata picture_metadata(const PictureNetworks& networks, const std::vector<std::string>& class_names) {
  safetensors::Metadata metadata = model_metadata(kPictureNetworks[0], fields_to_json(networks).dump());
  metadata["class_names"] = nlohmann::json(class_names).dump();
  return metadata;
}

PictureNetworks picture_networks(const safetensors::File& file) {
  const std::string where = file.path().string();
  const auto json = nlohmann::json::parse(file.metadata("options"), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw checkpoint_error(where + ": the options inside are not JSON");
  PictureNetworks networks;
  fields_from_json(networks, json, where);
  networks.discriminator.image = networks.generator.image;
  try {
    validate(networks);
  } catch (const Error& error) {
    throw checkpoint_error(where + ": " + error.what());
  }
  check_generator_weights(file, networks);
  return networks;
}

void check_weights(const safetensors::File& file, const PictureNetworks& networks) {
  check_generator_weights(file, networks);
  // Buffers stand under the same prefix.
  const std::int64_t least = parameter_count(networks.discriminator), found = weights_under(file, kDiscriminatorPrefix);
  if (found < least)
    throw checkpoint_error(file.path().string() + ": its options ask for a discriminator of " + std::to_string(least) +
                           " weights, but it holds " + std::to_string(found));
}

std::vector<std::string> class_names_in(const safetensors::File& file) {
  const auto json = nlohmann::json::parse(file.metadata("class_names"), nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> names;
  bool valid = json.is_array();
  for (std::size_t i = 0; valid && i < json.size(); ++i) {
    valid = json[i].is_string();
    if (valid) names.push_back(json[i].get<std::string>());
  }
  if (!valid) throw checkpoint_error(file.path().string() + ": the class names inside are no list of texts");
  return names;
}

}  // namespace heed
