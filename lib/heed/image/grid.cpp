#include "heed/image/grid.h"

#include <algorithm>
#include <cmath>

#include "heed/base/error.h"

namespace heed {
namespace {

void fill(Picture& picture, Color color) {
  const std::uint8_t pixel[] = {picture.channels == 1 ? luma(color) : color.red, color.green, color.blue, 255};
  const auto channels = static_cast<std::size_t>(picture.channels);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = pixel[i % channels];
}

}  // namespace

Picture make_grid(std::span<const Picture> pictures, const GridOptions& options) {
  if (pictures.empty()) throw Error(ExitCode::internal, "a grid needs at least one picture");
  const Picture& first = pictures.front();
  const int count = static_cast<int>(pictures.size());
  const int columns = options.columns > 0 ? options.columns : static_cast<int>(std::ceil(std::sqrt(count)));
  const int rows = (count + columns - 1) / columns;
  const int step_x = first.width + options.gap, step_y = first.height + options.gap;
  Picture grid({columns * step_x + options.gap, rows * step_y + options.gap}, first.channels);
  fill(grid, options.background);
  for (int i = 0; i < count; ++i) {
    const Picture& picture = pictures[static_cast<std::size_t>(i)];
    if (picture.size() != first.size() || picture.channels != first.channels)
      throw Error(ExitCode::internal, "the pictures of a grid differ in size or channels");
    const int x = options.gap + i % columns * step_x, y = options.gap + i / columns * step_y;
    for (int row = 0; row < picture.height; ++row)
      std::copy_n(picture.at(0, row), picture.width * picture.channels, grid.at(x, y + row));
  }
  return grid;
}

}  // namespace heed
