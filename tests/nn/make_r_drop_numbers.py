"""Writes r_drop_numbers.safetensors: R-Drop's loss out of F.cross_entropy and F.kl_div of Python's PyTorch, with its
gradients, in float64.

    python3 tests/nn/make_r_drop_numbers.py
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402

PADDING = 1
# Label smoothing and alpha.
CASES = {"usual": (0.1, 5.0), "little": (0.1, 0.5), "plain": (0.0, 2.0)}

torch.manual_seed(6)
hidden, weight = torch.randn(2 * 37, 12), torch.randn(53, 12)
targets = torch.randint(0, 53, (37,))
targets[[0, 7, 8, 36]] = PADDING

numbers = {"hidden": hidden, "weight": weight, "targets": targets}
for name, (smoothing, alpha) in CASES.items():
    states, table = hidden.double().requires_grad_(), weight.double().requires_grad_()
    passes = (states @ table.T).split(37)
    settings = {"ignore_index": PADDING, "reduction": "sum"}
    cross = sum(F.cross_entropy(logits, targets, label_smoothing=smoothing, **settings) for logits in passes)
    likelihood = sum(F.cross_entropy(logits, targets, **settings) for logits in passes) / 2
    p, q = (F.log_softmax(logits[targets != PADDING], 1) for logits in passes)
    divergence = F.kl_div(q, p, log_target=True, reduction="sum") + F.kl_div(p, q, log_target=True, reduction="sum")
    # Half of the paper's -log P - log Q + alpha / 2 * (KL(P || Q) + KL(Q || P)).
    loss = (cross + alpha / 2 * divergence) / 2
    loss.backward()
    numbers |= {f"{name}.loss": loss, f"{name}.likelihood": likelihood, f"{name}.gradient.hidden": states.grad}
    numbers[f"{name}.gradient.weight"] = table.grad
write_safetensors(HERE / "r_drop_numbers.safetensors", numbers)
