#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/image/picture_model.h"
#include "heed/train/checkpoint.h"
#include "heed/train/gan_state.h"

namespace heed {

/// Both networks in training, with their optimizers and the average of the generator.
struct GanNetworks {
  GanNetworks(const PictureNetworks& options, AdamOptions adam, c10::Device device);

  AttentionGenerator generator, average;
  Discriminator discriminator;
  FlatParameters generator_parameters, average_parameters, discriminator_parameters;
  Adam generator_adam, discriminator_adam;
};

/// What else belongs into a checkpoint.
struct GanRun {
  const PictureNetworks& options;
  const std::vector<std::string>& class_names;
  const std::string& train_options;  ///< JSON
  const GanState& state;
};

/// Everything needed to go on, for save_last().
Checkpoint to_go_on(const GanNetworks& networks, const GanRun& run);
/// The averaged generator, for save_best().
Checkpoint to_sample(const GanNetworks& networks, const GanRun& run);

std::optional<safetensors::File> open_last_gan(const std::filesystem::path& directory);
void read_tensors(const safetensors::File& file, GanNetworks& networks);

/// Another model to start from (--init): a model directory or a checkpoint file.
class InitialModel {
 public:
  /// Throws Error(checkpoint) when there is none.
  explicit InitialModel(const std::filesystem::path& given);
  /// Throws Error(usage) that lists the options in which its networks differ.
  void require_shape(const PictureNetworks& networks) const;
  /// Takes over the generator, averaged where it is, and the discriminator of the file or of the directory's `last`;
  /// says so. Without a discriminator anywhere, the new one stays and a warning says so.
  void read_weights(GanNetworks& networks) const;

 private:
  const safetensors::File* discriminator() const;  ///< nullptr where there is none

  safetensors::File generator_;
  std::optional<safetensors::File> last_;  ///< beside a file that holds the generator alone
};

}  // namespace heed
