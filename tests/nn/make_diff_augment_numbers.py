"""Writes diff_augment_numbers.safetensors: the augmentations of the DiffAugment paper, picture by picture, for given
draws, with gradients, in float64.

    python3 tests/nn/make_diff_augment_numbers.py
"""

import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402


def picture(x, draw):
    """One picture [C, H, W]; slow and plain on purpose."""
    channels, height, width = x.shape
    x = x + draw["brightness"]
    grey = x.mean(0, keepdim=True)
    x = (x - grey) * draw["saturation"] + grey
    middle = x.mean()
    x = (x - middle) * draw["contrast"] + middle
    dy, dx = int(draw["shift_y"]), int(draw["shift_x"])
    moved = torch.zeros_like(x)
    for row in range(height):
        for column in range(width):
            if 0 <= row + dy < height and 0 <= column + dx < width:
                moved[:, row, column] = x[:, row + dy, column + dx]
    keep = torch.ones(height, width, dtype=x.dtype)
    top, left = int(draw["cut_top"]), int(draw["cut_left"])
    bottom, right = top + int(draw["cut_height"]), left + int(draw["cut_width"])
    keep[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = 0
    return moved * keep


def case(name, channels, height, width, batch):
    draws = {
        "brightness": torch.rand(batch).double() - 0.5,
        "saturation": torch.rand(batch).double() * 2,
        "contrast": torch.rand(batch).double() + 0.5,
        "shift_y": torch.randint(-2, 3, (batch,)),
        "shift_x": torch.randint(-1, 2, (batch,)),
        "cut_top": torch.randint(-3, height - 2, (batch,)),
        "cut_left": torch.randint(-2, width - 2, (batch,)),
        "cut_height": torch.full((batch,), (height + 1) // 2),
        "cut_width": torch.full((batch,), (width + 1) // 2),
    }
    images = torch.randn(batch, channels, height, width).double().requires_grad_()
    output = torch.stack([picture(images[i], {key: value[i] for key, value in draws.items()}) for i in range(batch)])
    upstream = torch.randn(*output.shape).double()
    output.backward(upstream)
    numbers = draws | {"images": images, "output": output, "upstream": upstream, "gradient": images.grad}
    return {f"{name}.{key}": value for key, value in numbers.items()}


torch.manual_seed(14)
numbers = case("colour", 3, 8, 8, 6)
numbers |= case("grey", 1, 9, 7, 5)
write_safetensors(HERE / "diff_augment_numbers.safetensors", numbers)
