"""Writes inception_numbers.safetensors: features that torch-fidelity's Inception module makes with weights that both
sides compute from a formula, and its resize.

    pip install torch-fidelity --no-deps
    python3 tests/models/make_inception_numbers.py
"""

import importlib.util
import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402


# The package alone, without what its __init__ imports for other networks (torchvision and more).
package = types.ModuleType("torch_fidelity")
package.__path__ = importlib.util.find_spec("torch_fidelity").submodule_search_locations
sys.modules["torch_fidelity"] = package
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3  # noqa: E402
from torch_fidelity.interpolate_compat_tensorflow import (  # noqa: E402
    interpolate_bilinear_2d_like_tensorflow1x as resize,
)


def formula(name, count):
    """Numbers in [-1, 1): SplitMix64 of the place, from a start that FNV-1a makes of the name."""
    start = 0xCBF29CE484222325
    for byte in name.encode():
        start = ((start ^ byte) * 0x100000001B3) % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(start) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1


def weight(name, shape):
    values = formula(name, int(np.prod(shape)))
    if name.endswith("conv.weight"):
        values = values * np.sqrt(6.0 / np.prod(shape[1:]))
    elif name.endswith(("bn.weight", "running_var")):
        values = 1 + values / 2
    else:
        values = values / 2
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def pixels(name, *shape):
    """Bytes from a formula."""
    values = np.floor((formula(name, int(np.prod(shape))) + 1) * 128)
    return torch.from_numpy(values.astype(np.uint8).reshape(shape))


def network(folder, dtype):
    class Shapes(FeatureExtractorInceptionV3):
        def load_state_dict(self, state):
            own = {name: weight(name, tensor.shape) for name, tensor in self.state_dict().items()
                   if tensor.dtype == torch.float32}
            return super().load_state_dict(own, strict=False)

    empty = Path(folder) / "empty.pth"
    torch.save({}, empty)
    return Shapes("inception", ["2048"], feature_extractor_weights_path=str(empty),
                  feature_extractor_internal_dtype=dtype)


numbers = {}
with tempfile.TemporaryDirectory() as folder:
    inception = network(folder, "float64")
    for name, shape in (("small", (3, 3, 32, 32)), ("wide", (2, 3, 23, 41)), ("large", (1, 3, 331, 302))):
        numbers[f"features.{name}"] = inception(pixels(name, *shape))[0]
for name, shape, size in (("up", (1, 2, 5, 7), (17, 23)), ("down", (1, 2, 31, 20), (8, 7)), ("same", (1, 1, 6, 4), (6, 4))):
    numbers[f"resized.{name}"] = resize(pixels(name, *shape).float(), size=size, align_corners=False)
write_safetensors(HERE / "inception_numbers.safetensors", numbers)
