#pragma once

#include "flags.h"

namespace heed {

/// Reads the arguments into `flags` (which must hold the shared flags too). Unknown flags are Error(usage) with the
/// nearest name; the last of a repeated flag counts, lists collect.
void parse_command_line(int argc, const char* const* argv, Flags& flags);

}  // namespace heed
