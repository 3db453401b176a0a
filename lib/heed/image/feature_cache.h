#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "heed/image/picture_features.h"

/// Features of reference pictures in a safetensors file, so that scoring a model again does not make them anew.
namespace heed {

/// What the features were made of; anything else is made anew.
struct FeatureCacheKey {
  std::uint64_t pictures = 0;  ///< content, size and selection
  std::uint64_t network = 0;
  std::int64_t count = 0, width = 0;
};

/// Nothing when the file is missing; nothing and a note when it is damaged or was made of something else.
std::optional<PictureFeatures> read_feature_cache(const std::filesystem::path& file, const FeatureCacheKey& key);
/// Writes whole or not at all; what prevents it is a warning.
void write_feature_cache(const std::filesystem::path& file, const FeatureCacheKey& key,
                         const PictureFeatures& features);

}  // namespace heed
