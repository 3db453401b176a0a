#include "demo_picture_shapes.h"

#include <array>
#include <cmath>
#include <numbers>

namespace heed::demo {
namespace {

double radius(Point p) {
  return std::sqrt(p.x * p.x + p.y * p.y);
}

/// Inside a regular polygon of `corners`, one of them at the top, in the unit circle.
bool in_polygon(Point p, int corners) {
  const double sector = 2 * std::numbers::pi / corners;
  const double angle = std::atan2(p.x, p.y);
  const double from_edge_middle = std::remainder(angle - sector / 2, sector);
  return radius(p) * std::cos(from_edge_middle) < std::cos(sector / 2);
}

bool in_cross(Point p) {
  constexpr double kLength = 0.95, kHalfWidth = 0.32;
  const double x = std::abs(p.x), y = std::abs(p.y);
  return (x < kLength && y < kHalfWidth) || (y < kLength && x < kHalfWidth);
}

bool in_disc(Point p) {
  return radius(p) < 0.92;
}

/// The curve (x^2 + y^2 - 1)^3 = x^2 y^3.
bool in_heart(Point p) {
  const double x = p.x * 1.2, y = p.y * 1.2 + 0.1;
  const double round = x * x + y * y - 1;
  return round * round * round < x * x * y * y * y;
}

bool in_moon(Point p) {
  const double x = p.x - 0.2;
  return radius({x, p.y}) < 0.98 && radius({x - 0.42, p.y}) > 0.78;
}

bool in_ring(Point p) {
  return radius(p) < 0.95 && radius(p) > 0.52;
}

bool in_square(Point p) {
  constexpr double kHalfSide = 0.8;
  return std::abs(p.x) < kHalfSide && std::abs(p.y) < kHalfSide;
}

/// Five points: a line from each to the inner corner beside it.
bool in_star(Point p) {
  constexpr double kSector = 2 * std::numbers::pi / 5, kInner = 0.42;
  const double angle = std::abs(std::remainder(std::atan2(p.x, p.y), kSector));
  const double along = radius(p) * std::cos(angle), across = radius(p) * std::sin(angle);
  const double inner_x = kInner * std::sin(kSector / 2), inner_y = kInner * std::cos(kSector / 2);
  return (along - 1) * inner_x < across * (inner_y - 1);
}

bool in_triangle(Point p) {
  return in_polygon({p.x, p.y - 0.12}, 3);
}

}  // namespace

std::span<const PictureShape> picture_shapes() {
  static constexpr std::array<PictureShape, 8> kShapes = {{
      {"cross", in_cross, 45},
      {"disc", in_disc, 180},
      {"heart", in_heart, 30},
      {"moon", in_moon, 60},
      {"ring", in_ring, 180},
      {"square", in_square, 45},
      {"star", in_star, 36},
      {"triangle", in_triangle, 60},
  }};
  return kShapes;
}

}  // namespace heed::demo
