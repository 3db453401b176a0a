#pragma once

#include <cstdint>
#include <optional>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "heed/nn/attend_rows.h"
#include "heed/nn/dropout.h"
#include "heed/nn/layers.h"
#include "heed/nn/packed_rows.h"

/// Attention (Vaswani et al. 2017). Shape letters, here and in models:
///
///     B  batch: sentences, or sentences times beam      T  target or query length     S  source or memory length
///     D  model width    H  query heads    G  key/value heads    K  key width of a head    V  value width of a head
///     F  feed-forward width                             C  channels, vocabulary
///
/// One mask rule: bool, true = may be attended.
namespace heed {

/// What attend() is told besides queries, keys and values.
struct AttendOptions {
  at::Tensor mask = {};  ///< bool, broadcastable to [B, H, T, S]; undefined = everything may be attended
  bool causal = false;   ///< query t sees keys 0 .. t + S - T only
  double scale = 0;      ///< factor of the scores; 0 = 1 / sqrt(K)
};

/// The factor of the scores: `scale`, or 1 / sqrt(key_width) where that is 0.
double score_factor(double scale, std::int64_t key_width);

/// softmax(scale q k^T) v by the library's fused kernel: q [B, H, T, K], k [B, G, S, K], v [B, G, S, V] with H a
/// multiple of G -> [B, H, T, V]. A query that may attend to nothing gives zeros, never NaN. In float32.
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttendOptions& options = {});

/// The same written out: every step is visible, the weights can be looked at and dropped out. The judge of attend().
struct Attended {
  at::Tensor output;   ///< [B, H, T, V]
  at::Tensor weights;  ///< [B, H, T, S], rows sum to one, or to zero where nothing may be attended; before dropout
};
Attended attend_explicit(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         const AttendOptions& options = {}, const DropoutSite& dropout_site = {},
                         const Randomness* randomness = nullptr);

/// Which projections an attention has: all four; that of the keys alone, which makes the score of one head the general
/// one of Luong et al. 2015, q^T W s; or none, their dot score. Without one, widths must agree.
enum class Projections { all, keys, none };

struct MultiHeadAttentionOptions {
  std::int64_t heads = 8;           ///< H, query heads
  std::int64_t width = 512;         ///< D, width of queries and of the output
  std::int64_t head_dim = 0;        ///< K; 0 = width / heads
  std::int64_t value_head_dim = 0;  ///< V; 0 = head_dim
  std::int64_t memory_width = 0;    ///< width of the memory; 0 = width
  std::int64_t kv_heads = 0;        ///< G (Ainslie et al. 2023, grouped-query attention); 0 = heads
  bool bias = true;                 ///< of all four projections
  bool causal = false;              ///< self-attention that never looks ahead
  DropoutSite dropout = {};         ///< on the attention weights; p = 0: none (and the fused kernel can be used)
  Projections projections = Projections::all;
  double scale = 0;  ///< factor of the scores; 0 = 1 / sqrt(K)
};

/// Keys and values of a padded batch of memories.
struct KeyValue {
  at::Tensor key;    ///< [B, G, S, K]
  at::Tensor value;  ///< [B, G, S, V]
};

/// Multi-head attention: project, attend head by head, concatenate, project.
class MultiHeadAttentionImpl : public torch::nn::Module {
 public:
  /// Self- or cross-attention of width d_model; d_head is free of d_model / n_head.
  MultiHeadAttentionImpl(std::int64_t n_head, std::int64_t d_model, std::int64_t d_head);
  explicit MultiHeadAttentionImpl(MultiHeadAttentionOptions options);

  /// query [B, T, D], memory [B, S, M] -> [B, T, D]. `mask`: bool, broadcastable to [B, H, T, S].
  at::Tensor forward(const at::Tensor& query, const at::Tensor& memory, const at::Tensor& mask = {},
                     const Randomness* randomness = nullptr);

  /// The same over packed rows, with all projections: query [N, D], memory [M, D] -> [N, D]; query and memory may be
  /// one tensor.
  at::Tensor forward_packed(const at::Tensor& query, const at::Tensor& memory, const PackedRows& query_rows,
                            const PackedRows& memory_rows, const Randomness* randomness = nullptr);

  struct WithWeights {
    at::Tensor output;   ///< [B, T, D]
    at::Tensor weights;  ///< [B, H, T, S]
  };
  /// As forward(), by the explicit path, with the attention weights.
  WithWeights forward_with_weights(const at::Tensor& query, const at::Tensor& memory, const at::Tensor& mask = {},
                                   const Randomness* randomness = nullptr);

  /// Keys and values of a memory [B, S, M], to be used for many queries.
  KeyValue project_memory(const at::Tensor& memory);
  /// Attention of queries [B, T, D] to keys and values projected before -> [B, T, D].
  at::Tensor attend_to(const at::Tensor& query, const KeyValue& memory, const at::Tensor& mask = {});

  /// For a search, with all projections: keys and values of a memory [.., M], a row for each of its tokens.
  KeyValueTable tabulate_memory(const at::Tensor& memory);
  /// Attention of single queries [R, D] to rows of a table -> [R, D].
  at::Tensor attend_to(const at::Tensor& query, const KeyValueTable& memory, const VisibleRows& visible);
  /// One step of self-attention: the keys and values of R queries [R, D] become the last R rows of the table; then
  /// each query attends to what it may see, which is to include itself -> [R, D].
  at::Tensor step(const at::Tensor& query, KeyValueTable& past, const VisibleRows& visible);

  /// Makes the weight copies that the three functions of a search use in compute_dtype() `dtype`: products of the same
  /// input become one.
  void prepare_inference(at::ScalarType dtype);

  const MultiHeadAttentionOptions options;  ///< with the zeros resolved
  /// Those that `options.projections` names.
  Linear query_projection{nullptr}, key_projection{nullptr}, value_projection{nullptr}, output_projection{nullptr};

 private:
  at::Tensor split_heads(const at::Tensor& projected, std::int64_t heads) const;
  at::Tensor join_heads(const at::Tensor& attended);
  HeadShape head_shape() const;
  void require_all_projections() const;

  std::optional<InferenceProduct> query_key_value_, key_value_;
};
TORCH_MODULE(MultiHeadAttention);

/// Calls prepare_inference(dtype) on every Linear and MultiHeadAttention below `module`.
void prepare_inference(torch::nn::Module& module, at::ScalarType dtype);

}  // namespace heed
