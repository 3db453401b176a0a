"""Writes feature_statistics_numbers.safetensors: Frechet distances with SciPy's matrix root, whitening with it too, KID and
precision and recall in plain NumPy.

    pip install numpy scipy
    python3 tests/image/make_feature_statistics_numbers.py
"""

import sys
from pathlib import Path

import numpy as np
import scipy.linalg
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from write_safetensors import write_safetensors  # noqa: E402

draw = np.random.default_rng(7)


def features(count, width, rank=None, shift=0.0):
    """Float32 numbers in float64; with a rank their covariance is singular whatever the count."""
    rows = draw.standard_normal((count, rank or width)) @ draw.standard_normal((rank or width, width)) / width**0.5
    return (rows + shift).astype(np.float32).astype(np.float64)


def frechet(x, y):
    """The root of C1 C2 by SciPy; singular products by way of C1^(1/2) C2 C1^(1/2), where its method converges."""
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    shift = np.sum((x.mean(0) - y.mean(0)) ** 2)
    width = len(a)
    if min(np.linalg.matrix_rank(a), np.linalg.matrix_rank(b)) == width:
        root = np.trace(scipy.linalg.sqrtm(a @ b)).real
    else:
        # Within the space that C1 spans its root is regular; outside it contributes nothing.
        values, vectors = scipy.linalg.eigh(a)
        span = vectors[:, values > 1e-9]
        inner = scipy.linalg.sqrtm(span.T @ a @ span).real
        product = inner @ (span.T @ b @ span) @ inner
        values, vectors = scipy.linalg.eigh((product + product.T) / 2)
        span = vectors[:, values > 1e-9]
        root = np.trace(scipy.linalg.sqrtm(span.T @ product @ span)).real
    return shift + np.trace(a) + np.trace(b) - 2 * root


def kid(x, y):
    def kernel(u, v):
        return (u @ v.T / x.shape[1] + 1) ** 3

    m, n = len(x), len(y)
    xx, yy = kernel(x, x), kernel(y, y)
    return (xx.sum() - np.trace(xx)) / (m * (m - 1)) + (yy.sum() - np.trace(yy)) / (n * (n - 1)) - 2 * kernel(x, y).mean()


def whitened(x, reference):
    covariance = np.cov(reference, rowvar=False)
    smoothed = covariance + 0.1 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    return (x - reference.mean(0)) @ np.linalg.inv(scipy.linalg.sqrtm(smoothed).real)


def distances(x, y):
    return np.sqrt(((x[:, None, :] - y[None, :, :]) ** 2).sum(2))


def share_within(x, other, k):
    """Share of x within a ball around a picture of `other` that reaches its k-th nearest other one."""
    radius = np.sort(distances(other, other), axis=1)[:, k]
    return (distances(x, other) <= radius[None, :]).any(axis=1).mean()


numbers = {}
for name, real, fake in (
    ("full", features(60, 12), features(45, 12, shift=0.4)),
    ("few", features(9, 16), features(7, 16, shift=-0.3)),
    ("singular", features(50, 20, rank=6), features(40, 20, rank=4, shift=0.2)),
    ("one_singular", features(70, 10), features(30, 10, rank=3)),
):
    values = {"real": real, "fake": fake, "frechet": frechet(real, fake), "kid": kid(real, fake)}
    values["whitened"] = whitened(fake, real)
    for k in (1, 3):
        values |= {f"precision.{k}": share_within(fake, real, k), f"recall.{k}": share_within(real, fake, k)}
    print(name, {key: float(value) for key, value in values.items() if np.ndim(value) == 0})
    numbers |= {f"{name}.{key}": torch.from_numpy(np.atleast_1d(np.asarray(value))) for key, value in values.items()}
write_safetensors(HERE / "feature_statistics_numbers.safetensors", numbers)
