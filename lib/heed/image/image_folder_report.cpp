#include <algorithm>

#include "heed/base/count_of.h"
#include "heed/base/progress.h"
#include "heed/base/utf8.h"
#include "heed/image/image_folder.h"

namespace heed {
namespace {

std::string count_text(std::uint64_t count) {
  return format_count(static_cast<std::int64_t>(count));
}

/// "12 PNG, 3 JPEG": what there is none of is left out.
class CountList {
 public:
  void add(std::uint64_t count, std::string_view what) {
    if (count == 0) return;
    if (!text_.empty()) text_ += ", ";
    text_ += count_text(count) + " " + std::string(what);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Lines of "name   value"; empty values are left out.
class Rows {
 public:
  void row(std::string_view name, const std::string& value) {
    constexpr std::size_t kNameWidth = 16;
    if (!value.empty())
      text_ +=
          "  " + std::string(name) + std::string(kNameWidth - std::min(kNameWidth, name.size()), ' ') + value + "\n";
  }
  void line(const std::string& text) { text_ += text + "\n"; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string found_text(const ImageFolderReport& report) {
  CountList kinds;
  for (std::size_t kind = 0; kind < std::size(report.of_kind); ++kind)
    kinds.add(report.of_kind[kind], name_of(static_cast<PictureKind>(kind)));
  std::string text = count_text(report.pictures) + " (" + kinds.text() + ")";
  if (report.unreadable > 0) text += "; " + count_text(report.unreadable) + " unreadable, left out (--strict refuses)";
  if (report.other_files > 0)
    text += "; " + count_of(static_cast<std::int64_t>(report.other_files), "other file") + ", passed over";
  return text;
}

std::string sizes_text(const ImageFolderReport& report) {
  if (report.smallest == report.largest) return "all " + to_text(report.smallest);
  return to_text(report.smallest) + " to " + to_text(report.largest) + "; median of the short side " +
         std::to_string(report.median_short_side);
}

std::string channels_text(const ImageFolderReport& report) {
  CountList channels;
  channels.add(report.grey, "grey");
  channels.add(report.rgb, "colour");
  channels.add(report.rgba, "with alpha");
  CountList special;
  special.add(report.palette, "with a palette");
  special.add(report.sixteen_bit, "of 16 bits");
  special.add(report.cmyk, "CMYK");
  return channels.text() + (special.text().empty() ? "" : "; among them " + special.text());
}

std::string classes_text(const ImageFolderReport& report) {
  constexpr std::size_t kMostNamed = 12;
  if (report.class_names.empty()) return "none: no class folders";
  CountList classes;
  const std::size_t named = std::min(report.class_names.size(), kMostNamed);
  for (std::size_t i = 0; i < named; ++i) classes.add(report.class_pictures[i], printable(report.class_names[i]));
  return std::to_string(report.class_names.size()) + ": " + classes.text() +
         (named < report.class_names.size() ? ", ..." : "");
}

std::string used_as_text(const ImageFolderReport& report) {
  return to_text(report.size) + (report.size_chosen ? " (auto)" : "") + ", " + count_of(report.channels, "channel") +
         (report.channels_chosen ? " (auto: the majority)" : "") + ", " + std::string(name_of(report.fit));
}

std::string converted_text(const ImageFolderReport& report) {
  CountList converted;
  if (report.channels != 1)
    converted.add(report.grey, "grey to " + std::string(report.channels == 3 ? "colour" : "4 channels"));
  if (report.channels != 3)
    converted.add(report.rgb, "colour to " + std::string(report.channels == 1 ? "grey" : "4 channels"));
  if (report.channels != 4) converted.add(report.rgba, "with alpha, laid over " + report.background);
  return converted.text();
}

}  // namespace

std::string ImageFolderReport::to_text() const {
  constexpr double kMegabyte = 1e6;
  Rows rows;
  rows.line("pictures");
  rows.row("found", found_text(*this));
  rows.row("sizes", sizes_text(*this));
  rows.row("channels", channels_text(*this));
  rows.row("duplicates", duplicates == 0 ? "" : count_text(duplicates) + " (files of the same bytes)");
  rows.row("classes", classes_text(*this));
  rows.row("used as", used_as_text(*this));
  rows.row("converted", converted_text(*this));
  rows.row("enlarged", enlarged == 0 ? "" : count_text(enlarged) + " (smaller than --size)");
  rows.row("memory", format_number(static_cast<double>(pixel_bytes) / kMegabyte, 1) +
                         (cached ? " MB of pixels, kept" : " MB of pixels, not kept: files are read again"));
  if (!class_names.empty() && !classes_used)
    rows.line("  hint: there are class folders; --cond trains with classes, so that each can be asked for");
  return rows.text();
}

}  // namespace heed
