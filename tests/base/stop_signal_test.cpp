#include "heed/base/stop_signal.h"

#include <optional>
#include <string>
#include <vector>

#include <signal.h>

#include "heed/base/files.h"

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

TEST_CASE("a second signal ends the process with its own number and leaves no temporary", "[stop_signal]") {
  const ScratchDirectory scratch;
  CHECK(in_child([&] {
          default_actions();
          const heed::StopSignal stop;
          const heed::AtomicFile file(scratch / "file");
          ::raise(SIGTERM);
          if (scratch.names().empty()) return 1;
          ::raise(SIGINT);
          return 2;
        }) == 128 + SIGINT);
  CHECK(scratch.names().empty());
}

TEST_CASE("where there is nothing to save the first signal does", "[stop_signal]") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(number);
    const ScratchDirectory scratch;
    CHECK(in_child([&] {
            default_actions();
            heed::end_on_signals();
            ::raise(SIGXFSZ);
            std::optional<heed::AtomicFile> given_up(scratch / "first");
            const heed::AtomicFile second(scratch / "second"), third(scratch / "third");
            given_up.reset();
            heed::write_file_atomically(scratch / "whole", "text");
            const heed::AtomicFile fourth(scratch / "fourth");
            if (scratch.names().size() != 4) return 1;
            ::raise(number);
            return 2;
          }) == 128 + number);
    CHECK(scratch.names() == std::vector<std::string>{"whole"});
  }
  CHECK(in_child([] {
          default_actions();
          ::signal(SIGHUP, SIG_IGN);
          heed::end_on_signals();
          ::raise(SIGHUP);
          return 42;
        }) == 42);
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
