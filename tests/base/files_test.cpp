#include "heed/base/files.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "heed/base/stop_signal.h"

#include "child.h"
#include "scratch.h"

namespace fs = std::filesystem;
using heed::AtomicFile;
using heed::DirectoryLock;
using heed::ExitCode;
using heed::MappedFile;
using Names = std::vector<std::string>;

namespace {

/// Exit status for a child: 42 when `action` throws Error(code) with all the words.
template <class Action>
int expect_error(ExitCode code, const Names& words, Action&& action) {
  try {
    action();
  } catch (const heed::Error& error) {
    if (error.code() != code) return 1;
    for (const std::string& word : words)
      if (!contains(error.what(), word)) return 2;
    return 42;
  }
  return 3;
}

}  // namespace

TEST_CASE("an atomic file appears whole", "[files]") {
  const ScratchDirectory scratch;
  const fs::path path = scratch / "model";
  put(path, "old");
  {
    AtomicFile file(path);
    file.reserve(6);
    file.write("new");
    file.write(std::as_bytes(std::span("abc", 3)));
    CHECK(get(path) == "old");
    const Names names = scratch.names();
    REQUIRE(names.size() == 2);
    CHECK(matches(names[0], ".model.tmp-?*-" + std::to_string(::getpid())));
    file.commit();
    CHECK(get(path) == "newabc");
  }
  CHECK(scratch.names() == Names{"model"});
}

TEST_CASE("pieces of any size come one after another", "[files]") {
  const ScratchDirectory scratch;
  std::string expected;
  {
    AtomicFile file(scratch / "model");
    std::size_t number = 0;
    for (const std::size_t size : {1, 0, 65'535, 1, 65'536, 7, 65'537, 200'000, 40'000, 40'000, 3}) {
      const std::string piece(size, static_cast<char>('a' + number++));
      file.write(piece);
      expected += piece;
    }
    file.commit();
  }
  CHECK(get(scratch / "model") == expected);
}

TEST_CASE("an atomic file that is not committed leaves nothing", "[files]") {
  const ScratchDirectory scratch;
  put(scratch / "model", "old");
  { AtomicFile(scratch / "model").write("new"); }
  { AtomicFile(scratch / "other").write("new"); }
  CHECK(scratch.names() == Names{"model"});
  CHECK(get(scratch / "model") == "old");
}

TEST_CASE("an atomic file with a bare name goes into the working directory", "[files]") {
  const ScratchDirectory scratch;
  CHECK(in_child([&] {
          fs::current_path(scratch.path());
          heed::write_file_atomically("bare", "text");
          return 42;
        }) == 42);
  CHECK(get(scratch / "bare") == "text");
  CHECK(scratch.names() == Names{"bare"});
}

TEST_CASE("a leftover of the same process number is no obstacle", "[files]") {
  const ScratchDirectory scratch;
  const fs::path path = scratch / "model";
  fs::path temporary;
  {
    const AtomicFile file(path);
    temporary = scratch / scratch.names().at(0);
  }
  put(temporary, "a longer text from a killed process");
  heed::write_file_atomically(path, "new");
  CHECK(get(path) == "new");
  CHECK(scratch.names() == Names{"model"});
}

TEST_CASE("the previous file is kept under another name", "[files]") {
  const ScratchDirectory scratch;
  const fs::path path = scratch / "last", previous = scratch / "last.1";
  const auto save = [&](std::string_view text) {
    AtomicFile file(path);
    file.write(text);
    file.commit(previous);
  };
  save("one");
  CHECK(scratch.names() == Names{"last"});
  struct stat first = {}, kept = {};
  ::stat(path.c_str(), &first);
  save("two");
  CHECK(get(path) == "two");
  CHECK(get(previous) == "one");
  ::stat(previous.c_str(), &kept);
  CHECK(first.st_ino == kept.st_ino);  // linked, not copied
  save("three");
  CHECK(get(path) == "three");
  CHECK(get(previous) == "two");
  CHECK(scratch.names() == Names{"last", "last.1"});
}

