#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "heed/nn/packed_rows.h"

namespace heed {

/// The form of an attention over packed rows. Letters as in nn/attention.h.
struct PackedAttention {
  std::int64_t heads = 1, kv_heads = 1;         ///< H, G
  std::int64_t key_width = 0, value_width = 0;  ///< K, V
  bool causal = false;
  double scale = 0;  ///< of the scores; 0 = 1 / sqrt(K)
};

/// Attention of each sentence's rows to its rows of a memory, without padding and without masks -> [N, H V], in the
/// number type of what comes in. `queries` [N, H K] and `memory` [M, G K + G V], keys first; or, for self-attention,
/// `queries` [N, H K + G K + G V] with an undefined memory. On the CPU one loop that reads the projections where they
/// are (nn/attention_kernel.h), elsewhere attend() on a padded copy.
at::Tensor attend_packed(const at::Tensor& queries, const at::Tensor& memory, const PackedRows& query_rows,
                         const PackedRows& memory_rows, const PackedAttention& form);

/// The same by attend() on a padded copy: the path for other devices and the oracle of the loop.
at::Tensor attend_packed_padded(const at::Tensor& queries, const at::Tensor& memory, const PackedRows& query_rows,
                                const PackedRows& memory_rows, const PackedAttention& form);

}  // namespace heed
