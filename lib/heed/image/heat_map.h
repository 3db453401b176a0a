#pragma once

#include <span>

#include "heed/image/picture.h"

namespace heed {

/// Numbers in rows from the top, for example where a network looks.
struct MapView {
  std::span<const float> values;  ///< [height, width]
  PictureSize size;
};

struct HeatMapOptions {
  double low = 0, high = 1;  ///< shown as the ends of the scale; low = high: least and greatest value of the map
  double opacity = 0.6;      ///< of the map over the picture: 0 the picture alone, 1 the map alone
};

/// The map's colours alone (dark violet to yellow, the perceptually even scale "inferno"), scaled to `size` bilinearly.
/// Values that are no numbers show as low. Throws Error(internal) when the map's values do not match its size.
Picture color_map(const MapView& map, PictureSize size, const HeatMapOptions& options = {});
/// The same laid over a picture of 1, 3 or 4 channels, which is shown in grey below so that all colour is the map's.
Picture overlay_map(const Picture& picture, const MapView& map, const HeatMapOptions& options = {});

}  // namespace heed
