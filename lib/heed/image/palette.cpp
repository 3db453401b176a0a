#include "heed/image/palette.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace heed {
namespace {

constexpr int kBits = 6;  // of a channel that tell colours apart
constexpr std::size_t kCells = std::size_t{1} << (3 * kBits);

using Rgb = std::array<double, 3>;

/// Pixels whose colours agree in the leading bits.
struct Cell {
  std::size_t index = 0;
  double count = 0;
  Rgb sum = {};
  double mean(std::size_t channel) const { return sum[channel] / count; }
};

struct Box {
  std::span<Cell> cells;
  double count = 0;
  Rgb sum = {}, error = {};  ///< squared distances from the mean, per channel

  explicit Box(std::span<Cell> content) : cells(content) {
    for (const Cell& cell : cells) {
      count += cell.count;
      for (std::size_t c = 0; c < 3; ++c) sum[c] += cell.sum[c];
    }
    for (const Cell& cell : cells)
      for (std::size_t c = 0; c < 3; ++c) error[c] += cell.count * std::pow(cell.mean(c) - sum[c] / count, 2);
  }
  double total_error() const { return cells.size() < 2 ? 0 : error[0] + error[1] + error[2]; }
};

Color color_of(const Picture& picture, std::size_t pixel) {
  const std::uint8_t* bytes = picture.pixels.data() + pixel * static_cast<std::size_t>(picture.channels);
  return picture.channels == 1 ? Color{bytes[0], bytes[0], bytes[0]} : Color{bytes[0], bytes[1], bytes[2]};
}

std::size_t cell_of(Color color) {
  constexpr int kDropped = 8 - kBits;
  return static_cast<std::size_t>(color.red >> kDropped) << (2 * kBits) |
         static_cast<std::size_t>(color.green >> kDropped) << kBits | static_cast<std::size_t>(color.blue >> kDropped);
}

std::vector<Cell> count_colors(const Picture& picture, std::size_t pixels) {
  std::vector<Cell> cells(kCells);
  for (std::size_t i = 0; i < pixels; ++i) {
    const Color color = color_of(picture, i);
    Cell& cell = cells[cell_of(color)];
    cell.index = cell_of(color);
    cell.count += 1;
    cell.sum[0] += color.red;
    cell.sum[1] += color.green;
    cell.sum[2] += color.blue;
  }
  std::erase_if(cells, [](const Cell& cell) { return cell.count == 0; });
  return cells;
}

/// Cuts the box in two along its most varying channel, where both parts together vary least.
std::array<Box, 2> cut(const Box& box) {
  const auto channel = static_cast<std::size_t>(std::ranges::max_element(box.error) - box.error.begin());
  std::ranges::sort(box.cells, {}, [channel](const Cell& cell) { return std::pair(cell.mean(channel), cell.index); });
  double count = 0, sum = 0, best = -1;
  std::size_t best_cut = 1;
  for (std::size_t i = 0; i + 1 < box.cells.size(); ++i) {
    count += box.cells[i].count;
    sum += box.cells[i].sum[channel];
    const double rest = box.sum[channel] - sum;
    const double between = sum * sum / count + rest * rest / (box.count - count);
    if (between > best) {
      best = between;
      best_cut = i + 1;
    }
  }
  return {Box(box.cells.first(best_cut)), Box(box.cells.subspan(best_cut))};
}

std::size_t nearest(std::span<const Color> palette, const Cell& cell) {
  std::size_t best = 0;
  double least = std::numeric_limits<double>::max();
  for (std::size_t i = 0; i < palette.size(); ++i) {
    const double red = palette[i].red - cell.mean(0), green = palette[i].green - cell.mean(1),
                 blue = palette[i].blue - cell.mean(2);
    const double distance = red * red + green * green + blue * blue;
    if (distance < least) {
      least = distance;
      best = i;
    }
  }
  return best;
}

}  // namespace

PalettePicture quantize(const Picture& picture, std::size_t colors) {
  const std::size_t pixels = Picture::byte_count(picture.size(), 1);
  std::vector<Cell> cells = count_colors(picture, pixels);
  std::vector<Box> boxes = {Box(cells)};
  while (boxes.size() < colors) {
    const auto widest = std::ranges::max_element(boxes, {}, &Box::total_error);
    if (widest->cells.size() < 2) break;
    const auto [low, high] = cut(*widest);
    *widest = low;
    boxes.push_back(high);
  }

  PalettePicture result;
  for (const Box& box : boxes) {
    const auto mean = [&](std::size_t c) { return static_cast<std::uint8_t>(std::lround(box.sum[c] / box.count)); };
    result.palette.push_back({mean(0), mean(1), mean(2)});
  }
  std::vector<std::uint8_t> place_of_cell(kCells);
  for (const Cell& cell : cells) place_of_cell[cell.index] = static_cast<std::uint8_t>(nearest(result.palette, cell));
  for (std::size_t i = 0; i < pixels; ++i) result.pixels.push_back(place_of_cell[cell_of(color_of(picture, i))]);
  return result;
}

}  // namespace heed
