#include "heed/nn/diff_augment.h"

#include <vector>

#include <ATen/ATen.h>

namespace heed {
namespace {

// Places of an example's random numbers. Each operation has its own, so that switching one off leaves the others.
enum Place : std::uint64_t { kApply, kBrightness, kSaturation, kContrast, kShiftY, kShiftX, kCutY, kCutX };

// Largest shift, an eighth of the size, rounded.
std::int64_t largest_shift(std::int64_t size) {
  return (size + 4) / 8;
}
// Side of the blank box, half of the size, rounded.
std::int64_t cut_size(std::int64_t size) {
  return (size + 1) / 2;
}

std::int64_t draw_shift(PhiloxKey key, Place place, std::int64_t size) {
  const std::int64_t largest = largest_shift(size);
  return static_cast<std::int64_t>(random_below(key, place, static_cast<std::uint64_t>(2 * largest + 1))) - largest;
}

// The middle of the box falls on any pixel, or between any two for an even side, edges included.
std::int64_t draw_cut(PhiloxKey key, Place place, std::int64_t size) {
  const std::int64_t side = cut_size(size), places = size + 1 - side % 2;
  return static_cast<std::int64_t>(random_below(key, place, static_cast<std::uint64_t>(places))) - side / 2;
}

// For every line: the old line that it shows, and 1 if there is such a line, else 0.
struct Lines {
  at::Tensor from;    // [B, size] int64, within the picture
  at::Tensor inside;  // [B, size]
};

Lines shifted_lines(std::int64_t size, const at::Tensor& shift, at::ScalarType dtype) {
  const at::Tensor from = at::arange(size, shift.options()) + shift.unsqueeze(1);  // [B, size]
  return {from.clamp(0, size - 1), at::logical_and(from.ge(0), from.lt(size)).to(dtype)};
}

// 1 for the lines of the box, else 0: [B, size].
at::Tensor cut_lines(std::int64_t size, const at::Tensor& first, const at::Tensor& count, at::ScalarType dtype) {
  const at::Tensor line = at::arange(size, first.options());
  return at::logical_and(line.ge(first.unsqueeze(1)), line.lt((first + count).unsqueeze(1))).to(dtype);
}

// factor x + (1 - factor) mean, which leaves x to the bit for a factor of 1.
at::Tensor away_from(const at::Tensor& mean, const at::Tensor& x, const at::Tensor& factor) {
  const at::Tensor f = factor.to(x.scalar_type()).view({-1, 1, 1, 1});
  return x * f + mean * (1 - f);
}

at::Tensor change_colour(const at::Tensor& images, const Augmentation& a) {
  at::Tensor x = images + a.brightness.to(images.scalar_type()).view({-1, 1, 1, 1});
  x = away_from(x.mean(1, /*keepdim=*/true), x, a.saturation);
  return away_from(x.mean(at::IntArrayRef({1, 2, 3}), /*keepdim=*/true), x, a.contrast);
}

at::Tensor move_and_blank(const at::Tensor& images, const Augmentation& a) {
  const std::int64_t height = images.size(2), width = images.size(3);
  const at::ScalarType dtype = images.scalar_type();
  const Lines rows = shifted_lines(height, a.shift_y, dtype), columns = shifted_lines(width, a.shift_x, dtype);
  const auto of_each_pixel = [](const at::Tensor& row, const at::Tensor& column) {
    return row.unsqueeze(2) * column.unsqueeze(1);  // [B, H, W]
  };
  const at::Tensor cut = of_each_pixel(cut_lines(height, a.cut_top, a.cut_height, dtype),
                                       cut_lines(width, a.cut_left, a.cut_width, dtype));
  const at::Tensor shown = of_each_pixel(rows.inside, columns.inside) * (1 - cut);                     // [B, H, W]
  const at::Tensor from = (rows.from * width).unsqueeze(2) + columns.from.unsqueeze(1);                // [B, H, W]
  const at::Tensor pixels = images.permute({0, 2, 3, 1}).flatten(1, 2);                                // [B, H W, C]
  const at::Tensor moved = pixels.gather(1, from.flatten(1).unsqueeze(2).expand_as(pixels));           // [B, H W, C]
  return (moved * shown.flatten(1).unsqueeze(2)).unflatten(1, {height, width}).permute({0, 3, 1, 2});  // [B, C, H, W]
}

}  // namespace

Augmentation draw_augmentation(const DiffAugmentOptions& options, const ExampleDraws& draws, std::int64_t height,
                               std::int64_t width) {
  const auto batch = static_cast<std::int64_t>(draws.size());
  const auto all = [&](auto value) { return std::vector<decltype(value)>(draws.size(), value); };
  std::vector<float> brightness = all(0.0F), saturation = all(1.0F), contrast = all(1.0F);
  std::vector<std::int64_t> shift_y = all(std::int64_t{0}), shift_x = shift_y, cut_top = shift_y, cut_left = shift_y,
                            cut_height = shift_y, cut_width = shift_y;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const PhiloxKey key = draws.key(i);
    if (random_unit(key, kApply) >= options.p) continue;
    if (options.color) {
      brightness[i] = static_cast<float>(random_unit(key, kBrightness) - 0.5);
      saturation[i] = static_cast<float>(2 * random_unit(key, kSaturation));
      contrast[i] = static_cast<float>(random_unit(key, kContrast) + 0.5);
    }
    if (options.translation) {
      shift_y[i] = draw_shift(key, kShiftY, height);
      shift_x[i] = draw_shift(key, kShiftX, width);
    }
    if (options.cutout) {
      cut_top[i] = draw_cut(key, kCutY, height);
      cut_left[i] = draw_cut(key, kCutX, width);
      cut_height[i] = cut_size(height);
      cut_width[i] = cut_size(width);
    }
  }
  const auto tensor = [&](const auto& values) { return at::tensor(values).view({batch}); };
  return {.brightness = tensor(brightness),
          .saturation = tensor(saturation),
          .contrast = tensor(contrast),
          .shift_y = tensor(shift_y),
          .shift_x = tensor(shift_x),
          .cut_top = tensor(cut_top),
          .cut_left = tensor(cut_left),
          .cut_height = tensor(cut_height),
          .cut_width = tensor(cut_width)};
}

at::Tensor augment(const at::Tensor& images, const Augmentation& augmentation) {
  Augmentation a = augmentation;
  for (at::Tensor* values : {&a.brightness, &a.saturation, &a.contrast, &a.shift_y, &a.shift_x, &a.cut_top, &a.cut_left,
                             &a.cut_height, &a.cut_width})
    *values = values->to(images.device());
  return move_and_blank(change_colour(images, a), a);
}

at::Tensor diff_augment(const at::Tensor& images, const DiffAugmentOptions& options, const ExampleDraws& draws) {
  TORCH_CHECK(images.size(0) == static_cast<std::int64_t>(draws.size()), "diff_augment: ", images.size(0),
              " pictures, but ", draws.size(), " examples");
  if (options.p == 0) return images;
  return augment(images, draw_augmentation(options, draws, images.size(2), images.size(3)));
}

}  // namespace heed
