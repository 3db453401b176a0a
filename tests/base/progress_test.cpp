#include "heed/base/progress.h"

#include <chrono>
#include <thread>

#include "heed/base/log.h"
#include "heed/base/utf8.h"

#include "child.h"
#include "scratch.h"

using heed::format_count;
using heed::format_duration;
using heed::format_number;
using heed::progress_line;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  return parts;
}

std::size_t characters(const std::string& text) {
  std::size_t count = 0;
  for (const char byte : text) count += (byte & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("hidden: many quick updates", "[.][bar]") {
  heed::Progress progress("übersetzen", 5'000);
  for (int done = 1; done <= 5'000; ++done)
    progress.update(done, "loss 3.21  öööööööööööööööööööööööööööö 日本語日本語");
}

TEST_CASE("hidden: lines at once", "[.][lines]") {
  heed::Progress progress("train", 1'000'000, 0s);
  progress.update(500'000, "loss 3.21");
  std::this_thread::sleep_for(20ms);
  progress.update(500'001);
  progress.update(600'000, "", 61.0);
  progress.update(600'001, "", -1);
  heed::log::set_level(heed::log::Level::warning);
  progress.update(700'000);
}

TEST_CASE("hidden: lines by the half minute", "[.][rare_lines]") {
  heed::Progress progress("train", 100);
  for (int done = 1; done <= 100; ++done) progress.update(done);
}

TEST_CASE("hidden: the bar goes", "[.][finish]") {
  heed::Progress progress("train", 100);
  progress.update(1);
  progress.finish();
  progress.finish();
}

TEST_CASE("a bar redraws in place, seldom, and never wraps", "[progress]") {
  const ChildOutput output = run_hidden("[bar]", StderrKind::terminal);
  if (output.status < 0) {
    WARN("this machine has no pseudo-terminals");
    return;
  }
  CHECK(output.status == 0);
  const std::vector<std::string> draws = split(output.text, "\r\x1b[K");
  REQUIRE(draws.size() >= 3);
  CHECK(draws.size() < 1'000);
  CHECK(draws.front().empty());
  CHECK(draws.back().empty());  // wiped at the end
  CHECK(draws[1].starts_with("übersetzen  0%"));
  for (const std::string& draw : draws) {
    CHECK(heed::is_valid_utf8(draw));
    CHECK(characters(draw) < 60);
    CHECK_FALSE(contains(draw, "\n"));
  }
}

TEST_CASE("without a terminal there are plain lines", "[progress]") {
  const ChildOutput output = run_hidden("[lines]", StderrKind::pipe);
  const std::vector<std::string> lines = split(output.text, "\n");
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == "train  50%  500,000/1,000,000  loss 3.21");
  // 20 ms for one of 500,000 that remain: hours. Work done before the start must not flatter this to seconds.
  CHECK(matches(lines[1], "train  50%  500,001/1,000,000  *[hd] [0-9][0-9][mh] left"));
  CHECK(lines[2] == "train  60%  600,000/1,000,000  1m 01s left");
  CHECK(lines[3] == "train  60%  600,001/1,000,000");  // nobody knows
  CHECK(lines[4].empty());                             // and silence below warnings
  CHECK(run_hidden("[rare_lines]", StderrKind::pipe).text.empty());
}

TEST_CASE("a dumb terminal gets plain lines", "[progress]") {
  const ChildOutput output = run_hidden("[lines]", StderrKind::terminal, {{"TERM", "dumb"}});
  if (output.status < 0) {
    WARN("this machine has no pseudo-terminals");
    return;
  }
  CHECK(split(output.text, "\r\n").size() == 5);
  CHECK_FALSE(contains(output.text, "\x1b"));
}

TEST_CASE("a finished bar is wiped once", "[progress]") {
  const ChildOutput output = run_hidden("[finish]", StderrKind::terminal);
  if (output.status < 0) {
    WARN("this machine has no pseudo-terminals");
    return;
  }
  CHECK(split(output.text, "\r\x1b[K").size() == 3);
}

TEST_CASE("the line of a bar", "[progress]") {
  CHECK(progress_line("train", 5, 10, "loss 1", 20, 50) == "train  50%  [######......]  5/10  20s left  loss 1");
  CHECK(progress_line("train", 10, 10, "", -1, 40) == "train  100%  [##################]  10/10");
  CHECK(progress_line("train", 5, 10, "", -1, 200).size() == 58);  // the bar itself stops growing at 40 columns
  CHECK(progress_line("train", 12, 10, "", 0, 0) == "train  100%  12/10  0s left");
  CHECK(progress_line("read", 1'234, 0, "x", -1, 80) == "read  1,234  x");
  CHECK(progress_line("a\x1b[2J", 1, 0, "b\nc\xFF", -1, 0) == "a\\x1b[2J  1  b\\x0ac\\xff");
}

TEST_CASE("the line is cut between characters, wide ones count twice", "[progress]") {
  CHECK(progress_line("abcdef", 1, 0, "", -1, 4) == "abcd");
  CHECK(progress_line("äöüäöü", 1, 0, "", -1, 4) == "äöüä");
  CHECK(progress_line("日本語", 1, 0, "", -1, 4) == "日本");
  CHECK(progress_line("日本語", 1, 0, "", -1, 5) == "日本");
  CHECK(progress_line("x😀😀", 1, 0, "", -1, 4) == "x😀");
}

TEST_CASE("durations for people", "[progress]") {
  CHECK(format_duration(0) == "0s");
  CHECK(format_duration(-3) == "0s");
  CHECK(format_duration(12.4) == "12s");
  CHECK(format_duration(59.6) == "1m 00s");
  CHECK(format_duration(200) == "3m 20s");
  CHECK(format_duration(3'599.7) == "1h 00m");
  CHECK(format_duration(3'720) == "1h 02m");
  CHECK(format_duration(86'399) == "23h 59m");
  CHECK(format_duration(2 * 86'400 + 3 * 3'600) == "2d 03h");
  CHECK(format_duration(1e300) == "forever");
  CHECK(format_duration(std::nan("")) == "forever");
}

TEST_CASE("counts with separators", "[progress]") {
  CHECK(format_count(0) == "0");
  CHECK(format_count(999) == "999");
  CHECK(format_count(1'000) == "1,000");
  CHECK(format_count(1'234'567) == "1,234,567");
  CHECK(format_count(-999) == "-999");
  CHECK(format_count(-123'456) == "-123,456");
  CHECK(format_count(INT64_MIN) == "-9,223,372,036,854,775,808");
}

TEST_CASE("numbers with fixed decimals", "[progress]") {
  CHECK(format_number(3.14159, 2) == "3.14");
  CHECK(format_number(2, 0) == "2");
  CHECK(format_number(-0.05, 1) == "-0.1");
  CHECK(format_number(1e-9, 4) == "0.0000");
  CHECK(format_number(1.7976931348623157e308, 3).size() == 313);
  CHECK(format_number(std::nan(""), 2) == "nan");
}
