#pragma once

#include <cerrno>

namespace heed {

/// Repeats a system call that a signal interrupted.
template <class Call>
auto retry(Call&& call) {
  while (true) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace heed
