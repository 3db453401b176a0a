#include "heed/image/image_folder.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "heed/base/content_hash.h"
#include "heed/base/count_of.h"
#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/base/memory.h"
#include "heed/base/parallel.h"
#include "heed/base/progress.h"
#include "heed/base/random.h"
#include "heed/base/utf8.h"
#include "heed/image/decode.h"

namespace heed {
namespace {

void warn_of_unreadable(const std::vector<std::string>& unreadable) {
  constexpr std::size_t kMostNamed = 100;
  const std::size_t named = std::min(unreadable.size(), kMostNamed);
  for (std::size_t i = 0; i < named; ++i) log::warning("left out: " + unreadable[i]);
  if (named < unreadable.size())
    log::warning("left out: " + count_of(std::ssize(unreadable) - static_cast<std::int64_t>(named), "more file"));
}

void refuse_bad(const PictureScan& scan, const ImageFolderOptions& options) {
  if (options.strict && !scan.unreadable.empty()) {
    const std::int64_t more = std::ssize(scan.unreadable) - 1;
    throw data_error(options.data + ": " + scan.unreadable.front() +
                     (more == 0 ? "" : " (and " + count_of(more, "more unreadable file") + ")") +
                     "; mend or remove it, or leave out --strict to go on without");
  }
  if (!scan.pictures.empty()) return;
  const std::uint64_t others = scan.other_files + scan.unreadable.size();
  throw data_error(options.data + ": " +
                   (others == 0 ? "is empty"
                                : "holds no picture that can be read (" +
                                      count_of(static_cast<std::int64_t>(others), "other file") + ")") +
                   "; expected PNG, JPEG, BMP or WebP files, there or in folders below");
}

/// The value that most have; the first among equals.
ChannelChoice majority(const ImageFolderReport& report) {
  if (report.grey > report.rgb && report.grey >= report.rgba) return ChannelChoice::grey;
  return report.rgba > report.rgb ? ChannelChoice::rgba : ChannelChoice::rgb;
}

int channels_of(ChannelChoice choice) {
  return choice == ChannelChoice::grey ? 1 : choice == ChannelChoice::rgba ? 4 : 3;
}

int median_short_side(const std::vector<ScannedPicture>& pictures) {
  std::vector<int> sides;
  for (const ScannedPicture& picture : pictures) sides.push_back(std::min(picture.size.width, picture.size.height));
  const auto middle = sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2);
  std::ranges::nth_element(sides, middle);
  return *middle;
}

void count_picture(ImageFolderReport& report, const ScannedPicture& picture) {
  const auto& [width, height] = picture.size;
  const bool first = report.pictures++ == 0;
  report.smallest = {first ? width : std::min(report.smallest.width, width),
                     first ? height : std::min(report.smallest.height, height)};
  report.largest = {std::max(report.largest.width, width), std::max(report.largest.height, height)};
  ++report.of_kind[static_cast<std::size_t>(picture.header.kind)];
  ++(picture.channels == 1 ? report.grey : picture.channels == 3 ? report.rgb : report.rgba);
  if (picture.header.palette) ++report.palette;
  if (picture.header.sixteen_bit) ++report.sixteen_bit;
  if (picture.header.cmyk) ++report.cmyk;
}

ImageFolderReport count_all(const PictureScan& scan) {
  ImageFolderReport report;
  report.unreadable = scan.unreadable.size();
  report.other_files = scan.other_files;
  report.duplicates = scan.duplicates;
  for (const ScannedPicture& picture : scan.pictures) count_picture(report, picture);
  report.median_short_side = median_short_side(scan.pictures);
  return report;
}

void choose_size_and_channels(ImageFolderReport& report, const ImageFolderOptions& options) {
  constexpr int kSmall = 32, kLarge = 64;
  const std::optional<PictureSize> size = parse_picture_size(options.size);
  const int side = report.median_short_side >= kLarge ? kLarge : kSmall;
  report.size = size.value_or(PictureSize{side, side});
  report.size_chosen = !size;
  report.channels_chosen = options.channels == ChannelChoice::automatic;
  report.channels = channels_of(report.channels_chosen ? majority(report) : options.channels);
  report.fit = options.fit;
  report.background = options.background;
}

void refuse_without_classes(const FolderClasses& classes, const ImageFolderOptions& options) {
  if (classes.names.empty())
    throw data_error(options.data +
                     ": --cond needs classes, but the pictures are not in two or more folders; put those "
                     "of each class into a folder of its own, or leave out --cond");
  if (!classes.first_outside.empty())
    throw data_error(
        options.data + ": " + printable(classes.first_outside) +
        " is in none of the class folders, so --cond does not know its class; move it into one of them, or "
        "leave out --cond");
}

}  // namespace

