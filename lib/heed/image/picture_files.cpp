#include "heed/image/picture_files.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "heed/base/error.h"
#include "heed/base/parallel.h"
#include "heed/base/progress.h"
#include "heed/image/picture_header.h"

namespace heed {
namespace {

namespace fs = std::filesystem;

std::string system_reason(int error) {
  return std::generic_category().message(error);
}

class FolderFiles : public PictureFiles {
 public:
  explicit FolderFiles(fs::path root) : root_(std::move(root)) {
    list("");
    if (!entries_.empty() && entries_.front().name.empty())
      throw data_error(root_.string() + ": this folder cannot be listed: " + entries_.front().problem +
                       "; check its permissions");
    std::ranges::sort(entries_, {}, &Entry::name);
  }

  void visit(const std::string& label, const Visit& visit) const override {
    Progress progress(label, static_cast<std::int64_t>(entries_.size()));
    parallel_for(
        entries_.size(), [&](std::size_t place) { visit(place, read(place)); },
        [&](std::size_t done) { progress.update(static_cast<std::int64_t>(done)); });
  }

  bool has_random_access() const override { return true; }

  NamedBytes read(std::uint64_t place) const override {
    const Entry& entry = entries_.at(place);
    NamedBytes file{.name = entry.name, .bytes = {}, .problem = entry.problem};
    if (file.problem.empty()) read_content(file);
    return file;
  }

 private:
  struct Entry {
    std::string name, problem;
  };

  void list(const std::string& folder) {
    std::error_code error;
    const fs::path identity = fs::canonical(root_ / folder, error);
    if (!error && !visited_.insert(identity).second) return;
    fs::directory_iterator entry(root_ / folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      const std::string base = entry->path().filename().string();
      if (base.starts_with('.')) continue;
      const std::string name = folder.empty() ? base : folder + "/" + base;
      std::error_code unknown;
      const fs::file_status status = entry->status(unknown);
      if (fs::is_directory(status)) {
        list(name);
      } else if (fs::is_regular_file(status)) {
        entries_.push_back({name, ""});
      } else if (!fs::exists(status)) {
        entries_.push_back({name, "a link to nothing"});
      }
    }
    if (error) entries_.push_back({folder, error.message()});
  }

  void read_content(NamedBytes& file) const {
    errno = 0;
    std::ifstream stream(root_ / file.name, std::ios::binary);
    const auto fill = [&](std::size_t size) {
      const std::size_t filled = file.bytes.size();
      file.bytes.resize(size);
      stream.read(reinterpret_cast<char*>(file.bytes.data()) + filled, static_cast<std::streamsize>(size - filled));
      file.bytes.resize(filled + static_cast<std::size_t>(stream.gcount()));
    };
    fill(kKindBytes);
    if (picture_kind(file.bytes)) {
      std::error_code error;
      const std::uint64_t size = fs::file_size(root_ / file.name, error);
      if (!error && size <= kLargestPictureFile) {
        fill(std::max<std::size_t>(size, file.bytes.size()));
      } else {
        file.problem = error ? error.message() : "over 256 MB; too large for a picture";
      }
    }
    if (stream.bad() || !stream.is_open()) file.problem = system_reason(errno);
  }

  fs::path root_;
  std::vector<Entry> entries_;
  std::set<fs::path> visited_;
};

/// Only one thread can read an archive: it reads ahead by a batch, which all threads then share.
class ArchiveFiles : public PictureFiles {
 public:
  explicit ArchiveFiles(fs::path path) : path_(std::move(path)) { (void)ArchiveReader(path_); }

  void visit(const std::string& label, const Visit& visit) const override {
    constexpr std::size_t kBatchFiles = 1024, kBatchBytes = std::size_t{64} << 20;
    ArchiveReader archive(path_);
    Progress progress(label + " (bytes)", archive.bytes_in_all());
    std::vector<NamedBytes> batch;
    std::uint64_t first = 0;
    for (bool more = true; more;) {
      batch.clear();
      for (std::size_t bytes = 0; batch.size() < kBatchFiles && bytes < kBatchBytes;) {
        more = archive.next(batch.emplace_back());
        if (!more) break;
        bytes += batch.back().bytes.size();
      }
      if (!more) batch.pop_back();
      parallel_for(batch.size(), [&](std::size_t i) { visit(first + i, batch[i]); });
      first += batch.size();
      progress.update(archive.bytes_read());
    }
  }

  bool has_random_access() const override { return false; }

  NamedBytes read(std::uint64_t) const override {
    throw Error(ExitCode::internal, "a file of an archive was to be read alone");
  }

 private:
  fs::path path_;
};

}  // namespace

std::unique_ptr<PictureFiles> open_picture_files(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    throw data_error(path.string() + ": does not exist; expected a folder of pictures, or a tar, tar.gz or zip file");
  if (error) throw data_error(path.string() + ": cannot be read: " + error.message());
  if (fs::is_directory(status)) return std::make_unique<FolderFiles>(path);
  if (fs::is_regular_file(status)) return std::make_unique<ArchiveFiles>(path);
  throw data_error(path.string() + ": is neither a folder nor a file; expected a folder of pictures or an archive");
}

}  // namespace heed
