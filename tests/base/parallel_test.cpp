#include "heed/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>

#include "catch.h"

using namespace heed;

TEST_CASE("each piece of work is done once") {
  for (const std::size_t count : {0, 1, 2, 1000}) {
    std::vector<std::atomic<int>> times(count);
    parallel_for(count, [&](std::size_t i) { ++times[i]; });
    for (const auto& each : times) CHECK(each == 1);
  }
}

TEST_CASE("work is shared by as many threads as were asked for") {
  const auto threads_seen = [](std::size_t threads) {
    std::mutex mutex;
    std::set<std::thread::id> seen;
    parallel_for(
        40,
        [&](std::size_t) {
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
          const std::lock_guard lock(mutex);
          seen.insert(std::this_thread::get_id());
        },
        {}, threads);
    return seen;
  };
  CHECK(threads_seen(1) == std::set{std::this_thread::get_id()});
  CHECK(threads_seen(4).size() == 4);
}

#ifdef __GLIBC__
TEST_CASE("work is done by fewer threads where the system has no more") {
  pthread_attr_t usual, too_large;
  REQUIRE(pthread_getattr_default_np(&usual) == 0);
  REQUIRE(pthread_attr_init(&too_large) == 0);
  REQUIRE(pthread_attr_setstacksize(&too_large, std::size_t{1} << 55) == 0);
  REQUIRE(pthread_setattr_default_np(&too_large) == 0);
  CHECK_THROWS_AS(std::thread([] {}).join(), std::system_error);
  std::vector<int> times(100);
  CHECK_NOTHROW(parallel_for(times.size(), [&](std::size_t i) { ++times[i]; }, {}, 4));
  CHECK(pthread_setattr_default_np(&usual) == 0);
  CHECK(std::all_of(times.begin(), times.end(), [](int each) { return each == 1; }));
}
#endif

TEST_CASE("the first exception ends the rest and comes back") {
  std::atomic<std::size_t> done = 0;
  const auto work = [&](std::size_t i) {
    if (i == 3) throw std::runtime_error("three");
    ++done;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  };
  CHECK_THROWS_WITH(parallel_for(100'000, work), "three");
  CHECK(done < 100'000);
}

TEST_CASE("progress is told on the calling thread alone, and never falls") {
  std::size_t last = 0;
  bool elsewhere = false, falls = false;
  const auto here = std::this_thread::get_id();
  parallel_for(
      500, [](std::size_t) {},
      [&](std::size_t done) {
        elsewhere = elsewhere || std::this_thread::get_id() != here;
        falls = falls || done < last || done > 500;
        last = done;
      });
  CHECK_FALSE(elsewhere);
  CHECK_FALSE(falls);
}
