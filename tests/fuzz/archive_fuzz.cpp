// An archive of pictures: names that stay inside, bytes that were there.
#include "heed/image/archive.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile stored(as_text(data, size));
  accepts(ExitCode::data, [&] {
    ArchiveReader archive(stored.path());
    must(archive.bytes_in_all() == static_cast<std::int64_t>(size), "an archive is as long as its file");
    for (NamedBytes file; archive.next(file);) {
      must(!file.name.empty() && normal_name(file.name) == file.name && !is_hidden(file.name), "names are plain");
      must(file.problem.empty() || file.bytes.empty(), "a file with a problem has no bytes");
      must(file.bytes.size() <= kLargestPictureFile, "files are bounded");
      must(archive.bytes_read() >= 0, "progress is a number of bytes");
    }
  });
  return 0;
}
