#include "heed/train/run_directory.h"

#include <thread>

#include "base/child.h"
#include "base/scratch.h"
#include "catch.h"

namespace heed {

TEST_CASE("a model directory is made when it is missing, folders above it too") {
  const ScratchDirectory scratch;
  const std::filesystem::path path = scratch.path() / "runs" / "first";
  const RunDirectory run(path);
  CHECK(run.path() == path);
  CHECK(std::filesystem::is_directory(path));
}

TEST_CASE("one run at a time is in a directory, for as long as it lasts") {
  const ScratchDirectory scratch;
  const std::filesystem::path path = scratch / "model";
  {
    const RunDirectory first(path);
    const std::string message = error_of(ExitCode::usage, [&] { RunDirectory second(path); });
    CHECK(contains(message, path.string()));
    CHECK(contains(message, std::to_string(::getpid())));
    const RunDirectory elsewhere(scratch / "other");
    CHECK(in_child([&] {
            try {
              RunDirectory second(path);
            } catch (const Error& error) {
              return static_cast<int>(error.code());
            }
            return 0;
          }) == static_cast<int>(ExitCode::usage));
  }
  const RunDirectory again(path);
  CHECK(again.path() == path);
}

TEST_CASE("what killed runs left half written is removed, the rest is not touched") {
  const ScratchDirectory scratch;
  for (const char* folder : {"cache", "samples"}) std::filesystem::create_directory(scratch / folder);
  const std::vector<std::string> stale = {".last.safetensors.tmp-host-123", "cache/.0123.index.tmp-host-123",
                                          "samples/.00000006.png.tmp-host-123"},
                                 kept = {"last.safetensors", "notes.txt", "samples/00000006.png"};
  for (const auto* names : {&stale, &kept})
    for (const std::string& name : *names) put(scratch / name, "content");
  const RunDirectory run(scratch.path());
  for (const std::string& name : stale) CHECK_FALSE(std::filesystem::exists(scratch / name));
  for (const std::string& name : kept) CHECK(get(scratch / name) == "content");
}

TEST_CASE("the half written files of a run that still goes on stay") {
  const ScratchDirectory scratch;
  const RunDirectory run(scratch.path());
  put(scratch / ".last.safetensors.tmp-host-123", "");
  error_of(ExitCode::usage, [&] { RunDirectory second(scratch.path()); });
  CHECK(std::filesystem::exists(scratch / ".last.safetensors.tmp-host-123"));
}

TEST_CASE("what cannot be a model directory is named") {
  const ScratchDirectory scratch;
  put(scratch / "file", "text");
  for (const std::filesystem::path& path : {scratch.path() / "file", scratch.path() / "file" / "below"}) {
    const std::string message = error_of(ExitCode::checkpoint, [&] { RunDirectory run(path); });
    CHECK(contains(message, "cannot make the directory " + path.string() + ": Not a directory; "));
  }
  CHECK(get(scratch / "file") == "text");
  std::filesystem::create_directory(scratch / "closed");
  std::filesystem::permissions(scratch / "closed", std::filesystem::perms::owner_read);
  CHECK(in_child([&] {
          become_nobody();
          try {
            RunDirectory run(scratch.path() / "closed" / "model");
          } catch (const Error& error) {
            return static_cast<int>(error.code());
          }
          return 0;
        }) == static_cast<int>(ExitCode::checkpoint));
  std::filesystem::permissions(scratch / "closed", std::filesystem::perms::owner_all);
}

TEST_CASE("a clock counts from its making on, and what earlier starts took") {
  RunClock clock;
  const double first = clock.seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const double second = clock.seconds();
  CHECK(first >= 0);
  CHECK(second >= first + 0.02);
  clock.set_before(100);
  CHECK(clock.seconds() >= 100 + second);
  CHECK(clock.seconds() < 200);
}

}  // namespace heed
