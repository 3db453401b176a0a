#include "heed/nn/packed_attention.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/nn/attention.h"
#include "heed/nn/attention_kernel.h"

namespace heed {
namespace {

// Both sides' offsets and the form, as the kernel wants them.
struct Plan {
  std::vector<std::int64_t> query_offsets, memory_offsets;
  AttentionShape shape;
  bool self = false;  // queries, keys and values in one tensor

  std::int64_t key_column() const { return self ? shape.heads * shape.key_width : 0; }
  std::int64_t value_column() const { return key_column() + shape.kv_heads * shape.key_width; }
  std::size_t sentences() const { return query_offsets.size() - 1; }
  std::int64_t queries(std::size_t b) const { return query_offsets[b + 1] - query_offsets[b]; }
  std::int64_t keys(std::size_t b) const { return memory_offsets[b + 1] - memory_offsets[b]; }

  // Calls work(sentence, workspace) for all sentences, on all threads.
  template <class Work>
  void for_each_sentence(const Work& work) const {
    std::int64_t most_keys = 0;
    for (std::size_t b = 0; b < sentences(); ++b) most_keys = std::max(most_keys, keys(b));
    const auto floats = static_cast<std::size_t>(attention_workspace(shape, most_keys));
    at::parallel_for(0, static_cast<std::int64_t>(sentences()), 1, [&](std::int64_t begin, std::int64_t end) {
      const auto workspace = std::make_unique_for_overwrite<float[]>(floats);
      for (auto b = static_cast<std::size_t>(begin); b < static_cast<std::size_t>(end); ++b) work(b, workspace.get());
    });
  }
};

// The tensor's rows from `row` on, its columns from `column` on.
template <class Number>
Rows<const Number> read_rows(const at::Tensor& tensor, std::int64_t row, std::int64_t column) {
  return {static_cast<const Number*>(tensor.const_data_ptr()) + row * tensor.stride(0) + column, tensor.stride(0)};
}
template <class Number>
Rows<Number> written_rows(const at::Tensor& tensor, std::int64_t row, std::int64_t column) {
  return {static_cast<Number*>(tensor.mutable_data_ptr()) + row * tensor.stride(0) + column, tensor.stride(0)};
}

template <class Number>
void attend_all(const Plan& plan, const at::Tensor& queries, const at::Tensor& memory, const at::Tensor& output) {
  plan.for_each_sentence([&](std::size_t b, float* workspace) {
    const std::int64_t first = plan.query_offsets[b], first_key = plan.memory_offsets[b];
    attend_sentence(plan.shape,
                    AttentionForward<Number>{.queries = plan.queries(b),
                                             .keys = plan.keys(b),
                                             .q = read_rows<Number>(queries, first, 0),
                                             .k = read_rows<Number>(memory, first_key, plan.key_column()),
                                             .v = read_rows<Number>(memory, first_key, plan.value_column()),
                                             .output = written_rows<Number>(output, first, 0)},
                    workspace);
  });
}

template <class Number>
void attend_all_backward(const Plan& plan, const at::Tensor& queries, const at::Tensor& memory,
                         const at::Tensor& output_gradient, const at::Tensor& query_gradient,
                         const at::Tensor& memory_gradient) {
  plan.for_each_sentence([&](std::size_t b, float* workspace) {
    const std::int64_t first = plan.query_offsets[b], first_key = plan.memory_offsets[b];
    attend_sentence_backward(
        plan.shape,
        AttentionBackward<Number>{.queries = plan.queries(b),
                                  .keys = plan.keys(b),
                                  .q = read_rows<Number>(queries, first, 0),
                                  .k = read_rows<Number>(memory, first_key, plan.key_column()),
                                  .v = read_rows<Number>(memory, first_key, plan.value_column()),
                                  .output_gradient = read_rows<Number>(output_gradient, first, 0),
                                  .q_gradient = written_rows<Number>(query_gradient, first, 0),
                                  .k_gradient = written_rows<Number>(memory_gradient, first_key, plan.key_column()),
                                  .v_gradient = written_rows<Number>(memory_gradient, first_key, plan.value_column())},
        workspace);
  });
}

// A tensor like `like` whose rows after the last sentence are zero; the others are to be written.
at::Tensor with_empty_rest(const at::Tensor& like, std::int64_t width, const std::vector<std::int64_t>& offsets) {
  const at::Tensor result = at::empty({like.size(0), width}, like.options());
  result.narrow(0, offsets.back(), like.size(0) - offsets.back()).zero_();
  return result;
}

struct AttendPacked : torch::autograd::Function<AttendPacked> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& queries,
                            const std::optional<at::Tensor>& memory, const std::shared_ptr<const Plan>& plan) {
    context->save_for_backward({queries, memory.value_or(at::Tensor())});
    context->saved_data["plan"] = c10::IValue::make_capsule(c10::make_intrusive<PlanHolder>(plan));
    const at::Tensor& keys = memory ? *memory : queries;
    const at::Tensor output =
        with_empty_rest(queries, plan->shape.heads * plan->shape.value_width, plan->query_offsets);  // [N, H V]
    if (queries.scalar_type() == at::kFloat)
      attend_all<float>(*plan, queries, keys, output);
    else
      attend_all<BFloat16Bits>(*plan, queries, keys, output);
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &queries = saved[0], &memory = saved[1];
    const Plan& plan = *c10::static_intrusive_pointer_cast<PlanHolder>(context->saved_data["plan"].toCapsule())->plan;
    const at::Tensor& keys = plan.self ? queries : memory;
    const at::Tensor gradient = gradients[0].contiguous();
    const at::Tensor query_gradient = with_empty_rest(queries, queries.size(1), plan.query_offsets);
    const at::Tensor memory_gradient =
        plan.self ? at::Tensor() : with_empty_rest(memory, memory.size(1), plan.memory_offsets);
    const at::Tensor& key_gradient = plan.self ? query_gradient : memory_gradient;
    if (queries.scalar_type() == at::kFloat)
      attend_all_backward<float>(plan, queries, keys, gradient, query_gradient, key_gradient);
    else
      attend_all_backward<BFloat16Bits>(plan, queries, keys, gradient, query_gradient, key_gradient);
    return {query_gradient, memory_gradient, {}};
  }

