#include "heed/image/score_pictures.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string_view>

#include "heed/base/content_hash.h"
#include "heed/base/error.h"
#include "heed/base/log.h"
#include "heed/base/progress.h"
#include "heed/base/random.h"
#include "heed/base/utf8.h"
#include "heed/image/feature_cache.h"
#include "heed/image/picture_features.h"
#include "heed/image/score_report.h"

namespace heed {
namespace {

constexpr std::uint64_t kChoicePurpose = 0x63686F69;
constexpr std::int64_t kNeighbours = 3;

struct Metrics {
  bool fid = false, kid = false, pr = false;
};

/// "fid,kid" and "fid" "kid" alike. Without any: all.
Metrics parse_metrics(const std::vector<std::string>& words) {
  Metrics metrics;
  for (std::string_view rest : words) {
    while (true) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view name = rest.substr(0, comma);
      if (name == "fid")
        metrics.fid = true;
      else if (name == "kid")
        metrics.kid = true;
      else if (name == "pr")
        metrics.pr = true;
      else
        throw usage_error("unknown metric '" + printable(name) + "' in --metrics: expected fid, kid or pr");
      if (comma == rest.size()) break;
      rest.remove_prefix(comma + 1);
    }
  }
  if (words.empty()) metrics = {.fid = true, .kid = true, .pr = true};
  return metrics;
}

ImageFolder open_folder(const std::string& path, const std::string& size, ChannelChoice channels, Fit fit) {
  ImageFolderOptions options;
  options.data = path;
  options.size = size;
  options.channels = channels;
  options.fit = fit;
  return ImageFolder(options);
}

/// The real pictures at the size that was asked for, that the model draws, or, if they are all of one, that they have.
ImageFolder open_reference(const PictureScoreOptions& options, const std::optional<ModelPictures>& model) {
  const bool grey = options.channels == ChannelChoice::automatic ? model && model->channels() == 1
                                                                 : options.channels == ChannelChoice::grey;
  const ChannelChoice channels = grey ? ChannelChoice::grey : ChannelChoice::rgb;
  if (model) return open_folder(options.ref, to_text(model->picture_size()), channels, options.fit);
  ImageFolder folder = open_folder(options.ref, options.size, channels, options.fit);
  const ImageFolderReport& report = folder.report();
  if (!report.size_chosen || report.smallest != report.largest || report.smallest == report.size) return folder;
  return open_folder(options.ref, to_text(report.smallest), channels, options.fit);
}

void check_model(const PictureScoreOptions& options, const ModelPictures& model) {
  const std::string drawn = to_text(model.picture_size());
  const std::optional<PictureSize> size = parse_picture_size(options.size);
  if (size && *size != model.picture_size())
    throw usage_error("--size " + options.size + ": the model draws " + drawn +
                      "; leave --size out, or score a folder of its pictures that `sample` made");
  if (options.channels == ChannelChoice::grey && model.channels() != 1)
    throw usage_error("--channels 1: the model draws colour; leave --channels out");
  if (options.channels == ChannelChoice::rgb && model.channels() == 1)
    throw usage_error("--channels 3: the model draws grey; leave --channels out");
}

/// Which pictures of a folder are used, rising.
std::vector<std::uint64_t> choose(std::uint64_t size, const PictureScoreOptions& options) {
  const auto most = static_cast<std::uint64_t>(options.n);
  std::vector<std::uint64_t> chosen(options.n == 0 ? size : std::min(size, most));
  std::iota(chosen.begin(), chosen.end(), std::uint64_t{0});
  if (chosen.size() == size) return chosen;
  const KeyedPermutation permutation(size, make_key(static_cast<std::uint64_t>(options.seed), kChoicePurpose));
  for (std::uint64_t& index : chosen) index = permutation(index);
  std::ranges::sort(chosen);
  return chosen;
}

struct Side {
  std::string name;  ///< as given
  std::int64_t pictures;
  bool by_n;  ///< --n says how many: there are more
};

/// What is asked for and possible. A score that was asked for by name is refused, one that was not is left out.
Metrics allowed(const PictureScoreOptions& options, const FeatureNetwork& network, const Side& data, const Side& ref) {
  Metrics metrics = parse_metrics(options.metrics);
  const Side& fewer = data.pictures < ref.pictures ? data : ref;
  const bool named = !options.metrics.empty();
  const std::string prefix = network.is_random() ? "r" : "";
  const std::string found = fewer.name + " has " + format_count(fewer.pictures) +
                            (fewer.by_n ? " under --n " + std::to_string(options.n) : "");
  const auto leave_out = [&](bool& metric, const std::string& reason) {
    if (named && fewer.by_n) throw usage_error(reason + "; raise --n, or use --metrics kid");
    if (named) throw data_error(reason + "; use --metrics kid, which is unbiased for small sets");
    log::warning(reason + ": left out; " + prefix + "kid is unbiased for small sets");
    metric = false;
  };
  if (fewer.pictures < 2)
    throw data_error(fewer.name + ": one picture is too few to be compared; give at least two on each side");
  if (metrics.fid && fewer.pictures < network.width())
    leave_out(metrics.fid, prefix + "fid needs at least " + format_count(network.width()) +
                               " pictures on each side, as many as there are features, and " + found);
  if (metrics.pr && fewer.pictures <= kNeighbours)
    leave_out(metrics.pr, prefix + "precision and " + prefix + "recall need more than " + std::to_string(kNeighbours) +
                              " pictures on each side, and " + found);
  return metrics;
}

std::filesystem::path cache_file(const PictureScoreOptions& options, const std::optional<ModelPictures>& model) {
  if (options.stats_cache == "none") return {};
  if (options.stats_cache != "auto") return options.stats_cache;
  return model ? model->file().parent_path() / "reference-features.safetensors" : std::filesystem::path();
}

PictureFeatures reference_features(const FeatureNetwork& network, const ImageFolder& ref,
                                   const std::vector<std::uint64_t>& chosen, const std::filesystem::path& cache) {
  const auto make = [&] { return features_of(network, ref, chosen, "features of the real pictures"); };
  if (cache.empty()) return make();
  FeatureCacheKey key{.pictures = ref.fingerprint(),
                      .network = network.identity(),
                      .count = std::ssize(chosen),
                      .width = network.width()};
  for (const std::uint64_t index : chosen) key.pictures = combine_hash(key.pictures, index);
  if (std::optional<PictureFeatures> kept = read_feature_cache(cache, key)) return *std::move(kept);
  PictureFeatures features = make();
  write_feature_cache(cache, key, features);
  return features;
}

OnProgress shown_on(Progress& progress) {
  return [&progress](std::int64_t done, std::int64_t total) { progress.update(done * 1000 / total); };
}

std::vector<PictureScore> compute(const Metrics& metrics, const std::string& prefix, const FeatureTable& real,
                                  const FeatureTable& fake, std::uint64_t seed) {
  std::vector<PictureScore> scores;
  if (metrics.fid) {
    const double distance = frechet_distance(feature_gaussian(real), feature_gaussian(fake));
    scores.push_back({.name = prefix + "fid",
                      .value = distance,
                      .decimals = prefix.empty() ? 3 : 5,
                      .method = "covariance by N - 1"});
  }
  if (metrics.kid) {
    Progress progress("comparing all with all (kid)", 1000);
    const KidEstimate estimate = estimate_kid(real, fake, {.seed = seed}, shown_on(progress));
    const std::string subsets = format_count(estimate.subsets) + " subsets of " + format_count(estimate.subset_size);
    scores.push_back({.name = prefix + "kid",
                      .value = estimate.value,
                      .deviation = estimate.deviation,
                      .decimals = 6,
                      .method = "cubic kernel, unbiased, " + (estimate.whole ? "whole sets, deviation over " + subsets
                                                                             : "mean and deviation over " + subsets)});
  }
  if (metrics.pr) {
    Progress progress("looking for neighbours (pr)", 1000);
    const PrecisionRecall found = precision_recall(real, fake, kNeighbours, shown_on(progress));
    const std::string method = std::to_string(kNeighbours) + " nearest neighbours";
    scores.push_back({.name = prefix + "precision", .value = found.precision, .decimals = 4, .method = method});
    scores.push_back({.name = prefix + "recall", .value = found.recall, .decimals = 4, .method = method});
  }
  return scores;
}

}  // namespace