std::optional<PictureSize> parse_picture_size(std::string_view text, SideRange range) {
  if (text == "auto") return std::nullopt;
  const auto refuse = [&] {
    return usage_error(
        "--size: '" + printable(text) +
        "' is not a size; expected auto, a number of pixels, or WxH, for example 64 or 48x32 (sides of " +
        std::to_string(range.least) + " to " + format_count(range.most) + ")");
  };
  const auto side = [&](std::string_view digits) {
    int value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc() || stopped != end || value < range.least || value > range.most) throw refuse();
    return value;
  };
  const std::size_t cross = text.find('x');
  if (cross == text.npos) return PictureSize{side(text), side(text)};
  return PictureSize{side(text.substr(0, cross)), side(text.substr(cross + 1))};
}

ImageFolder::ImageFolder(const ImageFolderOptions& options, const std::filesystem::path& cache_directory)
    : options_(options), background_(parse_color(options.background, "--background")) {
  (void)parse_picture_size(options.size);
  files_ = open_picture_files(options.data);
  if (!cache_directory.empty() && !files_->has_random_access()) disk_cache_.emplace(options.data, cache_directory);
  std::optional<PictureScan> known = disk_cache_ ? disk_cache_->scan() : std::nullopt;
  scan_ = known ? std::move(*known) : scan_pictures(*files_);
  refuse_bad(scan_, options);
  warn_of_unreadable(scan_.unreadable);

  report_ = count_all(scan_);
  choose_size_and_channels(report_, options);
  FolderClasses classes = find_classes(scan_.pictures);
  report_.class_names = classes.names;
  report_.class_pictures = classes.pictures;
  report_.classes_used = options.cond;
  if (options.cond) {
    refuse_without_classes(classes, options);
    class_names_ = std::move(classes.names);
    classes_ = std::move(classes.of_picture);
  }

  for (std::uint64_t i = 0; i < size(); ++i) {
    const PictureSize own = scan_.pictures[i].size;
    if (own.width < report_.size.width || own.height < report_.size.height) ++report_.enlarged;
    offsets_.push_back(report_.pixel_bytes);
    report_.pixel_bytes += Picture::byte_count(room_of(i), channels());
  }
  fill_cache();
}

PictureSize ImageFolder::room_of(std::uint64_t index) const {
  if (options_.fit == Fit::random_crop) return random_crop_room(scan_.pictures[index].size, picture_size());
  return picture_size();
}

Picture ImageFolder::prepare(const NamedBytes& file, std::uint64_t index) const {
  const std::string where = options_.data + "/" + name(index);
  if (!file.problem.empty()) throw data_error(where + ": " + file.problem);
  if (content_of(file) != scan_.pictures[index].content)
    throw data_error(where + ": the picture has changed since the program looked at it first; start again");
  const Picture picture = with_channels(decode_picture(file.bytes, where), channels(), background_);
  if (options_.fit == Fit::random_crop) return scale_for_random_crop(picture, picture_size());
  return fit_picture(picture, options_.fit, picture_size(), background_);
}

std::string ImageFolder::recipe() const {
  return std::to_string(picture_size().width) + "x" + std::to_string(picture_size().height) + "x" +
         std::to_string(channels()) + " " + std::string(name_of(options_.fit)) + " " + options_.background;
}

