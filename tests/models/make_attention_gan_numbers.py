"""Writes attention_gan_numbers.safetensors: the attention gate, a generator and discriminators in plain functions of
Python's PyTorch, in float64.

    python3 tests/models/make_attention_gan_numbers.py
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402


def number(*shape):
    """Random float64 numbers that float32 holds exactly."""
    return torch.randn(*shape).double()


class Parameters:
    """Random parameters by name, made when they are first asked for."""

    def __init__(self):
        self.tensors = {}

    def __call__(self, name, *shape):
        if name not in self.tensors:
            fan_in = max(1, torch.Size(shape[1:]).numel())
            self.tensors[name] = (number(*shape) / fan_in**0.5).float().double().requires_grad_()
        return self.tensors[name]


def mask(p, name, x, attention_channels, kernel, stride, padding):
    y = x
    for layer, outputs in (("conv1", attention_channels), ("conv2", attention_channels), ("conv3", 1)):
        weight = p(f"{name}.{layer}.weight", outputs, y.shape[1], kernel, kernel)
        y = F.conv2d(y if layer == "conv1" else F.relu(y), weight, stride=stride, padding=padding)
    return F.interpolate(torch.sigmoid(y), size=x.shape[2:], mode="bilinear", align_corners=False)


def gate_case(name, inputs, outputs, attention_channels, kernel, stride, padding, height, width):
    p = Parameters()
    x = number(2, inputs, height, width).requires_grad_()
    attention = mask(p, "attention", x, attention_channels, kernel, stride, padding)
    weight = p("conv.weight", outputs, inputs, kernel, kernel)
    output = F.relu(F.conv2d(x * attention + x, weight, stride=stride, padding=padding))
    upstream = number(*output.shape)
    output.backward(upstream)
    settings = torch.tensor([inputs, outputs, attention_channels, kernel, stride, padding])
    numbers = {"settings": settings, "x": x, "map": attention, "output": output, "upstream": upstream}
    return collected(name, p, numbers | {"gradient.x": x.grad})


def collected(name, p, numbers):
    for key, tensor in p.tensors.items():
        numbers |= {f"parameter.{key}": tensor, f"gradient.parameter.{key}": tensor.grad}
    return {f"{name}.{key}": value for key, value in numbers.items()}


def conv(p, name, x, outputs, kernel=3, bias=True):
    weight = p(f"{name}.weight", outputs, x.shape[1], kernel, kernel)
    return F.conv2d(x, weight, p(f"{name}.bias", outputs) if bias else None, padding=kernel // 2)


def lrelu(x):
    return F.leaky_relu(x, 0.2)


def self_attention(p, name, x, maps):
    batch, channels, height, width = x.shape
    tokens = x.flatten(2).transpose(1, 2)
    key_width, value_width = max(1, channels // 8), max(1, channels // 2)
    query, key, value = (
        tokens @ p(f"{name}.attention.{part}_projection.weight", size, channels).T
        for part, size in (("query", key_width), ("key", key_width), ("value", value_width))
    )
    weights = torch.softmax(query @ key.transpose(1, 2) / key_width**0.5, 2)
    maps.append(weights.reshape(batch, 1, height, width, height, width))
    mixed = weights @ value @ p(f"{name}.attention.output_projection.weight", channels, value_width).T
    return x + p(f"{name}.gain", 1) * mixed.transpose(1, 2).reshape(x.shape)


def modulated(p, name, x, code):
    channels = x.shape[1]
    style = F.linear(code, p(f"{name}.weight", 2 * channels, code.shape[1]), p(f"{name}.bias", 2 * channels))
    return x * (1 + style[:, :channels, None, None]) + style[:, channels:, None, None]


def gate(p, name, x, channels, maps):
    maps.append(mask(p, f"{name}.gate", x, channels, 3, 1, 1))
    return x + p(f"{name}.gain", 1) * (x * maps[-1])


def extra_conv(p, name, x, inner):
    y = lrelu(conv(p, f"{name}.extra_conv1", x, inner, bias=False))
    return x + p(f"{name}.gain", 1) * conv(p, f"{name}.extra_conv2", y, x.shape[1], bias=False)


def generator_case():
    """12x10 pictures of 5 classes: 6x5 with 12 channels, then 12x10 with 6, gated and attending."""
    p, gates, attentions = Parameters(), [], []
    latent, classes = number(3, 4).requires_grad_(), torch.tensor([4, 0, 2])
    z = torch.cat([latent, p("class_embedding", 5, 3)[classes]], 1)
    x = F.linear(z, p("input.weight", 6 * 5 * 12, 7), p("input.bias", 6 * 5 * 12))
    x = x.reshape(3, 6, 5, 12).permute(0, 3, 1, 2)
    enlarged = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    y = conv(p, "stages.0.conv1", lrelu(modulated(p, "stages.0.modulation1", x, z)), 6)
    y = F.interpolate(lrelu(modulated(p, "stages.0.modulation2", y, z)), scale_factor=2, mode="nearest")
    y = conv(p, "stages.0.conv2", y, 6)
    x = conv(p, "stages.0.shortcut", enlarged, 6, 1, bias=False) + y
    x = gate(p, "stages.0.attention", x, 3, gates)
    x = self_attention(p, "stages.0.attention.self_attention", x, attentions)
    output = torch.tanh(conv(p, "to_rgb", x, 1))
    upstream = number(*output.shape)
    output.backward(upstream)
    numbers = {"latent": latent, "classes": classes, "output": output, "upstream": upstream}
    numbers |= {"gate": gates[0], "self_attention": attentions[0][:1], "gradient.latent": latent.grad}
    return collected("generator", p, numbers)


def discriminator_case(name, height, width, classes):
    """Two poolings, the second of odd sizes; extra convolution and self-attention at each resolution but the last."""
    p, attentions = Parameters(), []
    images = number(3, 3, height, width).requires_grad_()
    x = conv(p, "from_rgb", images, 6)
    for stage, (before, after, inner) in enumerate(((6, 10, 5), (10, 10, 4))):
        x = extra_conv(p, f"stages.{stage}.attention", x, inner)
        x = self_attention(p, f"stages.{stage}.attention.self_attention", x, attentions)

        def pool(y):
            return F.avg_pool2d(y, 2, ceil_mode=True, count_include_pad=False)

        y = conv(p, f"stages.{stage}.conv2", lrelu(pool(conv(p, f"stages.{stage}.conv1", lrelu(x), before))), after)
        x = pool(x if before == after else conv(p, f"stages.{stage}.shortcut", x, after, 1, bias=False)) + y
    x = x + conv(p, "stages.2.conv2", lrelu(conv(p, "stages.2.conv1", lrelu(x), 10)), 10)
    features = lrelu(x).sum((2, 3))
    logits = (features @ p("head_weight", 1, 10).T + p("head_bias", 1)).squeeze(1)
    labels = torch.tensor([1, 3, 1])
    if classes:
        logits = logits + (p("class_embedding", classes, 10)[labels] * features).sum(1)
    penalty = torch.autograd.grad(logits.sum(), images, create_graph=True)[0].square().flatten(1).sum(1).mean()
    (logits.sum() + penalty).backward()
    numbers = {"images": images, "logits": logits, "penalty": penalty, "gradient.images": images.grad}
    numbers["self_attention"] = attentions[1][:1]
    if classes:
        numbers["classes"] = labels
    return collected(name, p, numbers)


torch.manual_seed(15)
numbers = gate_case("gate.same", 3, 4, 5, 3, 1, 1, 8, 8)
numbers |= gate_case("gate.odd", 2, 3, 4, 3, 1, 1, 9, 7)
numbers |= gate_case("gate.no_padding", 3, 2, 4, 3, 1, 0, 9, 11)
numbers |= gate_case("gate.wide_padding", 2, 2, 3, 5, 1, 3, 6, 5)
numbers |= gate_case("gate.stride", 3, 4, 4, 3, 2, 1, 13, 17)
numbers |= gate_case("gate.stride_even", 3, 4, 4, 4, 2, 1, 16, 16)
numbers |= gate_case("gate.stride_padding", 1, 3, 2, 5, 2, 2, 15, 9)
numbers |= gate_case("gate.stride_three", 2, 2, 3, 3, 3, 2, 14, 11)
numbers |= generator_case()
numbers |= discriminator_case("discriminator.plain", 22, 18, 0)
numbers |= discriminator_case("discriminator.classes", 22, 18, 4)
write_safetensors(HERE / "attention_gan_numbers.safetensors", numbers)
