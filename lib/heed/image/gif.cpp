#include "heed/image/gif.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include <gif_lib.h>

#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/image/palette.h"

namespace heed {
namespace {

constexpr int kMilliseconds = 10;  // GIF counts time in hundredths of a second
constexpr int kColorBits = 8;

int append(GifFileType* file, const GifByteType* data, int size) {
  auto& bytes = *static_cast<std::vector<std::uint8_t>*>(file->UserData);
  bytes.insert(bytes.end(), data, data + size);
  return size;
}

Error failure(int code) {
  const char* text = GifErrorString(code);
  return {ExitCode::internal, "a GIF file could not be encoded: " + std::string(text == nullptr ? "unknown" : text)};
}

class Encoder {
 public:
  Encoder(std::vector<std::uint8_t>& bytes, PictureSize size) : size_(size) {
    int error = 0;
    file_ = EGifOpen(&bytes, append, &error);
    if (file_ == nullptr) throw failure(error);
    EGifSetGifVersion(file_, true);
    check(EGifPutScreenDesc(file_, size.width, size.height, kColorBits, 0, nullptr));
    repeat_for_ever();
  }
  ~Encoder() {
    int ignored = 0;
    if (file_ != nullptr) EGifCloseFile(file_, &ignored);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  void add(const Picture& frame, int delay_ms) {
    PalettePicture quantized = quantize(frame);
    GraphicsControlBlock control = {.DisposalMode = DISPOSE_DO_NOT,
                                    .UserInputFlag = false,
                                    .DelayTime = delay_ms / kMilliseconds,
                                    .TransparentColor = NO_TRANSPARENT_COLOR};
    std::array<GifByteType, 4> block = {};
    EGifGCBToExtension(&control, block.data());
    check(EGifPutExtension(file_, GRAPHICS_EXT_FUNC_CODE, block.size(), block.data()));

    const auto free_map = [](ColorMapObject* map) { GifFreeMapObject(map); };
    const std::unique_ptr<ColorMapObject, decltype(free_map)> map(GifMakeMapObject(1 << kColorBits, nullptr), free_map);
    if (!map) throw std::bad_alloc();
    std::ranges::transform(quantized.palette, map->Colors,
                           [](Color c) { return GifColorType{c.red, c.green, c.blue}; });
    check(EGifPutImageDesc(file_, 0, 0, size_.width, size_.height, false, map.get()));
    for (int y = 0; y < size_.height; ++y)
      check(EGifPutLine(file_, quantized.pixels.data() + static_cast<std::ptrdiff_t>(y) * size_.width, size_.width));
  }

  void finish() {
    int error = 0;
    if (EGifCloseFile(std::exchange(file_, nullptr), &error) != GIF_OK) throw failure(error);
  }

 private:
  void check(int result) const {
    if (result != GIF_OK) throw failure(file_->Error);
  }

  /// The extension that Netscape's browser brought up and all others follow.
  void repeat_for_ever() {
    constexpr std::array<GifByteType, 3> kForEver = {1, 0, 0};
    check(EGifPutExtensionLeader(file_, APPLICATION_EXT_FUNC_CODE));
    check(EGifPutExtensionBlock(file_, 11, "NETSCAPE2.0"));
    check(EGifPutExtensionBlock(file_, kForEver.size(), kForEver.data()));
    check(EGifPutExtensionTrailer(file_));
  }

  PictureSize size_;
  GifFileType* file_ = nullptr;
};

}  // namespace

std::vector<std::uint8_t> encode_gif(std::span<const Picture> frames, const GifOptions& options) {
  constexpr int kLongestGifSide = 65'535;
  if (frames.empty()) throw Error(ExitCode::internal, "a GIF file needs at least one frame");
  const PictureSize size = frames.front().size();
  if (std::max(size.width, size.height) > kLongestGifSide ||
      std::ranges::any_of(frames, [&](const Picture& frame) { return frame.size() != size; }))
    throw Error(ExitCode::internal, "the frames of a GIF file differ in size or are too large");
  std::vector<std::uint8_t> bytes;
  Encoder encoder(bytes, size);
  for (std::size_t i = 0; i < frames.size(); ++i)
    encoder.add(frames[i], i + 1 < frames.size() ? options.delay_ms : options.last_delay_ms);
  encoder.finish();
  return bytes;
}

void write_gif(const std::filesystem::path& path, std::span<const Picture> frames, const GifOptions& options) {
  const std::vector<std::uint8_t> bytes = encode_gif(frames, options);
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(bytes)));
  file.commit();
}

}  // namespace heed
