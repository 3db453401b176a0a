#include "heed/image/archive.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include <archive.h>
#include <archive_entry.h>

#include "heed/base/count_of.h"
#include "heed/base/error.h"
#include "heed/base/progress.h"
#include "heed/image/picture_header.h"

namespace heed {
namespace {

std::string reason_of(archive* handle) {
  const char* text = archive_error_string(handle);
  return text == nullptr ? "unknown" : text;
}

std::string name_of_entry(archive_entry* entry) {
  // Names that are no valid text in the locale's encoding come as bytes.
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  return name == nullptr ? "" : normal_name(name);
}

}  // namespace

struct ArchiveReader::State {
  std::string path;
  archive* handle = archive_read_new();
  std::int64_t files = 0;

  ~State() { archive_read_free(handle); }

  Error damaged() const {
    return data_error(path + ": damaged archive after " + count_of(files, "file") + " (" + reason_of(handle) +
                      "); check it with tar -t or unzip -t and fetch it again");
  }

  void read_content(archive_entry* entry, NamedBytes& file) {
    constexpr std::size_t kChunk = 1 << 16;
    // What an entry says of its size may be a lie: what comes out of it is counted as well.
    const bool says_too_large = archive_entry_size_is_set(entry) != 0 &&
                                archive_entry_size(entry) > static_cast<la_int64_t>(kLargestPictureFile);
    for (;;) {
      const std::size_t filled = file.bytes.size();
      file.bytes.resize(filled + kChunk);
      const la_ssize_t count = archive_read_data(handle, file.bytes.data() + filled, kChunk);
      file.bytes.resize(filled + (count > 0 ? static_cast<std::size_t>(count) : 0));
      if (count == 0) return;
      if (filled == 0 && !picture_kind(file.bytes)) return file.bytes.resize(std::min(file.bytes.size(), kKindBytes));
      if (count == ARCHIVE_WARN || count == ARCHIVE_FAILED)
        file.problem = "damaged in the archive: " + reason_of(handle);
      if (count < 0 && file.problem.empty()) throw damaged();
      if (says_too_large || file.bytes.size() > kLargestPictureFile)
        file.problem = "over " + format_count(kLargestPictureFile) + " bytes; too large for a picture";
      if (!file.problem.empty()) break;
    }
    file.bytes = {};
  }
};

ArchiveReader::ArchiveReader(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  constexpr std::size_t kBlockBytes = 1 << 18;
  state_->path = path.string();
  archive* handle = state_->handle;
  // Not "all": some filters of libarchive start other programs.
  archive_read_support_filter_gzip(handle);
  archive_read_support_filter_bzip2(handle);
  archive_read_support_filter_xz(handle);
  archive_read_support_filter_zstd(handle);
  archive_read_support_format_tar(handle);
  archive_read_support_format_zip(handle);
  std::error_code error;
  size_ = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  if (error) throw data_error(path.string() + ": cannot be read: " + error.message());
  if (archive_read_open_filename(handle, path.c_str(), kBlockBytes) != ARCHIVE_OK)
    throw data_error(path.string() + ": cannot be read as an archive (" + reason_of(handle) +
                     "); expected a folder of pictures, or a tar, tar.gz or zip file of one");
}

ArchiveReader::~ArchiveReader() = default;

bool ArchiveReader::next(NamedBytes& file) {
  for (;;) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(state_->handle, &entry);
    if (result == ARCHIVE_EOF) return false;
    if (result < ARCHIVE_WARN) {
      if (state_->files > 0) throw state_->damaged();
      throw data_error(state_->path + ": is no archive that can be read (" + reason_of(state_->handle) +
                       "); expected a folder of pictures, or a tar, tar.gz or zip file of one");
    }
    ++state_->files;
    const bool link = archive_entry_filetype(entry) == AE_IFLNK || archive_entry_hardlink(entry) != nullptr;
    if (archive_entry_filetype(entry) != AE_IFREG && !link) continue;
    file.name = name_of_entry(entry);
    if (file.name.empty() || is_hidden(file.name)) continue;
    file.bytes.clear();
    file.problem.clear();
    if (link) {
      file.problem = "a link inside the archive; make the archive with tar --dereference --hard-dereference";
    } else if (archive_entry_is_encrypted(entry) != 0) {
      file.problem = "encrypted; make the archive without a password";
    } else {
      state_->read_content(entry, file);
    }
    return true;
  }
}

std::int64_t ArchiveReader::bytes_read() const {
  constexpr int kOutermostFilter = -1;
  return archive_filter_bytes(state_->handle, kOutermostFilter);
}

std::string normal_name(const std::string& name) {
  std::string result;
  for (std::string_view rest = name; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part.empty() || part == "." || part == "..") continue;
    if (!result.empty()) result += '/';
    result += part;
  }
  return result;
}

bool is_hidden(const std::string& name) {
  return name.starts_with('.') || name.find("/.") != std::string::npos;
}

}  // namespace heed
