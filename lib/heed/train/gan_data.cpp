#include "heed/train/gan_data.h"

#include <algorithm>
#include <optional>

#include <ATen/ATen.h>

#include "heed/base/random.h"
#include "heed/image/picture_tensor.h"

namespace heed {
namespace {

PictureBatch read(const ImageFolder& folder, std::span<const std::uint64_t> numbers, std::optional<PictureDraw> draw,
                  c10::Device device) {
  std::vector<std::uint8_t> bytes(numbers.size() * folder.picture_bytes());
  folder.read(numbers, bytes, draw);
  PictureBatch batch;
  batch.images = to_tensor(bytes, folder.picture_size(), folder.channels()).to(device);  // [B, C, H, W]
  if (!folder.class_names().empty()) {
    std::vector<std::int64_t> classes;
    for (const std::uint64_t number : numbers) classes.push_back(folder.class_of(number));
    batch.classes = at::tensor(classes, at::kLong).to(device);  // [B]
  }
  return batch;
}

}  // namespace

PictureBatches::PictureBatches(const ImageFolder& folder, std::vector<std::uint64_t> pictures, std::uint64_t seed,
                               c10::Device device)
    : folder_(folder), pictures_(std::move(pictures)), seed_(seed), device_(device) {}

PictureBatch PictureBatches::at(std::uint64_t first, std::int64_t count) const {
  const std::uint64_t size = pictures_.size(), last = first + static_cast<std::uint64_t>(count);
  std::vector<PictureBatch> parts;  // one, but for the batches in which an epoch ends
  std::vector<std::uint64_t> examples;
  for (std::uint64_t begin = first; begin < last;) {
    const std::uint64_t epoch = begin / size, end = std::min(last, (epoch + 1) * size);
    const KeyedPermutation order(size, make_key(seed_, epoch, 1));
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t n = begin; n < end; ++n) {
      numbers.push_back(pictures_[order(n % size)]);
      examples.push_back(n);
    }
    parts.push_back(read(folder_, numbers, PictureDraw{seed_, epoch}, device_));
    begin = end;
  }
  PictureBatch batch = std::move(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    batch.images = at::cat({batch.images, parts[i].images});  // [B, C, H, W]
    if (batch.classes.defined()) batch.classes = at::cat({batch.classes, parts[i].classes});
  }
  batch.images = batch.images.contiguous(at::MemoryFormat::ChannelsLast);
  batch.examples = std::move(examples);
  return batch;
}

PictureBatch read_pictures(const ImageFolder& folder, std::span<const std::uint64_t> numbers, c10::Device device) {
  PictureBatch batch = read(folder, numbers, std::nullopt, device);
  batch.examples.assign(numbers.begin(), numbers.end());
  return batch;
}

std::vector<std::uint64_t> spread(std::span<const std::uint64_t> numbers, std::size_t count) {
  count = std::min(count, numbers.size());
  std::vector<std::uint64_t> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(numbers[i * numbers.size() / count]);
  return chosen;
}

}  // namespace heed
