#include "heed/image/sampler.h"

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

#include "heed/image/decode.h"
#include "heed/image/picture_tensor.h"
#include "heed/image/sample_files.h"
#include "heed/train/gan_checkpoint.h"

#include "base/scratch.h"
#include "catch.h"
#include "image/pictures.h"
#include "image/small_picture_model.h"
#include "tensors.h"

namespace heed {
namespace {

std::vector<SampleRequest> requests(std::uint64_t count) {
  std::vector<SampleRequest> all;
  for (std::uint64_t i = 0; i < count; ++i) all.push_back({i * 7, static_cast<std::int64_t>(i % 3)});
  return all;
}

}  // namespace

TEST_CASE("a sample is the same alone and among any others") {
  Sampler sampler(small_model());
  const std::vector<SampleRequest> many = requests(40);
  const std::vector<Sample> together = sampler.draw(many);
  REQUIRE(together.size() == 40);
  for (const std::size_t i : {0, 1, 15, 16, 33, 39}) {
    CAPTURE(i);
    CHECK(sampler.draw(std::span(many).subspan(i, 1)).front().picture == together[i].picture);
  }
  for (std::size_t count = 1; count < 20; ++count)
    CHECK(sampler.draw(std::span(many).first(count)).back().picture == together[count - 1].picture);
}

TEST_CASE("seed, class and truncation are seen in the picture") {
  Sampler sampler(small_model());
  const auto draw = [&](SampleRequest request, double truncation = 1) {
    return sampler.draw(std::span(&request, 1), {.truncation = truncation}).front().picture;
  };
  const Picture picture = draw({5, 1});
  CHECK(picture == draw({5, 1}));
  CHECK(picture.size() == PictureSize{16, 16});
  CHECK_FALSE(picture == draw({6, 1}));
  CHECK_FALSE(picture == draw({5, 2}));
  CHECK_FALSE(picture == draw({5, 1}, 0.5));
  const std::vector<std::uint64_t> seeds = {5, 9};
  CHECK(same_bits(sampler.latents(seeds, 0.5), sampler.latents(seeds) * 0.5));
}

TEST_CASE("maps come with the samples that are asked for with them") {
  Sampler sampler(small_model());
  const std::vector<SampleRequest> two = requests(2);
  const std::vector<Sample> plain = sampler.draw(two), mapped = sampler.draw(two, {.with_maps = true});
  CHECK(plain[0].gates.empty());
  CHECK(plain[0].self_attention.empty());
  for (std::size_t i = 0; i < 2; ++i) {
    REQUIRE(mapped[i].gates.size() == 2);  // 8 and 16
    REQUIRE(mapped[i].self_attention.size() == 1);
    CHECK(mapped[i].gates[0].sizes() == at::IntArrayRef({1, 8, 8}));
    CHECK(mapped[i].gates[1].sizes() == at::IntArrayRef({1, 16, 16}));
    CHECK(mapped[i].gates[1].ge(0).logical_and(mapped[i].gates[1].le(1)).all().item<bool>());
    CHECK(mapped[i].self_attention[0].mean().item<double>() == Approx(1).epsilon(1e-4));
  }
  CHECK_FALSE(same_bits(mapped[0].gates[1], mapped[1].gates[1]));
}

TEST_CASE("the way between latents is an arc") {
  const at::Tensor from = at::tensor({1.f, 0.f}), to = at::tensor({0.f, 1.f});
  const at::Tensor way = slerp(from, to, 3);  // [3, 2]
  CHECK(difference(way[0], from) < 1e-6);
  CHECK(difference(way[1], at::tensor({0.8660254f, 0.5f})) < 1e-6);
  CHECK(difference(way[2], at::tensor({0.5f, 0.8660254f})) < 1e-6);
  CHECK(difference(slerp(from, from * 3, 2), at::tensor({1.f, 0.f, 2.f, 0.f}).view({2, 2})) < 1e-6);
}

TEST_CASE("bytes become numbers and come back") {
  std::vector<std::uint8_t> bytes(2 * 256 * 3);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  const at::Tensor images = to_tensor(bytes, {128, 2}, 3);
  CHECK(images.sizes() == at::IntArrayRef({2, 3, 2, 128}));
  CHECK(images.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(images[0][1][0][0].item<float>() == Approx(1 / 127.5 - 1));
  CHECK(images.min().item<float>() == -1);
  CHECK(images.max().item<float>() == 1);
  const std::vector<Picture> pictures = to_pictures(images);
  REQUIRE(pictures.size() == 2);
  CHECK(std::equal(bytes.begin(), bytes.begin() + 768, pictures[0].pixels.begin()));
  CHECK(std::equal(bytes.begin() + 768, bytes.end(), pictures[1].pixels.begin()));
  const Picture clamped = to_pictures(at::tensor({-3.f, 3.f}).view({1, 1, 1, 2})).front();
  CHECK(clamped.pixels == std::vector<std::uint8_t>{0, 255});
}

TEST_CASE("sample_files writes what the sampler draws") {
  const ScratchDirectory directory;
  at::manual_seed(1);
  GanNetworks networks(small_networks(), {}, at::kCPU);
  randomise(*networks.average);
  const PictureNetworks options = small_networks();
  const std::vector<std::string> names = {"a", "b/c", "d"};
  const std::string train_options = "{}";
  save_best(directory.path(), to_sample(networks, {options, names, train_options, GanState{}}));
  SampleOptions wish;
  wish.model = directory.path().string();
  wish.output = (directory / "out").string();
  wish.label = "all";
  wish.n = 5;
  CHECK(sample_files(wish, at::kCPU) == 0);
  Sampler sampler(load_picture_model(directory.path()));
  const SampleRequest first{0, 1};
  const auto path = directory / "out/class-1/seed000000.png";  // "b/c" is no name of a folder
  CHECK(bytes_of_file(path) == encode_png(sampler.draw(std::span(&first, 1)).front().picture));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory / "out"))
    files += entry.is_regular_file() ? 1 : 0;
  CHECK(files == 5);
  const auto listed = [&] {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(wish.output))
      paths.push_back(std::filesystem::relative(entry.path(), wish.output).string());
    std::ranges::sort(paths);
    return paths;
  };
  const std::vector<std::string> with_all = listed();
  wish.output = (directory / "plain").string();
  wish.label.clear();
  CHECK(sample_files(wish, at::kCPU) == 0);
  CHECK(listed() == with_all);
  wish.output = (directory / "grid.png").string();
  wish.grid = "2x2";
  CHECK(contains(error_of(ExitCode::usage, [&] { sample_files(wish, at::kCPU); }), "--grid 2x2"));
}

