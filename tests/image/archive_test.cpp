#include "heed/image/archive.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

#include "heed/image/picture_header.h"

#include "catch.h"
#include "image/pictures.h"

using namespace heed;

namespace {

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

std::vector<std::string> names_in(const std::filesystem::path& path) {
  ArchiveReader archive(path);
  std::vector<std::string> names;
  for (NamedBytes file; archive.next(file);) names.push_back(file.name);
  return names;
}

// The most memory of the process since the last call of forget_peak(), in kB.
std::int64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::int64_t kilobytes = 0; word == "VmHWM:" && status >> kilobytes) return kilobytes;
  return 0;
}

void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << 5;
}

// A tar archive of an entry with holes: bytes at the beginning and the end, zeros between.
void put_sparse(const std::filesystem::path& path, const std::string& name, const Bytes& ends, std::int64_t size) {
  archive* writer = archive_write_new();
  archive_write_set_format_pax_restricted(writer);
  REQUIRE(archive_write_open_filename(writer, path.c_str()) == ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, name.c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, size);
  const auto length = static_cast<std::int64_t>(ends.size());
  archive_entry_sparse_add_entry(entry, 0, length);
  archive_entry_sparse_add_entry(entry, size - length, length);
  REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
  archive_entry_free(entry);
  const auto write = [&](const Bytes& bytes, std::int64_t count) {
    REQUIRE(archive_write_data(writer, bytes.data(), static_cast<std::size_t>(count)) == count);
  };
  write(ends, length);
  const Bytes zeros(1 << 20);
  for (std::int64_t left = size - 2 * length; left > 0; left -= std::ssize(zeros))
    write(zeros, std::min(left, std::ssize(zeros)));
  write(ends, length);
  REQUIRE(archive_write_free(writer) == ARCHIVE_OK);
}

// The one entry of a zip file says another size unpacked than it has.
void lie_about_size(const std::filesystem::path& path, std::uint32_t size) {
  Bytes zip = bytes_of_file(path);
  const auto patch = [&](std::string_view mark, std::ptrdiff_t place, bool last) {
    const auto found = last ? std::find_end(zip.begin(), zip.end(), mark.begin(), mark.end())
                            : std::search(zip.begin(), zip.end(), mark.begin(), mark.end());
    REQUIRE(found != zip.end());
    for (int i = 0; i < 4; ++i) found[place + i] = static_cast<std::uint8_t>(size >> (8 * i));
  };
  patch("PK\x03\x04", 22, false);
  patch("PK\x01\x02", 24, true);
  put_bytes(path, zip);
}

}  // namespace

TEST_CASE("the regular files of tar, tar.gz and zip are read one after the other") {
  const ScratchDirectory scratch;
  const Bytes picture = encode_png(noise({40, 40}, 3));
  for (const Packing packing : {Packing::tar, Packing::tar_gz, Packing::zip}) {
    const auto path = scratch / "pictures";
    put_archive(path, packing, {{"b/two.png", picture}, {"a/one.txt", bytes_of("A text of more than twelve bytes.")}});
    ArchiveReader archive(path);
    NamedBytes file;
    REQUIRE(archive.next(file));
    CHECK(file.name == "b/two.png");
    CHECK(file.bytes == picture);
    CHECK(file.problem.empty());
    REQUIRE(archive.next(file));
    CHECK(file.name == "a/one.txt");
    CHECK(file.bytes == bytes_of("A text of mo"));
    CHECK_FALSE(archive.next(file));
    CHECK(archive.bytes_in_all() == static_cast<std::int64_t>(std::filesystem::file_size(path)));
    CHECK(archive.bytes_read() > archive.bytes_in_all() / 2);
  }
}

TEST_CASE("names are taken apart, hidden files are left out, nothing is written") {
  const ScratchDirectory scratch;
  const Bytes content = bytes_of("x");
  put_archive(scratch / "a.tar", Packing::tar,
              {{"../../up.png", content},
               {"/etc/root.png", content},
               {"./x//y.png", content},
               {".hidden/z.png", content},
               {"x/.DS_Store", content}});
  CHECK(names_in(scratch / "a.tar") == std::vector<std::string>{"up.png", "etc/root.png", "x/y.png"});
  CHECK(scratch.names() == std::vector<std::string>{"a.tar"});
  CHECK(normal_name("./../a/./b//c") == "a/b/c");
  CHECK(is_hidden("a/.b/c"));
  CHECK_FALSE(is_hidden("a.b/c"));
}

TEST_CASE("links inside an archive are named as problems") {
  const ScratchDirectory scratch;
  for (const bool hard : {false, true}) {
    CAPTURE(hard);
    archive* writer = archive_write_new();
    archive_write_set_format_pax_restricted(writer);
    REQUIRE(archive_write_open_filename(writer, (scratch / "l.tar").c_str()) == ARCHIVE_OK);
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, "link.png");
    archive_entry_set_filetype(entry, hard ? AE_IFREG : AE_IFLNK);
    hard ? archive_entry_set_hardlink(entry, "picture.png") : archive_entry_set_symlink(entry, "/etc/passwd");
    REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
    archive_entry_free(entry);
    REQUIRE(archive_write_free(writer) == ARCHIVE_OK);

    ArchiveReader archive(scratch / "l.tar");
    NamedBytes file;
    REQUIRE(archive.next(file));
    CHECK(contains(file.problem, "link"));
    CHECK(contains(file.problem, "--hard-dereference"));
    CHECK(file.bytes.empty());
    CHECK_FALSE(archive.next(file));
  }
}

