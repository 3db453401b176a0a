#include "heed/image/archive.h"

#include <string>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

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
  archive* writer = archive_write_new();
  archive_write_set_format_pax_restricted(writer);
  REQUIRE(archive_write_open_filename(writer, (scratch / "l.tar").c_str()) == ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "link.png");
  archive_entry_set_filetype(entry, AE_IFLNK);
  archive_entry_set_symlink(entry, "/etc/passwd");
  REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
  archive_entry_free(entry);
  REQUIRE(archive_write_free(writer) == ARCHIVE_OK);

  ArchiveReader archive(scratch / "l.tar");
  NamedBytes file;
  REQUIRE(archive.next(file));
  CHECK(contains(file.problem, "link"));
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