TEST_CASE("beside its maps a picture is as it is, on white where it is transparent") {
  for (const std::int64_t channels : {1, 3, 4}) {
    CAPTURE(channels);
    const ScratchDirectory directory;
    PictureNetworks options = small_networks(0);
    options.generator.image.channels = options.discriminator.image.channels = channels;
    at::manual_seed(1);
    GanNetworks networks(options, {}, at::kCPU);
    randomise(*networks.average);
    save_best(directory.path(), to_sample(networks, {options, {}, "{}", GanState{}}));
    SampleOptions wish;
    wish.model = directory.path().string();
    wish.output = (directory / "row.png").string();
    wish.grid = "1x1";
    wish.attn_maps = true;
    CHECK(sample_files(wish, at::kCPU) == 0);
    const Picture row = decode_picture(bytes_of_file(directory / "row.png"), "row.png");
    Sampler sampler(load_picture_model(directory.path()));
    const SampleRequest first{0, 0};
    const Picture expected = with_channels(sampler.draw(std::span(&first, 1)).front().picture, 3, Color{255, 255, 255});
    REQUIRE(row.channels == 3);
    bool same = true;  // behind the grid's frame and that of the row
    for (int y = 0; y < expected.height; ++y)
      same = same && std::equal(expected.at(0, y), expected.at(0, y) + 3 * expected.width, row.at(4, 4 + y));
    CHECK(same);
  }
}

TEST_CASE("maps of a model without attention are refused") {
  const ScratchDirectory directory;
  PictureNetworks options = small_networks(0);
  options.generator.gate_res = options.generator.attn_res = "none";
  GanNetworks networks(options, {}, at::kCPU);
  save_best(directory.path(), to_sample(networks, {options, {}, "{}", GanState{}}));
  SampleOptions wish;
  wish.model = directory.path().string();
  wish.output = (directory / "rows").string();
  wish.attn_maps = true;
  CHECK(contains(error_of(ExitCode::usage, [&] { sample_files(wish, at::kCPU); }), "neither gates nor self-attention"));
}

}  // namespace heed
