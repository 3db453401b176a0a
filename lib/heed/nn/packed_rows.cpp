#include "heed/nn/packed_rows.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace heed {

PackedRows::PackedRows(std::span<const std::int64_t> lengths, std::span<const std::uint64_t> sentences,
                       c10::Device device)
    : offsets{0} {
  std::vector<std::int64_t> sentence, position;
  for (std::size_t b = 0; b < lengths.size(); ++b) {
    for (std::int64_t t = 0; t < lengths[b]; ++t) {
      sentence.push_back(static_cast<std::int64_t>(sentences[b]));
      position.push_back(t);
    }
    offsets.push_back(offsets.back() + lengths[b]);
  }
  const std::int64_t filled = (offsets.back() + kMultiple - 1) / kMultiple * kMultiple;
  sentence.resize(static_cast<std::size_t>(filled), 0);
  position.resize(static_cast<std::size_t>(filled), 0);
  places = {at::tensor(sentence, at::kLong).to(device), at::tensor(position, at::kLong).to(device)};  // [N]
}

std::int64_t PackedRows::longest() const {
  std::int64_t most = 0;
  for (std::size_t b = 1; b < offsets.size(); ++b) most = std::max(most, offsets[b] - offsets[b - 1]);
  return most;
}

at::Tensor PackedRows::to_padded(const at::Tensor& rows) const {
  std::vector<std::int64_t> index;
  for (std::size_t b = 1; b < offsets.size(); ++b)
    for (std::int64_t t = 0; t < longest(); ++t) index.push_back(std::min(offsets[b - 1] + t, offsets[b] - 1));
  return rows.index_select(0, at::tensor(index, at::kLong).to(rows.device()))
      .unflatten(0, {sentences(), longest()});  // [B, L, ..]
}

at::Tensor PackedRows::from_padded(const at::Tensor& padded) const {
  std::vector<std::int64_t> index;
  for (std::size_t b = 1; b < offsets.size(); ++b)
    for (std::int64_t t = 0; t < offsets[b] - offsets[b - 1]; ++t)
      index.push_back(static_cast<std::int64_t>(b - 1) * longest() + t);
  index.resize(static_cast<std::size_t>(count()), 0);
  return padded.flatten(0, 1).index_select(0, at::tensor(index, at::kLong).to(padded.device()));  // [N, ..]
}

at::Tensor PackedRows::padded_mask() const {
  std::vector<std::int64_t> lengths;
  for (std::size_t b = 1; b < offsets.size(); ++b) lengths.push_back(offsets[b] - offsets[b - 1]);
  const auto options = places.sentence.options();
  return at::arange(longest(), options)
      .unsqueeze(0)
      .lt(at::tensor(lengths, at::kLong).to(options).unsqueeze(1));  // [B, L]
}

RowPlaces PackedRows::padded_places() const {
  return RowPlaces::of_batch(to_padded(places.sentence).select(1, 0), longest());
}

}  // namespace heed