TEST_CASE("a symbolic link stays, its file is replaced", "[files]") {
  const ScratchDirectory scratch;
  fs::create_directory(scratch / "store");
  put(scratch / "store/model", "old");
  fs::create_symlink("store/model", scratch / "model");
  heed::write_file_atomically(scratch / "model", "new");
  CHECK(fs::is_symlink(scratch / "model"));
  CHECK(get(scratch / "store/model") == "new");
}

TEST_CASE("a symbolic link to a file that is yet to be made stays, a chain of them too", "[files]") {
  const ScratchDirectory scratch;
  fs::create_directory(scratch / "store");
  fs::create_symlink("store/second", scratch / "first");
  fs::create_symlink("model", scratch / "store/second");
  heed::write_file_atomically(scratch / "first", "new");
  CHECK(fs::read_symlink(scratch / "first") == "store/second");
  CHECK(fs::read_symlink(scratch / "store/second") == "model");
  CHECK(get(scratch / "store/model") == "new");

  fs::create_symlink("b", scratch / "a");
  fs::create_symlink("a", scratch / "b");
  CHECK(contains(error_of(ExitCode::checkpoint, [&] { heed::write_file_atomically(scratch / "a", "text", 4); }),
                 "symbolic links"));
  CHECK(scratch.names() == Names{"a", "b", "first", "store"});
}

