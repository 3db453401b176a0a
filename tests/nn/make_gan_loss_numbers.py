"""Writes gan_loss_numbers.safetensors: adversarial losses and gradient penalties of Python's PyTorch, in float64.

    python3 tests/nn/make_gan_loss_numbers.py
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402

# name: (loss of the discriminator, loss of the generator) of logits of real and fake pictures
LOSSES = {
    "rpgan": (lambda r, f: -F.logsigmoid(r - f).mean(), lambda r, f: -F.logsigmoid(f - r).mean()),
    "hinge": (
        lambda r, f: (1 - r).clamp(min=0).mean() + (1 + f).clamp(min=0).mean(),
        lambda r, f: -f.mean(),
    ),
    "nonsat": (
        lambda r, f: F.binary_cross_entropy_with_logits(r, torch.ones_like(r))
        + F.binary_cross_entropy_with_logits(f, torch.zeros_like(f)),
        lambda r, f: F.binary_cross_entropy_with_logits(f, torch.ones_like(f)),
    ),
    "lsgan": (
        lambda r, f: 0.5 * F.mse_loss(r, torch.ones_like(r)) + 0.5 * F.mse_loss(f, torch.zeros_like(f)),
        lambda r, f: 0.5 * F.mse_loss(f, torch.ones_like(f)),
    ),
    "wgan-gp": (lambda r, f: f.mean() - r.mean(), lambda r, f: -f.mean()),
}


def number(*shape):
    """Random float64 numbers that float32 holds exactly."""
    return torch.randn(*shape).double()


torch.manual_seed(13)
real, fake = (number(7) * 2).requires_grad_(), (number(7) * 2).requires_grad_()
numbers = {"real": real, "fake": fake}
for name, sides in LOSSES.items():
    for side, loss in zip(("discriminator", "generator"), sides):
        value = loss(real, fake)
        gradients = torch.autograd.grad(value, [real, fake], allow_unused=True)
        numbers[f"{name}.{side}"] = value
        for of, gradient in zip(("real", "fake"), gradients):
            if gradient is not None:
                numbers[f"{name}.{side}.gradient.{of}"] = gradient

# A small critic with a second derivative: convolution, softplus, sum, tanh.
weight, head = (number(4, 3, 3, 3) / 3).requires_grad_(), (number(4) / 4).requires_grad_()
images = number(5, 3, 6, 4).requires_grad_()
logits = torch.tanh(F.softplus(F.conv2d(images, weight, padding=1)).sum((2, 3)) @ head / 8) * 8
slope = torch.autograd.grad(logits.sum(), images, create_graph=True)[0].flatten(1)
numbers |= {"critic.weight": weight, "critic.head": head, "critic.images": images, "critic.logits": logits}
for name, penalty in {
    "zero_centred": slope.pow(2).sum(1).mean(),
    "wgan": (torch.linalg.vector_norm(slope, dim=1) - 1).pow(2).mean(),
}.items():
    gradients = torch.autograd.grad(penalty, [weight, head], retain_graph=True)
    numbers |= {name: penalty, f"{name}.gradient.weight": gradients[0], f"{name}.gradient.head": gradients[1]}
write_safetensors(HERE / "gan_loss_numbers.safetensors", numbers)
