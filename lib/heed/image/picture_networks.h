#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "heed/base/fields.h"
#include "heed/base/safetensors.h"
#include "heed/models/attention_gan_options.h"

/// What a picture model is on disk: a model file (heed/io/model_identity.h) whose weights stand under "generator."
/// and, where training can go on, "discriminator."; metadata `class_names` is a JSON list. Everything but the weights
/// is read here, without LibTorch.
namespace heed {

inline constexpr std::string_view kGeneratorPrefix = "generator.", kDiscriminatorPrefix = "discriminator.";

/// The shapes of both networks, as a file holds them.
struct PictureNetworks {
  AttentionGeneratorOptions generator;
  DiscriminatorOptions discriminator;
};

template <OptionsOf<PictureNetworks> Networks, class Visitor>
void visit_fields(Networks& n, Visitor&& visit) {
  visit_fields(n.generator.image, visit);
  visit_fields(n.generator, visit);
  visit_fields(n.discriminator, visit);
}

/// Throws Error(usage) as the networks' own validate() do.
void validate(const PictureNetworks& networks);

safetensors::Metadata picture_metadata(const PictureNetworks& networks, const std::vector<std::string>& class_names);
/// The options inside, validated: the numbers in the file must be as many as they ask for. Throws Error(checkpoint).
PictureNetworks picture_networks(const safetensors::File& file);
/// Refuses valid networks of other sizes than those in the file. Throws Error(checkpoint).
void check_weights(const safetensors::File& file, const PictureNetworks& networks);
std::vector<std::string> class_names_in(const safetensors::File& file);

}  // namespace heed
