#include "heed/base/units.h"

#include "scratch.h"

using heed::parse_count;
using heed::parse_duration;

TEST_CASE("counts with decimal units", "[units]") {
  CHECK(parse_count("0", "n") == 0);
  CHECK(parse_count("250", "n") == 250);
  CHECK(parse_count("10k", "n") == 10'000);
  CHECK(parse_count("10K", "n") == 10'000);
  CHECK(parse_count("1.5M", "n") == 1'500'000);
  CHECK(parse_count("1.1m", "n") == 1'100'000);
  CHECK(parse_count("2G", "n") == 2'000'000'000);
  CHECK(parse_count("3.0", "n") == 3);
  CHECK(parse_count(".5k", "n") == 500);
  CHECK(parse_count("9223372036854775807", "n") == INT64_MAX);
  CHECK(parse_count("1.50000000000000000000k", "n") == 1'500);
  CHECK(parse_count("100.00", "n") == 100);
  CHECK(parse_count("1.005k", "n") == 1'005);
}

TEST_CASE("what is no whole number is refused by name", "[units]") {
  for (const char* text : {"",
                           "k",
                           ".",
                           "-5",
                           "+5",
                           "1.5",
                           "1.05",
                           "100.05",
                           "1.2345k",
                           "1.00005k",
                           "1e3",
                           "1,000",
                           "10kb",
                           "10 k",
                           " 10",
                           "0x10",
                           "1.2.3",
                           "9223372036854775808",
                           "9223372037G",
                           "10T",
                           "nan",
                           "1\n"}) {
    CAPTURE(text);
    const std::string message = error_of(heed::ExitCode::usage, [&] { parse_count(text, "--max-updates"); });
    CHECK(contains(message, "--max-updates: '"));
    CHECK(contains(message, "10k"));
  }
}

TEST_CASE("durations in seconds", "[units]") {
  CHECK(parse_duration("0", "t") == 0);
  CHECK(parse_duration("90", "t") == 90);
  CHECK(parse_duration("90s", "t") == 90);
  CHECK(parse_duration("0.25s", "t") == 0.25);
  CHECK(parse_duration("10m", "t") == 600);
  CHECK(parse_duration("1.5h", "t") == 5'400);
  CHECK(parse_duration("2D", "t") == 172'800);
}

TEST_CASE("what is no duration is refused by name", "[units]") {
  for (const char* text : {"", "m", ".", "-1", "1e3", "inf", "nan", "10min", "1h30m", "5w", "1 h", "h1", "1..5"}) {
    CAPTURE(text);
    const std::string message = error_of(heed::ExitCode::usage, [&] { parse_duration(text, "--max-time"); });
    CHECK(contains(message, "--max-time: '"));
    CHECK(contains(message, "10m"));
  }
  error_of(heed::ExitCode::usage, [] { parse_duration(std::string(400, '9'), "--max-time"); });
}
