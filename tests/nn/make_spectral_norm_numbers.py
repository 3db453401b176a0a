"""Writes spectral_norm_numbers.safetensors: convolutions of Python's PyTorch with and without spectral norm, step by
step, in float64.

    python3 tests/nn/make_spectral_norm_numbers.py
"""

import sys
from pathlib import Path

import torch
from torch.nn.utils.parametrizations import spectral_norm

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402

STEPS, RATE = 4, 0.5


def number(*shape):
    """Random float64 numbers that float32 holds exactly."""
    return torch.randn(*shape).double()


def convolution(name, inputs, outputs, kernel, stride, padding, height, width, normalised):
    """Some steps of gradient descent, then a pass in evaluation mode with another input."""
    conv = torch.nn.Conv2d(inputs, outputs, kernel, stride, padding, dtype=torch.float64)
    with torch.no_grad():
        conv.weight.copy_(number(*conv.weight.shape) / 2)
        conv.bias.copy_(number(*conv.bias.shape))
    numbers = {"weight": conv.weight.clone(), "bias": conv.bias.clone()}
    if normalised:
        spectral_norm(conv)
        norm = conv.parametrizations.weight[0]
        with torch.no_grad():  # exact in float32, and not yet the singular vectors
            norm._u.copy_(torch.nn.functional.normalize(number(*norm._u.shape), dim=0).float())
            norm._v.copy_(torch.nn.functional.normalize(number(*norm._v.shape), dim=0).float())
        numbers |= {"u": norm._u.clone(), "v": norm._v.clone()}
        raw = conv.parametrizations.weight.original
    else:
        raw = conv.weight
    for step in range(STEPS):
        x = number(2, inputs, height, width).requires_grad_()
        output = conv(x)
        upstream = number(*output.shape) / 8
        conv.zero_grad()
        output.backward(upstream)
        numbers |= {f"{step}.x": x, f"{step}.upstream": upstream, f"{step}.output": output}
        numbers |= {f"{step}.gradient.x": x.grad, f"{step}.gradient.weight": raw.grad.clone()}
        numbers[f"{step}.gradient.bias"] = conv.bias.grad.clone()
        with torch.no_grad():
            raw -= RATE * raw.grad
        if normalised:
            numbers |= {f"{step}.u": norm._u.clone(), f"{step}.v": norm._v.clone()}
    conv.eval()
    x = number(1, inputs, height, width)
    numbers |= {"eval.x": x, "eval.output": conv(x)}
    return {f"{name}.{key}": value for key, value in numbers.items()}


torch.manual_seed(11)
numbers = convolution("plain", 3, 4, 3, 1, 1, 6, 5, False)
numbers |= convolution("strided", 2, 3, 4, 2, 0, 9, 8, False)
numbers |= convolution("normalised", 3, 5, 3, 1, 1, 5, 6, True)
numbers |= convolution("wide", 2, 9, 1, 2, 0, 5, 5, True)
write_safetensors(HERE / "spectral_norm_numbers.safetensors", numbers)