TEST_CASE("the holes of a sparse file are read as zeros") {
  const ScratchDirectory scratch;
  const Bytes ends = odd_picture("rgb.png");
  constexpr std::int64_t kSize = 3 << 20;
  put_sparse(scratch / "s.tar", "sparse.png", ends, kSize);
  CHECK(std::filesystem::file_size(scratch / "s.tar") < kSize / 10);
  Bytes expected(kSize);
  std::ranges::copy(ends, expected.begin());
  std::ranges::copy(ends, expected.end() - std::ssize(ends));
  ArchiveReader archive(scratch / "s.tar");
  NamedBytes file;
  REQUIRE(archive.next(file));
  CHECK(file.name == "sparse.png");
  CHECK(file.problem.empty());
  CHECK((file.bytes == expected));
  CHECK_FALSE(archive.next(file));
}

TEST_CASE("a small archive of a huge file is passed over in little memory") {
  const ScratchDirectory scratch;
  constexpr std::int64_t kSize = std::int64_t{2} << 30;
  for (const bool picture : {true, false}) {
    CAPTURE(picture);
    put_sparse(scratch / "huge.tar", "huge.png", picture ? odd_picture("rgb.png") : bytes_of("no picture at all"),
               kSize);
    CHECK(std::filesystem::file_size(scratch / "huge.tar") < 100'000);
    forget_peak();
    const std::int64_t before = peak_memory();
    REQUIRE(before > 0);
    ArchiveReader archive(scratch / "huge.tar");
    NamedBytes file;
    REQUIRE(archive.next(file));
    CHECK(contains(file.problem, "too large") == picture);
    CHECK(file.bytes.size() == (picture ? 0 : kKindBytes));
    CHECK_FALSE(archive.next(file));
    CHECK(peak_memory() - before < 50'000);
  }
}

TEST_CASE("a zip entry that says it is small cannot unpack to more than a picture may have") {
  const ScratchDirectory scratch;
  Bytes large(kLargestPictureFile + (4 << 20));
  std::ranges::copy(odd_picture("rgb.png"), large.begin());
  put_archive(scratch / "l.zip", Packing::zip, {{"large.png", large}});
  lie_about_size(scratch / "l.zip", 1000);
  CHECK(std::filesystem::file_size(scratch / "l.zip") < 2'000'000);
  large = {};
  ArchiveReader archive(scratch / "l.zip");
  NamedBytes file;
  REQUIRE(archive.next(file));
  INFO(file.problem << ", " << file.bytes.size() << " bytes");
  CHECK(contains(file.problem, "too large"));
  CHECK(file.bytes.empty());
}

TEST_CASE("a damaged archive is a data error") {
  const ScratchDirectory scratch;
  for (const int side : {40, 400}) {
    const auto path = scratch / "a.tar.gz";
    std::vector<std::pair<std::string, Bytes>> files;
    for (const char* name : {"a.png", "b.png", "c.png"})
      files.emplace_back(name, encode_png(noise({side, side}, 3, static_cast<std::uint32_t>(files.size()))));
    put_archive(path, Packing::tar_gz, files);
    Bytes whole = bytes_of_file(path);
    whole.resize(whole.size() / 2);
    put_bytes(path, whole);
    const std::string message = error_of(ExitCode::data, [&] { names_in(path); });
    INFO(message);
    CHECK(contains(message, path.string()));
    CHECK(contains(message, "truncated gzip input"));
    if (side == 400) CHECK(contains(message, "damaged archive after 2 files"));
  }

  put(scratch / "text.tar", "This is a text and no archive at all, whatever its name says.");
  CHECK(contains(error_of(ExitCode::data, [&] { names_in(scratch / "text.tar"); }), "archive"));
  put(scratch / "empty.tar", "");
  error_of(ExitCode::data, [&] { names_in(scratch / "empty.tar"); });
  CHECK(contains(error_of(ExitCode::data, [&] { ArchiveReader(scratch / "none.tar"); }), "none.tar"));
}

TEST_CASE("a file beyond the limit is a problem, not a crash") {
  const ScratchDirectory scratch;
  Bytes large(kLargestPictureFile + 100'000);
  const Bytes head = odd_picture("rgb.png");
  std::copy(head.begin(), head.end(), large.begin());
  put_archive(scratch / "l.tar.gz", Packing::tar_gz, {{"large.png", large}, {"small.png", head}});
  ArchiveReader archive(scratch / "l.tar.gz");
  NamedBytes file;
  REQUIRE(archive.next(file));
  CHECK(contains(file.problem, "too large"));
  CHECK(file.bytes.empty());
  REQUIRE(archive.next(file));
  CHECK(file.bytes == head);
  CHECK(file.problem.empty());
}
