#include "heed/image/heat_map.h"

#include <cmath>

#include <opencv2/imgproc.hpp>

#include "heed/base/error.h"
#include "heed/image/decode.h"
#include "heed/image/opencv.h"

namespace heed {

Picture color_map(const MapView& map, PictureSize size, const HeatMapOptions& options) {
  if (map.values.empty() || map.values.size() != Picture::byte_count(map.size, 1))
    throw Error(ExitCode::internal, "the values of a map do not match its size");
  set_up_opencv();
  cv::Mat values(map.size.height, map.size.width, CV_32F);
  for (int y = 0; y < map.size.height; ++y)
    for (int x = 0; x < map.size.width; ++x) {
      const float value = map.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(map.size.width) +
                                     static_cast<std::size_t>(x)];
      values.at<float>(y, x) = std::isfinite(value) ? value : static_cast<float>(options.low);
    }
  double low = options.low, high = options.high;
  if (low == high) cv::minMaxLoc(values, &low, &high);
  const double scale = high > low ? 255 / (high - low) : 0;

  cv::Mat scaled, bytes, colors;
  cv::resize(values, scaled, {size.width, size.height}, 0, 0, cv::INTER_LINEAR);
  scaled.convertTo(bytes, CV_8U, scale, -low * scale);
  cv::applyColorMap(bytes, colors, cv::COLORMAP_INFERNO);
  cv::cvtColor(colors, colors, cv::COLOR_BGR2RGB);
  return picture_of(colors);
}

Picture overlay_map(const Picture& picture, const MapView& map, const HeatMapOptions& options) {
  const Picture below = with_channels(with_channels(picture, 1, {}), 3, {});
  Picture result = color_map(map, picture.size(), options);
  for (std::size_t i = 0; i < result.pixels.size(); ++i) {
    result.pixels[i] = static_cast<std::uint8_t>(
        std::lround(options.opacity * result.pixels[i] + (1 - options.opacity) * below.pixels[i]));
  }
  return result;
}

}  // namespace heed
