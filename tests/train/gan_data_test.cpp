#include "heed/train/gan_data.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include <ATen/ATen.h>

#include "catch.h"
#include "image/pictures.h"
#include "tensors.h"

namespace heed {
namespace {

using Numbers64 = std::vector<std::uint64_t>;

// Seven pictures of two classes; picture n is of the grey value 10 n, so that a batch tells which ones it shows.
class SevenPictures {
 public:
  explicit SevenPictures(bool cond = true, bool mirror = false) {
    for (int n = 0; n < 7; ++n)
      put_picture(scratch_ / (n < 3 ? "cat" : "dog") / (std::to_string(n) + ".png"),
                  mirror ? noise({8, 8}, 3, static_cast<std::uint32_t>(n))
                         : plain({8, 8}, Bytes(3, static_cast<std::uint8_t>(10 * n))));
    ImageFolderOptions options;
    options.data = scratch_.path().string();
    options.size = "8";
    options.cond = cond;
    options.mirror = mirror;
    folder.emplace(options);
  }

 private:
  ScratchDirectory scratch_;

 public:
  std::optional<ImageFolder> folder;
};

Numbers64 shown(const PictureBatch& batch) {
  Numbers64 numbers;
  for (std::int64_t row = 0; row < batch.images.size(0); ++row)
    numbers.push_back(
        static_cast<std::uint64_t>(std::lround((batch.images[row].mean().item<double>() + 1) * 127.5 / 10)));
  return numbers;
}

Numbers64 counted(std::uint64_t first, std::uint64_t count) {
  Numbers64 numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

Numbers64 sorted(Numbers64 numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

TEST_CASE("each epoch shows each picture once, in an order of its own") {
  const SevenPictures pictures;
  const PictureBatches batches(*pictures.folder, counted(0, 7), 1, at::kCPU);
  const Numbers64 first = shown(batches.at(0, 7)), second = shown(batches.at(7, 7));
  CHECK(sorted(first) == counted(0, 7));
  CHECK(sorted(second) == counted(0, 7));
  CHECK(first != second);
  CHECK(first != shown(PictureBatches(*pictures.folder, counted(0, 7), 2, at::kCPU).at(0, 7)));
}

TEST_CASE("a batch is a function of its first example, over an epoch's end as well") {
  const SevenPictures pictures;
  const PictureBatches batches(*pictures.folder, counted(0, 7), 1, at::kCPU);
  const Numbers64 all = shown(batches.at(0, 21));
  for (const std::uint64_t first : {0, 3, 5, 6, 13}) {
    CAPTURE(first);
    const PictureBatch batch = batches.at(first, 8);
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
    CHECK(shown(batch) == Numbers64(begin, begin + 8));
    CHECK(batch.examples == counted(first, 8));
    CHECK(batch.images.sizes() == at::IntArrayRef{8, 3, 8, 8});
    CHECK(batch.images.is_contiguous(at::MemoryFormat::ChannelsLast));
    REQUIRE(batch.classes.scalar_type() == at::kLong);
    for (std::int64_t row = 0; row < 8; ++row)
      CHECK(batch.classes[row].item<std::int64_t>() == (shown(batch)[static_cast<std::size_t>(row)] < 3 ? 0 : 1));
  }
}

TEST_CASE("only the given pictures are shown, and classes only when they count") {
  const SevenPictures pictures(/*cond=*/false);
  const PictureBatches batches(*pictures.folder, {1, 4, 6}, 1, at::kCPU);
  const PictureBatch batch = batches.at(0, 6);
  CHECK(sorted(shown(batch)) == Numbers64{1, 1, 4, 4, 6, 6});
  CHECK_FALSE(batch.classes.defined());
}

TEST_CASE("training mirrors at random, measuring does not") {
  const SevenPictures plain_ones(true, true);
  const ImageFolder& folder = *plain_ones.folder;
  const PictureBatch measured = read_pictures(folder, counted(0, 7), at::kCPU);
  CHECK(same_bits(measured.images, read_pictures(folder, counted(0, 7), at::kCPU).images));
  const PictureBatches batches(folder, counted(0, 7), 1, at::kCPU);
  const at::Tensor trained = batches.at(0, 70).images;
  int as_they_are = 0, mirrored = 0;
  for (std::int64_t row = 0; row < 70; ++row)
    for (std::int64_t n = 0; n < 7; ++n) {
      as_they_are += at::equal(trained[row], measured.images[n]);
      mirrored += at::equal(trained[row], measured.images[n].flip(2));
    }
  CHECK(as_they_are + mirrored == 70);
  CHECK(as_they_are > 20);
  CHECK(mirrored > 20);
}

TEST_CASE("pictures are read in the order asked for, in [-1, 1]") {
  const SevenPictures pictures;
  const PictureBatch batch = read_pictures(*pictures.folder, Numbers64{6, 0, 3}, at::kCPU);
  CHECK(shown(batch) == Numbers64{6, 0, 3});
  CHECK(batch.examples == Numbers64{6, 0, 3});
  CHECK(at::equal(batch.classes, at::tensor({1, 0, 1}, at::kLong)));
  CHECK(batch.images[1].max().item<float>() == -1);
  CHECK(batch.images[0][2][7][7].item<float>() == Approx(60 / 127.5 - 1));
}

TEST_CASE("some numbers are chosen evenly from first to last") {
  const Numbers64 ten = counted(100, 10);
  CHECK(spread(ten, 5) == Numbers64{100, 102, 104, 106, 108});
  CHECK(spread(ten, 3) == Numbers64{100, 103, 106});
  CHECK(spread(ten, 10) == ten);
  CHECK(spread(ten, 99) == ten);
  CHECK(spread({}, 3).empty());
}

}  // namespace heed
