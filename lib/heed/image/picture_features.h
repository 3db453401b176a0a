#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "heed/image/feature_statistics.h"
#include "heed/image/image_folder.h"

namespace heed {

/// The features of some pictures.
struct PictureFeatures {
  std::vector<float> values;  ///< [count, width]
  std::int64_t width = 0;
  FeatureTable table() const { return {values, width}; }
};

/// A network that makes features of pictures: Inception (heed/models/inception.h) when its weights are given, else
/// RandomFeatures.
class FeatureNetwork {
 public:
  /// `weights`: safetensors file that data/inception_to_safetensors.py wrote, empty for random features. `device`: such
  /// as "cpu" or "cuda:0". Throws Error(checkpoint) naming the first weights that are missing or of another shape.
  FeatureNetwork(const std::filesystem::path& weights, const std::string& device);
  ~FeatureNetwork();
  FeatureNetwork(FeatureNetwork&&) noexcept;

  bool is_random() const;
  std::int64_t width() const;
  int smallest_side() const;  ///< of pictures
  /// For the protocol beside a score: what it is, and what is done with pictures or features.
  std::string name() const;
  std::string preparation() const;
  /// Tells networks of other weights apart.
  std::uint64_t identity() const;

  /// Adds the features of pictures, bytes [B, height, width, channels], to `features`.
  void add_features(std::span<const std::uint8_t> pictures, PictureSize size, int channels,
                    PictureFeatures& features) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The pictures that a model draws, by number: class after class in turn, with the averaged weights.
class ModelPictures {
 public:
  /// `model`: model directory or checkpoint file of gan-train. Throws Error(checkpoint).
  ModelPictures(const std::filesystem::path& model, std::uint64_t seed, const std::string& device);
  ~ModelPictures();
  ModelPictures(ModelPictures&&) noexcept;

  PictureSize picture_size() const;
  int channels() const;
  std::int64_t classes() const;               ///< 0 without
  const std::filesystem::path& file() const;  ///< the checkpoint
  /// Pictures first, first + 1, ..., as bytes [count, height, width, channels].
  std::vector<std::uint8_t> draw(std::int64_t first, std::int64_t count);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Features of the pictures `indices` of a folder, and of the first `count` of a model, with a progress bar.
PictureFeatures features_of(const FeatureNetwork& network, const ImageFolder& folder,
                            std::span<const std::uint64_t> indices, const std::string& label);
PictureFeatures features_of(const FeatureNetwork& network, ModelPictures& model, std::int64_t count,
                            const std::string& label);

}  // namespace heed
