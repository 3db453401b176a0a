"""Writes attention_numbers.safetensors: what Python's PyTorch computes for attention, in float64.

    python3 tests/nn/make_attention_numbers.py
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


def multi_head(name, heads, width, memory_width, batch, length, memory_length, allowed):
    """nn.MultiheadAttention; `allowed`: bool, true = may be attended, broadcastable to [B, H, T, S], or None."""
    reference = torch.nn.MultiheadAttention(
        width, heads, kdim=memory_width, vdim=memory_width, batch_first=True, dtype=torch.float64
    )
    # All three weights of the packed form are set from separate ones, so both forms are read the same way.
    projections = {
        "query_projection": (number(width, width) / 4, number(width) / 4),
        "key_projection": (number(width, memory_width) / 4, number(width) / 4),
        "value_projection": (number(width, memory_width) / 4, number(width) / 4),
        "output_projection": (number(width, width) / 4, number(width) / 4),
    }
    inputs = ("query_projection", "key_projection", "value_projection")
    with torch.no_grad():
        if width == memory_width:
            reference.in_proj_weight.copy_(torch.cat([projections[p][0] for p in inputs]))
        else:
            for parameter, projection in zip(("q_proj_weight", "k_proj_weight", "v_proj_weight"), inputs):
                getattr(reference, parameter).copy_(projections[projection][0])
        reference.in_proj_bias.copy_(torch.cat([projections[p][1] for p in inputs]))
        reference.out_proj.weight.copy_(projections["output_projection"][0])
        reference.out_proj.bias.copy_(projections["output_projection"][1])

    query = number(batch, length, width).requires_grad_()
    memory = number(batch, memory_length, memory_width).requires_grad_()
    upstream = number(batch, length, width)
    hidden = None
    if allowed is not None:
        hidden = (~allowed).expand(batch, heads, length, memory_length).reshape(-1, length, memory_length)
    output, weights = reference(query, memory, memory, attn_mask=hidden, average_attn_weights=False)
    output.backward(upstream)

    tensors = {"query": query, "memory": memory, "upstream": upstream, "output": output, "weights": weights}
    if allowed is not None:
        tensors["mask"] = allowed
    tensors |= {"gradient.query": query.grad, "gradient.memory": memory.grad}
    for projection, (weight, bias) in projections.items():
        tensors |= {f"{projection}.weight": weight, f"{projection}.bias": bias}
    if width == memory_width:
        weight_gradients = reference.in_proj_weight.grad.chunk(3)
    else:
        weight_gradients = [getattr(reference, p).grad for p in ("q_proj_weight", "k_proj_weight", "v_proj_weight")]
    for projection, weight, bias in zip(inputs, weight_gradients, reference.in_proj_bias.grad.chunk(3)):
        tensors |= {f"gradient.{projection}.weight": weight, f"gradient.{projection}.bias": bias}
    tensors["gradient.output_projection.weight"] = reference.out_proj.weight.grad
    tensors["gradient.output_projection.bias"] = reference.out_proj.bias.grad
    return {f"{name}.{key}": tensor for key, tensor in tensors.items()}


def scaled_dot_product(name, q, k, v, mask=None, causal=False, scale=None):
    """F.scaled_dot_product_attention with its gradients."""
    q, k, v = (x.requires_grad_() for x in (q, k, v))
    output = F.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, is_causal=causal, scale=scale, enable_gqa=q.shape[1] != k.shape[1]
    )
    upstream = number(*output.shape)
    output.backward(upstream)
    tensors = {"q": q, "k": k, "v": v, "upstream": upstream, "output": output}
    tensors |= {"gradient.q": q.grad, "gradient.k": k.grad, "gradient.v": v.grad}
    if mask is not None:
        tensors["mask"] = mask
    return {f"{name}.{key}": tensor for key, tensor in tensors.items()}


torch.manual_seed(3)
padding = torch.arange(7)[None, None, None, :] < torch.tensor([7, 3, 1])[:, None, None, None]
random = torch.rand(2, 3, 5, 6) < 0.5
random[..., 2] = True
causal = torch.ones(8, 8, dtype=torch.bool).tril()

numbers = multi_head("padded", 4, 16, 16, 3, 5, 7, padding)
numbers |= multi_head("cross", 3, 12, 10, 2, 5, 6, random)
numbers |= multi_head("causal", 2, 8, 8, 2, 8, 8, causal[None, None])
numbers |= multi_head("free", 2, 8, 8, 2, 4, 4, None)
numbers |= scaled_dot_product("plain", number(2, 3, 5, 4), number(2, 3, 7, 4), number(2, 3, 7, 4))
numbers |= scaled_dot_product("value_width", number(2, 2, 5, 4), number(2, 2, 7, 4), number(2, 2, 7, 9), scale=0.3)
numbers |= scaled_dot_product(
    "grouped", number(2, 4, 5, 4), number(2, 2, 6, 4), number(2, 2, 6, 4), mask=random[:, :1, :, :]
)
numbers |= scaled_dot_product("look_back", number(2, 2, 9, 4), number(2, 2, 9, 4), number(2, 2, 9, 4), causal=True)
write_safetensors(HERE / "attention_numbers.safetensors", numbers)
