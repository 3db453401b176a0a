#include "heed/nn/recurrent.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "heed/nn/inference_product.h"
#include "heed/nn/recurrent_kernel.h"
#include "heed/nn/threads.h"

namespace heed {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// One step of some rows and its gradients, see nn/recurrent_kernel.h.
struct Step {
  at::Tensor input_gates, hidden_gates;   // [R, G W]
  at::Tensor hidden_before, cell_before;  // [R, W]
  at::Tensor real;                        // [R] or undefined
};
struct StepResult {
  at::Tensor activations;   // [R, 4 W]
  at::Tensor hidden, cell;  // [R, W]
};
struct StepGradient {
  at::Tensor input_gates, hidden_gates;   // [R, G W]
  at::Tensor hidden_before, cell_before;  // [R, W]; the former without what comes through the hidden gates
};

const float* read(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr;
}
float* write(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr;
}
const bool* flags(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<bool>() : nullptr;
}

void take_step(RecurrentCell cell, const Step& step, const StepResult& out) {
  const CellStep rows{read(step.input_gates), read(step.hidden_gates), read(step.hidden_before), read(step.cell_before),
                      flags(step.real),       write(out.activations),  write(out.hidden),        write(out.cell)};
  at::parallel_for(0, out.hidden.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    (cell == RecurrentCell::lstm ? lstm_step : gru_step)(rows, begin, end, out.hidden.size(1));
  });
}

void step_gradient(RecurrentCell cell, const Step& step, const StepResult& done, const at::Tensor& d_hidden,
                   const at::Tensor& d_cell, const StepGradient& out) {
  const CellGradient rows{
      read(done.activations),  read(step.hidden_before), read(step.cell_before), read(done.cell),
      flags(step.real),        read(d_hidden),           read(d_cell),           write(out.input_gates),
      write(out.hidden_gates), write(out.hidden_before), write(out.cell_before)};
  at::parallel_for(0, d_hidden.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    (cell == RecurrentCell::lstm ? lstm_step_gradient : gru_step_gradient)(rows, begin, end, d_hidden.size(1));
  });
}

