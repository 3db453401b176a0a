#pragma once

#include <span>

#include "heed/image/picture.h"

namespace heed {

struct GridOptions {
  int columns = 0;  ///< 0: about as many as rows
  int gap = 2;      ///< pixels between pictures and around them
  Color background = {32, 32, 32};
};

/// Pictures of one size side by side, row by row from the upper left; cells without one show the background. Throws
/// Error(internal) when there are none, or sizes or channels differ.
Picture make_grid(std::span<const Picture> pictures, const GridOptions& options = {});

}  // namespace heed
