#include "heed/train/gan_checkpoint.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/base/fields_json.h"
#include "heed/base/log.h"

namespace heed {
namespace {

template <class Module>
Module on(c10::Device device, Module module) {
  module->to(device);
  return module;
}

const std::string kGenerator(kGeneratorPrefix), kDiscriminator(kDiscriminatorPrefix);
const std::string kAverage = std::string(kEmaPrefix) + kGenerator;

bool holds(const safetensors::File& file, const std::string& prefix) {
  const auto& tensors = file.tensors();
  return std::any_of(tensors.begin(), tensors.end(),
                     [&](const safetensors::TensorView& tensor) { return tensor.name.starts_with(prefix); });
}

safetensors::File open_picture_model(const std::filesystem::path& path) {
  safetensors::File file(path);
  check_kind(file, kPictureModel);
  return file;
}

}  // namespace

GanNetworks::GanNetworks(const PictureNetworks& options, AdamOptions adam, c10::Device device)
    : generator(on(device, AttentionGenerator(options.generator))),
      average(on(device, AttentionGenerator(options.generator))),
      discriminator(on(device, Discriminator(options.discriminator))),
      generator_parameters(*generator),
      average_parameters(*average, /*with_gradients=*/false),
      discriminator_parameters(*discriminator),
      generator_adam(generator_parameters, adam),
      discriminator_adam(discriminator_parameters, adam) {
  average->eval();
  const at::NoGradGuard no_grad;
  average_parameters.values.copy_(generator_parameters.values);
}

Checkpoint to_go_on(const GanNetworks& networks, const GanRun& run) {
  Checkpoint checkpoint{.tensors = {}, .metadata = picture_metadata(run.options, run.class_names)};
  TensorList& tensors = checkpoint.tensors;
  add_flat(tensors, kGenerator, networks.generator_parameters, networks.generator_parameters.values);
  add_flat(tensors, kDiscriminator, networks.discriminator_parameters, networks.discriminator_parameters.values);
  add_buffers(tensors, kDiscriminator, *networks.discriminator);
  add_flat(tensors, kAverage, networks.average_parameters, networks.average_parameters.values);
  add_moments(tensors, kGenerator, networks.generator_parameters, networks.generator_adam);
  add_moments(tensors, kDiscriminator, networks.discriminator_parameters, networks.discriminator_adam);
  checkpoint.metadata["state"] = fields_to_json(run.state).dump();
  checkpoint.metadata["train_options"] = run.train_options;
  return checkpoint;
}

Checkpoint to_sample(const GanNetworks& networks, const GanRun& run) {
  Checkpoint checkpoint{.tensors = {}, .metadata = picture_metadata(run.options, run.class_names)};
  add_flat(checkpoint.tensors, kGenerator, networks.average_parameters, networks.average_parameters.values);
  checkpoint.metadata["update"] = std::to_string(run.state.update);
  checkpoint.metadata["train_options"] = run.train_options;
  return checkpoint;
}

std::optional<safetensors::File> open_last_gan(const std::filesystem::path& directory) {
  return open_last(directory, [](const safetensors::File& file) {
    check_kind(file, kPictureModel);
    read_state<GanState>(file);
  });
}

void read_tensors(const safetensors::File& file, GanNetworks& networks) {
  read_flat(file, kGenerator, networks.generator_parameters, networks.generator_parameters.values);
  read_flat(file, kDiscriminator, networks.discriminator_parameters, networks.discriminator_parameters.values);
  read_buffers(file, kDiscriminator, *networks.discriminator);
  read_flat(file, kAverage, networks.average_parameters, networks.average_parameters.values);
  read_moments(file, kGenerator, networks.generator_parameters, networks.generator_adam);
  read_moments(file, kDiscriminator, networks.discriminator_parameters, networks.discriminator_adam);
}

InitialModel::InitialModel(const std::filesystem::path& given)
    : generator_(open_picture_model(find_model_file(given, kPictureModel))) {
  const std::filesystem::path last = given / "last.safetensors";
  if (!holds(generator_, kDiscriminator) && is_there(last)) last_.emplace(open_picture_model(last));
}

const safetensors::File* InitialModel::discriminator() const {
  const safetensors::File& file = last_ ? *last_ : generator_;
  return holds(file, kDiscriminator) ? &file : nullptr;
}

void InitialModel::require_shape(const PictureNetworks& networks) const {
  const nlohmann::json theirs = fields_to_json(picture_networks(generator_)), ours = fields_to_json(networks);
  std::string differences;
  for (const auto& [name, value] : theirs.items())
    if (ours.at(name) != value)
      differences += "  " + name + ": " + value.dump() + " there, " + ours.at(name).dump() + " here\n";
  if (!differences.empty())
    throw usage_error("--init " + generator_.path().string() + " has other networks:\n" + differences +
                      "give the same flags, pictures of the same format, or leave out --init");
}

void InitialModel::read_weights(GanNetworks& networks) const {
  const std::string generator = holds(generator_, kAverage) ? kAverage : kGenerator;
  read_flat(generator_, generator, networks.generator_parameters, networks.generator_parameters.values);
  const at::NoGradGuard no_grad;
  networks.average_parameters.values.copy_(networks.generator_parameters.values);
  const safetensors::File* file = discriminator();
  if (file == nullptr) {
    log::warning("--init " + generator_.path().string() + ": holds a generator only, so the discriminator begins anew");
    return;
  }
  read_flat(*file, kDiscriminator, networks.discriminator_parameters, networks.discriminator_parameters.values);
  read_buffers(*file, kDiscriminator, *networks.discriminator);
  log::info("starting from the generator in " + generator_.path().string() + " and the discriminator in " +
            file->path().string());
}

}  // namespace heed
