// A gzip file that is unpacked, as for a training text; nothing is left where that went.
#include "heed/text/gzip.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile packed(as_text(data, size));
  accepts(ExitCode::data, [&] {
    AtomicFile unpacked(std::filesystem::temp_directory_path() / "heed-fuzz-unpacked");
    unpack_gzip(packed.path(), unpacked);
    must(size == 0 || looks_like_gzip(as_text(data, size)), "only gzip files are unpacked");
  });
  return 0;
}
