#include "heed/image/archive_cache.h"

#include "heed/base/files.h"
#include "heed/image/image_folder.h"

#include "catch.h"
#include "image/pictures.h"

namespace heed {
namespace {

std::vector<std::pair<std::string, Bytes>> files() {
  return {{"cat/b.png", encode_png(noise({20, 12}, 3, 1))},
          {"cat/a.png", encode_png(noise({16, 16}, 1, 2))},
          {"dog/a.jpeg", odd_picture("rgb.jpg")},
          {"dog/broken.png", Bytes(50, 'x')},
          {"readme.txt", Bytes(100, 'x')}};
}

class Archive {
 public:
  Archive() {
    options.data = (scratch / "pictures.tar").string();
    options.size = "8";
    options.cond = true;
    put_archive(options.data, Packing::tar, files());
  }
  ImageFolder open() const { return ImageFolder(options, scratch / "cache"); }
  /// Nothing of the archive is looked at again: it is all zeros, but for its time, size, head and tail.
  void wipe() const {
    const auto time = std::filesystem::last_write_time(options.data);
    std::string content = get(options.data);
    REQUIRE(content.size() > 2 * kEdge);
    std::fill(content.begin() + kEdge, content.end() - kEdge, '\0');
    put(options.data, content);
    std::filesystem::last_write_time(options.data, time);
  }

  ScratchDirectory scratch;
  ImageFolderOptions options;
  static constexpr std::ptrdiff_t kEdge = 1 << 16;
};

Bytes pixels_of(const ImageFolder& folder) {
  std::vector<std::uint64_t> all(folder.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  Bytes bytes(all.size() * folder.picture_bytes());
  folder.read(all, bytes);
  return bytes;
}

void check_same(const ImageFolder& a, const ImageFolder& b) {
  CHECK(a.report().to_text() == b.report().to_text());
  CHECK(a.fingerprint() == b.fingerprint());
  CHECK(a.class_names() == b.class_names());
  REQUIRE(a.size() == b.size());
  for (std::uint64_t i = 0; i < a.size(); ++i) {
    CHECK(a.name(i) == b.name(i));
    CHECK(a.class_of(i) == b.class_of(i));
  }
  CHECK(pixels_of(a) == pixels_of(b));
}

}  // namespace

TEST_CASE("a second start finds everything without looking at the archive") {
  Archive archive;
  std::vector<std::pair<std::string, Bytes>> many = files();
  for (int i = 0; i < 40; ++i)
    many.emplace_back("cat/more" + std::to_string(i) + ".png", encode_png(noise({40, 40}, 3, 100u + i)));
  put_archive(archive.options.data, Packing::tar, many);
  const ImageFolder plain(archive.options), first = archive.open();
  check_same(first, plain);
  archive.wipe();
  check_same(archive.open(), plain);

  archive.options.size = "12";  // other pixels, of an archive that is not there any more
  CHECK_THROWS(archive.open());
}

TEST_CASE("pictures are looked at again when anything is another") {
  Archive archive;
  (void)archive.open();
  SECTION("pixels") {
    archive.options.fit = Fit::pad;
    archive.options.background = "black";
  }
  SECTION("archive") {
    auto other = files();
    other[0].second = encode_png(noise({20, 12}, 3, 9));
    put_archive(archive.options.data, Packing::tar, other);
  }
  SECTION("damage") {
    const auto file = std::filesystem::directory_iterator(archive.scratch / "cache")->path();
    std::string content = get(file);
    content.back() = static_cast<char>(content.back() ^ 1);
    put(file, content);
  }
  check_same(archive.open(), ImageFolder(archive.options));
  check_same(archive.open(), ImageFolder(archive.options));
}

TEST_CASE("folders, and archives without a place for it, leave no cache") {
  Archive archive;
  (void)ImageFolder(archive.options);
  put_bytes(archive.scratch / "folder/cat/a.png", files()[0].second);
  archive.options.data = (archive.scratch / "folder").string();
  archive.options.cond = false;
  (void)archive.open();
  CHECK_FALSE(std::filesystem::exists(archive.scratch / "cache"));
}

}  // namespace heed