void validate(const PictureScoreOptions& o) {
  if (o.ref.empty()) throw usage_error("no real pictures to compare with: give --ref FOLDER");
  if (o.data.empty() && o.model.empty())
    throw usage_error("nothing to score: give --data FOLDER, or --model DIR to score what a model draws");
  if (!o.data.empty() && !o.model.empty())
    throw usage_error("--data and --model both say what is scored: give one of them");
  if (o.n < 0 || o.n > 10'000'000) throw usage_error("n must be 0 to 10,000,000, not " + std::to_string(o.n));
  if (o.n == 1) throw usage_error("--n 1: one picture is too few to be compared; raise --n (0 takes all)");
  if (o.channels == ChannelChoice::rgba)
    throw usage_error("--channels 4: scores are of what is seen, with transparent parts on white; use 1 or 3");
  if (o.fit == Fit::random_crop)
    throw usage_error("--fit random-crop: a score needs the same part each time; use center-crop, resize or pad");
  if (o.stats_cache.empty()) throw usage_error("--stats-cache: expected auto, none or a file");
  (void)parse_metrics(o.metrics);
  (void)parse_picture_size(o.size);
}

void score_pictures(const PictureScoreOptions& options, const std::string& device, std::ostream& out) {
  validate(options);
  const auto seed = static_cast<std::uint64_t>(options.seed);
  const FeatureNetwork network(options.features, device);
  std::optional<ModelPictures> model;
  if (!options.model.empty()) {
    model.emplace(options.model, seed, device);
    check_model(options, *model);
  }
  const ImageFolder ref = open_reference(options, model);
  const PictureSize size = ref.picture_size();
  if (std::min(size.width, size.height) < network.smallest_side())
    throw usage_error("pictures of " + to_text(size) + " are too small for " + network.name() + ": at least " +
                      std::to_string(network.smallest_side()) + " pixels a side; choose a larger --size");
  std::optional<ImageFolder> data;
  if (!model)
    data = open_folder(options.data, to_text(size), ref.channels() == 1 ? ChannelChoice::grey : ChannelChoice::rgb,
                       options.fit);

  const std::vector<std::uint64_t> real_indices = choose(ref.size(), options);
  const std::vector<std::uint64_t> fake_indices = data ? choose(data->size(), options) : std::vector<std::uint64_t>();
  const std::int64_t reals = std::ssize(real_indices);
  const std::int64_t fakes = data ? std::ssize(fake_indices) : reals;
  const bool by_n = reals < static_cast<std::int64_t>(ref.size());
  const Metrics metrics = allowed(options, network,
                                  {.name = data ? options.data : options.model,
                                   .pictures = fakes,
                                   .by_n = data ? fakes < static_cast<std::int64_t>(data->size()) : by_n},
                                  {.name = options.ref, .pictures = reals, .by_n = by_n});
  if (metrics.kid && data && data->fingerprint() == ref.fingerprint())
    log::warning("--data and --ref hold the same pictures: an unbiased kid of them is below zero");

  PictureFeatures real = reference_features(network, ref, real_indices, cache_file(options, model));
  PictureFeatures fake = data ? features_of(network, *data, fake_indices, "features of the pictures")
                              : features_of(network, *model, fakes, "drawing pictures");
  if (network.is_random()) {
    const FeatureWhitening whitening = feature_whitening(real.table());
    whiten(real.values, whitening);
    whiten(fake.values, whitening);
  }
  const std::vector<PictureScore> scores =
      compute(metrics, network.is_random() ? "r" : "", real.table(), fake.table(), seed);
  const ScoreProtocol protocol{.network = network.name(),
                               .preparation = network.preparation(),
                               .width = network.width(),
                               .pictures = fakes,
                               .reference_pictures = reals,
                               .size = size,
                               .channels = ref.channels(),
                               .fit = std::string(name_of(options.fit)),
                               .seed = options.seed};
  options.json ? print_score_json(scores, protocol, out) : print_score_lines(scores, protocol, out);
}

}  // namespace heed
