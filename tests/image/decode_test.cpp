#include "heed/image/decode.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "catch.h"
#include "image/pictures.h"

using namespace heed;

namespace {

using Pixel = std::vector<int>;

const Pixel kRed = {220, 40, 40}, kGreen = {40, 200, 40}, kBlue = {40, 40, 220}, kLight = {230, 230, 230};

/// Middles of the quarters: upper left, upper right, lower left, lower right.
std::vector<Pixel> quarters(const Picture& picture) {
  std::vector<Pixel> result;
  for (const int y : {picture.height / 4, 3 * picture.height / 4})
    for (const int x : {picture.width / 4, 3 * picture.width / 4}) {
      const std::uint8_t* pixel = picture.at(x, y);
      result.emplace_back(pixel, pixel + picture.channels);
    }
  return result;
}

void check_near(const std::vector<Pixel>& actual, const std::vector<Pixel>& expected, int tolerance) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    REQUIRE(actual[i].size() == expected[i].size());
    for (std::size_t c = 0; c < actual[i].size(); ++c) {
      INFO("quarter " << i << ", channel " << c);
      CHECK(std::abs(actual[i][c] - expected[i][c]) <= tolerance);
    }
  }
}

Picture decode_odd(const std::string& name) {
  return decode_picture(odd_picture(name), name);
}