void ImageFolder::fill_cache() {
  if (disk_cache_) pixels_ = disk_cache_->pixels(recipe());
  report_.cached = pixels_.size() == report_.pixel_bytes;
  if (report_.cached) return;
  const std::optional<std::uint64_t> free = available_memory();
  const bool fits = !free || report_.pixel_bytes <= *free / 2;
  report_.cached = options_.cache == PictureCache::ram || (options_.cache == PictureCache::automatic && fits);
  if (!report_.cached) {
    if (files_->has_random_access()) return;
    throw data_error(options_.data + ": the pictures of an archive must be kept in memory, since they cannot be read " +
                     "one by one, but these take " +
                     format_count(static_cast<std::int64_t>(report_.pixel_bytes / 1'000'000)) + " MB" +
                     (fits ? "; leave out --cache none"
                           : "; unpack it into a folder, choose a smaller --size, or insist with --cache ram"));
  }
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::vector<std::uint64_t> index_of_place;
  for (std::uint64_t i = 0; i < size(); ++i) {
    const std::uint64_t place = scan_.pictures[i].place;
    if (place >= index_of_place.size()) index_of_place.resize(place + 1, kNone);
    index_of_place[place] = i;
  }
  decoded_.resize(report_.pixel_bytes);
  files_->visit("reading the pictures", [&](std::uint64_t place, const NamedBytes& file) {
    const std::uint64_t index = place < index_of_place.size() ? index_of_place[place] : kNone;
    if (index == kNone) return;
    const Picture picture = prepare(file, index);
    std::ranges::copy(picture.pixels, decoded_.begin() + static_cast<std::ptrdiff_t>(offsets_[index]));
  });
  pixels_ = decoded_;
  if (disk_cache_) disk_cache_->write(scan_, recipe(), pixels_);
}

std::int64_t ImageFolder::class_of(std::uint64_t index) const {
  return classes_.empty() ? 0 : classes_.at(index);
}

std::string ImageFolder::name(std::uint64_t index) const {
  return printable(scan_.pictures.at(index).name);
}

std::uint64_t ImageFolder::fingerprint() const {
  std::uint64_t hash = size();
  for (std::uint64_t i = 0; i < size(); ++i) {
    hash = combine_hash(combine_hash(hash, scan_.pictures[i].content), static_cast<std::uint64_t>(class_of(i)));
  }
  const std::uint64_t color =
      std::uint64_t{background_.red} << 16 | std::uint64_t{background_.green} << 8 | background_.blue;
  for (const std::uint64_t word :
       {static_cast<std::uint64_t>(picture_size().width), static_cast<std::uint64_t>(picture_size().height),
        static_cast<std::uint64_t>(channels()), static_cast<std::uint64_t>(options_.fit),
        static_cast<std::uint64_t>(options_.mirror), color, static_cast<std::uint64_t>(class_names_.size())}) {
    hash = combine_hash(hash, word);
  }
  return hash;
}

void ImageFolder::read(std::span<const std::uint64_t> indices, std::span<std::uint8_t> out,
                       std::optional<PictureDraw> draw) const {
  if (out.size() != indices.size() * picture_bytes())
    throw Error(ExitCode::internal, "the buffer for pictures has another size than they");
  const auto read_one = [&](std::size_t i) {
    const std::uint64_t index = indices[i];
    const PictureSize room = room_of(index);
    const PicturePlace origin =
        draw ? random_crop_origin(room, picture_size(), *draw, index) : center_origin(room, picture_size());
    const bool mirrored = options_.mirror && draw && is_mirrored(*draw, index);
    const std::span<std::uint8_t> place = out.subspan(i * picture_bytes(), picture_bytes());
    if (report_.cached) {
      const auto pixels = pixels_.subspan(offsets_[index], Picture::byte_count(room, channels()));
      copy_part(pixels, room, channels(), origin, picture_size(), mirrored, place);
    } else {
      const Picture picture = prepare(files_->read(scan_.pictures.at(index).place), index);
      copy_part(picture.pixels, room, channels(), origin, picture_size(), mirrored, place);
    }
  };
  if (report_.cached) {
    for (std::size_t i = 0; i < indices.size(); ++i) read_one(i);
  } else {
    parallel_for(indices.size(), read_one);
  }
}

PictureSplit split_pictures(std::uint64_t pictures, std::uint64_t held_out, std::uint64_t seed) {
  constexpr std::uint64_t kSplitPurpose = 0x73706C69;
  const std::uint64_t aside = std::min(held_out, pictures == 0 ? 0 : pictures - 1);
  const KeyedPermutation permutation(pictures, make_key(seed, kSplitPurpose));
  std::vector<bool> is_aside(pictures);
  for (std::uint64_t i = 0; i < aside; ++i) is_aside[permutation(i)] = true;
  PictureSplit split;
  for (std::uint64_t i = 0; i < pictures; ++i) (is_aside[i] ? split.held_out : split.training).push_back(i);
  return split;
}

}  // namespace heed