 private:
  struct PlanHolder : torch::CustomClassHolder {
    explicit PlanHolder(std::shared_ptr<const Plan> held) : plan(std::move(held)) {}
    std::shared_ptr<const Plan> plan;
  };
};

}  // namespace

at::Tensor attend_packed(const at::Tensor& queries, const at::Tensor& memory, const PackedRows& query_rows,
                         const PackedRows& memory_rows, const PackedAttention& form) {
  const bool loop = queries.is_cpu() && (queries.scalar_type() == at::kFloat || queries.scalar_type() == at::kBFloat16);
  if (!loop) return attend_packed_padded(queries, memory, query_rows, memory_rows, form);
  const auto plan =
      std::make_shared<const Plan>(Plan{query_rows.offsets,
                                        memory_rows.offsets,
                                        {form.heads, form.kv_heads, form.key_width, form.value_width,
                                         static_cast<float>(score_factor(form.scale, form.key_width)), form.causal},
                                        !memory.defined()});
  const at::Tensor contiguous = memory.defined() ? memory.contiguous() : memory;
  const auto keys = memory.defined() ? std::optional(contiguous) : std::nullopt;
  return AttendPacked::apply(queries.contiguous(), keys, plan);  // [N, H V]
}

at::Tensor attend_packed_padded(const at::Tensor& queries, const at::Tensor& memory, const PackedRows& query_rows,
                                const PackedRows& memory_rows, const PackedAttention& form) {
  const std::int64_t query_width = form.heads * form.key_width, key_width = form.kv_heads * form.key_width,
                     value_width = form.kv_heads * form.value_width;
  const bool self = !memory.defined();
  const at::Tensor& keys = self ? queries : memory;
  const auto heads = [](const at::Tensor& rows, const PackedRows& packed, std::int64_t first, std::int64_t width,
                        std::int64_t count) {
    return packed.to_padded(rows.narrow(1, first, width)).unflatten(2, {count, -1}).transpose(1, 2);
  };
  const std::int64_t first = self ? query_width : 0;
  const at::Tensor q = heads(queries, query_rows, 0, query_width, form.heads);                   // [B, H, T, K]
  const at::Tensor k = heads(keys, memory_rows, first, key_width, form.kv_heads);                // [B, G, S, K]
  const at::Tensor v = heads(keys, memory_rows, first + key_width, value_width, form.kv_heads);  // [B, G, S, V]
  const at::Tensor mask = memory_rows.padded_mask().unsqueeze(1).unsqueeze(1);                   // [B, 1, 1, S]
  const at::Tensor attended = attend(q, k, v, {.mask = mask, .causal = form.causal, .scale = form.scale});
  return query_rows.from_padded(attended.transpose(1, 2).flatten(2)).to(queries.scalar_type());  // [N, H V]
}

}  // namespace heed
