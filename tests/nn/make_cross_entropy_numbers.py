"""Writes cross_entropy_numbers.safetensors: F.cross_entropy of Python's PyTorch with its gradients, in float64.

    python3 tests/nn/make_cross_entropy_numbers.py
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402

PADDING = 1
SMOOTHINGS = {"plain": 0.0, "smooth": 0.1, "smoother": 0.4}

torch.manual_seed(5)
hidden, weight = torch.randn(37, 12), torch.randn(53, 12)
targets = torch.randint(0, 53, (37,))
targets[[0, 7, 8, 36]] = PADDING

numbers = {"hidden": hidden, "weight": weight, "targets": targets}
for name, smoothing in SMOOTHINGS.items():
    states, table = hidden.double().requires_grad_(), weight.double().requires_grad_()
    loss = F.cross_entropy(
        states @ table.T, targets, ignore_index=PADDING, reduction="sum", label_smoothing=smoothing
    )
    loss.backward()
    numbers |= {f"{name}.loss": loss, f"{name}.gradient.hidden": states.grad, f"{name}.gradient.weight": table.grad}
write_safetensors(HERE / "cross_entropy_numbers.safetensors", numbers)
