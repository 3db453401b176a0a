#include <dlfcn.h>
#include <link.h>

#include "catch.h"

namespace heed {

// The one that the loader gives to all is ours: LibTorch's is an int, SentencePiece's an object of tens of bytes.
TEST_CASE("what SentencePiece and LibTorch both call FLAGS_minloglevel has room for either") {
  void* const found = dlsym(RTLD_DEFAULT, "FLAGS_minloglevel");
  REQUIRE(found != nullptr);
  Dl_info place;
  void* entry = nullptr;
  REQUIRE(dladdr1(found, &place, &entry, RTLD_DL_SYMENT) != 0);
  REQUIRE(entry != nullptr);
  CHECK(place.dli_saddr == found);
  CHECK(static_cast<const ElfW(Sym)*>(entry)->st_size == 256);
}

}  // namespace heed
