#pragma once

#include <stdexcept>
#include <string>

namespace heed {

/// What the process tells its caller. A stop by signal n is reported as 128 + n instead.
enum class ExitCode : int {
  ok = 0,
  internal = 1,    ///< a bug in heed
  usage = 2,       ///< flags or options that are wrong or contradict each other
  data = 3,        ///< input that is missing, empty or malformed; disk or permission trouble with it
  checkpoint = 4,  ///< a model file that is unreadable, damaged, unwritable or of another kind
  diverged = 5,    ///< training left the finite numbers and could not be brought back
  out_of_memory = 6,
  try_again = 75,  ///< a temporary failure: the same command may succeed later
};

/// An error that a user can act on. The message says what failed, where (path:line), what was
/// expected, and what to try. Anything else that is thrown is a bug.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

inline Error usage_error(const std::string& message) {
  return {ExitCode::usage, message};
}
inline Error data_error(const std::string& message) {
  return {ExitCode::data, message};
}
inline Error checkpoint_error(const std::string& message) {
  return {ExitCode::checkpoint, message};
}

}  // namespace heed
