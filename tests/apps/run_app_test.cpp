#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <new>
#include <sstream>
#include <stdexcept>

#include <c10/util/Exception.h>
#include <unistd.h>

#include "base/scratch.h"
#include "catch.h"
#include "computing_app.h"

namespace {

/// What a function writes to stderr, whichever way it does.
std::string stderr_of(const std::function<void()>& action) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  std::cerr.flush();
  const int saved = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  action();
  std::cerr.flush();
  dup2(saved, STDERR_FILENO);
  close(saved);
  std::rewind(file);
  std::string text;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

struct Outcome {
  int code;
  std::string message;
};

Outcome run_with(const std::function<int()>& body, std::vector<const char*> arguments = {}) {
  arguments.insert(arguments.begin(), "program");
  Outcome outcome{};
  outcome.message = stderr_of([&] {
    outcome.code = heed::run_computing_app(
        {.name = "program", .description = "Does things.", .example = "program"}, static_cast<int>(arguments.size()),
        arguments.data(), [](heed::Flags&) {}, [&](const heed::ComputingRun&) { return body(); });
  });
  return outcome;
}

}  // namespace

TEST_CASE("the body's result is the exit code") {
  CHECK(run_with([] { return 0; }).code == 0);
  CHECK(run_with([] { return 130; }).code == 130);
}

TEST_CASE("each kind of error has its exit code and one message") {
  const Outcome data = run_with([]() -> int { throw heed::data_error("a.txt:3: too short"); });
  CHECK(data.code == 3);
  CHECK(data.message == "error: a.txt:3: too short\n");

  const Outcome again = run_with([]() -> int { throw heed::Error(heed::ExitCode::try_again, "a peer was lost"); });
  CHECK(again.code == 75);

  const Outcome path = run_with([]() -> int { return std::filesystem::is_directory(std::string(300, 'x')) ? 1 : 0; });
  CHECK(path.code == 3);
  CHECK(path.message == "error: " + std::string(300, 'x') + ": File name too long\n");

  const Outcome memory = run_with([]() -> int { throw std::bad_alloc(); });
  CHECK(memory.code == 6);
  CHECK(memory.message.find("error: out of memory") == 0);

  const Outcome bug = run_with([]() -> int { throw std::logic_error("cannot happen"); });
  CHECK(bug.code == 1);
  CHECK(bug.message.find("error: cannot happen\nThis is a bug in heed") == 0);

  const Outcome odd = run_with([]() -> int { throw 7; });
  CHECK(odd.code == 1);
}

TEST_CASE("results from before an error are written when it is told") {
  const ScratchDirectory scratch;
  std::filebuf file;
  REQUIRE(file.open(scratch / "results", std::ios::out | std::ios::binary) != nullptr);
  std::streambuf* before = std::cout.rdbuf(&file);
  const Outcome outcome = run_with([]() -> int {
    std::cout << "first line\n";
    throw heed::data_error("the second is odd");
  });
  std::cout.rdbuf(before);
  CHECK(outcome.code == 3);
  CHECK(get(scratch / "results") == "first line\n");  // while the buffer still lives
}

TEST_CASE("LibTorch's errors reach the user without a backtrace") {
  const Outcome shape = run_with([]() -> int { TORCH_CHECK(false, "sizes differ"); });
  CHECK(shape.code == 1);
  CHECK(shape.message.find("error: sizes differ\nThis is a bug in heed") == 0);
  CHECK(shape.message.find("frame #") == std::string::npos);
  CHECK(shape.message.find("run_app_test.cpp") == std::string::npos);

  const Outcome verbose = run_with([]() -> int { TORCH_CHECK(false, "sizes differ"); }, {"--log-level", "debug"});
  CHECK(verbose.message.size() > shape.message.size());

  const Outcome memory = run_with(
      []() -> int { TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"); });
  CHECK(memory.code == 6);
}

TEST_CASE("a GPU is one of those that are there") {
  CHECK(heed::choose_device("auto", 0) == "cpu");
  CHECK(heed::choose_device("auto", 2) == "cuda:0");
  CHECK(heed::choose_device("cpu", 2) == "cpu");
  CHECK(heed::choose_device("cuda", 2) == "cuda:0");
  CHECK(heed::choose_device("cuda:01", 2) == "cuda:1");
  const auto refusal = [](const std::string& wanted, std::size_t gpus) -> std::string {
    try {
      return heed::choose_device(wanted, gpus);
    } catch (const heed::Error& error) {
      CHECK(error.code() == heed::ExitCode::usage);
      return error.what();
    }
  };
  CHECK(refusal("cuda:2", 2).find("--device cuda:2: this LibTorch sees 2 GPUs, cuda:0 to cuda:1") == 0);
  CHECK(refusal("cuda:1", 1).find("--device cuda:1: this LibTorch sees 1 GPU, cuda:0") == 0);
  CHECK(refusal("cuda", 0).find("--device cuda: this LibTorch sees no GPU") == 0);
  for (const char* odd : {"cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999999999999", "gpu", ""})
    CHECK(refusal(odd, 2).find("--device: expected auto, cpu or cuda:N") == 0);
}

TEST_CASE("the shared flags are checked before the body runs") {
  const auto never = []() -> int { throw std::logic_error("the body ran"); };
  CHECK(run_with(never, {"--threads", "-1"}).code == 2);
  CHECK(run_with(never, {"--threads", "1M"}).code == 2);
  CHECK(run_with(never, {"--device", "tpu"}).code == 2);
  CHECK(run_with(never, {"--log-file", "no-such-folder/run.log"}).code == 3);
  CHECK(run_with([] { return 0; }, {"--threads", "2", "--device", "cpu"}).code == 0);
}
