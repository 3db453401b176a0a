#pragma once

#include <exception>

namespace heed {

/// Whether that is what was thrown because memory ran out.
bool is_out_of_memory(const std::exception& error);

}  // namespace heed
