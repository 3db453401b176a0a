#include "heed/base/log.h"

#include <cstdlib>

#include <sys/stat.h>

#include "heed/base/progress.h"

#include "child.h"
#include "scratch.h"

namespace logging = heed::log;

TEST_CASE("hidden: one message of each level", "[.][each_level]") {
  logging::debug("one");
  logging::info("two");
  logging::warning("three");
  logging::error("four");
}

TEST_CASE("hidden: levels", "[.][levels]") {
  CHECK(logging::level() == logging::Level::info);
  for (const logging::Level level : {logging::Level::debug, logging::Level::info, logging::Level::warning,
                                     logging::Level::error, logging::Level::off}) {
    logging::set_level(level);
    if (logging::level() != level) logging::error("level() does not tell");
    logging::debug("D");
    logging::info("I");
    logging::warning("W");
    logging::error("E");
  }
}

TEST_CASE("hidden: hostile text", "[.][hostile]") {
  logging::info("a\tb\nc {} %s \x1b[2J\r\x07 \xFF Größe");
  logging::info("");
  logging::info("ends\n");
}

TEST_CASE("hidden: a file too", "[.][with_file]") {
  logging::info("before");
  logging::also_to_file(std::getenv("HEED_TEST_LOG"));
  logging::set_level(logging::Level::error);
  logging::info("quiet \x1b[0m");
  logging::warning("loud");
}

TEST_CASE("hidden: a bar is on the screen", "[.][bar_then_log]") {
  heed::Progress progress("train", 10);
  progress.update(1);
  logging::debug("unseen");
  logging::info("hello");
}

TEST_CASE("messages are plain, with a prefix from warnings on", "[log]") {
  const ChildOutput output = run_hidden("[each_level]", StderrKind::pipe);
  CHECK(output.status == 0);
  CHECK(output.text == "two\nwarning: three\nerror: four\n");
}

TEST_CASE("levels hide what is below them", "[log]") {
  const ChildOutput output = run_hidden("[levels]", StderrKind::pipe);
  CHECK(output.status == 0);
  CHECK(output.text ==
        "debug: D\nI\nwarning: W\nerror: E\n"
        "I\nwarning: W\nerror: E\n"
        "warning: W\nerror: E\n"
        "error: E\n");
}

TEST_CASE("messages cannot steer the terminal", "[log]") {
  CHECK(run_hidden("[hostile]", StderrKind::pipe).text == "a\tb\nc {} %s \\x1b[2J\\x0d\\x07 \\xff Größe\n\nends\n\n");
}

TEST_CASE("colour is for terminals whose owner wants it", "[log]") {
  const ChildOutput coloured = run_hidden("[each_level]", StderrKind::terminal);
  if (coloured.status < 0) {
    WARN("this machine has no pseudo-terminals");
    return;
  }
  CHECK(coloured.text.starts_with("two\r\n\x1b["));  // plain information has none
  CHECK(matches(coloured.text, "two\r\n\x1b\\[*mwarning: \x1b\\[*mthree\r\n\x1b\\[*merror: \x1b\\[*mfour\r\n"));
  const std::string plain = "two\r\nwarning: three\r\nerror: four\r\n";
  CHECK(run_hidden("[each_level]", StderrKind::terminal, {{"NO_COLOR", "1"}}).text == plain);
  CHECK(run_hidden("[each_level]", StderrKind::terminal, {{"NO_COLOR", ""}}).text == coloured.text);
  CHECK(run_hidden("[each_level]", StderrKind::terminal, {{"TERM", "dumb"}}).text == plain);
}

TEST_CASE("the file gets information and above with time stamps", "[log]") {
  const ScratchDirectory scratch;
  const auto path = scratch / "train.log";
  put(path, "older\n");
  const ChildOutput output = run_hidden("[with_file]", StderrKind::pipe, {{"HEED_TEST_LOG", path.string()}});
  CHECK(output.status == 0);
  CHECK(output.text == "before\n");
  const std::string two = "[0-9][0-9]", stamp = two + two + "-" + two + "-" + two + " " + two + ":" + two + ":" + two;
  CHECK(matches(get(path), "older\n" + stamp + " quiet \\\\x1b\\[0m\n" + stamp + " warning: loud\n"));
}

TEST_CASE("a log file that cannot be opened is an error with path and reason", "[log]") {
  const ScratchDirectory scratch;
  const std::string message =
      error_of(heed::ExitCode::data, [&] { logging::also_to_file(scratch / "missing/train.log"); });
  CHECK(contains(message, (scratch / "missing/train.log").string() + ": No such file or directory"));
  CHECK(scratch.names().empty());
  ::mkfifo((scratch / "pipe").c_str(), 0600);
  error_of(heed::ExitCode::data, [&] { logging::also_to_file(scratch / "pipe"); });
  error_of(heed::ExitCode::data, [&] { logging::also_to_file(scratch.path()); });
}

TEST_CASE("a message takes the place of the bar", "[log]") {
  const ChildOutput output = run_hidden("[bar_then_log]", StderrKind::terminal);
  if (output.status < 0) {
    WARN("this machine has no pseudo-terminals");
    return;
  }
  CHECK(matches(output.text, "\r\x1b\\[Ktrain  10%  \\[*\\]  1/10\r\x1b\\[Khello\r\n"));
}