// Functions of autograd take a missing tensor as a missing option.
std::optional<at::Tensor> if_defined(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

// Rows [R, N] times `weight` [N, M] in its number type -> float32 [R, M].
at::Tensor product(const at::Tensor& rows, const at::Tensor& weight) {
  return at::mm(product_rows(rows, weight.scalar_type()), weight).narrow(0, 0, rows.size(0)).to(at::kFloat);
}

// All steps of one layer. The loop over the steps holds one product and one pass over the gates; the gradient of the
// weights is one product of all steps.
struct RecurrentFunction : torch::autograd::Function<RecurrentFunction> {
  // input_gates [T, B, G W], weight [G W, W], bias [G W], first state [B, W] -> [T, B, W]
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given_gates, const at::Tensor& weight,
                            const at::Tensor& bias, const at::Tensor& hidden,
                            const std::optional<at::Tensor>& given_cell, const std::optional<at::Tensor>& given_real,
                            RecurrentCell kind, Direction direction, at::ScalarType dtype) {
    const at::Tensor input_gates = given_gates.contiguous();
    const at::Tensor cell = given_cell.value_or(at::Tensor());
    const at::Tensor real = given_real ? given_real->contiguous() : at::Tensor();
    const std::int64_t steps = input_gates.size(0), rows = input_gates.size(1), width = weight.size(1);
    const bool with_cell = kind == RecurrentCell::lstm;
    const at::TensorOptions options = hidden.options();
    const at::Tensor activations = at::empty({steps, rows, 4 * width}, options);  // [T, B, 4 W]
    // States stand in the order of their steps, the first one before all.
    const at::Tensor hiddens = at::empty({steps + 1, rows, width}, options);
    const at::Tensor cells = with_cell ? at::empty({steps + 1, rows, width}, options) : at::Tensor();
    hiddens[0].copy_(hidden);
    if (with_cell) cells[0].copy_(cell);
    const at::Tensor low_weight = weight.to(dtype).t();  // [W, G W]
    for (std::int64_t step = 0; step < steps; ++step) {
      const std::int64_t t = place(step, steps, direction);
      take_step(kind, step_at(t, step, input_gates, product(hiddens[step], low_weight) + bias, hiddens, cells, real),
                {activations[t], hiddens[step + 1], with_cell ? cells[step + 1] : at::Tensor()});
    }
    context->save_for_backward({weight, activations, hiddens, cells, real});
    context->saved_data["kind"] = static_cast<std::int64_t>(kind);
    context->saved_data["direction"] = static_cast<std::int64_t>(direction);
    context->saved_data["dtype"] = static_cast<std::int64_t>(dtype);
    return in_time(hiddens.narrow(0, 1, steps), direction);  // [T, B, W]
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &weight = saved[0], &activations = saved[1], &hiddens = saved[2], &cells = saved[3],
                     &real = saved[4];
    const auto kind = static_cast<RecurrentCell>(context->saved_data["kind"].toInt());
    const auto direction = static_cast<Direction>(context->saved_data["direction"].toInt());
    const auto dtype = static_cast<at::ScalarType>(context->saved_data["dtype"].toInt());
    const std::int64_t steps = activations.size(0), rows = activations.size(1), width = weight.size(1);
    const bool with_cell = kind == RecurrentCell::lstm;
    const at::Tensor given = gradients[0].contiguous();                                              // [T, B, W]
    const at::Tensor d_input = at::empty({steps, rows, weight.size(0)}, given.options());            // [T, B, G W]
    const at::Tensor d_gates = with_cell ? d_input : at::empty_like(d_input);                        // [T, B, G W]
    const at::Tensor d_before = at::empty({rows, width}, given.options());                           // [B, W]
    const at::Tensor d_cell = with_cell ? at::zeros({rows, width}, given.options()) : at::Tensor();  // [B, W]
    at::Tensor carried = at::zeros({rows, width}, given.options());                                  // [B, W]
    const at::Tensor low_weight = weight.to(dtype);                                                  // [G W, W]
    for (std::int64_t step = steps - 1; step >= 0; --step) {
      const std::int64_t t = place(step, steps, direction);
      step_gradient(kind, step_at(t, step, {}, {}, hiddens, cells, real),
                    {activations[t], {}, with_cell ? cells[step + 1] : at::Tensor()}, carried + given[t], d_cell,
                    {d_input[t], with_cell ? at::Tensor() : d_gates[t], d_before, d_cell});
      carried = product(d_gates[t], low_weight).add_(d_before);
    }
    const at::Tensor all_gates = d_gates.flatten(0, 1);                                           // [T B, G W]
    const at::Tensor all_before = in_time(hiddens.narrow(0, 0, steps), direction).flatten(0, 1);  // [T B, W]
    const at::Tensor d_weight =
        at::mm(product_rows(all_gates, dtype).t(), product_rows(all_before, dtype)).to(at::kFloat);  // [G W, W]
    return {d_input, d_weight, all_gates.sum(0), carried, d_cell, {}, {}, {}, {}};
  }

 private:
  static std::int64_t place(std::int64_t step, std::int64_t steps, Direction direction) {
    return direction == Direction::forward ? step : steps - 1 - step;
  }
  // From the order of steps to that of time.
  static at::Tensor in_time(const at::Tensor& by_step, Direction direction) {
    return direction == Direction::forward ? by_step : by_step.flip(0);
  }
  static Step step_at(std::int64_t t, std::int64_t step, const at::Tensor& input_gates, const at::Tensor& hidden_gates,
                      const at::Tensor& hiddens, const at::Tensor& cells, const at::Tensor& real) {
    const auto at_place = [](const at::Tensor& all, std::int64_t i) { return all.defined() ? all[i] : all; };
    return {at_place(input_gates, t), hidden_gates, hiddens[step], at_place(cells, step), at_place(real, t)};
  }
};

