#include "heed/nn/attend_rows.h"

#include <cmath>

#include <ATen/ATen.h>

#include "catch.h"
#include "tensors.h"

namespace heed {
namespace {

VisibleRows random_rows(std::int64_t rows, std::int64_t most, std::int64_t table_rows) {
  return {at::randint(0, table_rows, {rows, most}, at::kLong), at::randint(1, most + 1, {rows}, at::kLong)};
}

}  // namespace

TEST_CASE("single queries attend to the rows that they may see, as by tensor operations") {
  at::manual_seed(1);
  for (const HeadShape& shape :
       {HeadShape{4, 4, 32, 32}, HeadShape{6, 2, 5, 19}, HeadShape{1, 1, 64, 16}, HeadShape{2, 2, 8, 8, 0.7}})
    for (const std::int64_t most : {1, 16, 37}) {
      const std::int64_t key_columns = shape.kv_heads * shape.key_width;
      KeyValueTable table;
      for (const std::int64_t rows : {7, 200, 3}) {
        table.append(at::randn({rows, key_columns + shape.kv_heads * shape.value_width}));
      }
      REQUIRE(table.size() == 210);
      const VisibleRows visible = random_rows(40, most, table.size());
      // Queries may be part of wider rows, and far from zero.
      const at::Tensor wide = at::randn({40, shape.heads * shape.key_width + 3}) * 4;
      const at::Tensor queries = wide.narrow(1, 0, shape.heads * shape.key_width);
      const at::Tensor found = attend_rows(queries, table, visible, shape);
      CHECK(found.sizes() == at::IntArrayRef({40, shape.heads * shape.value_width}));
      CHECK(difference(found, attend_rows_explicit(queries, table, visible, shape)) < 2e-5);
      // A row's bits do not depend on the other rows.
      const VisibleRows one{visible.places.narrow(0, 11, 1), visible.lengths.narrow(0, 11, 1)};
      CHECK(same_bits(attend_rows(queries.narrow(0, 11, 1), table, one, shape)[0], found[11]));
    }
}

TEST_CASE("the scale of attention to rows is 1 / sqrt(key width) unless said otherwise") {
  at::manual_seed(3);
  KeyValueTable table;
  table.append(at::randn({20, 16}));
  const VisibleRows visible = random_rows(5, 7, table.size());
  const at::Tensor queries = at::randn({5, 8});
  const at::Tensor other = attend_rows(queries, table, visible, {1, 1, 8, 8, 2});
  CHECK(difference(other, attend_rows(queries * (2 * std::sqrt(8)), table, visible, {1, 1, 8, 8})) < 1e-5);
  CHECK(difference(other, attend_rows(queries, table, visible, {1, 1, 8, 8})) > 1e-2);
}

TEST_CASE("a table takes the room that it is told, and more when it grows") {
  const auto room = [](const KeyValueTable& table) { return table.rows().storage().nbytes() / (6 * sizeof(float)); };
  KeyValueTable once, grows(16);
  for (KeyValueTable* table : {&once, &grows}) table->append(at::randn({10, 6}));
  CHECK(room(once) == 10);
  CHECK(room(grows) == 160);
  once.append(at::randn({1, 6}));
  CHECK(room(once) == 20);
}

TEST_CASE("a table of keys and values holds what was appended, in float32") {
  at::manual_seed(2);
  KeyValueTable table;
  std::vector<at::Tensor> all;
  for (const std::int64_t rows : {2, 30, 1, 100}) {
    all.push_back(at::randn({rows, 6}).to(at::kBFloat16));
    table.append(all.back());
    CHECK(same_bits(table.rows(), at::cat(all).to(at::kFloat)));
  }
  CHECK(table.size() == 133);
}

}  // namespace heed
