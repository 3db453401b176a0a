#include "heed/text/line_reader.h"

#include <sstream>

#include "catch.h"
#include "errors.h"
#include "text_files.h"

namespace heed {
namespace {

using Lines = std::vector<std::string>;

Lines all_lines(const std::string& text, std::int64_t at_a_time) {
  std::istringstream stream(text);
  LineReader reader("-", stream);
  Lines all;
  for (Lines lines = reader.read(at_a_time); !lines.empty(); lines = reader.read(at_a_time))
    all.insert(all.end(), lines.begin(), lines.end());
  CHECK(reader.lines_read() == static_cast<std::int64_t>(all.size()));
  return all;
}

}  // namespace

TEST_CASE("lines end at LF, some at a time") {
  for (const std::int64_t at_a_time : {1, 2, 100}) {
    CHECK(all_lines("a\nb\n\nc", at_a_time) == Lines{"a", "b", "", "c"});
    CHECK(all_lines("a\nb\n", at_a_time) == Lines{"a", "b"});
    CHECK(all_lines("", at_a_time).empty());
    CHECK(all_lines("\xEF\xBB\xBF"
                    "a\r\n\xEF\xBB\xBF"
                    "b\rc\r\n",
                    at_a_time) == Lines{"a",
                                        "\xEF\xBB\xBF"
                                        "b\rc"});
  }
}

TEST_CASE("a file is read by name, and what is none is refused") {
  const TextFiles files;
  std::istringstream none;
  const std::string path = files.write("text", "one\ntwo\n");
  LineReader reader(path, none);
  CHECK(reader.name() == path);
  CHECK(reader.read(9) == Lines{"one", "two"});
  CHECK(thrown([&] { LineReader(files.path("missing"), none); }) ==
        "3: " + files.path("missing") + ": cannot be opened for reading: No such file or directory");
  CHECK(thrown([&] { LineReader(std::string(300, 'x'), none); }) ==
        "3: " + std::string(300, 'x') + ": cannot be opened for reading: File name too long");
  CHECK(thrown([&] { LineReader(files.path(""), none); }).find("is a directory") != std::string::npos);
}

TEST_CASE("compressed text and UTF-16 are refused with the command that helps") {
  for (const auto& [text, advice] : {std::pair<std::string, std::string>{"\x1F\x8B\x08 rest\n", "zcat"},
                                     {std::string("\xFF\xFE"
                                                  "a\0",
                                                  4),
                                      "iconv -f UTF-16 -t UTF-8"}}) {
    const std::string message = thrown([&] { all_lines(text, 1); });
    CHECK(message.starts_with("3: stdin: is "));
    CHECK(message.find(advice) != std::string::npos);
  }
}

TEST_CASE("companion lines must be as many as those they belong to") {
  const TextFiles files;
  std::istringstream none;
  const auto read_both = [&](const std::string& leader_text, const std::string& companion_text) {
    return thrown([&] {
      LineReader leader(files.write("leader", leader_text), none);
      CompanionLines companion(files.write("companion", companion_text), leader, none);
      for (Lines lines = leader.read(2); !lines.empty(); lines = leader.read(2)) {
        const Lines others = companion.read(lines.size());
        CHECK(others.size() == lines.size());
      }
      companion.expect_end();
    });
  };
  CHECK(read_both("a\nb\nc\n", "1\n2\n3\n") == "nothing");
  CHECK(read_both("a\nb\nc\n", "1\n2\n").starts_with("3: " + files.path("companion") + ": ends after line 2"));
  CHECK(read_both("a\n", "1\n2\n")
            .starts_with("3: " + files.path("companion") + ": has more lines than " + files.path("leader") +
                         ", which has 1"));
}

TEST_CASE("no companion gives no lines and asks for none") {
  const TextFiles files;
  std::istringstream none;
  LineReader leader(files.write("leader", "a\n"), none);
  CompanionLines companion("", leader, none);
  CHECK_FALSE(companion.is_given());
  CHECK(companion.read(1).empty());
  companion.expect_end();
}

}  // namespace heed
