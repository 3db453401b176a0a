#pragma once

#include <array>
#include <map>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/// Exit status of a child process; 128 + n when signal n ended it.
inline int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error("waitpid failed");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Runs `action` (returns an exit status) in a forked child and waits for it. 99 when it throws.
template <class Action>
int in_child(Action&& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(action());
    } catch (...) {
      ::_exit(99);
    }
  }
  return wait_for(child);
}

/// In a child: gives root's powers up, so that permissions count.
inline void become_nobody() {
  if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(98);
}

enum class StderrKind { pipe, terminal };

struct ChildOutput {
  int status = -1;
  std::string text;  ///< what it wrote to stderr
};

/// Starts this test program anew for the hidden test cases with `tag`, in a process where nothing was logged yet, and
/// collects its stderr. The terminal is 60 columns wide. Status -1 when the machine has no pseudo-terminals.
inline ChildOutput run_hidden(const std::string& tag, StderrKind kind,
                              const std::map<std::string, std::string>& environment = {}) {
  int reader = -1, writer = -1;
  if (kind == StderrKind::pipe) {
    std::array<int, 2> ends = {};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe failed");
    reader = ends[0];
    writer = ends[1];
  } else {
    reader = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (reader < 0 || ::grantpt(reader) != 0 || ::unlockpt(reader) != 0) return {};
    writer = ::open(::ptsname(reader), O_RDWR | O_NOCTTY);
    if (writer < 0) return {};
    struct winsize window = {};
    window.ws_col = 60;
    window.ws_row = 20;
    ::ioctl(writer, TIOCSWINSZ, &window);
  }

  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(writer, STDERR_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    ::close(reader);
    ::unsetenv("NO_COLOR");
    ::unsetenv("COLORTERM");
    ::setenv("TERM", "xterm", 1);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::execl("/proc/self/exe", "hidden", tag.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(writer);

  ChildOutput output;
  std::array<char, 4096> buffer = {};
  while (true) {
    const ssize_t count = ::read(reader, buffer.data(), buffer.size());  // EIO: the terminal's other end was closed
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    output.text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(reader);
  output.status = wait_for(child);
  return output;
}
