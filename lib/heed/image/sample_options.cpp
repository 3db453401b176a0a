#include "heed/image/sample_options.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "heed/base/error.h"
#include "heed/base/require.h"

namespace heed {
namespace {

constexpr std::uint64_t kMostSeeds = 1'000'000;
constexpr std::uint64_t kMostGridSide = 256;

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// `ending` in small letters; the name's may be in capitals.
bool ends_in(const std::string& name, std::string_view ending) {
  return name.size() > ending.size() &&
         std::equal(ending.begin(), ending.end(), name.end() - static_cast<std::ptrdiff_t>(ending.size()),
                    [](char wanted, unsigned char found) { return wanted == std::tolower(found); });
}

}  // namespace

void validate(const SampleOptions& o) {
  require(!o.model.empty(), "no model given: say --model DIR");
  require(!o.output.empty(), "say where the pictures go: --output FOLDER, or --grid 8x8 --output FILE.png");
  require(o.n >= 0 && o.n <= static_cast<std::int64_t>(kMostSeeds), "n must be 0 to 1,000,000");
  require(o.trunc > 0 && o.trunc <= 10, "trunc must be above 0 and at most 10");
  require(o.frames >= 1 && o.frames <= 1000, "frames must be 1 to 1,000");
  require(o.grid.empty() || o.interp.empty(), "--grid makes a picture and --interp a film: choose one");
  require(o.seeds.empty() || o.interp.empty(), "--interp names its own seeds: leave --seeds out");
  require(o.n == 0 || o.interp.empty(), "--interp names its own seeds: leave --n out");
  require(o.seeds.empty() || o.n == 0, "--n and --seeds both say how many: choose one");
  if (!o.grid.empty()) parse_grid(o.grid);
  if (!o.seeds.empty()) parse_seeds(o.seeds, "--seeds");
  if (!o.grid.empty()) {
    require(ends_in(o.output, ".png"),
            "--grid " + o.grid + " makes a PNG file: --output " + o.output + " does not end in .png");
  } else if (!o.interp.empty()) {
    require(ends_in(o.output, ".gif"),
            "--interp " + o.interp + " makes a GIF file: --output " + o.output + " does not end in .gif");
  } else {
    require(!ends_in(o.output, ".png") && !ends_in(o.output, ".gif"),
            "--output " + o.output +
                " is a folder unless --grid 8x8 makes a .png file or --interp 3,14 a .gif file: "
                "add one of them, or leave the ending off");
  }
}

std::vector<std::uint64_t> parse_seeds(const std::string& text, const std::string& flag) {
  const auto refuse = [&](const std::string& part) {
    throw usage_error(flag + " " + text + ": '" + part + "' is no seed; write numbers and ranges, such as 0-7,12");
  };
  std::vector<std::uint64_t> seeds;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t dash = part.find('-');
    const auto first = whole_number(std::string_view(part).substr(0, dash));
    const auto last = dash == std::string::npos ? first : whole_number(std::string_view(part).substr(dash + 1));
    constexpr std::uint64_t kLargest = std::uint64_t{1} << 56;  // see ExampleDraws
    if (!first || !last || *last < *first || *last >= kLargest) refuse(part);
    if (seeds.size() + (*last - *first) >= kMostSeeds) throw usage_error(flag + ": at most 1,000,000 seeds");
    for (std::uint64_t seed = *first; seed <= *last; ++seed) seeds.push_back(seed);
    begin = end + 1;
  }
  return seeds;
}

std::vector<std::int64_t> parse_classes(const std::string& text, const std::vector<std::string>& names) {
  if (names.empty()) {
    if (!text.empty() && text != "all")
      throw usage_error("--class " + text + ": this model knows no classes (gan-train learns them with --cond)");
    return {0};
  }
  std::vector<std::int64_t> all(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  if (text.empty() || text == "all") return all;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return {all[i]};
  if (const auto number = whole_number(text); number && *number < names.size())
    return {static_cast<std::int64_t>(*number)};
  std::string known;
  for (std::size_t i = 0; i < names.size(); ++i) known += (i > 0 ? ", " : "") + std::to_string(i) + " " + names[i];
  throw usage_error("--class " + text + ": unknown; this model knows " + known);
}

GridShape parse_grid(const std::string& text) {
  const std::size_t cross = std::min(text.find('x'), text.size());
  const auto side = [&](const std::string& digits) {
    const std::uint64_t value = whole_number(digits).value_or(0);
    if (value < 1 || value > kMostGridSide)
      throw usage_error("--grid " + text + ": say rows and columns, such as 8x8, each 1 to " +
                        std::to_string(kMostGridSide));
    return static_cast<std::int64_t>(value);
  };
  const std::int64_t rows = side(text.substr(0, cross));
  return {rows, side(cross < text.size() ? text.substr(cross + 1) : std::string())};
}

}  // namespace heed
