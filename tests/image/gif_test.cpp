#include "heed/image/gif.h"

#include <algorithm>
#include <cmath>

#include <gif_lib.h>

#include "heed/image/palette.h"

#include "catch.h"
#include "image/pictures.h"

using namespace heed;

namespace {

/// A smooth picture of very many colours.
Picture gradient(PictureSize size) {
  Picture picture(size, 3);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      picture.at(x, y)[0] = static_cast<std::uint8_t>(255 * x / (size.width - 1));
      picture.at(x, y)[1] = static_cast<std::uint8_t>(255 * y / (size.height - 1));
      picture.at(x, y)[2] = static_cast<std::uint8_t>(255 - 255 * x / (size.width - 1));
    }
  return picture;
}

Picture painted(const PalettePicture& quantized, PictureSize size) {
  Picture picture(size, 3);
  for (std::size_t i = 0; i < quantized.pixels.size(); ++i) {
    const Color color = quantized.palette.at(quantized.pixels[i]);
    std::copy_n(std::begin({color.red, color.green, color.blue}), 3,
                picture.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i));
  }
  return picture;
}

double root_mean_square(const Picture& a, const Picture& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::pow(a.pixels[i] - b.pixels[i], 2);
  return std::sqrt(sum / static_cast<double>(a.pixels.size()));
}

/// The frames and delays (hundredths of a second) of a GIF file, read by giflib.
struct ReadGif {
  std::vector<Picture> frames;
  std::vector<int> delays;
  bool repeats = false;
};

ReadGif read_gif(const std::filesystem::path& path) {
  int error = 0;
  GifFileType* file = DGifOpenFileName(path.c_str(), &error);
  REQUIRE(file != nullptr);
  REQUIRE(DGifSlurp(file) == GIF_OK);
  ReadGif result;
  for (int i = 0; i < file->ImageCount; ++i) {
    const SavedImage& image = file->SavedImages[i];
    Picture& frame = result.frames.emplace_back(PictureSize{image.ImageDesc.Width, image.ImageDesc.Height}, 3);
    const ColorMapObject* map = image.ImageDesc.ColorMap;
    REQUIRE(map != nullptr);
    for (std::size_t p = 0; p < frame.pixels.size() / 3; ++p) {
      const GifColorType color = map->Colors[image.RasterBits[p]];
      frame.pixels[3 * p] = color.Red;
      frame.pixels[3 * p + 1] = color.Green;
      frame.pixels[3 * p + 2] = color.Blue;
    }
    GraphicsControlBlock control;
    REQUIRE(DGifSavedExtensionToGCB(file, i, &control) == GIF_OK);
    result.delays.push_back(control.DelayTime);
    for (int e = 0; e < image.ExtensionBlockCount; ++e)
      if (image.ExtensionBlocks[e].Function == APPLICATION_EXT_FUNC_CODE) result.repeats = true;
  }
  DGifCloseFile(file, &error);
  return result;
}

}  // namespace

TEST_CASE("few colours are kept exactly, by any number of channels") {
  Picture picture({4, 2}, 3);
  picture.pixels = {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7, 255, 0, 0, 0, 0, 0, 100, 100, 100, 0, 255, 0};
  CHECK(painted(quantize(picture), picture.size()) == picture);
  CHECK(quantize(picture).palette.size() == 6);
  CHECK(quantize(plain({3, 3}, {42})).palette == std::vector<Color>{{42, 42, 42}});
  CHECK(quantize(plain({3, 3}, {1, 2, 3, 0})).palette == std::vector<Color>{{1, 2, 3}});
}

TEST_CASE("many colours become near ones") {
  const Picture picture = gradient({128, 128});
  const PalettePicture fine = quantize(picture), coarse = quantize(picture, 16);
  CHECK(fine.palette.size() == 256);
  CHECK(coarse.palette.size() == 16);
  CHECK(quantize(picture, 1).palette.size() == 1);
  // 256 cells of a plane of two dimensions: 16 steps a side, so an error of 255/16/sqrt(12) on average.
  CHECK(root_mean_square(painted(fine, picture.size()), picture) < 6);
  CHECK(root_mean_square(painted(coarse, picture.size()), picture) < 24);
  CHECK(quantize(picture).pixels == fine.pixels);
}

TEST_CASE("an animated GIF shows its frames, each for its time, for ever") {
  const ScratchDirectory scratch;
  const std::vector<Picture> frames = {gradient({40, 30}), plain({40, 30}, {10, 200, 30}), noise({40, 30}, 1)};
  write_gif(scratch / "a.gif", frames, {.delay_ms = 150, .last_delay_ms = 1000});
  const ReadGif read = read_gif(scratch / "a.gif");
  REQUIRE(read.frames.size() == 3);
  CHECK(read.delays == std::vector<int>{15, 15, 100});
  CHECK(read.repeats);
  CHECK(read.frames[0] == painted(quantize(frames[0]), {40, 30}));
  CHECK(root_mean_square(read.frames[0], frames[0]) < 6);
  CHECK(read.frames[1] == frames[1]);
  CHECK(encode_gif(frames) == encode_gif(frames));
}

TEST_CASE("a GIF of no frames or of different sizes is a bug of the caller") {
  error_of(ExitCode::internal, [] { encode_gif({}); });
  error_of(ExitCode::internal, [] { encode_gif(std::vector<Picture>{plain({2, 2}, {1}), plain({3, 2}, {1})}); });
}
