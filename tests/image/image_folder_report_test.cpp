// The report of heed/image/image_folder_report.cpp, field by field; what a scan fills in is tested with image_folder.
#include "heed/image/image_folder.h"

#include "base/scratch.h"
#include "catch.h"

using namespace heed;

namespace {

ImageFolderReport plain_report() {
  ImageFolderReport report;
  report.pictures = 1200;
  report.of_kind[0] = 1200;
  report.rgb = 1200;
  report.smallest = report.largest = {40, 30};
  report.size = {32, 32};
  report.channels = 3;
  report.background = "white";
  report.pixel_bytes = 1200 * 3072;
  report.cached = true;
  return report;
}

}  // namespace

TEST_CASE("an ordinary folder needs few words") {
  const std::string text = plain_report().to_text();
  for (const std::string part : {"1,200", "40x30", "32x32", "3.7 MB of pixels, kept"}) {
    INFO(part);
    CHECK(contains(text, part));
  }
  for (const std::string part : {"duplicates", "enlarged", "hint", "unreadable", "not kept"}) {
    INFO(part);
    CHECK_FALSE(contains(text, part));
  }
}

TEST_CASE("what is odd is said, with the flag that treats it") {
  ImageFolderReport report = plain_report();
  report.duplicates = 2;
  report.enlarged = 7;
  report.cached = false;
  report.class_names = {"cat", "dog"};
  report.class_pictures = {700, 500};
  const std::string text = report.to_text();
  for (const std::string part : {"2 (files of the same bytes)", "7 (smaller than --size)", "files are read again",
                                 "700 cat", "500 dog", "--cond"}) {
    INFO(part);
    CHECK(contains(text, part));
  }
  report.classes_used = true;
  CHECK_FALSE(contains(report.to_text(), "hint"));
}
