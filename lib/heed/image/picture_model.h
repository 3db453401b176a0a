#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/safetensors.h"
#include "heed/image/picture_networks.h"
#include "heed/io/model_file.h"
#include "heed/models/attention_gan.h"

/// The networks of a picture model (heed/image/picture_networks.h) with their weights.
namespace heed {

/// Buffers (singular vectors of spectral norm) beside the weights.
void add_buffers(TensorList& tensors, std::string_view prefix, const torch::nn::Module& module);
void read_buffers(const safetensors::File& file, std::string_view prefix, torch::nn::Module& module);

/// A generator that is ready to draw: on the CPU, in evaluation mode.
struct PictureModel {
  AttentionGenerator generator{nullptr};
  std::vector<std::string> class_names;
  std::filesystem::path file;
};

/// Which weights of a file that holds both.
enum class PictureWeights { average, raw };

/// `path`: a model directory or a checkpoint file. Throws Error(checkpoint); `raw` weights are only in `last` files.
PictureModel load_picture_model(const std::filesystem::path& path, PictureWeights weights = PictureWeights::average);

}  // namespace heed
