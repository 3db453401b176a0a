#pragma once

namespace heed {

/// Turns SIGINT, SIGTERM and SIGHUP into a request to stop at the next safe point; a second one ends the process at
/// once with 128 + n. SIGXFSZ is ignored, so that a write beyond a file size limit fails with an error instead.
/// SIGHUP stays ignored where it was (nohup). The handlers are installed for the object's life (one at a time).
class StopSignal {
 public:
  /// What becomes of a read or write that waits when the request comes: it is taken up again, or it ends (EINTR), so
  /// that a program that waits for its input can stop too.
  enum class Waiting { goes_on, ends };

  /// `notice`, a text that lives for ever, is written to stderr as soon as the request comes.
  explicit StopSignal(Waiting waiting = Waiting::goes_on, const char* notice = nullptr);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// The signal's number once one has arrived, 0 before.
  int received() const;
};

}  // namespace heed
