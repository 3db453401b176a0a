#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "heed/image/image_folder.h"

namespace heed {

/// Pictures as a network sees them.
struct PictureBatch {
  at::Tensor images;                    ///< [B, C, H, W] in [-1, 1]
  at::Tensor classes;                   ///< [B] int64; undefined without classes
  std::vector<std::uint64_t> examples;  ///< [B] numbers that no other example of the run has
};

/// Endless training batches: example n of the run is picture n of a keyed permutation that each epoch draws anew, so a
/// batch is a function of (seed, first example) and going on needs no replay.
class PictureBatches {
 public:
  PictureBatches(const ImageFolder& folder, std::vector<std::uint64_t> pictures, std::uint64_t seed,
                 c10::Device device);
  /// Examples first, first + 1, ..., first + count - 1.
  PictureBatch at(std::uint64_t first, std::int64_t count) const;

 private:
  const ImageFolder& folder_;
  std::vector<std::uint64_t> pictures_;
  std::uint64_t seed_;
  c10::Device device_;
};

/// The pictures of these numbers as they are, for measuring: neither cropped nor mirrored at random.
PictureBatch read_pictures(const ImageFolder& folder, std::span<const std::uint64_t> numbers, c10::Device device);

/// At most `count` of the numbers, evenly spread: pictures stand in the order of their classes.
std::vector<std::uint64_t> spread(std::span<const std::uint64_t> numbers, std::size_t count);

}  // namespace heed
