#pragma once

#include <string>

#include "heed/base/error.h"

namespace heed {

/// What a call throws: its exit code's number and message, "nothing" when it returns.
template <class Call>
std::string thrown(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
  return "nothing";
}

}  // namespace heed
