#include "heed/nn/attention.h"

#include <cmath>
#include <vector>

#include <ATen/ATen.h>

#include "heed/nn/packed_attention.h"

namespace heed {
namespace {

constexpr std::int64_t kQueryMultiple = 4;

at::Tensor apply_projection(Linear& projection, const at::Tensor& input) {
  return projection.is_empty() ? input : projection(input);
}

// The mask that holds for both the padding and the causal rule, or undefined when everything may be attended.
at::Tensor combined_mask(const AttendOptions& options, const at::Tensor& q, const at::Tensor& k) {
  if (!options.causal)
    return options.mask.defined() && options.mask.dim() < 2 ? options.mask.unsqueeze(0) : options.mask;
  const std::int64_t queries = q.size(2), keys = k.size(2);
  const at::Tensor causal = at::ones({queries, keys}, q.options().dtype(at::kBool)).tril(keys - queries);  // [T, S]
  return options.mask.defined() ? options.mask.logical_and(causal) : causal;
}

// Grouped heads: each key/value head serves H / G query heads.
at::Tensor repeat_heads(const at::Tensor& grouped, std::int64_t heads) {
  return grouped.size(1) == heads ? grouped : grouped.repeat_interleave(heads / grouped.size(1), 1);  // [B, H, S, K]
}

MultiHeadAttentionOptions resolved(MultiHeadAttentionOptions options) {
  if (options.head_dim == 0) {
    TORCH_CHECK(options.width % options.heads == 0, "MultiHeadAttention: width ", options.width,
                " is not a multiple of ", options.heads, " heads; give head_dim");
    options.head_dim = options.width / options.heads;
  }
  if (options.value_head_dim == 0) options.value_head_dim = options.head_dim;
  if (options.memory_width == 0) options.memory_width = options.width;
  if (options.kv_heads == 0) options.kv_heads = options.heads;
  TORCH_CHECK(options.heads % options.kv_heads == 0, "MultiHeadAttention: ", options.heads,
              " heads are not a multiple of ", options.kv_heads, " key/value heads");
  return options;
}

// Whether a product was prepared for what is computed now.
bool is_ready(const std::optional<InferenceProduct>& product) {
  return product && product->dtype() == compute_dtype() && !at::GradMode::is_enabled();
}

}  // namespace

double score_factor(double scale, std::int64_t key_width) {
  return scale != 0 ? scale : 1 / std::sqrt(static_cast<double>(key_width));
}

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttendOptions& options) {
  const at::Tensor query = q.to(at::kFloat);
  const at::Tensor key = repeat_heads(k.to(at::kFloat), q.size(1)), value = repeat_heads(v.to(at::kFloat), q.size(1));
  const double scale = score_factor(options.scale, q.size(3));
  if (!options.mask.defined() && (!options.causal || q.size(2) == k.size(2)))
    return at::scaled_dot_product_attention(query, key, value, {}, 0.0, options.causal, scale);  // [B, H, T, V]

  // The kernel divides by the sum of a row's weights: a row without keys is let through and set to zero after it.
  // On the CPU, where looking costs nothing, this is skipped when there is no such row.
  const at::Tensor mask = combined_mask(options, q, k);
  const at::Tensor any = mask.any(-1, true);  // [.., T, 1]
  if (mask.is_cpu() && any.all().item<bool>())
    return at::scaled_dot_product_attention(query, key, value, mask, 0.0, false, scale);  // [B, H, T, V]
  return at::scaled_dot_product_attention(query, key, value, mask.logical_or(any.logical_not()), 0.0, false, scale)
      .mul(any);  // [B, H, T, V]
}

Attended attend_explicit(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttendOptions& options,
                         const DropoutSite& dropout_site, const Randomness* randomness) {
  const at::Tensor key = repeat_heads(k.to(at::kFloat), q.size(1)), value = repeat_heads(v.to(at::kFloat), q.size(1));
  at::Tensor scores =
      at::matmul(q.to(at::kFloat), key.transpose(2, 3)) * score_factor(options.scale, q.size(3));  // [B, H, T, S]
  const at::Tensor mask = combined_mask(options, q, k);
  if (mask.defined()) scores = scores.masked_fill(mask.logical_not(), -std::numeric_limits<float>::infinity());
  at::Tensor weights;
  if (mask.defined()) {
    // Rows without any key are all -inf, of which softmax makes NaN: they become zeros, in the gradient too.
    const at::Tensor any = mask.any(-1, true);
    weights = at::softmax(scores.masked_fill(any.logical_not(), 0.0), -1).mul(any);
  } else {
    weights = at::softmax(scores, -1);
  }
  const at::Tensor dropped = randomness != nullptr ? attention_dropout(weights, dropout_site, *randomness) : weights;
  return {at::matmul(dropped, value), weights};  // [B, H, T, V], [B, H, T, S]
}

