"""Writes self_attention_2d_numbers.safetensors: attention over the places of a picture written out in Python's PyTorch,
with first derivatives and those of a gradient penalty, in float64.

    python3 tests/nn/make_self_attention_2d_numbers.py
"""

import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402


def number(*shape):
    """Random float64 numbers that float32 holds exactly."""
    return torch.randn(*shape).double()


def attend(x, p, heads):
    """[B, C, H, W] -> the same, and the weights [B, heads, H, W, H, W]."""
    batch, channels, height, width = x.shape
    places = height * width
    tokens = x.reshape(batch, channels, places).transpose(1, 2)

    def project(name):
        return (tokens @ p[f"attention.{name}_projection.weight"].T).reshape(batch, places, heads, -1).transpose(1, 2)

    query, key, value = project("query"), project("key"), project("value")
    weights = torch.softmax(query @ key.transpose(2, 3) / query.shape[3] ** 0.5, 3)
    mixed = (weights @ value).transpose(1, 2).reshape(batch, places, -1) @ p["attention.output_projection.weight"].T
    output = x + p["gain"] * mixed.transpose(1, 2).reshape(x.shape)
    return output, weights.reshape(batch, heads, height, width, height, width)


def case(name, channels, heads, head_dim, value_head_dim, height, width):
    p = {
        "attention.query_projection.weight": number(heads * head_dim, channels) / 2,
        "attention.key_projection.weight": number(heads * head_dim, channels) / 2,
        "attention.value_projection.weight": number(heads * value_head_dim, channels) / 2,
        "attention.output_projection.weight": number(channels, heads * value_head_dim) / 2,
        "gain": number(1),
    }
    leaves = list(p.values())
    x = number(2, channels, height, width)
    for leaf in [x, *leaves]:
        leaf.requires_grad_()
    upstream = number(*x.shape)
    output, weights = attend(x, p, heads)
    first = torch.autograd.grad((output * upstream).sum(), [x, *leaves], create_graph=True)
    penalty = first[0].square().flatten(1).sum(1).mean()
    # A picture enters the penalty's gradient through the first derivative only, as all else does.
    second = torch.autograd.grad(penalty, [x, *leaves])
    numbers = {"x": x, "upstream": upstream, "output": output, "weights": weights, "penalty": penalty}
    numbers |= {f"parameter.{key}": value for key, value in p.items()}
    for key, of_output, of_penalty in zip(["x", *p], first, second):
        numbers |= {f"gradient.{key}": of_output, f"penalty_gradient.{key}": of_penalty}
    return {f"{name}.{key}": value for key, value in numbers.items()}


torch.manual_seed(12)
numbers = case("usual", 8, 1, 1, 4, 4, 4)
numbers |= case("heads", 8, 2, 3, 2, 3, 5)
write_safetensors(HERE / "self_attention_2d_numbers.safetensors", numbers)
