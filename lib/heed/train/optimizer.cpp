#include "heed/train/optimizer.h"

#include <algorithm>
#include <optional>

#include <ATen/ATen.h>

namespace heed {

FlatParameters::FlatParameters(torch::nn::Module& module, bool with_gradients) {
  auto parameters = module.named_parameters();
  std::vector<std::pair<std::string, at::Tensor>> ordered;
  for (const auto& item : parameters) ordered.emplace_back(item.key(), item.value());
  std::stable_partition(ordered.begin(), ordered.end(), [](const auto& item) { return item.second.dim() > 1; });

  std::int64_t total = 0;
  for (const auto& [name, tensor] : ordered) {
    slots_.push_back({name, tensor.sizes().vec(), total, tensor.numel()});
    total += tensor.numel();
    if (tensor.dim() > 1) matrix_elements = total;
  }
  const at::NoGradGuard no_grad;
  values = at::empty({total}, ordered.front().second.options().requires_grad(false));
  if (with_gradients) gradients = at::zeros_like(values);
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    at::Tensor& tensor = ordered[i].second;
    view(values, slots_[i]).copy_(tensor);
    tensor.set_data(view(values, slots_[i]));
    if (with_gradients) tensor.mutable_grad() = view(gradients, slots_[i]);
  }
}

at::Tensor FlatParameters::view(const at::Tensor& flat, const Slot& slot) {
  return flat.narrow(0, slot.offset, slot.elements).view(slot.shape);
}

Adam::Adam(const FlatParameters& parameters, AdamOptions options)
    : first_moment(at::zeros_like(parameters.values)),
      second_moment(at::zeros_like(parameters.values)),
      options_(options) {}

void Adam::step(FlatParameters& parameters, double learning_rate, std::int64_t update, double divisor) {
  const at::NoGradGuard no_grad;
  const at::Tensor factor = at::full({}, divisor, parameters.values.options());
  const auto scale = divisor != 1 ? std::optional(factor) : std::nullopt;
  const std::int64_t matrices = parameters.matrix_elements, vectors = parameters.values.numel() - matrices;
  const auto apply = [&](std::int64_t begin, std::int64_t count, double weight_decay) {
    if (count == 0) return;
    const auto part = [&](const at::Tensor& flat) { return std::vector<at::Tensor>{flat.narrow(0, begin, count)}; };
    auto values = part(parameters.values), gradients = part(parameters.gradients), first = part(first_moment),
         second = part(second_moment);
    std::vector<at::Tensor> unused, steps{at::full({}, static_cast<double>(update), parameters.values.options())};
    if (options_.kind == OptimizerKind::adamw)
      at::_fused_adamw_(values, gradients, first, second, unused, steps, learning_rate, options_.beta1, options_.beta2,
                        weight_decay, options_.epsilon, /*amsgrad=*/false, /*maximize=*/false, scale);
    else
      at::_fused_adam_(values, gradients, first, second, unused, steps, learning_rate, options_.beta1, options_.beta2,
                       weight_decay, options_.epsilon, /*amsgrad=*/false, /*maximize=*/false, scale);
  };
  apply(0, matrices, options_.weight_decay);
  apply(matrices, vectors, 0);
}

}  // namespace heed
