#include "heed/image/archive_cache.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "heed/base/content_hash.h"
#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/log.h"

namespace heed {
namespace {

/// Numbers of a picture in a row: place, content, and what a PictureHeader and a ScannedPicture say.
constexpr std::size_t kColumns = 10;
using Row = std::array<std::int64_t, kColumns>;

Row row_of(const ScannedPicture& p) {
  const PictureHeader& header = p.header;
  const std::int64_t flags =
      (header.palette ? 1 : 0) | (header.sixteen_bit ? 2 : 0) | (header.cmyk ? 4 : 0) | (header.grey ? 8 : 0);
  return {static_cast<std::int64_t>(p.place),
          static_cast<std::int64_t>(p.content),
          static_cast<std::int64_t>(header.kind),
          header.size.width,
          header.size.height,
          flags,
          p.size.width,
          p.size.height,
          p.channels,
          static_cast<std::int64_t>(p.name.size())};
}

ScannedPicture picture_of(const Row& row, std::string name) {
  const auto whole = [&](std::size_t column) { return static_cast<int>(row[column]); };
  return {.name = std::move(name),
          .place = static_cast<std::uint64_t>(row[0]),
          .content = static_cast<std::uint64_t>(row[1]),
          .header = {.kind = static_cast<PictureKind>(row[2]),
                     .size = {whole(3), whole(4)},
                     .palette = (row[5] & 1) != 0,
                     .sixteen_bit = (row[5] & 2) != 0,
                     .cmyk = (row[5] & 4) != 0,
                     .grey = (row[5] & 8) != 0},
          .size = {whole(6), whole(7)},
          .channels = whole(8)};
}

template <class T>
safetensors::TensorView view(std::string name, safetensors::DType dtype, std::span<const T> values) {
  return {std::move(name), dtype, {static_cast<std::int64_t>(values.size())}, std::as_bytes(values)};
}

std::string_view text_of(const safetensors::TensorView* tensor) {
  if (tensor == nullptr) return {};
  return {reinterpret_cast<const char*>(tensor->data.data()), tensor->data.size()};
}

std::string describe(const std::filesystem::path& archive) {
  const MappedFile file(archive);
  std::error_code unknown;
  const auto time = std::filesystem::last_write_time(archive, unknown).time_since_epoch();
  return std::to_string(file.text().size()) + " bytes, time " +
         std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count()) + ", edges " +
         hex_digits(hash_edges(file.text()));
}

}  // namespace

ArchiveCache::ArchiveCache(const std::filesystem::path& archive, const std::filesystem::path& directory)
    : path_(directory /
            (hex_digits(hash_content(std::filesystem::absolute(archive).lexically_normal().string())) + ".pictures")),
      archive_(describe(archive)) {
  std::error_code unknown;
  if (!std::filesystem::exists(path_, unknown)) return;
  try {
    safetensors::File file(path_);
    if (file.metadata("archive") == archive_) file_ = std::move(file);
  } catch (const Error& error) {
    log::warning(std::string(error.what()) + ": made anew");
  }
}

std::optional<PictureScan> ArchiveCache::scan() const {
  if (!file_) return std::nullopt;
  PictureScan scan;
  const std::string_view rows = text_of(file_->find("pictures"));
  std::string_view names = text_of(file_->find("names")), unreadable = text_of(file_->find("unreadable"));
  for (std::size_t begin = 0; begin + sizeof(Row) <= rows.size(); begin += sizeof(Row)) {
    Row row;
    std::memcpy(row.data(), rows.data() + begin, sizeof(Row));
    const std::string_view name = names.substr(0, static_cast<std::size_t>(row.back()));
    names.remove_prefix(name.size());
    scan.pictures.push_back(picture_of(row, std::string(name)));
  }
  while (!unreadable.empty()) {
    const std::string_view message = unreadable.substr(0, unreadable.find('\0'));
    scan.unreadable.emplace_back(message);
    unreadable.remove_prefix(std::min(unreadable.size(), message.size() + 1));
  }
  scan.other_files = std::stoull(file_->metadata("other_files"));
  scan.duplicates = std::stoull(file_->metadata("duplicates"));
  return scan;
}

std::span<const std::uint8_t> ArchiveCache::pixels(const std::string& recipe) const {
  if (!file_ || file_->metadata("recipe") != recipe) return {};
  const std::string_view bytes = text_of(file_->find("pixels"));
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

void ArchiveCache::write(const PictureScan& scan, const std::string& recipe,
                         std::span<const std::uint8_t> pixels) const {
  std::vector<std::int64_t> rows;
  std::string names, unreadable;
  for (const ScannedPicture& picture : scan.pictures) {
    const Row row = row_of(picture);
    rows.insert(rows.end(), row.begin(), row.end());
    names += picture.name;
  }
  for (const std::string& message : scan.unreadable) unreadable += message + '\0';
  try {
    make_directory(path_.parent_path());
    AtomicFile file(path_);
    file.reserve(pixels.size());
    safetensors::write(file,
                       {view("pictures", safetensors::DType::i64, std::span<const std::int64_t>(rows)),
                        view("names", safetensors::DType::u8, std::span<const char>(names)),
                        view("unreadable", safetensors::DType::u8, std::span<const char>(unreadable)),
                        view("pixels", safetensors::DType::u8, pixels)},
                       {{"archive", archive_},
                        {"recipe", recipe},
                        {"other_files", std::to_string(scan.other_files)},
                        {"duplicates", std::to_string(scan.duplicates)}});
    file.commit();
  } catch (const std::exception& error) {
    log::warning(std::string(error.what()) + "; the next start has to look at all pictures again");
  }
}

}  // namespace heed
