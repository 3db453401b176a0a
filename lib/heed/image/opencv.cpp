#include "heed/image/opencv.h"

#include <algorithm>

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>

namespace heed {

void set_up_opencv() {
  [[maybe_unused]] static const bool once = [] {
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::setNumThreads(1);
    return true;
  }();
}

cv::Mat view_of(const Picture& picture) {
  set_up_opencv();
  return {picture.height, picture.width, CV_8UC(picture.channels), const_cast<std::uint8_t*>(picture.pixels.data())};
}

Picture picture_of(const cv::Mat& matrix) {
  CV_Assert(matrix.depth() == CV_8U);
  Picture picture({matrix.cols, matrix.rows}, matrix.channels());
  const auto row_bytes = static_cast<std::ptrdiff_t>(picture.width) * picture.channels;
  for (int y = 0; y < matrix.rows; ++y) std::copy_n(matrix.ptr(y), row_bytes, picture.at(0, y));
  return picture;
}

std::string opencv_version() {
  return CV_VERSION;
}

}  // namespace heed
