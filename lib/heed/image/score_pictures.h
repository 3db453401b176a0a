#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "heed/base/fields.h"
#include "heed/image/image_folder.h"

namespace heed {

/// What the program `gan-score` is told.
struct PictureScoreOptions {
  std::string data, model, ref, features;
  std::vector<std::string> metrics;
  std::int64_t n = 10'000;
  std::string size = "auto";
  ChannelChoice channels = ChannelChoice::automatic;
  Fit fit = Fit::center_crop;
  std::int64_t seed = 0;
  std::string stats_cache = "auto";
  bool json = false;
};

template <OptionsOf<PictureScoreOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("data", o.data, "pictures to score: folder (folders below too), or a tar, tar.gz or zip file of one");
  visit("model", o.model, "or a model that draws them: model directory or checkpoint file that gan-train made");
  visit("ref", o.ref, "real pictures to compare with: folder, tar, tar.gz or zip file");
  visit("features", o.features,
        "Inception weights (safetensors, see data/inception_to_safetensors.py); without them random features");
  visit("metrics", o.metrics, "any of fid, kid, pr (precision and recall); without it all that the number allows");
  visit("n", o.n,
        "most pictures of each side, drawn at random (0 = all); a model draws as many as there are real ones");
  visit("size", o.size, "pixels a side, N or WxH (auto: what the model draws, else what the real ones have)");
  visit("channels", o.channels, "1 grey, 3 colour (auto: grey when the model draws grey, else colour)");
  visit("fit", o.fit, "how pictures of another shape are made to fit");
  visit("seed", o.seed, "which pictures and which subsets are drawn");
  visit("stats-cache", o.stats_cache, "file that keeps the features of --ref (auto: beside the model; none)");
  visit("json", o.json, "print a JSON array instead of lines");
}

/// Throws Error(usage) naming what is wrong and what to use instead.
void validate(const PictureScoreOptions& options);

/// Scores pictures, or those that a model draws, against real ones, and prints a line a score with the protocol beside
/// it. Without Inception weights the scores are called rfid, rkid, rprecision and rrecall. `device`: such as "cpu".
/// Throws Error(usage); Error(data): pictures that cannot be read or are too few for a score that was asked for;
/// Error(checkpoint): a model or weights.
void score_pictures(const PictureScoreOptions& options, const std::string& device, std::ostream& out);

}  // namespace heed
