#pragma once

#include <string>

#include "run_app.h"

namespace heed {

/// What --help prints: usage, one example, and the flags by group with their defaults; at most 100 columns wide.
std::string help_text(const AppInfo& info, const Flags& flags);

}  // namespace heed
