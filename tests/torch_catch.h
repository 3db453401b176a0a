#pragma once

// Catch2 for tests that see LibTorch, whose logging has a CHECK of its own: it comes first and gives way.
#include <c10/util/Logging.h>
#undef CHECK

#include "catch.h"
