#include "heed/base/count_of.h"

#include "catch.h"

namespace heed {

TEST_CASE("one of a thing, and several") {
  CHECK(count_of(0, "picture") == "0 pictures");
  CHECK(count_of(1, "picture") == "1 picture");
  CHECK(count_of(12'345, "more file") == "12,345 more files");
}

}  // namespace heed
