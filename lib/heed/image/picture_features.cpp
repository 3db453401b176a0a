#include "heed/image/picture_features.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "heed/base/content_hash.h"
#include "heed/base/error.h"
#include "heed/base/progress.h"
#include "heed/base/random.h"
#include "heed/image/picture_tensor.h"
#include "heed/image/sampler.h"
#include "heed/io/model_file.h"
#include "heed/models/inception.h"
#include "heed/models/random_features.h"

namespace heed {
namespace {

constexpr std::uint64_t kDrawPurpose = 0x73636F72;

Inception load_inception(const safetensors::File& file, at::Device device) {
  try {
    return Inception([&](const std::string& name, at::IntArrayRef shape) { return read_tensor(file, name, shape); },
                     device);
  } catch (const Error& error) {
    throw checkpoint_error(std::string(error.what()) + "; is " + file.path().string() +
                           " what data/inception_to_safetensors.py wrote?");
  }
}

std::uint64_t hash_of(const safetensors::File& file) {
  std::uint64_t hash = file.tensors().size();
  for (const safetensors::TensorView& tensor : file.tensors()) {
    hash = hash_content(tensor.name, hash);
    hash = hash_content({reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()}, hash);
  }
  return hash;
}

}  // namespace

struct FeatureNetwork::State {
  std::optional<Inception> inception;
  std::optional<RandomFeatures> random;
  std::uint64_t identity;
};

FeatureNetwork::FeatureNetwork(const std::filesystem::path& weights, const std::string& device)
    : state_(std::make_unique<State>()) {
  if (weights.empty()) {
    state_->random.emplace(c10::Device(device));
    state_->identity = hash_content(RandomFeatures::kName);
    return;
  }
  if (!is_there(weights))
    throw checkpoint_error(weights.string() +
                           ": no such file; --features takes the Inception weights that "
                           "data/inception_to_safetensors.py wrote, and without it random features are used");
  const safetensors::File file(weights);
  state_->inception = load_inception(file, c10::Device(device));
  state_->identity = hash_of(file);
}
FeatureNetwork::~FeatureNetwork() = default;
FeatureNetwork::FeatureNetwork(FeatureNetwork&&) noexcept = default;

bool FeatureNetwork::is_random() const {
  return state_->random.has_value();
}

std::int64_t FeatureNetwork::width() const {
  return is_random() ? RandomFeatures::kWidth : Inception::kWidth;
}

int FeatureNetwork::smallest_side() const {
  return is_random() ? static_cast<int>(RandomFeatures::kSmallestSide) : 1;
}

std::string FeatureNetwork::name() const {
  if (is_random()) return std::string(RandomFeatures::kName);
  char hash[32];
  std::snprintf(hash, sizeof hash, "%08llx", static_cast<unsigned long long>(state_->identity >> 32));
  return std::string("Inception-v3, weights ") + hash;
}

std::string FeatureNetwork::preparation() const {
  return is_random() ? "whitened by the real ones" : "TensorFlow 1 bilinear to 299x299";
}

std::uint64_t FeatureNetwork::identity() const {
  return state_->identity;
}

void FeatureNetwork::add_features(std::span<const std::uint8_t> pictures, PictureSize size, int channels,
                                  PictureFeatures& features) const {
  const c10::InferenceMode inference;
  const at::Tensor images = to_tensor(pictures, size, channels);  // [B, C, H, W]
  const at::Tensor made =
      (is_random() ? (*state_->random)(images) : (*state_->inception)(images)).contiguous();  // [B, width]
  const float* first = made.const_data_ptr<float>();
  features.values.insert(features.values.end(), first, first + made.numel());
  features.width = width();
}

struct ModelPictures::State {
  Sampler sampler;
  std::uint64_t first_seed;
};

ModelPictures::ModelPictures(const std::filesystem::path& model, std::uint64_t seed, const std::string& device)
    // Seeds of pictures are below 2^56 and count on from the first.
    : state_(new State{Sampler(load_picture_model(model), c10::Device(device)),
                       random_u64(make_key(seed, kDrawPurpose), 0) >> 9}) {}
ModelPictures::~ModelPictures() = default;
ModelPictures::ModelPictures(ModelPictures&&) noexcept = default;

PictureSize ModelPictures::picture_size() const {
  const ImageFormat& image = state_->sampler.model().generator->options.image;
  return {static_cast<int>(image.width), static_cast<int>(image.height)};
}

int ModelPictures::channels() const {
  return static_cast<int>(state_->sampler.model().generator->options.image.channels);
}

std::int64_t ModelPictures::classes() const {
  return state_->sampler.model().generator->options.image.classes;
}

const std::filesystem::path& ModelPictures::file() const {
  return state_->sampler.model().file;
}

std::vector<std::uint8_t> ModelPictures::draw(std::int64_t first, std::int64_t count) {
  const std::int64_t ways = std::max<std::int64_t>(1, classes());
  std::vector<SampleRequest> requests;
  for (std::int64_t i = first; i < first + count; ++i)
    requests.push_back({state_->first_seed + static_cast<std::uint64_t>(i / ways), i % ways});
  std::vector<std::uint8_t> bytes;
  for (const Sample& sample : state_->sampler.draw(requests))
    bytes.insert(bytes.end(), sample.picture.pixels.begin(), sample.picture.pixels.end());
  return bytes;
}

namespace {

constexpr std::int64_t kFeatureBatch = 64;

template <class Read>
PictureFeatures in_batches(const FeatureNetwork& network, std::int64_t count, PictureSize size, int channels,
                           const std::string& label, Read&& read) {
  PictureFeatures features;
  features.width = network.width();
  features.values.reserve(static_cast<std::size_t>(count * features.width));
  Progress progress(label, count);
  for (std::int64_t first = 0; first < count; first += kFeatureBatch) {
    const std::int64_t batch = std::min(kFeatureBatch, count - first);
    network.add_features(read(first, batch), size, channels, features);
    progress.update(first + batch);
  }
  return features;
}

}  // namespace

PictureFeatures features_of(const FeatureNetwork& network, const ImageFolder& folder,
                            std::span<const std::uint64_t> indices, const std::string& label) {
  return in_batches(network, std::ssize(indices), folder.picture_size(), folder.channels(), label,
                    [&](std::int64_t first, std::int64_t count) {
                      std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count) * folder.picture_bytes());
                      folder.read(indices.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
                                  bytes);
                      return bytes;
                    });
}

PictureFeatures features_of(const FeatureNetwork& network, ModelPictures& model, std::int64_t count,
                            const std::string& label) {
  return in_batches(network, count, model.picture_size(), model.channels(), label,
                    [&](std::int64_t first, std::int64_t batch) { return model.draw(first, batch); });
}

}  // namespace heed
