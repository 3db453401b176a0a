#include "heed/base/stop_signal.h"

#include <signal.h>

#include "child.h"
#include "scratch.h"

namespace {

/// Undoes what the test framework does with signals.
void default_actions() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGXFSZ}) ::signal(number, SIG_DFL);
}

}  // namespace

TEST_CASE("a first signal is a request, whichever it is", "[stop_signal]") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(number);
    CHECK(in_child([&] {
            default_actions();
            const heed::StopSignal stop;
            if (stop.received() != 0) return 1;
            ::raise(number);
            return stop.received() == number ? 42 : 2;
          }) == 42);
  }
}

TEST_CASE("a second signal ends the process with its own number", "[stop_signal]") {
  CHECK(in_child([] {
          default_actions();
          const heed::StopSignal stop;
          ::raise(SIGTERM);
          ::raise(SIGINT);
          return 1;
        }) == 128 + SIGINT);
}

TEST_CASE("the file size limit does not kill, nohup is respected", "[stop_signal]") {
  CHECK(in_child([] {
          default_actions();
          ::signal(SIGHUP, SIG_IGN);
          const heed::StopSignal stop;
          ::raise(SIGXFSZ);
          ::raise(SIGHUP);
          ::raise(SIGHUP);
          return stop.received() == 0 ? 42 : 1;
        }) == 42);
}

TEST_CASE("the former actions come back, a new object starts afresh", "[stop_signal]") {
  CHECK(in_child([] {
          default_actions();
          {
            const heed::StopSignal stop;
            ::raise(SIGINT);
          }
          {
            const heed::StopSignal stop;
            if (stop.received() != 0) return 1;
          }
          ::raise(SIGTERM);
          return 2;
        }) == 128 + SIGTERM);
  CHECK(in_child([] {
          default_actions();
          { const heed::StopSignal stop; }
          ::raise(SIGXFSZ);
          return 2;
        }) == 128 + SIGXFSZ);
}

TEST_CASE("there is one at a time", "[stop_signal]") {
  const heed::StopSignal stop;
  error_of(heed::ExitCode::internal, [] { const heed::StopSignal second; });
}