TEST_CASE("only regular files are replaced", "[files]") {
  const ScratchDirectory scratch;
  fs::create_directory(scratch / "directory");
  ::mkfifo((scratch / "pipe").c_str(), 0600);
  fs::create_symlink("/dev/null", scratch / "link");
  for (const std::string name : {"directory", "pipe", "link"}) {
    CAPTURE(name);
    const std::string message =
        error_of(ExitCode::checkpoint, [&] { heed::write_file_atomically(scratch / name, "text", 4); });
    CHECK(contains(message, "not a regular file"));
  }
  CHECK(scratch.names() == Names{"directory", "link", "pipe"});
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("a missing directory is named, with the exit code asked for", "[files]") {
  const ScratchDirectory scratch;
  const fs::path path = scratch / "missing/model";
  CHECK(contains(error_of(ExitCode::data, [&] { AtomicFile file(path); }),
                 "cannot write " + path.string() + ": No such file or directory"));
  error_of(ExitCode::checkpoint, [&] { AtomicFile file(path, 4); });
}

TEST_CASE("a file size limit leaves the old file and no temporary", "[files]") {
  const ScratchDirectory scratch;
  const fs::path path = scratch / "model";
  put(path, "old");
  CHECK(in_child([&] {
          const heed::StopSignal stop;  // without it the limit kills
          const struct rlimit limit = {1'000, 1'000};
          ::setrlimit(RLIMIT_FSIZE, &limit);
          return expect_error(ExitCode::checkpoint, {path.string(), "1000 bytes were written", "File too large"},
                              [&] { heed::write_file_atomically(path, std::string(100'000, 'x'), 4); });
        }) == 42);
  CHECK(get(path) == "old");
  CHECK(scratch.names() == Names{"model"});
}

TEST_CASE("a failed write gives the temporary up at once", "[files]") {
  const ScratchDirectory scratch;
  CHECK(in_child([&] {
          const heed::StopSignal stop;
          const struct rlimit limit = {1'000, 1'000};
          ::setrlimit(RLIMIT_FSIZE, &limit);
          AtomicFile file(scratch / "model");
          if (scratch.names().size() != 1) return 4;
          const int status =
              expect_error(ExitCode::data, {"File too large"}, [&] { file.write(std::string(200'000, 'x')); });
          return scratch.names().empty() ? status : 5;
        }) == 42);
}

TEST_CASE("an unwritable directory leaves the old file and no temporary", "[files]") {
  const ScratchDirectory scratch;
  const fs::path path = scratch / "model";
  put(path, "old");
  fs::permissions(scratch.path(), fs::perms{0555});
  CHECK(in_child([&] {
          become_nobody();
          return expect_error(ExitCode::checkpoint, {path.string(), "Permission denied"},
                              [&] { heed::write_file_atomically(path, "new", 4); });
        }) == 42);
  fs::permissions(scratch.path(), fs::perms{0755});
  CHECK(get(path) == "old");
  CHECK(scratch.names() == Names{"model"});
}

TEST_CASE("a link is another name of the same file", "[files]") {
  const ScratchDirectory scratch;
  put(scratch / "last", "one");
  put(scratch / "best", "older");
  heed::link_atomically(scratch / "last", scratch / "best");
  CHECK(fs::equivalent(scratch / "last", scratch / "best"));
  heed::link_atomically(scratch / "last", scratch / "best");  // already is: nothing may be left over
  CHECK(scratch.names() == Names{"best", "last"});
  heed::write_file_atomically(scratch / "last", "two");
  CHECK(get(scratch / "best") == "one");

  const std::string message =
      error_of(ExitCode::checkpoint, [&] { heed::link_atomically(scratch / "none", scratch / "best", 4); });
  CHECK(contains(message, (scratch / "none").string()));
  CHECK(get(scratch / "best") == "one");
  CHECK(scratch.names() == Names{"best", "last"});
}

TEST_CASE("a link across file systems becomes a copy", "[files]") {
  const ScratchDirectory scratch;
  const fs::path elsewhere = "/dev/shm";
  struct stat here = {}, there = {};
  ::stat(scratch.path().c_str(), &here);
  if (::stat(elsewhere.c_str(), &there) != 0 || here.st_dev == there.st_dev) {
    WARN("this machine has only one file system to write to");
    return;
  }
  const ScratchDirectory other(elsewhere);
  put(scratch / "last", "text");
  heed::link_atomically(scratch / "last", other / "best");
  CHECK(get(other / "best") == "text");
  CHECK(other.names() == Names{"best"});
}

TEST_CASE("only temporaries are removed", "[files]") {
  const ScratchDirectory scratch;
  const Names stale = {".last.safetensors.tmp-host-123", ".a.tmp-my-host.example.org-1", ".x.tmp-a.tmp-h-2"};
  const Names kept = {".lock",          ".tmp-host-1",       ".a.tmp-host",   ".a.tmp-host-",   ".a.tmp--12",
                      ".a.tmp-host-1x", "a.tmp-host-1",      ".a.tmp-h/st-1", ".a.tmpx-host-1", "last.safetensors",
                      ".a.tmp-h st-1",  ".a.tmp-host-1.bak", ".a.temp-host-1"};
  for (const std::string& name : stale) put(scratch / name, "");
  for (const std::string& name : kept)
    if (!contains(name, "/")) put(scratch / name, "");
  fs::create_directory(scratch / ".d.tmp-host-1");
  fs::create_symlink("last.safetensors", scratch / ".l.tmp-host-1");
  heed::remove_stale_temporaries(scratch.path());
  const Names left = scratch.names();
  for (const std::string& name : stale) CHECK(std::count(left.begin(), left.end(), name) == 0);
  CHECK(left.size() == kept.size() - 1 + 2);

  error_of(ExitCode::checkpoint, [&] { heed::remove_stale_temporaries(scratch / "missing"); });
}

TEST_CASE("what a killed writer leaves is recognised as stale", "[files]") {
  const ScratchDirectory scratch;
  CHECK(in_child([&] {
          AtomicFile file(scratch / "last.safetensors");
          file.write("half");
          ::signal(SIGKILL, SIG_DFL);
          ::raise(SIGKILL);
          return 0;
        }) == 128 + SIGKILL);
  CHECK(scratch.names().size() == 1);
  heed::remove_stale_temporaries(scratch.path());
  CHECK(scratch.names().empty());
}

TEST_CASE("a directory has one owner", "[files]") {
  const ScratchDirectory scratch;
  const Names owner = {scratch.path().string(), "pid " + std::to_string(::getpid()), "host ", "since 20"};
  const auto try_lock = [&] { const DirectoryLock lock(scratch.path()); };
  {
    const DirectoryLock lock(scratch.path());
    CHECK(contains(get(scratch / ".lock"), "pid " + std::to_string(::getpid())));
    CHECK(in_child([&] { return expect_error(ExitCode::usage, owner, try_lock); }) == 42);
    error_of(ExitCode::usage, try_lock);  // within one process as well
  }
  CHECK(in_child([&] {
          try_lock();
          return 42;
        }) == 42);
}

TEST_CASE("a lock dies with its process", "[files]") {
  const ScratchDirectory scratch;
  std::array<int, 2> ready = {};
  REQUIRE(::pipe(ready.data()) == 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const DirectoryLock lock(scratch.path());
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  const std::string message = error_of(ExitCode::usage, [&] { const DirectoryLock lock(scratch.path()); });
  CHECK(contains(message, "pid " + std::to_string(holder)));
  ::kill(holder, SIGKILL);
  wait_for(holder);
  CHECK_NOTHROW(DirectoryLock(scratch.path()));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("a directory that cannot be locked for lack of permission or existence", "[files]") {
  const ScratchDirectory scratch;
  CHECK(contains(error_of(ExitCode::checkpoint, [&] { const DirectoryLock lock(scratch / "missing"); }),
                 (scratch / "missing").string()));
  CHECK(scratch.names().empty());
  fs::permissions(scratch.path(), fs::perms{0555});
  CHECK(in_child([&] {
          become_nobody();
          return expect_error(ExitCode::checkpoint, {scratch.path().string(), "Permission denied"},
                              [&] { const DirectoryLock lock(scratch.path()); });
        }) == 42);
  fs::permissions(scratch.path(), fs::perms{0755});
}

TEST_CASE("reading whole files", "[files]") {
  const ScratchDirectory scratch;
  const std::string large(100'001, 'x');
  put(scratch / "large", large);
  put(scratch / "empty", "");
  put(scratch / "zeros", std::string("a\0b\r\n", 5));
  CHECK(heed::read_file(scratch / "large") == large);
  CHECK(heed::read_file(scratch / "empty").empty());
  CHECK(heed::read_file(scratch / "zeros") == std::string("a\0b\r\n", 5));
  CHECK_FALSE(heed::read_file("/proc/self/status").empty());  // its size is given as 0
  CHECK(heed::read_file(scratch / "large", large.size()) == large);
  CHECK(contains(error_of(ExitCode::data, [&] { heed::read_file(scratch / "large", large.size() - 1); }), "too large"));
  CHECK(contains(error_of(ExitCode::data, [&] { heed::read_file("/proc/self/status", 10); }), "too large"));
}

TEST_CASE("what cannot be read is named with the reason", "[files]") {
  const ScratchDirectory scratch;
  ::mkfifo((scratch / "pipe").c_str(), 0600);
  put(scratch / "secret", "x");
  fs::permissions(scratch / "secret", fs::perms{});
  fs::permissions(scratch.path(), fs::perms{0755});
  struct Case {
    fs::path path;
    std::string expected;
  };
  const std::vector<Case> cases = {{scratch / "missing", "No such file or directory"},
                                   {scratch.path(), "is a directory"},
                                   {scratch / "pipe", "not a regular file"},
                                   {"/dev/zero", "not a regular file"},
                                   {scratch / "secret", "Permission denied"}};
  for (const Case& hostile : cases) {
    CAPTURE(hostile.path);
    CHECK(in_child([&] {
            if (hostile.path.filename() == "secret") become_nobody();
            return expect_error(ExitCode::data, {hostile.path.string(), hostile.expected},
                                [&] { heed::read_file(hostile.path); });
          }) == 42);
    CHECK(in_child([&] {
            if (hostile.path.filename() == "secret") become_nobody();
            return expect_error(ExitCode::data, {hostile.path.string(), hostile.expected},
                                [&] { MappedFile file(hostile.path); });
          }) == 42);
  }
}

TEST_CASE("mapped files", "[files]") {
  const ScratchDirectory scratch;
  put(scratch / "text", "hello");
  put(scratch / "empty", "");
  MappedFile file(scratch / "text");
  CHECK(file.text() == "hello");
  CHECK(file.bytes().size() == 5);
  heed::write_file_atomically(scratch / "text", "replaced");
  CHECK(file.text() == "hello");  // a saved successor does not disturb its readers

  MappedFile moved(std::move(file));
  CHECK(moved.text() == "hello");
  file = MappedFile(scratch / "text");
  CHECK(file.text() == "replaced");
  moved = std::move(file);
  CHECK(moved.text() == "replaced");
  CHECK(MappedFile(scratch / "empty").bytes().empty());
  CHECK(MappedFile().bytes().empty());
}
