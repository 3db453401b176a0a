#pragma once

#include <c10/core/Device.h>

#include "heed/image/sample_options.h"

namespace heed {

/// Draws what is asked for and writes it. Returns the exit code 0. Throws Error.
int sample_files(const SampleOptions& options, c10::Device device);

}  // namespace heed