MultiHeadAttentionImpl::MultiHeadAttentionImpl(std::int64_t n_head, std::int64_t d_model, std::int64_t d_head)
    : MultiHeadAttentionImpl(MultiHeadAttentionOptions{.heads = n_head, .width = d_model, .head_dim = d_head}) {}

MultiHeadAttentionImpl::MultiHeadAttentionImpl(MultiHeadAttentionOptions given) : options(resolved(given)) {
  const auto& o = options;
  if (o.projections == Projections::all)
    query_projection = register_module("query_projection", Linear(o.width, o.heads * o.head_dim, o.bias));
  if (o.projections != Projections::none)
    key_projection = register_module("key_projection", Linear(o.memory_width, o.kv_heads * o.head_dim, o.bias));
  if (o.projections != Projections::all) return;
  value_projection = register_module("value_projection", Linear(o.memory_width, o.kv_heads * o.value_head_dim, o.bias));
  output_projection = register_module("output_projection", Linear(o.heads * o.value_head_dim, o.width, o.bias));
}

at::Tensor MultiHeadAttentionImpl::forward(const at::Tensor& query, const at::Tensor& memory, const at::Tensor& mask,
                                           const Randomness* randomness) {
  if (is_training() && randomness != nullptr && options.dropout.p > 0)
    return forward_with_weights(query, memory, mask, randomness).output;
  const at::Tensor q = split_heads(apply_projection(query_projection, query), options.heads);            // [B, H, T, K]
  const at::Tensor k = split_heads(apply_projection(key_projection, memory), options.kv_heads);          // [B, G, S, K]
  const at::Tensor v = split_heads(apply_projection(value_projection, memory), options.kv_heads);        // [B, G, S, V]
  return join_heads(attend(q, k, v, {.mask = mask, .causal = options.causal, .scale = options.scale}));  // [B, T, D]
}

at::Tensor MultiHeadAttentionImpl::forward_packed(const at::Tensor& query, const at::Tensor& memory,
                                                  const PackedRows& query_rows, const PackedRows& memory_rows,
                                                  const Randomness* randomness) {
  if (is_training() && randomness != nullptr && options.dropout.p > 0) {
    const Randomness padded{randomness->seed, randomness->update, query_rows.padded_places()};
    const at::Tensor mask = memory_rows.padded_mask().unsqueeze(1).unsqueeze(1);  // [B, 1, 1, S]
    return query_rows.from_padded(
        forward(query_rows.to_padded(query), memory_rows.to_padded(memory), mask, &padded));  // [N, D]
  }
  const PackedAttention form{.heads = options.heads,
                             .kv_heads = options.kv_heads,
                             .key_width = options.head_dim,
                             .value_width = options.value_head_dim,
                             .causal = options.causal,
                             .scale = options.scale};
  require_all_projections();
  at::Tensor queries, keys;
  if (query.is_same(memory)) {
    queries = linear_side_by_side(
        query, {query_projection.get(), key_projection.get(), value_projection.get()});  // [N, H K + G K + G V]
  } else {
    queries = query_projection(query);                                                   // [N, H K]
    keys = linear_side_by_side(memory, {key_projection.get(), value_projection.get()});  // [M, G K + G V]
  }
  return output_projection(attend_packed(queries, keys, query_rows, memory_rows, form));  // [N, D]
}

MultiHeadAttentionImpl::WithWeights MultiHeadAttentionImpl::forward_with_weights(const at::Tensor& query,
                                                                                 const at::Tensor& memory,
                                                                                 const at::Tensor& mask,
                                                                                 const Randomness* randomness) {
  const at::Tensor q = split_heads(apply_projection(query_projection, query), options.heads);      // [B, H, T, K]
  const at::Tensor k = split_heads(apply_projection(key_projection, memory), options.kv_heads);    // [B, G, S, K]
  const at::Tensor v = split_heads(apply_projection(value_projection, memory), options.kv_heads);  // [B, G, S, V]
  const auto [output, weights] =
      attend_explicit(q, k, v, {.mask = mask, .causal = options.causal, .scale = options.scale}, options.dropout,
                      is_training() ? randomness : nullptr);
  return {join_heads(output), weights};  // [B, T, D], [B, H, T, S]
}

KeyValue MultiHeadAttentionImpl::project_memory(const at::Tensor& memory) {
  return {split_heads(apply_projection(key_projection, memory), options.kv_heads)
              .to(at::kFloat)
              .contiguous(),  // [B, G, S, K]
          split_heads(apply_projection(value_projection, memory), options.kv_heads)
              .to(at::kFloat)
              .contiguous()};  // [B, G, S, V]
}

