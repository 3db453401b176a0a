#include "heed/text/gzip.h"

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <zlib.h>

#include "heed/base/error.h"
#include "heed/base/progress.h"

namespace heed {

bool looks_like_gzip(std::string_view head) {
  return head.starts_with("\x1F\x8B\x08");
}

void unpack_gzip(const std::filesystem::path& path, AtomicFile& output) {
  constexpr unsigned kChunkBytes = 1 << 18;
  const std::string name = path.string();
  const auto close = [](gzFile file) { gzclose(file); };
  const std::unique_ptr<std::remove_pointer_t<gzFile>, decltype(close)> file(gzopen(path.c_str(), "rb"), close);
  if (!file) throw data_error(name + ": cannot be opened; check that it exists and may be read");
  const auto damaged = [&](const std::string& reason) {
    return data_error(name + ": damaged gzip file (" + reason + "); check it with gzip -t and fetch it again");
  };
  gzbuffer(file.get(), kChunkBytes);

  Progress progress("unpacking " + name, static_cast<std::int64_t>(std::filesystem::file_size(path)));
  std::vector<char> chunk(kChunkBytes);
  for (;;) {
    const int bytes = gzread(file.get(), chunk.data(), kChunkBytes);
    // A file that is cut short is reported with its last bytes, not by a negative count.
    int code = Z_OK;
    const char* reason = gzerror(file.get(), &code);
    if (bytes < 0 || code == Z_BUF_ERROR) throw damaged(code == Z_BUF_ERROR ? "it is cut short" : reason);
    if (gzdirect(file.get()) != 0) throw damaged("it does not begin like one");
    if (bytes == 0) break;
    output.write(std::string_view(chunk.data(), static_cast<std::size_t>(bytes)));
    progress.update(gzoffset(file.get()));
  }
}

}  // namespace heed
