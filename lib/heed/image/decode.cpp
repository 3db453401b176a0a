#include "heed/image/decode.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "heed/base/error.h"
#include "heed/base/fields.h"
#include "heed/image/byte_reader.h"
#include "heed/image/exif.h"
#include "heed/image/opencv.h"

namespace heed {
namespace {

/// The chunks that pixels are made of. The others (profiles, texts, times) are left out: they hold packed data of any
/// size, and libpng writes its opinion of them to stderr.
std::vector<std::uint8_t> pixel_chunks_of_png(std::span<const std::uint8_t> png) {
  constexpr std::size_t kSignature = 8, kFrame = 12;
  const auto* begin = png.data();
  std::vector<std::uint8_t> kept(begin, begin + kSignature);
  for (std::size_t place = kSignature; png.size() - place >= kFrame;) {
    const auto* chunk = begin + place;
    const std::size_t length = number_at(png, place, 4, ByteOrder::big_end_first).value();
    if (length > png.size() - place - kFrame) break;
    const std::string_view name(reinterpret_cast<const char*>(chunk + 4), 4);
    if (name == "IHDR" || name == "PLTE" || name == "tRNS" || name == "IDAT" || name == "IEND")
      kept.insert(kept.end(), chunk, chunk + kFrame + length);
    if (name == "IEND") break;
    place += kFrame + length;
  }
  return kept;
}

cv::Mat decode_with_opencv(std::span<const std::uint8_t> bytes, PictureKind kind) {
  set_up_opencv();
  std::vector<std::uint8_t> chunks;
  if (kind == PictureKind::png) bytes = chunks = pixel_chunks_of_png(bytes);
  const cv::Mat source(1, static_cast<int>(bytes.size()), CV_8U, const_cast<std::uint8_t*>(bytes.data()));
  // JPEG has no alpha but an orientation, which "unchanged" would ignore; the fourth byte of BMP pixels is often
  // garbage.
  const bool may_have_alpha = kind == PictureKind::png || kind == PictureKind::webp;
  return cv::imdecode(source, may_have_alpha ? cv::IMREAD_UNCHANGED : cv::IMREAD_ANYCOLOR);
}

/// `orientation` as of exif_orientation().
cv::Mat turned_upright(const cv::Mat& matrix, int orientation) {
  cv::Mat straight = matrix;
  if (orientation >= 5) cv::transpose(matrix, straight);  // rows are columns; what is left to do are mirrors
  if (orientation == 1 || orientation == 5) return straight;
  constexpr int kLeftToRight = 1, kTopToBottom = 0, kBoth = -1;
  const int mirror = orientation == 2 || orientation == 6   ? kLeftToRight
                     : orientation == 4 || orientation == 8 ? kTopToBottom
                                                            : kBoth;
  cv::Mat turned;
  cv::flip(straight, turned, mirror);
  return turned;
}

bool is_opaque(const cv::Mat& matrix) {
  cv::Mat alpha;
  cv::extractChannel(matrix, alpha, 3);
  double least = 0;
  cv::minMaxLoc(alpha, &least);
  return least == 255;
}

/// OpenCV's blue green red order into ours.
cv::Mat in_our_order(const cv::Mat& matrix, const PictureHeader& header) {
  cv::Mat result;
  switch (matrix.channels()) {
    case 1:
      return matrix;
    case 3:
      cv::cvtColor(matrix, result, cv::COLOR_BGR2RGB);
      return result;
    default:
      const bool opaque = is_opaque(matrix);
      if (opaque && header.grey) {
        cv::extractChannel(matrix, result, 0);
      } else {
        cv::cvtColor(matrix, result, opaque ? cv::COLOR_BGRA2RGB : cv::COLOR_BGRA2RGBA);
      }
      return result;
  }
}

std::uint8_t blend(std::uint8_t front, std::uint8_t behind, int alpha) {
  return static_cast<std::uint8_t>((front * alpha + behind * (255 - alpha) + 127) / 255);
}

Picture lay_over(const Picture& picture, Color background) {
  Picture result(picture.size(), 3);
  const std::uint8_t* from = picture.pixels.data();
  for (auto to = result.pixels.begin(); to != result.pixels.end(); to += 3, from += 4) {
    to[0] = blend(from[0], background.red, from[3]);
    to[1] = blend(from[1], background.green, from[3]);
    to[2] = blend(from[2], background.blue, from[3]);
  }
  return result;
}

}  // namespace

Picture decode_picture(std::span<const std::uint8_t> bytes, const std::string& where) {
  const PictureHeader header = read_picture_header(bytes, where);
  const auto damaged = [&](const std::string& reason) {
    return data_error(where + ": a damaged " + std::string(name_of(header.kind)) + " picture (" + reason + ")");
  };
  try {
    cv::Mat matrix = decode_with_opencv(bytes, header.kind);
    if (matrix.empty()) throw damaged("its pixels cannot be decoded");
    constexpr double kSixteenToEight = 1.0 / 257;
    if (matrix.depth() == CV_16U) matrix.convertTo(matrix, CV_8U, kSixteenToEight);
    if (matrix.depth() != CV_8U) throw damaged("pixels of an unknown type");
    return picture_of(in_our_order(turned_upright(matrix, exif_orientation(bytes, header.kind)), header));
  } catch (const cv::Exception& error) {
    throw damaged(error.err);
  }
}

Picture with_channels(const Picture& picture, int channels, Color background) {
  if (picture.channels == channels) return picture;
  if (picture.channels == 4) return with_channels(lay_over(picture, background), channels, background);
  const bool from_grey = picture.channels == 1;
  const int conversion = from_grey       ? (channels == 4 ? cv::COLOR_GRAY2RGBA : cv::COLOR_GRAY2RGB)
                         : channels == 1 ? cv::COLOR_RGB2GRAY
                                         : cv::COLOR_RGB2RGBA;
  cv::Mat converted;
  cv::cvtColor(view_of(picture), converted, conversion);
  return picture_of(converted);
}

}  // namespace heed
