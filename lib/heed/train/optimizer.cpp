#include "heed/train/optimizer.h"

#include <algorithm>
#include <optional>

#include <ATen/ATen.h>

#include "heed/nn/threads.h"

namespace heed {

FlatParameters::FlatParameters(torch::nn::Module& module, bool with_gradients) {
  std::vector<at::Tensor> parameters = lay_out(module);
  const at::NoGradGuard no_grad;
  values = at::empty({total()}, parameters.front().options().requires_grad(false));
  for (std::size_t i = 0; i < slots_.size(); ++i) view(values, slots_[i]).copy_(parameters[i]);
  attach(parameters, with_gradients);
}

FlatParameters::FlatParameters(torch::nn::Module& module, const FlatParameters& shared) : values(shared.values) {
  std::vector<at::Tensor> parameters = lay_out(module);
  attach(parameters, /*with_gradients=*/true);
}

// Gives each parameter its slot, and returns them in that order.
std::vector<at::Tensor> FlatParameters::lay_out(torch::nn::Module& module) {
  auto named = module.named_parameters();
  std::vector<std::pair<std::string, at::Tensor>> ordered;
  for (const auto& item : named) ordered.emplace_back(item.key(), item.value());
  std::stable_partition(ordered.begin(), ordered.end(), [](const auto& item) { return item.second.dim() > 1; });

  std::vector<at::Tensor> parameters;
  for (const auto& [name, tensor] : ordered) {
    slots_.push_back({name, tensor.sizes().vec(), total(), tensor.numel()});
    if (tensor.dim() > 1) matrix_elements = total();
    parameters.push_back(tensor);
  }
  return parameters;
}

// Makes the parameters views into the flat buffers.
void FlatParameters::attach(std::vector<at::Tensor>& parameters, bool with_gradients) {
  if (with_gradients) gradients = at::zeros_like(values);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].set_data(view(values, slots_[i]));
    if (with_gradients) parameters[i].mutable_grad() = view(gradients, slots_[i]);
  }
}

std::int64_t FlatParameters::total() const {
  return slots_.empty() ? 0 : slots_.back().offset + slots_.back().elements;
}

at::Tensor FlatParameters::view(const at::Tensor& flat, const Slot& slot) {
  return flat.narrow(0, slot.offset, slot.elements).view(slot.shape);
}

Adam::Adam(const FlatParameters& parameters, AdamOptions options)
    : first_moment(at::zeros_like(parameters.values)),
      second_moment(at::zeros_like(parameters.values)),
      options_(options) {}

void for_slices(std::int64_t total, std::int64_t workers, const std::function<void(std::int64_t, std::int64_t)>& work) {
  const std::int64_t slice = (total + workers - 1) / workers;
  side_by_side(static_cast<std::size_t>(workers), workers, [&](std::size_t number) {
    const at::NoGradGuard no_grad;
    const std::int64_t begin = std::min(static_cast<std::int64_t>(number) * slice, total);
    work(begin, std::min(slice, total - begin));
  });
}

void Adam::step(FlatParameters& parameters, double learning_rate, std::int64_t update, double divisor,
                std::int64_t workers) {
  const at::Tensor factor = at::full({}, divisor, parameters.values.options());
  const auto scale = divisor != 1 ? std::optional(factor) : std::nullopt;
  const std::int64_t matrices = parameters.matrix_elements, vectors = parameters.values.numel() - matrices;
  const auto apply = [&](std::int64_t begin, std::int64_t count, double weight_decay) {
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
  const auto apply_slices = [&](std::int64_t first, std::int64_t total, double weight_decay) {
    for_slices(total, workers, [&](std::int64_t begin, std::int64_t count) {
      if (count > 0) apply(first + begin, count, weight_decay);
    });
  };
  apply_slices(0, matrices, options_.weight_decay);
  apply_slices(matrices, vectors, 0);
}

}  // namespace heed
