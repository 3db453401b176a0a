#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/fields.h"
#include "heed/image/archive_cache.h"
#include "heed/image/fit.h"
#include "heed/image/picture_scan.h"

namespace heed {

enum class ChannelChoice { automatic, grey, rgb, rgba };
inline std::span<const std::string_view> enum_names(ChannelChoice) {
  static constexpr std::string_view names[] = {"auto", "1", "3", "4"};
  return names;
}

/// Where decoded pictures stay between their uses.
enum class PictureCache { automatic, ram, none };
inline std::span<const std::string_view> enum_names(PictureCache) {
  static constexpr std::string_view names[] = {"auto", "ram", "none"};
  return names;
}

/// Which pictures, and what they are made into.
struct ImageFolderOptions {
  std::string data;
  std::string size = "auto", background = "white";
  ChannelChoice channels = ChannelChoice::automatic;
  Fit fit = Fit::center_crop;
  bool cond = false, mirror = false, strict = false;
  PictureCache cache = PictureCache::automatic;
};

template <OptionsOf<ImageFolderOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("data", o.data,
        "folder of pictures (PNG, JPEG, BMP, WebP; folders below too), or a tar, tar.gz or zip file of one");
  visit("size", o.size, "pixels a side, N or WxH (auto: 64 when most pictures have as many, else 32)");
  visit("channels", o.channels, "1 grey, 3 colour, 4 with alpha (auto: what most pictures have)");
  visit("background", o.background,
        "colour below transparent and around padded pictures: white, black, grey or #rrggbb");
  visit("fit", o.fit, "how pictures of another shape are made to fit");
  visit("cond", o.cond, "classes: the folder that a picture is in says which");
  visit("mirror", o.mirror, "show every other picture mirrored left to right (not for letters and digits)");
  visit("strict", o.strict, "refuse unreadable pictures instead of leaving them out");
  visit("cache", o.cache, "keep pixels in memory (auto: when half of the free memory holds them)");
}

/// Sides of pictures in pixels.
struct SideRange {
  int least = 4, most = 4096;
};
/// "32" or "48x32"; nothing for "auto". Throws Error(usage), naming --size, unless sides are within the range.
std::optional<PictureSize> parse_picture_size(std::string_view text, SideRange range = {});

/// What the scan found and what was chosen.
struct ImageFolderReport {
  std::uint64_t pictures = 0, unreadable = 0, other_files = 0, duplicates = 0;
  std::uint64_t of_kind[4] = {};              ///< by PictureKind
  std::uint64_t grey = 0, rgb = 0, rgba = 0;  ///< by their own channels
  std::uint64_t palette = 0, sixteen_bit = 0, cmyk = 0;
  std::uint64_t enlarged = 0;     ///< smaller than the wanted size along some side
  PictureSize smallest, largest;  ///< least and greatest width and height
  int median_short_side = 0;
  std::vector<std::string> class_names;  ///< of class folders, used or not
  std::vector<std::uint64_t> class_pictures;
  bool classes_used = false, size_chosen = false, channels_chosen = false;
  PictureSize size;
  int channels = 0;
  Fit fit = Fit::center_crop;
  std::string background;
  std::uint64_t pixel_bytes = 0;  ///< of all pictures as they are kept
  bool cached = false;

  /// One screen for people; what is odd is named with the flag that treats it.
  std::string to_text() const;
};

/// Pictures by number, all of one size and channel count, in the order of their names: the same for a folder and an
/// archive of it. The constructor looks at every file (unreadable ones are named in warnings and left out) and keeps
/// the pixels as bytes when half of the free memory holds them; otherwise files are read again whenever they are asked
/// for. Throws Error(usage) for options without sense, Error(data): nothing there, no pictures, unreadable ones with
/// `strict`, no class folders with `cond`, an archive that does not fit in memory. What was found in an archive and its
/// pixels are kept in `cache_directory`, if one is given, for the next start.
class ImageFolder {
 public:
  explicit ImageFolder(const ImageFolderOptions& options, const std::filesystem::path& cache_directory = {});
  ImageFolder(ImageFolder&&) noexcept = default;
  ImageFolder& operator=(ImageFolder&&) noexcept = default;

  std::uint64_t size() const { return scan_.pictures.size(); }
  PictureSize picture_size() const { return report_.size; }
  int channels() const { return report_.channels; }
  /// Bytes of one picture.
  std::size_t picture_bytes() const { return Picture::byte_count(picture_size(), channels()); }
  const ImageFolderReport& report() const { return report_; }

  /// Empty without `cond`.
  const std::vector<std::string>& class_names() const { return class_names_; }
  /// 0 without `cond`.
  std::int64_t class_of(std::uint64_t index) const;
  /// Path below the folder, for messages.
  std::string name(std::uint64_t index) const;
  /// A hash of pictures, classes and what they are made into, for resuming: the same for a copy elsewhere.
  std::uint64_t fingerprint() const;

  /// Writes the pictures of `indices` one after the other into `out`: [B, height, width, channels] bytes. With a
  /// `draw`, Fit::random_crop and `mirror` draw for each picture anew; without, both show the plain middle. Safe to
  /// call from several threads. Throws Error(data) when a file has vanished or changed.
  void read(std::span<const std::uint64_t> indices, std::span<std::uint8_t> out,
            std::optional<PictureDraw> draw = std::nullopt) const;

 private:
  /// Size at which a picture is kept.
  PictureSize room_of(std::uint64_t index) const;
  Picture prepare(const NamedBytes& file, std::uint64_t index) const;
  /// What pixels are made by, besides the files.
  std::string recipe() const;
  void fill_cache();

  ImageFolderOptions options_;
  Color background_;
  std::unique_ptr<PictureFiles> files_;
  PictureScan scan_;
  std::vector<std::string> class_names_;
  std::vector<std::int64_t> classes_;
  ImageFolderReport report_;
  std::optional<ArchiveCache> disk_cache_;
  std::vector<std::uint8_t> decoded_;
  std::span<const std::uint8_t> pixels_;  ///< decoded_, or mapped
  std::vector<std::uint64_t> offsets_;    ///< of each picture in pixels_
};

struct PictureSplit {
  std::vector<std::uint64_t> training, held_out;  ///< numbers of pictures, rising
};
/// Sets `held_out` pictures aside by a keyed permutation: a function of the three numbers alone. At least one picture
/// stays for training.
PictureSplit split_pictures(std::uint64_t pictures, std::uint64_t held_out, std::uint64_t seed);

}  // namespace heed
