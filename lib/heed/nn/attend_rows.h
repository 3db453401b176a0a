#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

/// Attention of single queries, as a search makes them: each row has a query of its own and a list of the rows of a
/// table that it may see. Hypotheses that share their past, or a sentence, share table rows; nothing is copied.
namespace heed {

/// Keys and values of many tokens, one row each: [N, G*K + G*V], keys before values, float32. Grows at its end.
class KeyValueTable {
 public:
  /// Takes room at first for `steps` times what is appended first, so that a table that grows is not moved each time.
  explicit KeyValueTable(std::int64_t steps = 1) : first_steps_(steps) {}
  /// Appends rows [R, G*K + G*V] of any floating type.
  void append(const at::Tensor& rows);
  std::int64_t size() const { return used_; }
  /// [N, G*K + G*V]
  at::Tensor rows() const { return room_.narrow(0, 0, used_); }

 private:
  at::Tensor room_;  // [capacity, G*K + G*V]
  std::int64_t used_ = 0, first_steps_;
};

/// Which table rows each query row may see, for all layers alike: the first lengths[r] of places[r].
struct VisibleRows {
  at::Tensor places;   ///< [R, L] int64
  at::Tensor lengths;  ///< [R] int64, each 1 to L
};

struct HeadShape {
  std::int64_t heads, kv_heads, key_width, value_width;  ///< H, G, K, V
  double scale = 0;                                      ///< of the scores; 0 = 1 / sqrt(K)
};

/// softmax(scale q k^T) v for each row and head: queries [R, H*K] (may be a part of wider rows) -> [R, H*V], in
/// float32. A row's result depends on nothing but its query and what it sees.
at::Tensor attend_rows(const at::Tensor& queries, const KeyValueTable& table, const VisibleRows& visible,
                       const HeadShape& shape);

/// The same by tensor operations, for devices without the loop; its judge.
at::Tensor attend_rows_explicit(const at::Tensor& queries, const KeyValueTable& table, const VisibleRows& visible,
                                const HeadShape& shape);

}  // namespace heed
