#pragma once

#include <cstdint>

namespace heed {

using TokenId = std::int32_t;

/// Ids that every vocabulary of heed has: unknown, padding, start mark, end mark.
inline constexpr TokenId kUnk = 0, kPad = 1, kBos = 2, kEos = 3;

}  // namespace heed
