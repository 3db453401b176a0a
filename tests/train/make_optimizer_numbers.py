"""Writes optimizer_numbers.safetensors: five steps of Python's torch.optim.Adam and AdamW, in float64.

    python3 tests/train/make_optimizer_numbers.py
"""

import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402

STEPS = 5
RATES = [1e-3, 2e-3, 3e-3, 2.5e-3, 2e-3]


def steps(name, optimizer_class, decay, start, gradients):
    """Only the matrix decays."""
    weight, bias = (x.double().clone().requires_grad_() for x in start)
    groups = [{"params": [weight], "weight_decay": decay}, {"params": [bias], "weight_decay": 0.0}]
    optimizer = optimizer_class(groups, lr=1.0, betas=(0.9, 0.98), eps=1e-9)
    result = {}
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = RATES[step]
        weight.grad, bias.grad = gradients["weight"][step].double(), gradients["bias"][step].double()
        optimizer.step()
        result |= {f"{name}.{step}.weight": weight.clone(), f"{name}.{step}.bias": bias.clone()}
    return result


torch.manual_seed(11)
start = torch.randn(5, 7), torch.randn(5)
gradients = {"weight": torch.randn(STEPS, 5, 7), "bias": torch.randn(STEPS, 5) * 0.01}
numbers = {"rates": torch.tensor(RATES), "weight": start[0], "bias": start[1]}
numbers |= {"gradients.weight": gradients["weight"], "gradients.bias": gradients["bias"]}
numbers |= steps("adam", torch.optim.Adam, 0.0, start, gradients)
numbers |= steps("adam_decay", torch.optim.Adam, 0.1, start, gradients)
numbers |= steps("adamw", torch.optim.AdamW, 0.0, start, gradients)
numbers |= steps("adamw_decay", torch.optim.AdamW, 0.1, start, gradients)
write_safetensors(HERE / "optimizer_numbers.safetensors", numbers)
