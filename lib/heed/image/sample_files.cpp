#include "heed/image/sample_files.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <ATen/ATen.h>

#include "heed/base/count_of.h"
#include "heed/base/error.h"
#include "heed/base/files.h"
#include "heed/base/log.h"
#include "heed/base/progress.h"
#include "heed/image/decode.h"
#include "heed/image/gif.h"
#include "heed/image/grid.h"
#include "heed/image/heat_map.h"
#include "heed/image/png.h"
#include "heed/image/sampler.h"

namespace heed {
namespace {

constexpr Color kWhite{255, 255, 255};
constexpr std::int64_t kMostFrames = 10'000;

// The picture with one overlay beside it for each map.
Picture with_overlays(const Sample& sample) {
  std::vector<Picture> row{sample.picture};
  const auto overlay = [&](const at::Tensor& map, HeatMapOptions look) {
    const at::Tensor values = map.contiguous();  // [1, h, w]
    const MapView view{{values.const_data_ptr<float>(), static_cast<std::size_t>(values.numel())},
                       {static_cast<int>(values.size(2)), static_cast<int>(values.size(1))}};
    row.push_back(overlay_map(sample.picture, view, look));
    // Maps are coloured: so is the picture beside them.
    row.front() = with_channels(sample.picture, row.back().channels, kWhite);
  };
  for (const at::Tensor& map : sample.gates) overlay(map, {.low = 0, .high = 1});
  for (const at::Tensor& map : sample.self_attention) overlay(map, {.low = 0, .high = 0});
  return row.size() == 1 ? row.front() : make_grid(row, {.columns = static_cast<int>(row.size())});
}

std::vector<Picture> pictures_of(const std::vector<Sample>& samples, bool with_maps) {
  std::vector<Picture> pictures;
  for (const Sample& sample : samples) pictures.push_back(with_maps ? with_overlays(sample) : sample.picture);
  return pictures;
}

bool has_attention(const AttentionGeneratorOptions& options) {
  const auto levels = pyramid(options);
  return std::any_of(levels.begin(), levels.end(), [&](const PyramidLevel& level) {
    return level.self_attention || (level.gate && !options.extra_conv);
  });
}

// The folder of a class: its name, when it can be one.
std::string folder_name(const std::vector<std::string>& names, std::int64_t label) {
  const std::string& name = names[static_cast<std::size_t>(label)];
  const bool usable = !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
                      name.find('\0') == std::string::npos;
  return usable ? name : "class-" + std::to_string(label);
}

void write_film(const SampleOptions& options, Sampler& sampler, const std::vector<std::int64_t>& classes) {
  const std::vector<std::uint64_t> stops = parse_seeds(options.interp, "--interp");
  if (stops.size() < 2) throw usage_error("--interp needs two seeds or more, such as 3,14");
  if (static_cast<std::int64_t>(stops.size()) * options.frames > kMostFrames)
    throw usage_error("--interp: a film has at most " + format_count(kMostFrames) + " frames, " +
                      std::to_string(options.frames) + " for each of its seeds (--frames)");
  if (classes.size() > 1)
    log::info("a film shows one class: " + sampler.model().class_names.front() + " (--class chooses another)");
  const at::Tensor points = sampler.latents(stops, options.trunc);  // [stops, Z]
  std::vector<at::Tensor> ways;
  for (std::int64_t i = 0; i < points.size(0); ++i)
    ways.push_back(slerp(points[i], points[(i + 1) % points.size(0)], options.frames));  // [frames, Z]
  const at::Tensor way = at::cat(ways);                                                  // [N, Z]
  const std::vector<std::int64_t> labels(static_cast<std::size_t>(way.size(0)), classes.front());
  write_gif(options.output, pictures_of(sampler.draw(way, labels, options.attn_maps), options.attn_maps),
            {.delay_ms = 60, .last_delay_ms = 60});
  log::info("film of " + count_of(way.size(0), "frame") + " in " + options.output);
}

}  // namespace

int sample_files(const SampleOptions& options, c10::Device device) {
  validate(options);
  Sampler sampler(load_picture_model(options.model, options.raw ? PictureWeights::raw : PictureWeights::average),
                  device);
  const std::vector<std::string>& names = sampler.model().class_names;
  const std::vector<std::int64_t> classes = parse_classes(options.label, names);
  if (options.attn_maps && !has_attention(sampler.model().generator->options))
    throw usage_error("--attn-maps: this model has neither gates nor self-attention to show");
  if (!options.interp.empty()) {
    write_film(options, sampler, classes);
    return 0;
  }

  // Seeds count on within a class, so that picture k of a class is the same however many are asked for.
  const auto ways = static_cast<std::int64_t>(classes.size());
  std::vector<SampleRequest> requests;
  GridShape grid;
  if (!options.grid.empty()) grid = parse_grid(options.grid);
  if (!options.seeds.empty()) {
    for (const std::int64_t label : classes)
      for (const std::uint64_t seed : parse_seeds(options.seeds, "--seeds")) requests.push_back({seed, label});
  } else {
    const std::int64_t total = options.n > 0 ? options.n : grid.rows > 0 ? grid.rows * grid.columns : 16 * ways;
    for (std::int64_t c = 0; c < ways; ++c) {
      const std::int64_t count = total / ways + (c < total % ways ? 1 : 0);
      for (std::int64_t seed = 0; seed < count; ++seed)
        requests.push_back({static_cast<std::uint64_t>(seed), classes[static_cast<std::size_t>(c)]});
    }
  }
  const SamplerOptions look{.truncation = options.trunc, .with_maps = options.attn_maps};

  if (grid.rows > 0) {
    const auto cells = static_cast<std::size_t>(grid.rows * grid.columns);
    if (requests.size() > cells)
      throw usage_error("--grid " + options.grid + " has " + count_of(static_cast<std::int64_t>(cells), "cell") +
                        " for " + count_of(std::ssize(requests), "picture") + ": make it larger, or ask for fewer");
    const std::vector<Picture> pictures = pictures_of(sampler.draw(requests, look), options.attn_maps);
    write_png(options.output, make_grid(pictures, {.columns = static_cast<int>(grid.columns)}));
    log::info("grid of " + options.grid + " in " + options.output);
    return 0;
  }

  const std::filesystem::path folder = options.output;
  make_directory(folder);
  const bool in_class_folders = (options.label.empty() || options.label == "all") && !names.empty();
  Progress progress("drawing", std::ssize(requests));
  constexpr std::size_t kAtOnce = 256;
  for (std::size_t begin = 0; begin < requests.size(); begin += kAtOnce) {
    const auto part = std::span(requests).subspan(begin, std::min(kAtOnce, requests.size() - begin));
    const std::vector<Picture> pictures = pictures_of(sampler.draw(part, look), options.attn_maps);
    for (std::size_t i = 0; i < part.size(); ++i) {
      char name[64];
      std::snprintf(name, sizeof name, "seed%06llu.png", static_cast<unsigned long long>(part[i].seed));
      std::filesystem::path path = folder;
      if (in_class_folders) {
        path /= folder_name(names, part[i].label);
        make_directory(path);
      }
      write_png(path / name, pictures[i]);
    }
    progress.update(static_cast<std::int64_t>(begin + part.size()));
  }
  progress.finish();
  log::info(count_of(std::ssize(requests), "picture") + " in " + folder.string());
  return 0;
}

}  // namespace heed
