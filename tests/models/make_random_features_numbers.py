"""Writes random_features_numbers.safetensors: the random network in plain PyTorch, in float64, with random numbers of
its own implementation of Philox4x32-10.

    python3 tests/models/make_random_features_numbers.py
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402

SEED, WORD = 0x72666561, 0xFFFFFFFF


def philox(counter, key):
    """Four uint64 arrays that hold words of 32 bits, two words of key (Salmon et al. 2011)."""
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(10):
        left, right = np.uint64(0xD2511F53) * a, np.uint64(0xCD9E8D57) * c
        high, low = np.uint64(32), np.uint64(WORD)
        a, b, c, d = (right >> high) ^ b ^ np.uint64(k0), right & low, (left >> high) ^ d ^ np.uint64(k1), left & low
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return a, b, c, d


def key_of(first, second):
    words = [np.array([word], dtype=np.uint64) for word in (first, 0, second, 0)]
    mixed = philox(words, (SEED & WORD, SEED >> 32))
    return int(mixed[0][0]), int(mixed[1][0])


def uniform(shape, bound, key):
    place = np.arange(int(np.prod(shape)), dtype=np.uint64)
    zero = np.zeros_like(place)
    low, high, _, _ = philox((place, zero, zero, zero), key)
    unit = ((low | (high << np.uint64(32))) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return torch.from_numpy((bound * (2 * unit - 1)).astype(np.float32).reshape(shape)).double()


def random_features(bytes_):
    x, features, inputs = bytes_.double() / 127.5 - 1, [], 3
    for stage, outputs in enumerate((32, 64, 64, 96)):
        if stage > 0:
            x = F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)
        bound = (3 * 2 / (1.04 * inputs * 9)) ** 0.5
        weight, bias = uniform((outputs, inputs, 3, 3), bound, key_of(stage, 0)), uniform(outputs, 0.25, key_of(stage, 1))
        x = F.leaky_relu(F.conv2d(x, weight, bias, padding=1), 0.2)
        features += [x.mean((2, 3)), x.std((2, 3), unbiased=False)]
        inputs = outputs
    return torch.cat(features, 1)


torch.manual_seed(3)
numbers = {}
for name, shape in (("square", (3, 3, 16, 16)), ("odd", (2, 3, 13, 22)), ("least", (1, 3, 8, 8))):
    pictures = torch.randint(0, 256, shape)
    # Smooth ones too, so that not all features are those of noise.
    pictures[0] = torch.arange(pictures[0].numel()).reshape(pictures[0].shape) % 200
    numbers |= {f"{name}.pictures": pictures, f"{name}.features": random_features(pictures)}
write_safetensors(HERE / "random_features_numbers.safetensors", numbers)
