#include "heed/train/gan_snapshot.h"

#include <cmath>
#include <iterator>
#include <numeric>
#include <optional>

#include <ATen/ATen.h>

#include "heed/image/decode.h"
#include "heed/image/feature_tensor.h"
#include "heed/image/grid.h"
#include "heed/models/random_features.h"

#include "catch.h"
#include "image/pictures.h"
#include "image/small_picture_model.h"

namespace heed {
namespace {

// A folder of noise pictures in classes, and a generator of the same format.
struct SnapshotBench {
  explicit SnapshotBench(int count = 12, int side = 16, std::int64_t classes = 3) {
    for (int n = 0; n < count; ++n)
      put_picture(pictures_in / ("class " + std::to_string(n % 3)) / (std::to_string(100 + n) + ".png"),
                  noise({side, side}, 3, static_cast<std::uint32_t>(n)));
    ImageFolderOptions options;
    options.data = pictures_in.path().string();
    options.size = std::to_string(side);
    options.cond = classes > 0;
    folder.emplace(options);
    numbers.resize(folder->size());
    std::iota(numbers.begin(), numbers.end(), 0);
    PictureNetworks networks = small_networks(classes);
    networks.generator.image.height = networks.generator.image.width = side;
    at::manual_seed(1);
    generator = AttentionGenerator(networks.generator);
    randomise(*generator);
  }
  GanSnapshots snapshots() const { return {run.path(), generator, *folder, numbers, at::kCPU}; }
  void make_flat_pictures() {
    const at::NoGradGuard no_grad;
    generator->to_rgb->weight.zero_();
    generator->to_rgb->bias.fill_(0.3);
  }

  ScratchDirectory pictures_in, run;
  std::optional<ImageFolder> folder;
  std::vector<std::uint64_t> numbers;
  AttentionGenerator generator{nullptr};
};

Picture read_png(const std::filesystem::path& path) {
  return decode_picture(bytes_of_file(path), path.string());
}

// The n-th cell of a grid with 8 columns.
Picture cell(const Picture& grid, PictureSize size, int n) {
  Picture result(size, grid.channels);
  const int left = 2 + n % 8 * (size.width + 2), top = 2 + n / 8 * (size.height + 2);
  for (int y = 0; y < size.height; ++y)
    for (int i = 0; i < size.width * grid.channels; ++i)
      result.pixels[static_cast<std::size_t>(y * size.width * grid.channels + i)] =
          grid.pixels[static_cast<std::size_t>(((top + y) * grid.width + left) * grid.channels + i)];
  return result;
}

}  // namespace

TEST_CASE("real.png shows pictures of each class in its row, the last again where there are too few") {
  const SnapshotBench bench;
  bench.snapshots().write_real();
  const Picture grid = read_png(bench.run.path() / "samples" / "real.png");
  CHECK(grid.size() == PictureSize{2 + 8 * 18, 2 + 3 * 18});
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 8; ++column) {
      CAPTURE(row, column);
      const int n = row + 3 * std::min(column, 3);  // four pictures a class
      CHECK(cell(grid, {16, 16}, row * 8 + column) == noise({16, 16}, 3, static_cast<std::uint32_t>(n)));
    }
}

TEST_CASE("real.png of pictures without classes shows the first ones in order") {
  const SnapshotBench bench(60, 16, 0);
  bench.snapshots().write_real();
  const Picture grid = read_png(bench.run.path() / "samples" / "real.png");
  REQUIRE(grid.size() == PictureSize{2 + 8 * 18, 2 + 6 * 18});
  std::vector<std::uint8_t> bytes(bench.folder->picture_bytes());
  for (std::uint64_t n = 0; n < 48; ++n) {
    bench.folder->read(std::vector{n}, bytes);
    CHECK(cell(grid, {16, 16}, static_cast<int>(n)).pixels == bytes);
  }
}

