#pragma once

#include <cstdint>

namespace heed {

/// bfloat16 as its bits, for the loops that are free of LibTorch.
using BFloat16Bits = std::uint16_t;

}  // namespace heed
