#include "heed/train/gan_snapshot.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>

#include <ATen/ATen.h>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/base/progress.h"
#include "heed/image/decode.h"
#include "heed/image/feature_tensor.h"
#include "heed/image/gif.h"
#include "heed/image/grid.h"
#include "heed/image/picture_tensor.h"
#include "heed/image/png.h"
#include "heed/image/sampler.h"
#include "heed/io/model_identity.h"
#include "heed/models/random_features.h"

namespace heed {
namespace {

constexpr int kColumns = 8;
constexpr std::size_t kScored = 1000, kScoredAtOnce = 50;
// The latent numbers of the score are drawn for no training update and no sample.
constexpr std::uint64_t kScoreRole = 201;
constexpr std::int64_t kMostRows = 10, kRowsWithoutClasses = 6;

std::int64_t rows_of(std::int64_t classes) {
  return classes > 0 ? std::min(classes, kMostRows) : kRowsWithoutClasses;
}

std::filesystem::path grid_name(std::int64_t update) {
  char name[32];
  std::snprintf(name, sizeof name, "%08lld.png", static_cast<long long>(update));
  return name;
}

// By update.
std::map<std::int64_t, std::filesystem::path> grids_in(const std::filesystem::path& directory) {
  std::map<std::int64_t, std::filesystem::path> grids;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(directory, missing)) {
    const std::string name = entry.path().filename().string();
    std::int64_t update = 0;
    std::from_chars(name.data(), name.data() + name.size(), update);
    if (entry.path().filename() == grid_name(update)) grids[update] = entry.path();
  }
  return grids;
}

// Of a model directory that is there: one that was deleted meanwhile is not made anew.
void make_samples_directory(const std::filesystem::path& model) {
  if (!is_there(model)) throw checkpoint_error(model.string() + ": the model directory is gone");
  make_directory(model / "samples", static_cast<int>(ExitCode::checkpoint));
}

}  // namespace

GanSnapshots::GanSnapshots(std::filesystem::path directory, AttentionGenerator generator, const ImageFolder& folder,
                           std::vector<std::uint64_t> pictures, c10::Device device)
    : directory_(std::move(directory)),
      generator_(std::move(generator)),
      folder_(folder),
      pictures_(std::move(pictures)),
      device_(device) {}

void GanSnapshots::write_real() const {
  make_samples_directory(directory_);
  const std::int64_t classes = generator_->options.image.classes, rows = rows_of(classes);
  std::vector<std::uint64_t> chosen;
  for (std::int64_t row = 0; row < rows; ++row) {
    std::size_t found = 0;
    for (std::size_t i = static_cast<std::size_t>(classes > 0 ? 0 : row * kColumns);
         i < pictures_.size() && found < kColumns; ++i) {
      if (classes > 0 && folder_.class_of(pictures_[i]) != row) continue;
      chosen.push_back(pictures_[i]);
      ++found;
    }
    for (; found < kColumns && !chosen.empty(); ++found) chosen.push_back(chosen.back());
  }
  const std::vector<Picture> shown = to_pictures(read_pictures(folder_, chosen, at::kCPU).images);
  write_png(directory_ / "samples" / "real.png", make_grid(shown, {.columns = kColumns}));
}

std::filesystem::path GanSnapshots::write_samples(std::int64_t update) const {
  make_samples_directory(directory_);
  const std::int64_t classes = generator_->options.image.classes;
  std::vector<SampleRequest> requests;
  for (std::int64_t row = 0; row < rows_of(classes); ++row)
    for (int column = 0; column < kColumns; ++column)
      requests.push_back({static_cast<std::uint64_t>(row * kColumns + column), classes > 0 ? row : 0});
  Sampler sampler({generator_, {}, {}}, device_);
  std::vector<Picture> pictures;
  for (Sample& sample : sampler.draw(requests)) pictures.push_back(std::move(sample.picture));
  const std::filesystem::path path = directory_ / "samples" / grid_name(update);
  write_png(path, make_grid(pictures, {.columns = kColumns}));
  return path;
}

void GanSnapshots::write_film() const {
  std::vector<Picture> frames;
  for (const auto& [update, path] : grids_in(directory_ / "samples")) {
    try {
      const std::string bytes = read_file(path);
      const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
      frames.push_back(decode_picture({data, bytes.size()}, path.string()));
    } catch (const Error& error) {
      log::warning(std::string(error.what()) + "; left out of the film");
      continue;
    }
    if (frames.back().size() != frames.front().size()) frames.pop_back();  // of a run with other classes
  }
  if (frames.size() > 1) write_gif(directory_ / "progress.gif", frames);
}

std::optional<double> GanSnapshots::rkid() {
  const ImageFormat& format = generator_->options.image;
  const std::vector<std::uint64_t> scored = spread(pictures_, kScored);
  if (scored.size() < 2 || std::min(format.height, format.width) < RandomFeatures::kSmallestSide) return std::nullopt;
  const RandomFeatures features(device_);
  const bool look_at_real = !whitening_;
  std::vector<at::Tensor> real, fake;
  const at::NoGradGuard no_grad;
  for (std::size_t begin = 0; begin < scored.size(); begin += kScoredAtOnce) {
    const auto part = std::span(scored).subspan(begin, std::min(kScoredAtOnce, scored.size() - begin));
    const PictureBatch like = read_pictures(folder_, part, device_);
    if (look_at_real) real.push_back(features(like.images));  // [b, F]
    const ExampleDraws draws{.seed = 0, .update = 0, .role = kScoreRole, .examples = like.examples};
    const at::Tensor latents = random_latents(draws, generator_->options.latent).to(device_);  // [b, Z]
    fake.push_back(features(generator_(latents, like.classes)));                               // [b, F]
  }
  if (look_at_real) {
    real_features_ = at::cat(real);  // [N, F]
    whitening_ = feature_whitening(feature_table(real_features_));
    whiten(values_of(real_features_), *whitening_);
  }
  const at::Tensor fake_features = at::cat(fake);  // [N, F]
  whiten(values_of(fake_features), *whitening_);
  return kid(feature_table(real_features_), feature_table(fake_features));
}

std::string GanSnapshots::protocol() const {
  const std::string scored = format_count(static_cast<std::int64_t>(std::min(pictures_.size(), kScored)));
  std::string text(RandomFeatures::kName);
  text += ", whitened; " + scored + " pictures against " + scored + " to train on";
  return text;
}

void GanSnapshots::forget_after(std::int64_t update) const {
  for (const auto& [made_at, path] : grids_in(directory_ / "samples"))
    if (made_at > update) remove_file(path, static_cast<int>(ExitCode::checkpoint));
}

void GanSnapshots::clear() const {
  forget_after(-1);
  remove_file(directory_ / "progress.gif", static_cast<int>(ExitCode::checkpoint));
}

double mean_distance(const at::Tensor& images) {
  const at::Tensor rows = images.to(at::kFloat).flatten(1);  // [B, C H W]
  const auto count = static_cast<double>(rows.size(0));
  return count < 2 ? 0 : at::cdist(rows, rows).sum().item<double>() / (count * (count - 1));
}

}  // namespace heed
