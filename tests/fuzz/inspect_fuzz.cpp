// heed-inspect on a model file: it is described, or refused.
#include <sstream>

#include "heed/io/inspect_model.h"

#include "fuzz/fuzz.h"

using namespace heed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile stored(as_text(data, size));
  accepts(ExitCode::checkpoint, [&] {
    std::ostringstream description, comparison;
    inspect_model({.model = stored.path(), .settings = true, .tensors = true}, description);
    must(!description.str().empty(), "a model is described");
    inspect_model({.model = stored.path(), .against = stored.path()}, comparison);
  });
  return 0;
}
