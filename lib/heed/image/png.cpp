#include "heed/image/png.h"

#include <span>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/image/opencv.h"

namespace heed {

namespace {

cv::Mat in_opencv_order(const Picture& picture) {
  if (picture.channels == 1) return view_of(picture);
  cv::Mat matrix;
  cv::cvtColor(view_of(picture), matrix, picture.channels == 3 ? cv::COLOR_RGB2BGR : cv::COLOR_RGBA2BGRA);
  return matrix;
}

}  // namespace

std::vector<std::uint8_t> encode_png(const Picture& picture) {
  std::vector<std::uint8_t> bytes;
  // Without a level OpenCV chooses speed: files of twice the size.
  if (!cv::imencode(".png", in_opencv_order(picture), bytes, {cv::IMWRITE_PNG_COMPRESSION, 9}))
    throw Error(ExitCode::internal, "a picture could not be encoded as PNG");
  return bytes;
}

void write_png(const std::filesystem::path& path, const Picture& picture) {
  const std::vector<std::uint8_t> bytes = encode_png(picture);
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(bytes)));
  file.commit();
}

}  // namespace heed
