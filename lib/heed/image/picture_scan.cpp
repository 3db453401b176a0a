#include "heed/image/picture_scan.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <mutex>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "heed/base/content_hash.h"
#include "heed/base/error.h"
#include "heed/base/utf8.h"
#include "heed/image/decode.h"

namespace heed {
namespace {

/// Whether a name promises a picture, so that its file is missed when it is none.
bool is_named_like_picture(const std::string& name) {
  constexpr std::array<std::string_view, 13> kEndings = {"png",  "jpg", "jpeg", "jpe",  "jfif", "bmp", "dib",
                                                         "webp", "gif", "tif",  "tiff", "avif", "heic"};
  std::string ending = name.substr(name.rfind('.') + 1);
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

ScannedPicture look_at(const NamedBytes& file, std::uint64_t place) {
  const std::string where = printable(file.name);
  const Picture picture = decode_picture(file.bytes, where);
  return {.name = file.name,
          .place = place,
          .content = content_of(file),
          .header = read_picture_header(file.bytes, where),
          .size = picture.size(),
          .channels = picture.channels};
}

std::uint64_t count_duplicates(const std::vector<ScannedPicture>& pictures) {
  std::unordered_set<std::uint64_t> contents;
  for (const ScannedPicture& picture : pictures) contents.insert(picture.content);
  return pictures.size() - contents.size();
}

/// Length of the folders, with their last slash, that all names begin with.
std::size_t common_folders(const std::vector<ScannedPicture>& pictures) {
  const std::string& first = pictures.front().name;
  // Names are sorted: what the first and the last share, all share.
  const std::string& last = pictures.back().name;
  const auto difference = std::ranges::mismatch(first, last).in1;
  const std::size_t slash = first.substr(0, static_cast<std::size_t>(difference - first.begin())).rfind('/');
  return slash == std::string::npos ? 0 : slash + 1;
}

}  // namespace

std::uint64_t content_of(const NamedBytes& file) {
  return hash_content({reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()});
}

PictureScan scan_pictures(const PictureFiles& files) {
  PictureScan scan;
  std::mutex mutex;
  const auto add_unreadable = [&](std::string message) {
    const std::lock_guard lock(mutex);
    scan.unreadable.push_back(std::move(message));
  };
  files.visit("looking at the pictures", [&](std::uint64_t place, const NamedBytes& file) {
    if (!file.problem.empty()) return add_unreadable(printable(file.name) + ": " + file.problem);
    if (!picture_kind(file.bytes) && !is_named_like_picture(file.name)) {
      const std::lock_guard lock(mutex);
      ++scan.other_files;
      return;
    }
    try {
      ScannedPicture picture = look_at(file, place);
      const std::lock_guard lock(mutex);
      scan.pictures.push_back(std::move(picture));
    } catch (const Error& error) {
      add_unreadable(error.what());
    }
  });
  std::ranges::sort(scan.pictures, {},
                    [](const ScannedPicture& p) { return std::pair(std::string_view(p.name), p.place); });
  std::ranges::sort(scan.unreadable);
  scan.duplicates = count_duplicates(scan.pictures);
  return scan;
}

FolderClasses find_classes(const std::vector<ScannedPicture>& pictures) {
  if (pictures.empty()) return {};
  const std::size_t begin = common_folders(pictures);
  const auto class_of = [&](const ScannedPicture& picture) {
    const std::size_t end = picture.name.find('/', begin);
    return end == std::string::npos ? "" : repair_utf8(picture.name.substr(begin, end - begin));
  };

  FolderClasses classes;
  std::map<std::string, std::int64_t> number_of;
  for (const ScannedPicture& picture : pictures) {
    const std::string name = class_of(picture);
    if (!name.empty()) {
      number_of.emplace(name, 0);
    } else if (classes.first_outside.empty()) {
      classes.first_outside = picture.name;
    }
  }
  if (number_of.size() < 2) return {};
  for (auto& [name, number] : number_of) {
    number = static_cast<std::int64_t>(classes.names.size());
    classes.names.push_back(name);
  }
  classes.pictures.resize(classes.names.size());
  for (const ScannedPicture& picture : pictures) {
    const auto found = number_of.find(class_of(picture));
    classes.of_picture.push_back(found == number_of.end() ? -1 : found->second);
    if (found != number_of.end()) ++classes.pictures[static_cast<std::size_t>(found->second)];
  }
  return classes;
}

}  // namespace heed
