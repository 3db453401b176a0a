#include "heed/text/line_index.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>

#include "heed/base/content_hash.h"
#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/progress.h"
#include "heed/base/utf8.h"
#include "heed/text/gzip.h"

namespace heed {
namespace {

constexpr std::size_t kProgressBytes = std::size_t{64} << 20;  // between two reports

/// The first bytes of an index file. Everything that it was made from, so that a stale one is noticed.
struct IndexHeader {
  std::array<char, 8> magic = {'h', 'e', 'e', 'd', 'i', 'd', 'x', '1'};
  std::uint64_t file_bytes = 0, file_time = 0, file_edges = 0;  ///< the file that the user named
  std::uint64_t text_bytes = 0, text_edges = 0;                 ///< the same, or what was unpacked from it
  std::uint64_t content = 0;                                    ///< hash of the whole text

  bool same_file(const IndexHeader& other) const {
    return magic == other.magic && file_bytes == other.file_bytes && file_time == other.file_time &&
           file_edges == other.file_edges;
  }
};
static_assert(sizeof(IndexHeader) == 56 && sizeof(IndexHeader) % sizeof(std::uint64_t) == 0);

std::uint64_t modification_time(const std::filesystem::path& path) {
  struct stat status {};
  const std::string name = path.string();
  if (::stat(path.c_str(), &status) != 0) {
    throw data_error(name + ": " + std::generic_category().message(errno) + "; expected a text file");
  }
  if (S_ISDIR(status.st_mode)) throw data_error(name + ": is a directory; expected a text file");
  if (!S_ISREG(status.st_mode)) {
    throw data_error(name + ": is not a regular file; it is read in any order: store its content in a file first");
  }
  return static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
}

void refuse_utf16(std::string_view text, const std::filesystem::path& path) {
  if (!looks_like_utf16(text)) return;
  const std::string name = path.string();
  throw data_error(name + ": is UTF-16; expected UTF-8; convert it: iconv -f UTF-16 -t UTF-8 " + name);
}

std::optional<IndexHeader> read_header(const MappedFile& index) {
  IndexHeader header;
  if (index.bytes().size() < sizeof(header) + sizeof(std::uint64_t)) return std::nullopt;
  std::memcpy(&header, index.bytes().data(), sizeof(header));
  return header;
}

/// The cached index when it belongs to exactly this file.
std::optional<IndexedText> open_cached(IndexHeader expected, MappedFile& text, const std::filesystem::path& index_path,
                                       const std::filesystem::path& unpacked_path, bool packed) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(index_path, ignored)) return std::nullopt;
  if (packed && !std::filesystem::is_regular_file(unpacked_path, ignored)) return std::nullopt;
  IndexedText cached;
  cached.index = MappedFile(index_path);
  const std::optional<IndexHeader> header = read_header(cached.index);
  if (!header || !header->same_file(expected)) return std::nullopt;
  MappedFile unpacked;
  if (packed) unpacked = MappedFile(unpacked_path);
  const std::string_view content = packed ? unpacked.text() : text.text();
  if (header->text_bytes != content.size() || header->text_edges != hash_edges(content)) return std::nullopt;
  const std::size_t entry_bytes = cached.index.bytes().size() - sizeof(IndexHeader);
  if (entry_bytes % sizeof(std::uint64_t) != 0) return std::nullopt;
  cached.lines = entry_bytes / sizeof(std::uint64_t) - 1;
  if (line_starts(cached).back() != content.size()) return std::nullopt;
  cached.content = header->content;
  cached.text = packed ? std::move(unpacked) : std::move(text);
  return cached;
}

std::uint64_t hash_whole(const MappedFile& file, Progress& progress) {
  const std::string_view text = file.text();
  std::uint64_t hash = 0;
  for (std::size_t begin = 0; begin < text.size(); begin += kProgressBytes) {
    hash = hash_content(text.substr(begin, kProgressBytes), hash);
    release_pages(file);
    progress.update(static_cast<std::int64_t>(begin / 2));
  }
  return hash;
}

void write_index(IndexHeader header, const MappedFile& mapped, const std::string& name,
                 const std::filesystem::path& index_path) {
  const std::string_view text = mapped.text();
  Progress progress("indexing " + name, static_cast<std::int64_t>(text.size()));
  header.text_bytes = text.size();
  header.text_edges = hash_edges(text);
  header.content = hash_whole(mapped, progress);
  AtomicFile file(index_path, static_cast<int>(ExitCode::checkpoint));
  file.write(std::as_bytes(std::span(&header, 1)));
  const auto add = [&](std::uint64_t entry) { file.write(std::as_bytes(std::span(&entry, 1))); };
  std::size_t next_report = kProgressBytes;
  for (std::size_t begin = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; begin < text.size();) {
    add(begin);
    const std::size_t end = text.find('\n', begin);
    begin = end == text.npos ? text.size() : end + 1;
    if (begin >= next_report) {
      release_pages(mapped);
      progress.update(static_cast<std::int64_t>((text.size() + begin) / 2));
      next_report = begin + kProgressBytes;
    }
  }
  add(text.size());
  file.commit();
}

}  // namespace

IndexedText open_indexed_text(const std::filesystem::path& path, const std::filesystem::path& cache_directory) {
  IndexHeader header;
  header.file_time = modification_time(path);
  MappedFile file(path);
  header.file_bytes = file.text().size();
  header.file_edges = hash_edges(file.text());
  refuse_utf16(file.text(), path);
  const bool packed = path.extension() == ".gz" || looks_like_gzip(file.text());

  const std::string absolute = std::filesystem::absolute(path).lexically_normal().string();
  const std::filesystem::path cache_name = cache_directory / hex_digits(hash_content(absolute));
  const std::filesystem::path index_path = cache_name.string() + ".index";
  const std::filesystem::path unpacked_path = cache_name.string() + ".text";
  if (auto cached = open_cached(header, file, index_path, unpacked_path, packed)) return std::move(*cached);

  make_directory(cache_directory, static_cast<int>(ExitCode::checkpoint));
  if (packed) {
    AtomicFile unpacked(unpacked_path, static_cast<int>(ExitCode::checkpoint));
    unpack_gzip(path, unpacked);
    unpacked.commit();
    file = MappedFile(unpacked_path);
    refuse_utf16(file.text(), path);
  }
  write_index(header, file, path.string(), index_path);
  IndexedText made;
  made.text = std::move(file);
  made.index = MappedFile(index_path);
  made.lines = (made.index.bytes().size() - sizeof(IndexHeader)) / sizeof(std::uint64_t) - 1;
  made.content = read_header(made.index)->content;
  return made;
}

void release_pages(const MappedFile& file) {
  // A hint: where it fails, nothing but the accounting differs.
  const std::span<const std::byte> bytes = file.bytes();
  if (!bytes.empty()) (void)::madvise(const_cast<std::byte*>(bytes.data()), bytes.size(), MADV_DONTNEED);
}

std::span<const std::uint64_t> line_starts(const IndexedText& text) {
  // Mapped at a page's start, behind a header of whole words: aligned.
  const auto* entries = reinterpret_cast<const std::uint64_t*>(text.index.bytes().data() + sizeof(IndexHeader));
  return {entries, static_cast<std::size_t>(text.lines) + 1};
}

}  // namespace heed
