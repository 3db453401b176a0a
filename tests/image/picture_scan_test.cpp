#include "heed/image/picture_scan.h"

#include "base/scratch.h"
#include "catch.h"
#include "image/pictures.h"

using namespace heed;

namespace {

FolderClasses classes_of(const std::vector<std::string>& names) {
  std::vector<ScannedPicture> pictures;
  for (const std::string& name : names) pictures.emplace_back().name = name;
  return find_classes(pictures);
}

using Labels = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a scan sorts, decodes and counts") {
  const ScratchDirectory directory;
  const Bytes picture = encode_png(noise({6, 5}, 3));
  put_bytes(directory / "b.png", picture);
  put_bytes(directory / "a.png", encode_png(noise({4, 8}, 1, 2)));
  put_bytes(directory / "copy/of.b", picture);
  put_bytes(directory / "wrong.jpg", encode_png(noise({7, 7}, 3, 3)));
  put_bytes(directory / "cut.png", Bytes(picture.begin(), picture.begin() + 40));
  put(directory / "not.png", "text");
  put(directory / "notes.txt", "text");
  const PictureScan scan = scan_pictures(*open_picture_files(directory.path()));
  REQUIRE(scan.pictures.size() == 4);
  CHECK(scan.pictures[0].name == "a.png");
  CHECK(scan.pictures[0].size == PictureSize{4, 8});
  CHECK(scan.pictures[0].channels == 1);
  CHECK(scan.pictures[1].name == "b.png");
  CHECK(scan.pictures[2].name == "copy/of.b");
  CHECK(scan.pictures[1].content == scan.pictures[2].content);
  CHECK(scan.pictures[0].content != scan.pictures[1].content);
  CHECK(scan.pictures[3].name == "wrong.jpg");  // what a file is, not what it is called
  CHECK(scan.pictures[3].header.kind == PictureKind::png);
  CHECK(scan.pictures[3].size == PictureSize{7, 7});
  CHECK(scan.duplicates == 1);
  CHECK(scan.other_files == 1);
  REQUIRE(scan.unreadable.size() == 2);
  CHECK(contains(scan.unreadable[0], "cut.png: "));
  CHECK(contains(scan.unreadable[1], "not.png: "));
}

TEST_CASE("classes are the first folders that tell pictures apart") {
  const FolderClasses classes = classes_of({"set/cat/1", "set/cat/deep/2", "set/dog/3"});
  CHECK(classes.names == std::vector<std::string>{"cat", "dog"});
  CHECK(classes.of_picture == Labels{0, 0, 1});
  CHECK(classes.pictures == std::vector<std::uint64_t>{2, 1});
  CHECK(classes.first_outside.empty());
}

TEST_CASE("pictures beside the class folders are named") {
  const FolderClasses classes = classes_of({"cat/1", "dog/2", "stray"});
  CHECK(classes.of_picture == Labels{0, 1, -1});
  CHECK(classes.first_outside == "stray");
}

TEST_CASE("one folder is no class") {
  CHECK(classes_of({"all/1", "all/2"}).names.empty());
  CHECK(classes_of({"1", "2"}).of_picture.empty());
}
