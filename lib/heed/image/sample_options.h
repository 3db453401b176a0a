#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heed/base/fields.h"

namespace heed {

/// What the program `sample` is told.
struct SampleOptions {
  std::string model, output, seeds, label, grid, interp;
  std::int64_t n = 0, frames = 24;
  double trunc = 1;
  bool attn_maps = false, raw = false;
};

template <OptionsOf<SampleOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("model", o.model, "model directory or checkpoint file that gan-train made");
  visit("output", o.output,
        "folder for the pictures, one PNG a seed; with --grid the .png file, with --interp the .gif file");
  visit("n", o.n,
        "how many pictures in all, spread evenly over the classes asked for (0 = as many as seeds or grid cells; with "
        "neither 16 of each class)");
  visit("seeds", o.seeds, "which pictures: numbers and ranges such as 0-7,12 (without it 0, 1, 2, ...)");
  visit("class", o.label, "class by number or name, or all (without it: all, each in a folder of its own)");
  visit("trunc", o.trunc, "below 1: safer pictures that vary less");
  visit("grid", o.grid, "one picture of ROWSxCOLUMNS pictures instead of a folder");
  visit("interp", o.interp, "film from seed to seed and back, such as 3,14,15");
  visit("frames", o.frames, "frames from each seed to the next");
  visit("attn-maps", o.attn_maps, "show where gates and self-attention look, as overlays beside each picture");
  visit("raw", o.raw, "use the weights of the last update instead of their average");
}

/// Throws Error(usage) naming what is wrong and what to use instead.
void validate(const SampleOptions& options);

/// "0-7,12" as numbers. Throws Error(usage) that names `flag`.
std::vector<std::uint64_t> parse_seeds(const std::string& text, const std::string& flag);
/// The classes that "ID", "NAME" or "all" mean. Throws Error(usage) listing the known ones.
std::vector<std::int64_t> parse_classes(const std::string& text, const std::vector<std::string>& names);

/// Rows and columns of a grid.
struct GridShape {
  std::int64_t rows = 0, columns = 0;
};
/// "8x8" as a shape. Throws Error(usage).
GridShape parse_grid(const std::string& text);

}  // namespace heed
