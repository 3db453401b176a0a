#include "heed/text/check_references.h"

#include "catch.h"
#include "text/errors.h"

using namespace heed;

namespace {

using Lines = std::vector<std::string>;

std::string complaint(const Lines& hypotheses, const std::vector<Lines>& references) {
  return thrown([&] { check_references(hypotheses, references); });
}

}  // namespace

TEST_CASE("as many references as wanted, each with a line for each hypothesis") {
  CHECK(complaint({"a", ""}, {{"b", "c"}}) == "nothing");
  CHECK(complaint({"a"}, {{"b"}, {""}, {"d"}}) == "nothing");
}

TEST_CASE("nothing to score or to score against, and lines that do not match, are refused with both counts") {
  CHECK(complaint({}, {{}}) == "3: nothing to score: there are no hypotheses; give at least one line");
  CHECK(complaint({"a"}, {}) == "3: nothing to score against: there are no references; give at least one");
  CHECK(complaint({"a", "b"}, {{"c", "d"}, {"e"}}) ==
        "3: reference 2 has 1 lines, but there are 2 hypotheses; line i of each must belong to the same sentence");
}
