#include "heed/image/picture_files.h"

#include <map>
#include <mutex>

#include "base/scratch.h"
#include "catch.h"
#include "image/pictures.h"

using namespace heed;

namespace {

// name -> place and content; problems are content too.
std::map<std::string, std::pair<std::uint64_t, std::string>> visited(const PictureFiles& files) {
  std::map<std::string, std::pair<std::uint64_t, std::string>> found;
  std::mutex mutex;
  files.visit("reading", [&](std::uint64_t place, const NamedBytes& file) {
    const std::lock_guard lock(mutex);
    CHECK_FALSE(found.contains(file.name));
    found[file.name] = {place, file.problem.empty() ? std::string(file.bytes.begin(), file.bytes.end()) : file.problem};
  });
  return found;
}

const Bytes kPicture = encode_png(noise({6, 5}, 3));

}  // namespace

TEST_CASE("a folder's files have places by which they are read again") {
  const ScratchDirectory directory;
  put_bytes(directory / "b.png", kPicture);
  put_bytes(directory / "deep/er/a.png", kPicture);
  put_bytes(directory / ".hidden/c.png", kPicture);
  put(directory / "notes.txt", std::string(100'000, 'n'));
  const auto files = open_picture_files(directory.path());
  CHECK(files->has_random_access());
  const auto found = visited(*files);
  REQUIRE(found.size() == 3);
  CHECK(found.at("notes.txt").second.size() < 1000);  // no picture: only its beginning is read
  for (const std::string name : {"b.png", "deep/er/a.png"}) {
    const NamedBytes again = files->read(found.at(name).first);
    CHECK(again.name == name);
    CHECK(again.bytes == kPicture);
    CHECK(std::string(again.bytes.begin(), again.bytes.end()) == found.at(name).second);
  }
}

TEST_CASE("an archive is visited in one go") {
  const ScratchDirectory directory;
  put_archive(directory / "set.tar.gz", Packing::tar_gz, {{"set/a.png", kPicture}, {"set/.b.png", kPicture}});
  const auto files = open_picture_files(directory / "set.tar.gz");
  CHECK_FALSE(files->has_random_access());
  const auto found = visited(*files);
  REQUIRE(found.size() == 1);
  CHECK(found.at("set/a.png").second == std::string(kPicture.begin(), kPicture.end()));
}

TEST_CASE("neither folder nor archive") {
  const ScratchDirectory directory;
  put(directory / "text", "text");
  CHECK(contains(error_of(ExitCode::data, [&] { open_picture_files(directory / "none"); }), "none"));
  CHECK(contains(error_of(ExitCode::data, [&] { open_picture_files(directory / "text"); }), "text"));
}
