#include "heed/base/progress.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <mutex>

#include <sys/ioctl.h>
#include <unistd.h>

#include "heed/base/log.h"
#include "heed/base/retry.h"
#include "heed/base/utf8.h"

namespace heed {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
constexpr int kDefaultColumns = 80, kMinBarColumns = 10, kMaxBarColumns = 40;
constexpr std::string_view kGap = "  ";
constexpr std::string_view kWipeLine = "\r\x1b[K";

std::mutex line_mutex;
bool line_shown = false;

/// True when stderr is a terminal that understands how to wipe a line.
bool on_terminal() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

int terminal_columns() {
  struct winsize window = {};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
  return known ? window.ws_col : kDefaultColumns;
}

/// Progress is a courtesy: what cannot be written is dropped.
void write_to_stderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = retry([&] { return ::write(STDERR_FILENO, text.data(), text.size()); });
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Calls visit(bytes, columns) for every character of well-formed `text`. Scripts that have wide or doubtful
/// characters (all from U+1100 on) count two columns: too short a line is harmless, a wrapped one cannot be wiped.
template <class Visitor>
void visit_characters(std::string_view text, Visitor&& visit) {
  for (std::size_t begin = 0; begin < text.size();) {
    const auto byte = [&](std::size_t offset) { return static_cast<unsigned char>(text[begin + offset]); };
    const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
    const bool wide = byte(0) > 0xE1 || (byte(0) == 0xE1 && byte(1) >= 0x84);
    if (!visit(text.substr(begin, length), wide ? 2 : 1)) return;
    begin += length;
  }
}

int columns_of(std::string_view text) {
  int columns = 0;
  visit_characters(text, [&](std::string_view, int width) {
    columns += width;
    return true;
  });
  return columns;
}

std::string cut_to_columns(std::string_view text, int limit) {
  std::string result;
  visit_characters(text, [&](std::string_view character, int width) {
    limit -= width;
    if (limit >= 0) result += character;
    return limit >= 0;
  });
  return result;
}

std::string bar(double fraction, int columns) {
  const int inside = columns - 2;
  const int filled = std::clamp(static_cast<int>(fraction * inside), 0, inside);
  return "[" + std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(inside - filled), '.') + "]";
}

}  // namespace

Progress::Progress(std::string label, std::int64_t total, std::chrono::seconds line_interval)
    : label_(std::move(label)), total_(total), line_interval_(line_interval), start_(Clock::now()) {
  if (!on_terminal()) last_drawn_ = start_;  // work shorter than one interval needs no line
}

Progress::~Progress() {
  finish();
}

void Progress::update(std::int64_t done, std::string_view detail) {
  if (first_done_ < 0) {
    first_done_ = done;
    start_ = Clock::now();
  }
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const bool forecast = total_ > 0 && done > first_done_;
  const double per_unit = forecast ? elapsed / static_cast<double>(done - first_done_) : 0;
  draw(done, detail, forecast ? per_unit * static_cast<double>(std::max<std::int64_t>(0, total_ - done)) : -1);
}

void Progress::update(std::int64_t done, std::string_view detail, double seconds_left) {
  draw(done, detail, seconds_left);
}

void Progress::finish() {
  clear_line();
}

void Progress::clear_line() {
  const std::lock_guard lock(line_mutex);
  if (line_shown) write_to_stderr(kWipeLine);
  line_shown = false;
}

void Progress::draw(std::int64_t done, std::string_view detail, double seconds_left) {
  if (log::level() > log::Level::info) return;
  const bool terminal = on_terminal();
  const auto now = Clock::now();
  if (now - last_drawn_ < (terminal ? Clock::duration(kRedrawInterval) : Clock::duration(line_interval_))) return;
  last_drawn_ = now;

  const std::lock_guard lock(line_mutex);
  if (terminal) {
    // The last column stays free: a character there makes some terminals wrap.
    const int columns = terminal_columns() - 1;
    write_to_stderr(std::string(kWipeLine) + progress_line(label_, done, total_, detail, seconds_left, columns));
    line_shown = true;
  } else {
    write_to_stderr(progress_line(label_, done, total_, detail, seconds_left, 0) + "\n");
  }
}

std::string progress_line(std::string_view label, std::int64_t done, std::int64_t total, std::string_view detail,
                          double seconds_left, int columns) {
  constexpr auto kUncut = std::string::npos;
  std::string head = printable(label, kUncut);
  std::string tail = std::string(kGap) + format_count(done);
  double fraction = 0;
  if (total > 0) {
    fraction = std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
    head += std::string(kGap) + std::to_string(static_cast<int>(fraction * 100)) + "%";
    tail += "/" + format_count(total);
  }
  if (seconds_left >= 0) tail += std::string(kGap) + format_duration(seconds_left) + " left";
  if (!detail.empty()) tail += std::string(kGap) + printable(detail, kUncut);
  if (columns <= 0) return head + tail;

  const int room = std::min(kMaxBarColumns, columns - columns_of(head + tail) - static_cast<int>(kGap.size()));
  if (total > 0 && room >= kMinBarColumns) head += std::string(kGap) + bar(fraction, room);
  return cut_to_columns(head + tail, columns);
}

std::string format_duration(double seconds) {
  constexpr double kLongest = 1e9;  // 30 years: a forecast beyond it says nothing
  if (!(seconds < kLongest)) return "forever";
  const auto whole = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
  const auto pair = [](std::int64_t large, const char* large_unit, std::int64_t small, const char* small_unit) {
    return std::to_string(large) + large_unit + (small < 10 ? " 0" : " ") + std::to_string(small) + small_unit;
  };
  if (whole < 60) return std::to_string(whole) + "s";
  if (whole < 3'600) return pair(whole / 60, "m", whole % 60, "s");
  if (whole < 86'400) return pair(whole / 3'600, "h", whole / 60 % 60, "m");
  return pair(whole / 86'400, "d", whole / 3'600 % 24, "h");
}

std::string format_count(std::int64_t value) {
  std::string text = std::to_string(value);
  const std::size_t first_digit = value < 0 ? 1 : 0;
  for (std::size_t place = text.size(); place > first_digit + 3;) {
    place -= 3;
    text.insert(place, 1, ',');
  }
  return text;
}

std::string format_number(double value, int decimals) {
  constexpr std::size_t kMaxWholeDigits = 310;
  std::string text(kMaxWholeDigits + static_cast<std::size_t>(decimals) + 2, '\0');
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals).ptr;
  text.resize(static_cast<std::size_t>(end - text.data()));
  return text;
}

}  // namespace heed