void put_big_endian(Bytes& bytes, std::size_t place, std::uint32_t value) {
  for (int i = 0; i < 4; ++i)
    bytes[place + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

std::size_t place_of(const Bytes& bytes, std::string_view text) {
  const auto found = std::search(bytes.begin(), bytes.end(), text.begin(), text.end(),
                                 [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
  REQUIRE(found != bytes.end());
  return static_cast<std::size_t>(found - bytes.begin());
}

/// Quarters of a picture whose pixels are stored as rgb.png's, once each orientation is turned upright.
const std::array<std::vector<Pixel>, 8> kUpright = {{{kRed, kGreen, kBlue, kLight},
                                                     {kGreen, kRed, kLight, kBlue},
                                                     {kLight, kBlue, kGreen, kRed},
                                                     {kBlue, kLight, kRed, kGreen},
                                                     {kRed, kBlue, kGreen, kLight},
                                                     {kBlue, kRed, kLight, kGreen},
                                                     {kLight, kGreen, kBlue, kRed},
                                                     {kGreen, kLight, kRed, kBlue}}};

/// An EXIF block of one tag, the orientation.
Bytes exif(std::uint8_t orientation, bool big_end_first) {
  return big_end_first ? Bytes{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0}
                       : Bytes{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0};
}

void append(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

/// rgb.png with the block as a chunk behind its header; nobody looks at the chunk's checksum.
Bytes png_with_exif(const Bytes& block) {
  constexpr std::ptrdiff_t kHeaderEnd = 33;
  const Bytes file = odd_picture("rgb.png");
  Bytes result(file.begin(), file.begin() + kHeaderEnd);
  append(result, {0, 0, 0, static_cast<std::uint8_t>(block.size()), 'e', 'X', 'I', 'f'});
  append(result, block);
  append(result, {0, 0, 0, 0});
  append(result, Bytes(file.begin() + kHeaderEnd, file.end()));
  return result;
}

/// lossless.webp as an extended file with the block at its end.
Bytes webp_with_exif(const Bytes& block) {
  constexpr std::uint8_t kHasExif = 8;
  const Bytes file = odd_picture("lossless.webp");
  Bytes result = {'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'E', 'B', 'P', 'V', 'P', '8', 'X', 10, 0, 0, 0};
  append(result, {kHasExif, 0, 0, 0, 32 - 1, 0, 0, 16 - 1, 0, 0});
  append(result, Bytes(file.begin() + 12, file.end()));
  append(result, {'E', 'X', 'I', 'F', static_cast<std::uint8_t>(block.size()), 0, 0, 0});
  append(result, block);
  const std::size_t size = result.size() - 8;
  result[4] = static_cast<std::uint8_t>(size), result[5] = static_cast<std::uint8_t>(size >> 8);
  return result;
}

}  // namespace

TEST_CASE("colour pictures of every kind come out in red, green, blue") {
  const std::vector<Pixel> colors = {kRed, kGreen, kBlue, kLight};
  for (const char* name : {"rgb.png", "text.png", "opaque.png", "palette.png", "rgb.bmp", "palette.bmp",
                           "top_down32.bmp", "lossless.webp"}) {
    INFO(name);
    const Picture picture = decode_odd(name);
    CHECK(picture.size() == PictureSize{32, 16});
    check_near(quarters(picture), colors, 0);
  }
  for (const char* name : {"rgb.jpg", "progressive.jpg", "cmyk.jpg", "lossy.webp"}) {
    INFO(name);
    const Picture picture = decode_odd(name);
    CHECK(picture.size() == PictureSize{32, 16});
    check_near(quarters(picture), colors, 6);
  }
}

TEST_CASE("16 bits are rounded, not cut, to 8") {
  check_near(quarters(decode_odd("rgb16.png")), {kRed, kGreen, kBlue, kLight}, 0);
  check_near(quarters(decode_odd("grey16.png")), {{20}, {90}, {160}, {250}}, 0);
}

TEST_CASE("grey pictures keep one channel") {
  check_near(quarters(decode_odd("grey.jpg")), {{20}, {90}, {160}, {250}}, 2);
  check_near(quarters(decode_odd("bits.png")), {{0}, {255}, {255}, {0}}, 0);
  check_near(quarters(decode_odd("grey_opaque.png")), {{20}, {90}, {160}, {250}}, 0);
}

TEST_CASE("alpha is kept where it says something") {
  const std::vector<Pixel> with_alpha = {
      {220, 40, 40, 255}, {40, 200, 40, 128}, {40, 40, 220, 0}, {230, 230, 230, 255}};
  check_near(quarters(decode_odd("rgba.png")), with_alpha, 0);
  check_near(quarters(decode_odd("palette_alpha.png")), with_alpha, 0);
  check_near(quarters(decode_odd("alpha.webp")), with_alpha, 8);
  check_near(quarters(decode_odd("grey_alpha.png")),
             {{20, 20, 20, 255}, {90, 90, 90, 128}, {160, 160, 160, 0}, {250, 250, 250, 255}}, 0);
}

TEST_CASE("every EXIF orientation is turned upright") {
  Bytes file = odd_picture("exif.jpg");
  // The tag 0x0112, of type 3 (short), one value.
  const bool big_endian = place_of(file, "MM") < 40;
  const std::size_t tag = place_of(file, big_endian ? std::string_view("\x01\x12\0\x03\0\0\0\x01", 8)
                                                    : std::string_view("\x12\x01\x03\0\x01\0\0\0", 8));
  const std::size_t value = tag + (big_endian ? 9 : 8);
  CHECK(file[value] == 6);
  for (std::uint8_t orientation = 1; orientation <= 8; ++orientation) {
    INFO("orientation " << int{orientation});
    file[value] = orientation;
    const Picture picture = decode_picture(file, "exif.jpg");
    CHECK(picture.size() == (orientation <= 4 ? PictureSize{32, 16} : PictureSize{16, 32}));
    check_near(quarters(picture), kUpright[orientation - 1u], 6);
  }
}

TEST_CASE("PNG and WebP pictures are turned as well") {
  for (const bool big_endian : {false, true})
    for (std::uint8_t orientation = 0; orientation <= 9; ++orientation) {
      INFO("orientation " << int{orientation} << ", big end first " << big_endian);
      const std::uint8_t known = orientation >= 1 && orientation <= 8 ? orientation : 1;
      for (const Bytes& file :
           {png_with_exif(exif(orientation, big_endian)), webp_with_exif(exif(orientation, big_endian))}) {
        const Picture picture = decode_picture(file, "turned");
        CHECK(picture.size() == (known <= 4 ? PictureSize{32, 16} : PictureSize{16, 32}));
        check_near(quarters(picture), kUpright[known - 1u], 0);
      }
    }
}

TEST_CASE("headers tell what a picture is made of") {
  const auto header = [](const char* name) { return read_picture_header(odd_picture(name), name); };
  CHECK(header("palette.png").palette);
  CHECK(header("palette.bmp").palette);
  CHECK(header("rgb16.png").sixteen_bit);
  CHECK(header("cmyk.jpg").cmyk);
  CHECK(header("grey.jpg").grey);
  CHECK(header("grey_alpha.png").grey);
  const PictureHeader plain = header("rgb.png");
  CHECK_FALSE((plain.palette || plain.sixteen_bit || plain.cmyk || plain.grey));
  CHECK(header("alpha.webp").size == PictureSize{32, 16});
  CHECK(header("lossy.webp").kind == PictureKind::webp);
  CHECK(header("top_down32.bmp").size == PictureSize{32, 16});
}

TEST_CASE("huge dimensions are refused by the header alone") {
  // Nothing but the header is there: whoever decoded first would complain about something else.
  Bytes png = odd_picture("rgb.png");
  for (const auto& [width, height] : {std::pair{16'385u, 1u}, {1u, 2'000'000'000u}, {16'384u, 16'384u}, {0u, 5u}}) {
    put_big_endian(png, 16, width);
    put_big_endian(png, 20, height);
    CHECK(
        contains(error_of(ExitCode::data, [&] { read_picture_header(png, "bomb.png"); }), "bomb.png: the header says"));
    CHECK(contains(error_of(ExitCode::data, [&] { decode_picture(png, "bomb.png"); }), "scale the picture down"));
  }
  Bytes bmp = odd_picture("rgb.bmp");
  bmp[21] = 0x7F;
  CHECK(contains(error_of(ExitCode::data, [&] { decode_picture(bmp, "x"); }), "the header says"));
  Bytes jpeg = odd_picture("rgb.jpg");
  const std::size_t frame = place_of(jpeg, "\xFF\xC0");
  jpeg[frame + 5] = jpeg[frame + 7] = 0xFF;
  CHECK(contains(error_of(ExitCode::data, [&] { decode_picture(jpeg, "x"); }), "the header says"));
  Bytes webp = odd_picture("lossy.webp");
  webp[27] = webp[29] = 0x3F;
  CHECK(contains(error_of(ExitCode::data, [&] { read_picture_header(webp, "x"); }), "16,1"));
}

TEST_CASE("what is no picture is named") {
  const auto refusal = [](std::string_view text) {
    return error_of(ExitCode::data, [&] { decode_picture(Bytes(text.begin(), text.end()), "here.png"); });
  };
  CHECK(contains(refusal(""), "here.png: an empty file; expected PNG, JPEG, BMP or WebP"));
  CHECK(contains(refusal("Dear diary, today I drew nothing."), "here.png: not a picture by its first bytes"));
  CHECK(contains(refusal("BMW is a car maker, not a picture."), "not a picture"));
  CHECK(contains(refusal("GIF89a\1\0\1\0"), "a GIF picture"));
  CHECK(contains(refusal(std::string_view("II*\0\10\0\0\0", 8)), "a TIFF picture"));
  CHECK(contains(error_of(ExitCode::data, [&] { decode_odd("animated.webp"); }), "an animated WebP picture"));
}

TEST_CASE("a picture that ends anywhere before its end is refused") {
  for (const char* name : {"rgb.png", "rgb.jpg", "progressive.jpg", "rgb.bmp", "lossless.webp", "lossy.webp",
                           "palette_alpha.png", "exif.jpg", "alpha.webp"}) {
    const Bytes whole = odd_picture(name);
    for (std::size_t length = 0; length < whole.size(); length += length < 64 ? 1 : 17) {
      INFO(name << " cut to " << length << " of " << whole.size());
      const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      error_of(ExitCode::data, [&] { decode_picture(part, name); });
    }
  }
}

TEST_CASE("flipped bytes end in a picture or in a data error") {
  for (const char* name : {"rgb.png", "rgb.jpg", "cmyk.jpg", "exif.jpg", "palette.bmp", "lossy.webp", "alpha.webp"}) {
    const Bytes whole = odd_picture(name);
    for (std::size_t place = 0; place < whole.size(); place += 3) {
      Bytes flipped = whole;
      flipped[place] ^= 0x55;
      try {
        const Picture picture = decode_picture(flipped, name);
        CHECK(picture.pixels.size() == Picture::byte_count(picture.size(), picture.channels));
      } catch (const Error& error) {
        CHECK(error.code() == ExitCode::data);
      }
    }
  }
  Bytes damaged = odd_picture("rgb.png");
  damaged[place_of(damaged, "IDAT") + 10] ^= 1;
  CHECK(contains(error_of(ExitCode::data, [&] { decode_picture(damaged, "cat.png"); }),
                 "cat.png: a damaged PNG picture"));
}

TEST_CASE("inks without Adobe's mark are refused: they might be inverted") {
  Bytes file = odd_picture("cmyk.jpg");
  file[place_of(file, "Adobe")] = 'a';
  CHECK(contains(error_of(ExitCode::data, [&] { decode_picture(file, "x"); }), "four inks"));
}

TEST_CASE("channels are converted, alpha is laid over the background") {
  const Color background = {100, 200, 0};
  const Picture rgba = plain({1, 1}, {200, 100, 50, 64});
  CHECK(with_channels(rgba, 3, background).pixels == Bytes{125, 175, 13});
  CHECK(with_channels(rgba, 1, background).pixels == Bytes{142});
  CHECK(with_channels(rgba, 4, background) == rgba);
  CHECK(with_channels(plain({1, 1}, {9, 8, 7, 0}), 3, background).pixels == Bytes{100, 200, 0});
  const Picture rgb = plain({1, 1}, {255, 0, 0});
  CHECK(with_channels(rgb, 1, background).pixels == Bytes{76});
  CHECK(with_channels(rgb, 4, background).pixels == Bytes{255, 0, 0, 255});
  CHECK(with_channels(plain({1, 1}, {77}), 3, background).pixels == Bytes{77, 77, 77});
  CHECK(with_channels(plain({1, 1}, {77}), 4, background).pixels == Bytes{77, 77, 77, 255});
}

TEST_CASE("colours are read by name or number") {
  CHECK(parse_color("white", "--background") == Color{255, 255, 255});
  CHECK(parse_color("#ff8001", "--background") == Color{255, 128, 1});
  for (const char* wrong : {"", "#fff", "#gg0000", "#12345678", "reddish"})
    CHECK(contains(error_of(ExitCode::usage, [&] { parse_color(wrong, "--background"); }), "--background"));
}
