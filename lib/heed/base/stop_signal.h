#pragma once

namespace heed {

/// For programs that have nothing to save: from now on SIGINT, SIGTERM and SIGHUP end the process at once with 128 + n
/// and without its temporaries (AtomicFile); SIGHUP stays ignored where it was (nohup). SIGXFSZ is ignored, so that a
/// write beyond a file size limit fails with an error instead.
void end_on_signals();

/// Turns SIGINT, SIGTERM and SIGHUP into a request to stop at the next safe point; a second one ends the process at
/// once as above. The handlers are installed for the object's life (one at a time).
class StopSignal {
 public:
  /// `notice`, a text that lives for ever, is written to stderr as soon as the request comes.
  explicit StopSignal(const char* notice = nullptr);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// The signal's number once one has arrived, 0 before.
  int received() const;
};

}  // namespace heed
