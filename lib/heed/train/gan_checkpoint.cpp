#include "heed/train/gan_checkpoint.h"

#include <ATen/ATen.h>

namespace heed {
namespace {

template <class Module>
Module on(c10::Device device, Module module) {
  module->to(device);
  return module;
}

const std::string kGenerator(kGeneratorPrefix), kDiscriminator(kDiscriminatorPrefix);
const std::string kAverage = std::string(kEmaPrefix) + kGenerator;

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

void read_weights(const safetensors::File& file, GanNetworks& networks) {
  const std::string first = networks.discriminator_parameters.slots().front().name;
  if (file.find(kDiscriminator + first) != nullptr) {
    read_flat(file, kDiscriminator, networks.discriminator_parameters, networks.discriminator_parameters.values);
    read_buffers(file, kDiscriminator, *networks.discriminator);
  }
  read_flat(file, kGenerator, networks.generator_parameters, networks.generator_parameters.values);
  const at::NoGradGuard no_grad;
  networks.average_parameters.values.copy_(networks.generator_parameters.values);
}

}  // namespace heed
