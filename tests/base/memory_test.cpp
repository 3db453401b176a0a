#include "heed/base/memory.h"

#include <algorithm>
#include <vector>

#include "base/scratch.h"
#include "catch.h"

namespace heed {
namespace {

// A root whose machine has 1,000 KB to give.
class Root {
 public:
  Root() { add("proc/meminfo", "MemTotal:       4000 kB\nMemFree:  10 kB\nMemAvailable:   1000 kB\nBuffers: 7 kB\n"); }
  void add(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((scratch_ / name).parent_path());
    put(scratch_ / name, text);
  }
  void limit(const std::string& most, const std::string& used, const std::string& statistics = "") const {
    add("sys/fs/cgroup/memory.max", most + "\n");
    add("sys/fs/cgroup/memory.current", used + "\n");
    add("sys/fs/cgroup/memory.stat", statistics);
  }
  std::uint64_t available() const { return available_memory(scratch_.path()).value(); }

 private:
  ScratchDirectory scratch_;
};

constexpr std::uint64_t kMachine = 1000 * 1024;

}  // namespace

TEST_CASE("what the machine can give, unless a container may have less") {
  const Root root;
  CHECK(root.available() == kMachine);
  root.limit("max", "500000");
  CHECK(root.available() == kMachine);
  root.limit("600000", "500000");
  CHECK(root.available() == 100'000);
  root.limit("600000", "500000", "anon 1\nfile 400000\ninactive_file 50000\n");
  CHECK(root.available() == 150'000);
  root.limit("400000", "500000");
  CHECK(root.available() == 0);
  root.limit("9000000000", "5");
  CHECK(root.available() == kMachine);
}

TEST_CASE("where nothing is known, nothing is said") {
  const ScratchDirectory empty;
  CHECK_FALSE(available_memory(empty.path()).has_value());
}

TEST_CASE("this machine has memory, and some of it was used") {
  CHECK(available_memory().value() > 0);
  const double before = peak_memory_mb();
  CHECK(before > 1);
  const std::vector<char> large(200'000'000, 'x');
  REQUIRE(large.back() == 'x');
  CHECK(peak_memory_mb() >= std::max(before, 200.0));
}

}  // namespace heed
