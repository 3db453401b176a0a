#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "heed/base/random.h"
#include "heed/image/picture.h"

namespace heed {

/// How a picture of any size becomes one of the wanted size.
enum class Fit {
  center_crop,  ///< the largest middle part of the wanted shape, scaled
  resize,       ///< scaled, whatever that does to its shape
  pad,          ///< scaled to fit inside, centred on the background (transparent where there is alpha)
  random_crop,  ///< scaled to somewhat more than the wanted size, then a part of it at a random place
};
inline std::span<const std::string_view> enum_names(Fit) {
  static constexpr std::string_view names[] = {"center-crop", "resize", "pad", "random-crop"};
  return names;
}

/// The picture at another size: the mean of the covered area along a side that shrinks, cubic interpolation along one
/// that grows. Alpha weighs the colours.
Picture scale_picture(const Picture& picture, PictureSize size);

/// The picture at `size`. Fit::random_crop gives the middle; see random_crop_origin for others.
Picture fit_picture(const Picture& picture, Fit fit, PictureSize size, Color background);

/// Size at which a picture is kept for random crops of `target`: its shape, 8/7 of what covers the target (as 256 to
/// 224), but no side over four times the target's (what is beyond is cut off evenly).
PictureSize random_crop_room(PictureSize picture, PictureSize target);
/// The picture at that size.
Picture scale_for_random_crop(const Picture& picture, PictureSize target);

struct PicturePlace {
  int x = 0, y = 0;
};

/// Names what is drawn for each example: another epoch, another crop.
struct PictureDraw {
  std::uint64_t seed = 0, epoch = 0;
};

/// Upper left corner of the part that example number `example` gets.
PicturePlace random_crop_origin(PictureSize room, PictureSize target, PictureDraw draw, std::uint64_t example);
PicturePlace center_origin(PictureSize room, PictureSize target);
/// Whether an example is shown mirrored: half of them are.
bool is_mirrored(PictureDraw draw, std::uint64_t example);

/// Copies the part of `picture` at `origin` that fills a picture of `target` into `out`, mirrored left to right if
/// asked.
void copy_part(std::span<const std::uint8_t> pixels, PictureSize size, int channels, PicturePlace origin,
               PictureSize target, bool mirrored, std::span<std::uint8_t> out);

}  // namespace heed
