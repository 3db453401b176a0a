#include "heed/image/png.h"

#include "heed/image/decode.h"

#include "catch.h"
#include "image/pictures.h"

using namespace heed;

TEST_CASE("PNG keeps every pixel and gives the same bytes each time") {
  for (const int channels : {1, 3, 4}) {
    const Picture picture = noise({19, 7}, channels);
    const Bytes bytes = encode_png(picture);
    CHECK(decode_picture(bytes, "noise") == picture);
    CHECK(encode_png(picture) == bytes);
  }
}

TEST_CASE("PNG files are written whole or refused") {
  const ScratchDirectory scratch;
  const Picture picture = noise({5, 5}, 3);
  write_png(scratch / "a.png", picture);
  CHECK(bytes_of_file(scratch / "a.png") == encode_png(picture));
  CHECK(scratch.names() == std::vector<std::string>{"a.png"});
  CHECK(contains(error_of(ExitCode::data, [&] { write_png(scratch.path() / "none" / "a.png", picture); }), "a.png"));
}
