#include "heed/models/seq2seq.h"

#include <ATen/ATen.h>

namespace heed {

at::Tensor all_logits(SearchedModel& model, const at::Tensor& states) {
  const at::Tensor all =
      at::empty({states.size(0), model.target_vocabulary()}, states.options().dtype(at::kFloat));  // [R, C]
  model.read_logits(states, [&](const at::Tensor& part, std::int64_t first_token) {
    all.narrow(1, first_token, part.size(1)).copy_(part);
  });
  return all;
}

}  // namespace heed
