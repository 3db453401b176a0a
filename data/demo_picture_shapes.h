#pragma once

#include <span>
#include <string_view>

/// The shapes of the demo pictures, as functions over the plane.
namespace heed::demo {

struct Point {
  double x = 0, y = 0;  ///< y grows upwards
};

struct PictureShape {
  std::string_view name;
  /// Whether a point is inside; the shape fills about the circle of radius 1 around the origin.
  bool (*contains)(Point point);
  /// How far the shape may be turned to either side, in degrees: 180 any way, less where it would be hard to tell.
  double tilt;
};

/// disc, square, triangle, star, ring, heart, cross and moon, by name.
std::span<const PictureShape> picture_shapes();

}  // namespace heed::demo
