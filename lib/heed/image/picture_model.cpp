#include "heed/image/picture_model.h"

#include <ATen/ATen.h>

#include "heed/base/error.h"

namespace heed {

void add_buffers(TensorList& tensors, std::string_view prefix, const torch::nn::Module& module) {
  for (const auto& buffer : module.named_buffers()) tensors.add(std::string(prefix) + buffer.key(), buffer.value());
}

void read_buffers(const safetensors::File& file, std::string_view prefix, torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  for (auto& buffer : module.named_buffers())
    buffer.value().copy_(read_tensor(file, std::string(prefix) + buffer.key(), buffer.value().sizes()));
}

PictureModel load_picture_model(const std::filesystem::path& given, PictureWeights weights) {
  std::filesystem::path path = find_model_file(given, kPictureModel);
  std::error_code unknown;  // find_model_file() has looked at it
  if (weights == PictureWeights::raw && std::filesystem::is_directory(given, unknown))
    path = given / "last.safetensors";
  if (!is_there(path))
    throw checkpoint_error(path.string() + ": missing; only it holds the weights that --raw asks for");
  const safetensors::File file(path);
  check_kind(file, kPictureModel);
  const PictureNetworks networks = picture_networks(file);
  PictureModel model{AttentionGenerator(networks.generator), class_names_in(file), path};
  if (std::ssize(model.class_names) != networks.generator.image.classes)
    throw checkpoint_error(path.string() + ": it names " + std::to_string(model.class_names.size()) +
                           " classes, its options say " + std::to_string(networks.generator.image.classes));
  const std::string averaged = std::string(kEmaPrefix) + std::string(kGeneratorPrefix);
  const bool has_average = file.find(averaged + model.generator->named_parameters().front().key()) != nullptr;
  if (weights == PictureWeights::raw && !has_average)
    throw checkpoint_error(path.string() + ": holds averaged weights only; --raw needs a last.safetensors");
  read_parameters(file, weights == PictureWeights::average && has_average ? averaged : std::string(kGeneratorPrefix),
                  *model.generator);
  model.generator->eval();
  return model;
}

}  // namespace heed
