#include "heed/image/fit.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "heed/image/opencv.h"

namespace heed {
namespace {

// The random numbers of pictures: one key per seed, epoch and purpose.
constexpr std::uint64_t kCropPurpose = 0x63726F70, kMirrorPurpose = 0x6D697272;

cv::Mat scaled(const cv::Mat& matrix, PictureSize size) {
  cv::Mat result = matrix;
  // Sides that shrink come first: less remains to be interpolated.
  const cv::Size smaller(std::min(size.width, matrix.cols), std::min(size.height, matrix.rows));
  if (smaller != matrix.size()) cv::resize(matrix, result, smaller, 0, 0, cv::INTER_AREA);
  const cv::Size wanted(size.width, size.height);
  if (result.size() == wanted) return result;
  cv::Mat grown;
  cv::resize(result, grown, wanted, 0, 0, cv::INTER_CUBIC);
  return grown;
}

/// Colours are multiplied by alpha for the scaling: what is transparent must not shine through.
Picture scaled_with_alpha(const cv::Mat& matrix, PictureSize size) {
  cv::Mat values;
  matrix.convertTo(values, CV_32F);
  values.forEach<cv::Vec4f>([](cv::Vec4f& pixel, const int*) {
    for (int c = 0; c < 3; ++c) pixel[c] *= pixel[3] / 255;
  });
  cv::Mat result = scaled(values, size);
  result.forEach<cv::Vec4f>([](cv::Vec4f& pixel, const int*) {
    const float alpha = std::clamp(pixel[3], 0.F, 255.F);
    for (int c = 0; c < 3; ++c) pixel[c] = alpha > 0 ? pixel[c] * 255 / alpha : 0;
  });
  result.convertTo(result, CV_8U);
  return picture_of(result);
}

Picture scale_matrix(const cv::Mat& matrix, PictureSize size) {
  return matrix.channels() == 4 ? scaled_with_alpha(matrix, size) : picture_of(scaled(matrix, size));
}

/// `value` scaled and rounded, from 1 to `limit`.
int proportional(int value, double factor, int limit) {
  return std::clamp(static_cast<int>(std::lround(value * factor)), 1, limit);
}

/// The largest middle part with the shape of `shape`.
cv::Mat middle_of_shape(const cv::Mat& matrix, PictureSize shape) {
  const double scale =
      std::min(static_cast<double>(matrix.cols) / shape.width, static_cast<double>(matrix.rows) / shape.height);
  const int width = proportional(shape.width, scale, matrix.cols);
  const int height = proportional(shape.height, scale, matrix.rows);
  return matrix(cv::Rect((matrix.cols - width) / 2, (matrix.rows - height) / 2, width, height));
}

Picture background_of(PictureSize size, int channels, Color color) {
  Picture picture(size, channels);
  const std::uint8_t pixel[] = {color.red, color.green, color.blue};
  if (channels == 1) std::ranges::fill(picture.pixels, luma(color));
  if (channels == 3)
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = pixel[i % 3];
  return picture;
}

Picture padded(const Picture& picture, PictureSize size, Color background) {
  const double scale =
      std::min(static_cast<double>(size.width) / picture.width, static_cast<double>(size.height) / picture.height);
  const Picture inside = scale_picture(
      picture, {proportional(picture.width, scale, size.width), proportional(picture.height, scale, size.height)});
  Picture result = background_of(size, picture.channels, background);
  const PicturePlace corner = center_origin(size, inside.size());
  for (int y = 0; y < inside.height; ++y)
    std::copy_n(inside.at(0, y), inside.width * inside.channels, result.at(corner.x, corner.y + y));
  return result;
}

}  // namespace

Picture scale_picture(const Picture& picture, PictureSize size) {
  return picture.size() == size ? picture : scale_matrix(view_of(picture), size);
}

Picture fit_picture(const Picture& picture, Fit fit, PictureSize size, Color background) {
  if (fit == Fit::resize) return scale_picture(picture, size);
  if (fit == Fit::pad) return padded(picture, size, background);
  if (fit == Fit::center_crop) return scale_matrix(middle_of_shape(view_of(picture), size), size);
  const Picture room = scale_for_random_crop(picture, size);
  Picture result(size, picture.channels);
  copy_part(room.pixels, room.size(), room.channels, center_origin(room.size(), size), size, false, result.pixels);
  return result;
}

PictureSize random_crop_room(PictureSize picture, PictureSize target) {
  constexpr double kMargin = 8.0 / 7;
  constexpr int kMostTargets = 4;
  const double scale = kMargin * std::max(static_cast<double>(target.width) / picture.width,
                                          static_cast<double>(target.height) / picture.height);
  const auto side = [scale](int from, int to) {
    return static_cast<int>(std::clamp<double>(std::round(from * scale), to, static_cast<double>(kMostTargets) * to));
  };
  return {side(picture.width, target.width), side(picture.height, target.height)};
}

Picture scale_for_random_crop(const Picture& picture, PictureSize target) {
  const PictureSize room = random_crop_room(picture.size(), target);
  return scale_matrix(middle_of_shape(view_of(picture), room), room);
}

PicturePlace random_crop_origin(PictureSize room, PictureSize target, PictureDraw draw, std::uint64_t example) {
  const PhiloxKey key = make_key(draw.seed, draw.epoch, kCropPurpose);
  const auto below = [&](std::uint64_t side, int free) {
    return static_cast<int>(random_below(key, 2 * example + side, static_cast<std::uint64_t>(free) + 1));
  };
  return {below(0, room.width - target.width), below(1, room.height - target.height)};
}

PicturePlace center_origin(PictureSize room, PictureSize target) {
  return {(room.width - target.width) / 2, (room.height - target.height) / 2};
}

bool is_mirrored(PictureDraw draw, std::uint64_t example) {
  return random_below(make_key(draw.seed, draw.epoch, kMirrorPurpose), example, 2) == 1;
}

void copy_part(std::span<const std::uint8_t> pixels, PictureSize size, int channels, PicturePlace origin,
               PictureSize target, bool mirrored, std::span<std::uint8_t> out) {
  const auto bytes = [channels](int count) { return static_cast<std::ptrdiff_t>(count) * channels; };
  auto to = out.begin();
  for (int y = 0; y < target.height; ++y) {
    const auto row = pixels.begin() + bytes(size.width) * (origin.y + y) + bytes(origin.x);
    if (!mirrored) {
      to = std::copy_n(row, bytes(target.width), to);
      continue;
    }
    for (int x = target.width - 1; x >= 0; --x) to = std::copy_n(row + bytes(x), channels, to);
  }
}

}  // namespace heed