// One step of a loop that is differentiated step by step: gates [R, G W], state [R, W] -> the next one.
struct StepFunction : torch::autograd::Function<StepFunction> {
  static variable_list forward(AutogradContext* context, const at::Tensor& input_gates, const at::Tensor& hidden_gates,
                               const at::Tensor& hidden, const std::optional<at::Tensor>& given_cell,
                               RecurrentCell kind) {
    const std::int64_t rows = hidden.size(0), width = hidden.size(1);
    const StepResult result{at::empty({rows, 4 * width}, hidden.options()), at::empty({rows, width}, hidden.options()),
                            kind == RecurrentCell::lstm ? at::empty({rows, width}, hidden.options()) : at::Tensor()};
    const Step step{input_gates.to(at::kFloat).contiguous(),
                    hidden_gates.to(at::kFloat).contiguous(),
                    hidden.contiguous(),
                    given_cell ? given_cell->contiguous() : at::Tensor(),
                    {}};
    take_step(kind, step, result);
    context->save_for_backward({step.hidden_before, step.cell_before, result.activations, result.cell});
    context->saved_data["kind"] = static_cast<std::int64_t>(kind);
    return kind == RecurrentCell::lstm ? variable_list{result.hidden, result.cell} : variable_list{result.hidden};
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const auto kind = static_cast<RecurrentCell>(context->saved_data["kind"].toInt());
    const bool with_cell = kind == RecurrentCell::lstm;
    const Step step{{}, {}, saved[0], saved[1], {}};
    const StepResult done{saved[2], {}, saved[3]};
    const at::Tensor d_input =
        at::empty({saved[0].size(0), (with_cell ? 4 : 3) * saved[0].size(1)}, saved[0].options());
    const StepGradient out{d_input, with_cell ? at::Tensor() : at::empty_like(d_input), at::empty_like(saved[0]),
                           with_cell ? at::empty_like(saved[0]) : at::Tensor()};
    step_gradient(kind, step, done, gradients[0].contiguous(), with_cell ? gradients[1].contiguous() : at::Tensor(),
                  out);
    return {d_input, with_cell ? d_input : out.hidden_gates, out.hidden_before, out.cell_before, {}};
  }
};

struct TanhFunction : torch::autograd::Function<TanhFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given) {
    const at::Tensor input = given.to(at::kFloat).contiguous();
    at::Tensor output = input.is_cpu() ? at::empty_like(input) : input.tanh();
    if (input.is_cpu())
      at::parallel_for(0, input.numel(), 4096, [&](std::int64_t begin, std::int64_t end) {
        tanh_row(read(input) + begin, write(output) + begin, end - begin);
      });
    context->save_for_backward({output});
    return output;
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    return {at::tanh_backward(gradients[0], context->get_saved_variables()[0])};
  }
};

}  // namespace

void RecurrentState::reorder(const at::Tensor& rows) {
  hidden = hidden.index_select(0, rows);                  // [R', W]
  if (cell.defined()) cell = cell.index_select(0, rows);  // [R', W]
}

RecurrentState recurrent_step(RecurrentCell cell, const at::Tensor& input_gates, const at::Tensor& hidden_gates,
                              const RecurrentState& state, const at::Tensor& real) {
  const std::int64_t width = state.hidden.size(1);
  const auto x = input_gates.to(at::kFloat).split(width, 1), h = hidden_gates.to(at::kFloat).split(width, 1);
  const auto where_real = [&](const at::Tensor& next, const at::Tensor& before) {
    return real.defined() ? at::where(real.unsqueeze(1), next, before) : next;
  };
  if (cell == RecurrentCell::gru) {
    const at::Tensor r = (x[0] + h[0]).sigmoid(), z = (x[1] + h[1]).sigmoid(), n = (x[2] + r * h[2]).tanh();
    return {where_real((1 - z) * n + z * state.hidden, state.hidden), {}};  // [R, W]
  }
  const at::Tensor i = (x[0] + h[0]).sigmoid(), f = (x[1] + h[1]).sigmoid(), g = (x[2] + h[2]).tanh(),
                   o = (x[3] + h[3]).sigmoid();
  const at::Tensor next = f * state.cell + i * g;
  return {where_real(o * next.tanh(), state.hidden), where_real(next, state.cell)};  // [R, W] each
}

