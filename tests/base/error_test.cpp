#include "heed/base/error.h"

#include "catch.h"

using heed::ExitCode;

TEST_CASE("errors carry their message and the exit code of their kind", "[error]") {
  CHECK(heed::usage_error("a").code() == ExitCode::usage);
  CHECK(heed::data_error("b").code() == ExitCode::data);
  CHECK(heed::checkpoint_error("c").code() == ExitCode::checkpoint);
  CHECK(std::string(heed::data_error("no such file").what()) == "no such file");
}

TEST_CASE("exit codes are the documented numbers", "[error]") {
  CHECK(static_cast<int>(ExitCode::ok) == 0);
  CHECK(static_cast<int>(ExitCode::internal) == 1);
  CHECK(static_cast<int>(ExitCode::usage) == 2);
  CHECK(static_cast<int>(ExitCode::data) == 3);
  CHECK(static_cast<int>(ExitCode::checkpoint) == 4);
  CHECK(static_cast<int>(ExitCode::diverged) == 5);
  CHECK(static_cast<int>(ExitCode::out_of_memory) == 6);
  CHECK(static_cast<int>(ExitCode::try_again) == 75);
}
