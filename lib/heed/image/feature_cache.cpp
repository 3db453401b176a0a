#include "heed/image/feature_cache.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/base/safetensors.h"

namespace heed {
namespace {

constexpr const char* kTensor = "features";

safetensors::Metadata metadata_of(const FeatureCacheKey& key) {
  return {{"format", "heed"},
          {"kind", "picture-features"},
          {"pictures", std::to_string(key.pictures)},
          {"network", std::to_string(key.network)}};
}

}  // namespace

std::optional<PictureFeatures> read_feature_cache(const std::filesystem::path& path, const FeatureCacheKey& key) {
  if (std::error_code ignored; !std::filesystem::exists(path, ignored)) return std::nullopt;
  try {
    const safetensors::File file(path);
    const safetensors::TensorView* view = file.find(kTensor);
    const std::vector<std::int64_t> shape{key.count, key.width};
    if (file.metadata() != metadata_of(key) || view == nullptr || view->dtype != safetensors::DType::f32 ||
        view->shape != shape) {
      log::info(path.string() + ": holds features of other pictures or of another network; they are made anew");
      return std::nullopt;
    }
    PictureFeatures features{std::vector<float>(view->data.size() / sizeof(float)), key.width};
    if (!view->data.empty()) std::memcpy(features.values.data(), view->data.data(), view->data.size());
    if (std::ranges::all_of(features.values, [](float value) { return std::isfinite(value); })) return features;
    log::warning(path.string() + ": holds numbers that are not finite; the features are made anew");
  } catch (const Error& error) {
    log::warning(std::string(error.what()) + "; the features are made anew");
  }
  return std::nullopt;
}

void write_feature_cache(const std::filesystem::path& path, const FeatureCacheKey& key,
                         const PictureFeatures& features) {
  try {
    AtomicFile file(path, static_cast<int>(ExitCode::checkpoint));
    safetensors::write(
        file, {{kTensor, safetensors::DType::f32, {key.count, key.width}, std::as_bytes(std::span(features.values))}},
        metadata_of(key));
    file.commit();
  } catch (const Error& error) {
    log::warning("the features of the reference are not kept: " + std::string(error.what()));
  }
}

}  // namespace heed