TEST_CASE("grids show the same latent numbers, a class in each row") {
  const SnapshotBench bench;
  GanSnapshots snapshots = bench.snapshots();
  const auto first = snapshots.write_samples(125), later = snapshots.write_samples(2000);
  CHECK(first == bench.run.path() / "samples" / "00000125.png");
  CHECK(later == bench.run.path() / "samples" / "00002000.png");
  CHECK(bytes_of_file(first) == bytes_of_file(later));
  const Picture grid = read_png(first);
  CHECK(grid.size() == PictureSize{2 + 8 * 18, 2 + 3 * 18});
  CHECK_FALSE(cell(grid, {16, 16}, 0) == cell(grid, {16, 16}, 1));

  // Another embedding of the second class shows in its row alone.
  const at::NoGradGuard no_grad;
  bench.generator->class_embedding[1].add_(1);
  const Picture changed = read_png(snapshots.write_samples(3000));
  for (int n = 0; n < 24; ++n) {
    CAPTURE(n);
    CHECK((cell(changed, {16, 16}, n) == cell(grid, {16, 16}, n)) == (n / 8 != 1));
  }
}

TEST_CASE("two grids make a film, one does not, and a new start removes both") {
  SnapshotBench bench;
  GanSnapshots snapshots = bench.snapshots();
  snapshots.write_real();
  snapshots.write_samples(1);
  snapshots.write_film();
  CHECK(bench.run.names() == std::vector<std::string>{"samples"});
  bench.make_flat_pictures();
  snapshots.write_samples(2);
  snapshots.write_film();
  CHECK(bench.run.names() == std::vector<std::string>{"progress.gif", "samples"});
  const Bytes film = bytes_of_file(bench.run / "progress.gif");
  CHECK(std::string(film.begin(), film.begin() + 6) == "GIF89a");
  snapshots.clear();
  CHECK(bench.run.names() == std::vector<std::string>{"samples"});
  CHECK(std::distance(std::filesystem::directory_iterator(bench.run / "samples"), {}) == 1);  // real.png
}

TEST_CASE("what a run has yet to make is forgotten, and what is no picture left out of the film") {
  SnapshotBench bench;
  GanSnapshots snapshots = bench.snapshots();
  for (const std::int64_t update : {5, 10, 15}) snapshots.write_samples(update);
  put(bench.run.path() / "samples" / "notes.png", "somebody's own");
  snapshots.forget_after(10);
  const auto there = [&](const std::string& name) { return std::filesystem::exists(bench.run / "samples" / name); };
  CHECK(there("00000005.png"));
  CHECK(there("00000010.png"));
  CHECK_FALSE(there("00000015.png"));
  CHECK(there("notes.png"));

  put(bench.run / "samples" / "00000007.png", "no picture");
  snapshots.write_film();
  CHECK(std::filesystem::exists(bench.run / "progress.gif"));
}

TEST_CASE("a model directory that was deleted meanwhile is not made anew") {
  SnapshotBench bench;
  const GanSnapshots snapshots = bench.snapshots();
  std::filesystem::remove_all(bench.run.path());
  CHECK(contains(error_of(ExitCode::checkpoint, [&] { snapshots.write_samples(1); }), "is gone"));
  error_of(ExitCode::checkpoint, [&] { snapshots.write_real(); });
  CHECK_FALSE(std::filesystem::exists(bench.run.path()));
}

TEST_CASE("rkid is kid of features that the real pictures whiten") {
  SnapshotBench bench(60);
  bench.make_flat_pictures();
  const RandomFeatures features;
  at::Tensor real = features(read_pictures(*bench.folder, bench.numbers, at::kCPU).images);
  at::Tensor fake = features(at::full({60, 3, 16, 16}, std::tanh(0.3)));
  const FeatureWhitening whitening = feature_whitening(feature_table(real));
  whiten(values_of(real), whitening);
  whiten(values_of(fake), whitening);
  const double expected = kid(feature_table(real), feature_table(fake));
  GanSnapshots snapshots = bench.snapshots();
  CHECK(snapshots.rkid().value() == Approx(expected).epsilon(1e-3));
  CHECK(snapshots.rkid().value() == Approx(expected).epsilon(1e-3));  // with what was kept
}

TEST_CASE("a single picture has no rkid") {
  SnapshotBench one(3);
  one.numbers.resize(1);
  CHECK_FALSE(one.snapshots().rkid().has_value());
  const SnapshotBench enough(3);
  CHECK(enough.snapshots().rkid().has_value());
}

TEST_CASE("the mean distance is over all pairs of different pictures") {
  const at::Tensor images = at::zeros({3, 1, 2, 2});
  images[1].fill_(1);   // 2 from the first
  images[2].fill_(-1);  // 2 from the first, 4 from the second
  CHECK(mean_distance(images) == Approx((2 + 2 + 4) / 3.0));
  CHECK(mean_distance(images.slice(0, 0, 1)) == 0);
}

}  // namespace heed