RecurrentLayerImpl::RecurrentLayerImpl(RecurrentCell cell, std::int64_t inputs, std::int64_t width) : cell_(cell) {
  const std::int64_t gates = cell == RecurrentCell::lstm ? 4 : 3;
  input_gates = register_module("input_gates", Linear(inputs, gates * width));
  hidden_gates = register_module("hidden_gates", Linear(width, gates * width));
  const at::NoGradGuard no_grad;
  if (cell == RecurrentCell::lstm) input_gates->bias.narrow(0, width, width).fill_(1);
}

RecurrentState RecurrentLayerImpl::first_state(std::int64_t rows) const {
  const at::Tensor zeros = at::zeros({rows, hidden_gates->weight.size(1)}, hidden_gates->weight.options());  // [R, W]
  return {zeros, cell_ == RecurrentCell::lstm ? zeros : at::Tensor()};
}

at::Tensor RecurrentLayerImpl::forward(const at::Tensor& input, const RecurrentState& state, const at::Tensor& real,
                                       Direction direction) {
  if (!input.is_cpu()) return forward_by_operations(input, state, real, direction);
  const std::int64_t rows = input.size(1), missing = std::max<std::int64_t>(0, kFewestProductRows - rows);
  const auto filled = [&](const at::Tensor& x, at::IntArrayRef padding) {
    return missing > 0 && x.defined() ? at::constant_pad_nd(x, padding) : x;
  };
  const at::Tensor gates = filled(input_gates(input).to(at::kFloat), {0, 0, 0, missing});  // [T, B', G W]
  const at::Tensor hidden = filled(state.hidden, {0, 0, 0, missing});                      // [B', W]
  const at::Tensor cell = filled(state.cell, {0, 0, 0, missing});                          // [B', W]
  const at::Tensor in_use = filled(real, {0, missing});                                    // [T, B']
  return RecurrentFunction::apply(gates, hidden_gates->weight, hidden_gates->bias, hidden, if_defined(cell),
                                  if_defined(in_use), cell_, direction, floating_compute_dtype())
      .narrow(1, 0, rows);  // [T, B, W]
}

at::Tensor RecurrentLayerImpl::forward_by_operations(const at::Tensor& input, RecurrentState state,
                                                     const at::Tensor& real, Direction direction) {
  const at::Tensor gates = input_gates(input);  // [T, B, G W]
  const std::int64_t steps = input.size(0);
  std::vector<at::Tensor> hidden(static_cast<std::size_t>(steps));
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::int64_t t = direction == Direction::forward ? step : steps - 1 - step;
    state = recurrent_step(cell_, gates[t], hidden_gates(state.hidden), state, real.defined() ? real[t] : real);
    hidden[static_cast<std::size_t>(t)] = state.hidden;  // [B, W]
  }
  return at::stack(hidden);  // [T, B, W]
}

RecurrentState RecurrentLayerImpl::step(const at::Tensor& input, const RecurrentState& state) {
  if (!input.is_cpu()) return recurrent_step(cell_, input_gates(input), hidden_gates(state.hidden), state);
  const variable_list next =
      StepFunction::apply(input_gates(input), hidden_gates(state.hidden), state.hidden, if_defined(state.cell), cell_);
  return {next[0], next.size() > 1 ? next[1] : at::Tensor()};  // [R, W] each
}

BidirectionalLayerImpl::BidirectionalLayerImpl(RecurrentCell cell, std::int64_t inputs, std::int64_t width)
    : forward_layer(register_module("forward_layer", RecurrentLayer(cell, inputs, width))),
      backward_layer(register_module("backward_layer", RecurrentLayer(cell, inputs, width))) {}

at::Tensor BidirectionalLayerImpl::forward(const at::Tensor& input, const at::Tensor& real) {
  const RecurrentState first = forward_layer->first_state(input.size(1));
  return at::cat({forward_layer(input, first, real), backward_layer(input, first, real, Direction::backward)},
                 -1);  // [T, B, 2 W]
}

at::Tensor tanh_of(const at::Tensor& input) {
  return TanhFunction::apply(input);
}

}  // namespace heed
