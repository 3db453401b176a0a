#include "heed/base/stop_signal.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <unistd.h>

#include "heed/base/error.h"

namespace heed {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGXFSZ, SIGALRM};

std::atomic<int> received_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free, "only lock-free atomics may be used in a signal handler");
std::atomic<bool> installed = false;
std::atomic<bool> waiting_ends = false;
std::atomic<const char*> stop_notice = nullptr;
std::array<struct sigaction, kSignals.size()> previous_actions;

// A read that begins to wait just after the signal is not ended by it, so this one comes every second from then on.
void on_alarm(int) {
  ::alarm(1);
}

void on_signal(int number) {
  int none = 0;
  if (!received_signal.compare_exchange_strong(none, number)) ::_exit(128 + number);
  if (waiting_ends) ::alarm(1);
  const char* notice = stop_notice;
  if (notice == nullptr) return;
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, notice, std::strlen(notice));
  errno = error;
}

}  // namespace

StopSignal::StopSignal(Waiting waiting, const char* notice) {
  if (installed.exchange(true)) throw Error(ExitCode::internal, "two StopSignal objects at a time");
  received_signal = 0;
  waiting_ends = waiting == Waiting::ends;
  stop_notice = notice;
  struct sigaction stop = {}, again = {}, ignore = {};
  stop.sa_handler = on_signal;
  stop.sa_flags = waiting_ends ? 0 : SA_RESTART;
  again.sa_handler = on_alarm;
  ignore.sa_handler = SIG_IGN;
  for (std::size_t index = 0; index < kSignals.size(); ++index) {
    const int number = kSignals[index];
    ::sigaction(number, number == SIGXFSZ ? &ignore : number == SIGALRM ? &again : &stop, &previous_actions[index]);
    const bool under_nohup = number == SIGHUP && previous_actions[index].sa_handler == SIG_IGN;
    if (under_nohup) ::sigaction(number, &ignore, nullptr);
  }
}

StopSignal::~StopSignal() {
  if (waiting_ends) ::alarm(0);
  for (std::size_t index = 0; index < kSignals.size(); ++index)
    ::sigaction(kSignals[index], &previous_actions[index], nullptr);
  installed = false;
}

int StopSignal::received() const {
  return received_signal;
}

}  // namespace heed
