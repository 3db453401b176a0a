#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/image/feature_statistics.h"
#include "heed/image/image_folder.h"
#include "heed/image/picture_model.h"
#include "heed/train/gan_data.h"

namespace heed {

/// Columns of samples.csv, a row for each grid.
inline constexpr std::string_view kSamplesColumns = "update,kimg,seconds,rkid,picture";

/// The pictures that a run writes into its directory, always of the same latent numbers so that they can be compared:
/// `samples/UPDATE.png` grids on the way, `samples/real.png`, and `progress.gif` of all grids. With classes, each row
/// of a grid is one.
class GanSnapshots {
 public:
  /// `pictures` are the numbers in the folder of those that are trained on.
  GanSnapshots(std::filesystem::path directory, AttentionGenerator generator, const ImageFolder& folder,
               std::vector<std::uint64_t> pictures, c10::Device device);

  void write_real() const;
  /// Draws a grid with the generator as it is now. Returns the file's name.
  std::filesystem::path write_samples(std::int64_t update) const;
  /// Makes the film of all grids that are there; one grid makes none. A file that is no picture is named and left out.
  void write_film() const;
  /// How far the generator's pictures are from the real ones: kid() in RandomFeatures over at most a thousand of each,
  /// enough to follow a run. Nothing for pictures that are too few or too small.
  std::optional<double> rkid();
  /// How rkid() was measured, in words.
  std::string protocol() const;
  /// Removes the grids of updates that a run which goes on has yet to make.
  void forget_after(std::int64_t update) const;
  /// Removes what a run that is started over left.
  void clear() const;

 private:
  std::filesystem::path directory_;
  AttentionGenerator generator_;
  const ImageFolder& folder_;
  std::vector<std::uint64_t> pictures_;
  c10::Device device_;
  std::optional<FeatureWhitening> whitening_;  // by the real pictures, once they have been asked for
  at::Tensor real_features_;                   // [N, F], whitened
};

/// Mean distance between pictures of a batch [B, C, H, W], over all pairs.
double mean_distance(const at::Tensor& images);

}  // namespace heed
