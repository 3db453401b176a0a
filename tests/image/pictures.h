#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

#include "heed/image/picture.h"
#include "heed/image/png.h"

#include "base/scratch.h"

namespace heed {

using Bytes = std::vector<std::uint8_t>;

inline Bytes bytes_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One of the odd pictures that make_pictures.py wrote.
inline Bytes odd_picture(const std::string& name) {
  Bytes bytes = bytes_of_file(std::filesystem::path(HEED_TEST_DATA) / "image" / "pictures" / name);
  INFO(name);
  REQUIRE_FALSE(bytes.empty());
  return bytes;
}

inline void put_bytes(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  put(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// A picture of one colour.
inline Picture plain(PictureSize size, std::vector<std::uint8_t> color) {
  Picture picture(size, static_cast<int>(color.size()));
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = color[i % color.size()];
  return picture;
}

/// Pixels that all differ from their neighbours, the same each time.
inline Picture noise(PictureSize size, int channels, std::uint32_t state = 1) {
  Picture picture(size, channels);
  for (std::uint8_t& value : picture.pixels) {
    state = state * 1664525 + 1013904223;
    value = static_cast<std::uint8_t>(state >> 24);
  }
  return picture;
}

inline void put_picture(const std::filesystem::path& path, const Picture& picture) {
  put_bytes(path, encode_png(picture));
}

enum class Packing { tar, tar_gz, zip };

/// Writes an archive of files given by name and content, in that order.
inline void put_archive(const std::filesystem::path& path, Packing packing,
                        const std::vector<std::pair<std::string, Bytes>>& files) {
  archive* writer = archive_write_new();
  if (packing == Packing::zip)
    archive_write_set_format_zip(writer);
  else
    archive_write_set_format_pax_restricted(writer);
  if (packing == Packing::tar_gz) archive_write_add_filter_gzip(writer);
  REQUIRE(archive_write_open_filename(writer, path.c_str()) == ARCHIVE_OK);
  for (const auto& [name, content] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
    REQUIRE(archive_write_data(writer, content.data(), content.size()) == static_cast<la_ssize_t>(content.size()));
    archive_entry_free(entry);
  }
  REQUIRE(archive_write_free(writer) == ARCHIVE_OK);
}

}  // namespace heed
