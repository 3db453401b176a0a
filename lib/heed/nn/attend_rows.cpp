#include "heed/nn/attend_rows.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/nn/attend_rows_kernel.h"
#include "heed/nn/attention.h"
#include "heed/nn/threads.h"

namespace heed {

void KeyValueTable::append(const at::Tensor& rows) {
  const std::int64_t needed = used_ + rows.size(0);
  if (!room_.defined()) {
    room_ = at::empty({first_steps_ * rows.size(0), rows.size(1)}, rows.options().dtype(at::kFloat));
  } else if (needed > room_.size(0)) {
    const at::Tensor more = at::empty({std::max(needed, 2 * room_.size(0)), rows.size(1)}, room_.options());
    more.narrow(0, 0, used_).copy_(this->rows());
    room_ = more;  // [capacity, G*K + G*V]
  }
  room_.narrow(0, used_, rows.size(0)).copy_(rows);
  used_ = needed;
}

at::Tensor attend_rows(const at::Tensor& queries, const KeyValueTable& table, const VisibleRows& visible,
                       const HeadShape& shape) {
  if (!queries.is_cpu()) return attend_rows_explicit(queries, table, visible, shape);
  const at::Tensor q = queries.to(at::kFloat), keys_and_values = table.rows();
  const at::Tensor output = at::empty({q.size(0), shape.heads * shape.value_width}, q.options());  // [R, H*V]
  const RowAttentionShape kernel_shape{shape.heads, shape.kv_heads, shape.key_width, shape.value_width,
                                       static_cast<float>(score_factor(shape.scale, shape.key_width))};
  const RowAttentionInput input{.queries = q.const_data_ptr<float>(),
                                .query_stride = q.stride(0),
                                .table = keys_and_values.const_data_ptr<float>(),
                                .table_stride = keys_and_values.stride(0),
                                .places = visible.places.const_data_ptr<std::int64_t>(),
                                .places_stride = visible.places.stride(0),
                                .lengths = visible.lengths.const_data_ptr<std::int64_t>()};
  at::parallel_for(0, q.size(0), 2 * kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    attend_rows(kernel_shape, input, begin, end, output.mutable_data_ptr<float>());
  });
  return output;  // [R, H*V]
}

at::Tensor attend_rows_explicit(const at::Tensor& queries, const KeyValueTable& table, const VisibleRows& visible,
                                const HeadShape& shape) {
  const std::int64_t rows = queries.size(0), length = visible.places.size(1);
  const at::Tensor mask =
      at::arange(length, visible.lengths.options()).unsqueeze(0).lt(visible.lengths.unsqueeze(1));  // [R, L]
  const at::Tensor places = visible.places.masked_fill(mask.logical_not(), 0);                      // [R, L]
  const at::Tensor seen = table.rows().index_select(0, places.flatten()).view({rows, length, -1});  // [R, L, ..]
  const std::int64_t key_columns = shape.kv_heads * shape.key_width;
  const auto heads_of = [&](const at::Tensor& x, std::int64_t heads) {
    return x.reshape({rows, -1, heads, x.size(-1) / heads}).transpose(1, 2);  // [R, heads, .., width]
  };
  const at::Tensor q = heads_of(queries.unsqueeze(1), shape.heads);               // [R, H, 1, K]
  const at::Tensor k = heads_of(seen.narrow(2, 0, key_columns), shape.kv_heads);  // [R, G, L, K]
  const at::Tensor v = heads_of(seen.narrow(2, key_columns, seen.size(2) - key_columns), shape.kv_heads);
  return attend(q, k, v, {.mask = mask.unsqueeze(1).unsqueeze(1), .scale = shape.scale})
      .transpose(1, 2)
      .reshape({rows, -1});  // [R, H*V]
}

}  // namespace heed