at::Tensor MultiHeadAttentionImpl::attend_to(const at::Tensor& query, const KeyValue& memory, const at::Tensor& mask) {
  // One query, or an odd number of them, goes through code whose last bits depend on how threads share the batch.
  const std::int64_t queries = query.size(1), filled = (queries + kQueryMultiple - 1) / kQueryMultiple * kQueryMultiple;
  at::Tensor q = split_heads(apply_projection(query_projection, query), options.heads);  // [B, H, T, K]
  const auto fill = [&](const at::Tensor& x, bool value) {
    return at::constant_pad_nd(x, {0, 0, 0, filled - queries}, value);
  };
  q = fill(q, false);  // [B, H, T', K]
  const bool mask_per_query = mask.defined() && mask.dim() >= 2 && mask.size(-2) > 1;
  const at::Tensor attended =
      attend(q, memory.key, memory.value,
             {.mask = mask_per_query ? fill(mask, true) : mask, .scale = options.scale});  // [B, H, T', V]
  return join_heads(attended.narrow(2, 0, queries));                                       // [B, T, D]
}

KeyValueTable MultiHeadAttentionImpl::tabulate_memory(const at::Tensor& memory) {
  require_all_projections();
  const at::Tensor rows = as_rows(memory);  // [N, M]
  KeyValueTable table;
  table.append(is_ready(key_value_) ? (*key_value_)(rows)
                                    : at::cat({key_projection(rows), value_projection(rows)}, 1));  // [N, G*K + G*V]
  return table;
}

at::Tensor MultiHeadAttentionImpl::attend_to(const at::Tensor& query, const KeyValueTable& memory,
                                             const VisibleRows& visible) {
  require_all_projections();
  return output_projection(attend_rows(query_projection(query), memory, visible, head_shape()));  // [R, D]
}

at::Tensor MultiHeadAttentionImpl::step(const at::Tensor& query, KeyValueTable& past, const VisibleRows& visible) {
  require_all_projections();
  const at::Tensor projected = is_ready(query_key_value_)
                                   ? (*query_key_value_)(query)
                                   : at::cat({query_projection(query), key_projection(query), value_projection(query)},
                                             1);  // [R, H*K + G*K + G*V]
  const std::int64_t query_columns = options.heads * options.head_dim;
  past.append(projected.narrow(1, query_columns, projected.size(1) - query_columns));
  return output_projection(attend_rows(projected.narrow(1, 0, query_columns), past, visible, head_shape()));  // [R, D]
}

void MultiHeadAttentionImpl::prepare_inference(at::ScalarType dtype) {
  if (options.projections != Projections::all) return;
  const auto one_product = [&](const std::vector<Linear>& parts) {
    std::vector<at::Tensor> weights, biases;
    for (const Linear& part : parts) {
      weights.push_back(part->weight);
      if (options.bias) biases.push_back(part->bias);
    }
    return InferenceProduct(at::cat(weights), options.bias ? at::cat(biases) : at::Tensor(), dtype);
  };
  key_value_ = one_product({key_projection, value_projection});
  query_key_value_.reset();
  if (options.memory_width == options.width)
    query_key_value_ = one_product({query_projection, key_projection, value_projection});
}

HeadShape MultiHeadAttentionImpl::head_shape() const {
  return {options.heads, options.kv_heads, options.head_dim, options.value_head_dim, options.scale};
}

void MultiHeadAttentionImpl::require_all_projections() const {
  TORCH_CHECK(options.projections == Projections::all,
              "MultiHeadAttention: packed rows and tables are for attention with all of its projections");
}

// [B, L, heads * W] -> [B, heads, L, W]
at::Tensor MultiHeadAttentionImpl::split_heads(const at::Tensor& projected, std::int64_t heads) const {
  return projected.view({projected.size(0), projected.size(1), heads, -1}).transpose(1, 2);
}

// [B, H, T, V] -> [B, T, D]
at::Tensor MultiHeadAttentionImpl::join_heads(const at::Tensor& attended) {
  return apply_projection(output_projection, attended.transpose(1, 2).flatten(2));
}

void prepare_inference(torch::nn::Module& module, at::ScalarType dtype) {
  for (const auto& child : module.modules()) {
    if (auto* linear = child->as<LinearImpl>()) linear->prepare_inference(dtype);
    if (auto* attention = child->as<MultiHeadAttentionImpl>()) attention->prepare_inference(dtype);
  }
}

}  // namespace heed
