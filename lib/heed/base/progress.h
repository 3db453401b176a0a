#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace heed {

/// Progress of long work on stderr: a bar that redraws itself in place when stderr is a terminal (with time left),
/// otherwise one plain line per `line_interval`. Log messages clear the bar before they are written (log.cpp calls
/// `Progress::clear_line`). Silent when the log level hides info.
class Progress {
 public:
  /// `total` in the units of update(); 0 when unknown (no bar and no time left, only the counter).
  Progress(std::string label, std::int64_t total, std::chrono::seconds line_interval = std::chrono::seconds(30));
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of `total`; `detail` is shown behind the bar ("loss 3.21  2,900 tok/s").
  void update(std::int64_t done, std::string_view detail = {});
  /// As above, but time left is given (seconds; negative: unknown) instead of extrapolated, e.g. when a time budget
  /// ends the work.
  void update(std::int64_t done, std::string_view detail, double seconds_left);
  /// Removes the bar; called by the destructor too.
  void finish();

  /// Wipes a bar that is on the terminal now, so that a log line can take its place.
  static void clear_line();

 private:
  void draw(std::int64_t done, std::string_view detail, double seconds_left);

  std::string label_;
  std::int64_t total_;
  std::int64_t first_done_ = -1;  // work done before this run (resuming) must not flatter the forecast
  std::chrono::seconds line_interval_;
  std::chrono::steady_clock::time_point start_, last_drawn_;
};

/// The line that update() shows: label, percentage, bar, counts, time left (unknown when negative) and detail, cut to
/// `columns` terminal columns; 0 for a plain line of any length without a bar.
std::string progress_line(std::string_view label, std::int64_t done, std::int64_t total, std::string_view detail,
                          double seconds_left, int columns);

/// "2d 03h", "1h 02m", "3m 20s", "12s".
std::string format_duration(double seconds);
/// "1,234,567".
std::string format_count(std::int64_t value);
/// Fixed number of decimals, C locale.
std::string format_number(double value, int decimals);

}  // namespace heed
