#include "heed/base/stop_signal.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <unistd.h>

#include "heed/base/error.h"
#include "heed/base/temporaries.h"

namespace heed {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGXFSZ};

std::atomic<int> received_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free, "only lock-free atomics may be used in a signal handler");
std::atomic<bool> installed = false;
std::atomic<const char*> stop_notice = nullptr;
using Actions = std::array<struct sigaction, kSignals.size()>;
Actions previous_actions;

void end_at_once(int number) {
  delete_temporaries();
  ::_exit(128 + number);
}

void on_signal(int number) {
  int none = 0;
  if (!received_signal.compare_exchange_strong(none, number)) end_at_once(number);
  const char* notice = stop_notice;
  if (notice == nullptr) return;
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, notice, std::strlen(notice));
  errno = error;
}

Actions install(void (*handler)(int)) {
  Actions previous;
  struct sigaction handle = {}, ignore = {};
  handle.sa_handler = handler;
  handle.sa_flags = SA_RESTART;
  ignore.sa_handler = SIG_IGN;
  for (std::size_t index = 0; index < kSignals.size(); ++index) {
    const int number = kSignals[index];
    ::sigaction(number, number == SIGXFSZ ? &ignore : &handle, &previous[index]);
    const bool under_nohup = number == SIGHUP && previous[index].sa_handler == SIG_IGN;
    if (under_nohup) ::sigaction(number, &ignore, nullptr);
  }
  return previous;
}

}  // namespace

void end_on_signals() {
  install(end_at_once);
}

StopSignal::StopSignal(const char* notice) {
  if (installed.exchange(true)) throw Error(ExitCode::internal, "two StopSignal objects at a time");
  received_signal = 0;
  stop_notice = notice;
  previous_actions = install(on_signal);
}

StopSignal::~StopSignal() {
  for (std::size_t index = 0; index < kSignals.size(); ++index)
    ::sigaction(kSignals[index], &previous_actions[index], nullptr);
  installed = false;
}

int StopSignal::received() const {
  return received_signal;
}

}  // namespace heed
