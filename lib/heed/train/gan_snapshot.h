#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "heed/image/image_folder.h"
#include "heed/image/picture_model.h"
#include "heed/train/gan_data.h"

namespace heed {

/// The pictures that a run writes into its directory, always of the same latent numbers so that they can be compared:
/// `samples/KIMG.png` grids on the way, `samples/real.png`, and `progress.gif` of all grids. With classes, each row of
/// a grid is one.
class GanSnapshots {
 public:
  GanSnapshots(std::filesystem::path directory, AttentionGenerator generator, c10::Device device);

  void write_real(const ImageFolder& folder, const std::vector<std::uint64_t>& pictures) const;
  /// Draws a grid with the generator as it is now. Returns the file's name.
  std::filesystem::path write_samples(double kimg) const;
  /// Makes the film of all grids that are there; one grid makes none.
  void write_film() const;
  /// Removes what a run that is started over left.
  void clear() const;

 private:
  std::filesystem::path directory_;
  AttentionGenerator generator_;
  c10::Device device_;
};

/// Mean distance between pictures of a batch [B, C, H, W], over all pairs.
double mean_distance(const at::Tensor& images);

}  // namespace heed
