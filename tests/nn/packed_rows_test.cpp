#include "heed/nn/packed_rows.h"

#include <vector>

#include <ATen/ATen.h>

#include "catch.h"
#include "tensors.h"

namespace heed {

TEST_CASE("packed rows know where they stand, and rows that fill up belong to no sentence") {
  const std::vector<std::int64_t> lengths = {3, 1, 4};
  const std::vector<std::uint64_t> sentences = {40, 7, std::uint64_t{1} << 40};
  const PackedRows rows(lengths, sentences, at::kCPU);
  CHECK(rows.offsets == std::vector<std::int64_t>{0, 3, 4, 8});
  CHECK(rows.sentences() == 3);
  CHECK(rows.longest() == 4);
  CHECK(rows.count() == PackedRows::kMultiple);
  const std::int64_t far = std::int64_t{1} << 40;
  CHECK(at::equal(rows.places.sentence.narrow(0, 0, 9),
                  at::tensor({std::int64_t{40}, std::int64_t{40}, std::int64_t{40}, std::int64_t{7}, far, far, far, far,
                              std::int64_t{0}})));
  CHECK(at::equal(rows.places.position.narrow(0, 0, 9), at::tensor({0, 1, 2, 0, 0, 1, 2, 3, 0}, at::kLong)));
}

TEST_CASE("packed rows become a padded batch and come back") {
  const std::vector<std::int64_t> lengths = {3, 1, 4};
  const std::vector<std::uint64_t> sentences = {40, 7, 8};
  const PackedRows rows(lengths, sentences, at::kCPU);
  const at::Tensor x = at::arange(2 * rows.count(), at::kFloat).view({-1, 2}).requires_grad_();
  const at::Tensor padded = rows.to_padded(x);  // [3, 4, 2]
  CHECK(at::equal(rows.padded_mask(),
                  at::tensor({1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1}, at::kInt).view({3, 4}).to(at::kBool)));
  CHECK(at::equal(padded[2], x.narrow(0, 4, 4)));
  CHECK(at::equal(padded[1][0], x[3]));
  CHECK(at::equal(rows.from_padded(padded).narrow(0, 0, 8), x.narrow(0, 0, 8)));
  const RowPlaces places = rows.padded_places();
  CHECK(at::equal(places.sentence, at::tensor({40, 40, 40, 40, 7, 7, 7, 7, 8, 8, 8, 8}, at::kLong)));
  CHECK(at::equal(places.position, at::tensor({0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}, at::kLong)));
}

}  // namespace heed
