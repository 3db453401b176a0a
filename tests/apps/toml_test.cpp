#include "toml.h"

#include "heed/base/error.h"

#include "catch.h"

using heed::parse_toml;

namespace {

std::string failure_of(const std::string& text) {
  try {
    parse_toml(text, "run.toml");
  } catch (const heed::Error& error) {
    CHECK(error.code() == heed::ExitCode::usage);
    return error.what();
  }
  return "no error";
}

std::string read_back(const std::string& toml) {
  return parse_toml("key = " + toml, "run.toml").at(0).values.at(0);
}

}  // namespace

TEST_CASE("settings of each kind are read") {
  const auto items = parse_toml(
      "\xEF\xBB\xBF# a comment\r\n"
      "text = \"a # b = c\"  # not in the string\r\n"
      "\n"
      "literal = 'C:\\dir'\n"
      "whole = 10_000\n"
      "number=-1.5e-4\n"
      "\"quoted-key\" = true\n"
      "list = [\n  \"one\",  # first\n  'two, three',\n]\n"
      "empty = []",
      "run.toml");
  REQUIRE(items.size() == 7);
  CHECK(items[0].key == "text");
  CHECK(items[0].values == std::vector<std::string>{"a # b = c"});
  CHECK(items[0].line == 2);
  CHECK(items[1].values.front() == "C:\\dir");
  CHECK(items[2].values.front() == "10000");
  CHECK(items[3].values.front() == "-0.00015");
  CHECK(items[4].key == "quoted-key");
  CHECK(items[4].values.front() == "true");
  CHECK(items[5].is_list);
  CHECK(items[5].values == std::vector<std::string>{"one", "two, three"});
  CHECK(items[5].line == 8);
  CHECK(items[6].is_list);
  CHECK(items[6].values.empty());
  CHECK(items[6].line == 12);
}

TEST_CASE("characters that are not ASCII stand in strings and comments") {
  const auto items = parse_toml(
      "a = \"ö\\\\\" # 'ö\n"
      "b = 'ö\\' # ö\n"
      "c = \"\"\"ö\\\n \"ö\n#\\\"\"\"\"\"\n"
      "d = '''ö''ö'''",
      "run.toml");
  REQUIRE(items.size() == 4);
  CHECK(items[0].values.front() == "ö\\");
  CHECK(items[1].values.front() == "ö\\");
  CHECK(items[2].values.front() == "ö\"ö\n#\"\"");
  CHECK(items[3].values.front() == "ö''ö");
  const std::string offence = "a character that is not ASCII stands outside of quotes";
  CHECK(failure_of("a = 1\ngröße = 1") == "run.toml:2: " + offence);
  CHECK(failure_of("a = \"b\" ö") == "run.toml:1: " + offence);
  CHECK(failure_of("a = \"\"\"b\n\\\n ö\"\"\"") == "run.toml:3: " + offence);
}

TEST_CASE("settings that are not understood are refused with their line") {
  CHECK(failure_of("a = 1\n[model]\n").find("run.toml:2: tables") == 0);
  CHECK(failure_of("a.b = 1").find("run.toml:1: tables") == 0);
  CHECK(failure_of("a = {b = 1}").find("run.toml:1: tables") == 0);
  CHECK(failure_of("[= ").find("run.toml:1: ") == 0);
  CHECK(failure_of("[[[a]]]").find("run.toml:1: ") == 0);
  CHECK(failure_of("a = 1\n\na = 2").find("run.toml:3: ") == 0);
  CHECK(failure_of("a = nan").find("run.toml:1: expected a number") == 0);
  CHECK(failure_of("b = 1\na = [\n1,\n2001-01-01]").find("run.toml:4: expected a number") == 0);
  CHECK(failure_of("a = [1,\n2").find("run.toml:2: ") == 0);
  for (const std::string text :
       {"a 1", "= 1", "a = word", "a =\n", "a = \"open\nb = 1", "a = 'open", "a = 1 2", "a = [1 2]", "a = \"\\q\"",
        "a = \"\\uD800\"", "a = \"\\u12\"", "a = 99999999999999999999"}) {
    INFO(text);
    CHECK(failure_of(text).find("run.toml:1: ") == 0);
    CHECK(failure_of(text).size() > 20);
  }
}

TEST_CASE("values are written so that they read back") {
  for (const std::string text : {"", "plain", "a \"b\" \\ # ü 语", "line\nbreak\ttab", "\x01\x7f"})
    CHECK(read_back(heed::to_toml(std::string_view(text))) == text);
  CHECK(read_back("\"\\u00fc\\U0001F600\\\\\"") == "ü😀\\");
  for (const double value : {0.0, 1.0, -3.0, 0.1, 1e-9, 3e300, 1.0 / 3})
    CHECK(std::stod(read_back(heed::to_toml(value))) == value);
  CHECK(heed::to_toml(1.0) == "1.0");
  CHECK_THROWS_WITH(heed::to_toml(std::string_view("caf\xE9")),
                    "'caf\\xe9' is not UTF-8: a settings file cannot hold it");
  CHECK(heed::to_toml(std::int64_t{-5}) == "-5");
  CHECK(heed::to_toml(false) == "false");
  for (const std::vector<std::string>& list : {{}, std::vector<std::string>{"a", "b\"c"}}) {
    const auto items = parse_toml("key = " + heed::to_toml(list), "run.toml");
    CHECK(items.at(0).is_list);
    CHECK(items.at(0).values == list);
  }
}
