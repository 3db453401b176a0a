#include "heed/text/done_file.h"

#include "catch.h"
#include "errors.h"
#include "text_files.h"

namespace heed {

TEST_CASE("an output is finished when it stands there as written and would be made of the same") {
  const TextFiles files;
  const nlohmann::ordered_json made_of = {{"input", "0123"}, {"settings", {{"beam-size", 4}, {"temperature", 0.1}}}};
  const std::string output = files.write("out", "ja\nnein\n");
  const DoneFile done(output, made_of);
  CHECK(done.path() == output + ".done.json");
  CHECK_FALSE(done.is_current());
  done.write(2);
  CHECK(DoneFile(output, made_of).is_current());
  CHECK(nlohmann::json::parse(files.read("out.done.json"))["lines"] == 2);

  nlohmann::ordered_json other = made_of;
  other["settings"]["temperature"] = 0.2;
  CHECK_FALSE(DoneFile(output, other).is_current());
  CHECK_FALSE(DoneFile(output, {{"input", "0123"}}).is_current());

  const std::string finished = files.read("out.done.json");
  for (const std::string& broken : {std::string(), std::string("{}"), std::string("7"), finished.substr(0, 40)}) {
    files.write("out.done.json", broken);
    CHECK_FALSE(done.is_current());
  }
  files.write("out.done.json", finished);
  CHECK(done.is_current());
  files.write("out", "ja\nneim\n");
  CHECK_FALSE(done.is_current());
  std::filesystem::remove(output);
  CHECK_FALSE(done.is_current());
}

TEST_CASE("files are told apart by content, not by name") {
  const TextFiles files;
  const std::string one = files.write("one", "text\n"), two = files.write("two", "text\n"),
                    other = files.write("other", "test\n"), empty = files.write("empty", "");
  CHECK(checksum_of_file(one).size() == 16);
  CHECK(checksum_of_file(one) == checksum_of_file(two));
  CHECK(checksum_of_file(one) != checksum_of_file(other));
  CHECK(checksum_of_file(one) != checksum_of_file(empty));
  CHECK(thrown([&] { checksum_of_file(files.path("none")); }).find("none") != std::string::npos);
}

}  // namespace heed
