#include "heed/base/stage_timer.h"

#include "catch.h"

using namespace heed;

TEST_CASE("seconds are summed by stage, reported in order of appearance, and then begin anew") {
  double clock = 100;
  StageTimer timer([&] { return clock; });
  CHECK(timer.take_report().empty());
  for (int update = 0; update < 2; ++update) {
    timer.enter("data");
    clock += 0.25;
    timer.enter("forward");
    clock += 1;
    timer.leave();
    clock += 50;  // of no stage
  }
  CHECK(timer.take_report() == "data 0.500 s, forward 2.000 s");
  timer.enter("forward");
  clock += 3;
  CHECK(timer.take_report() == "data 0.000 s, forward 3.000 s");
  clock += 7;
  CHECK(timer.take_report() == "data 0.000 s, forward 0.000 s");
}

TEST_CASE("the clock that is used unless told otherwise goes forward") {
  const double before = StageTimer::steady_seconds();
  CHECK(StageTimer::steady_seconds() >= before);
}
