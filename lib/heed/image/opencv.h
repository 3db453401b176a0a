#pragma once

#include <string>

#include "heed/image/picture.h"

namespace cv {
class Mat;
}

/// Between our pictures and OpenCV's matrices, for the sources of this part alone. Programs that use the library need
/// no OpenCV headers.
namespace heed {

/// Keeps OpenCV from writing to stderr and from starting threads of its own beside ours. Called before its use; cheap.
void set_up_opencv();
/// Its version, such as "4.6.0".
std::string opencv_version();
/// A view of the picture's bytes in our channel order; it must not outlive them, nor be written through.
cv::Mat view_of(const Picture& picture);
/// A copy of an 8-bit matrix of 1, 3 or 4 channels that are in our order already.
Picture picture_of(const cv::Mat& matrix);

}  // namespace heed
