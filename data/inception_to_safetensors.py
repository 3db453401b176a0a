"""Turns the published PyTorch weights of the FID Inception network into a safetensors file for gan-score --features.

    python3 data/inception_to_safetensors.py pt_inception-2015-12-05-6726825d.pth inception.safetensors

The input is the state dict that the common FID programs download. Needs Python's PyTorch; runs no code of the file.
"""

import json
import os
import sys


def layer(name, inputs, outputs, height, width):
    """Expected shapes of a convolution and its batch normalisation."""
    norm = {f"{name}.bn.{part}": (outputs,) for part in ("weight", "bias", "running_mean", "running_var")}
    return {f"{name}.conv.weight": (outputs, inputs, height, width)} | norm


def chain(block, inputs, *layers):
    """Layers one after the other: (name, outputs, height, width)."""
    shapes = {}
    for name, outputs, height, width in layers:
        shapes |= layer(f"{block}.{name}" if block else name, inputs, outputs, height, width)
        inputs = outputs
    return shapes


def expected_shapes():
    shapes = chain("", 3, ("Conv2d_1a_3x3", 32, 3, 3), ("Conv2d_2a_3x3", 32, 3, 3), ("Conv2d_2b_3x3", 64, 3, 3),
                   ("Conv2d_3b_1x1", 80, 1, 1), ("Conv2d_4a_3x3", 192, 3, 3))
    for block, inputs, pooled in (("Mixed_5b", 192, 32), ("Mixed_5c", 256, 64), ("Mixed_5d", 288, 64)):
        shapes |= chain(block, inputs, ("branch1x1", 64, 1, 1))
        shapes |= chain(block, inputs, ("branch5x5_1", 48, 1, 1), ("branch5x5_2", 64, 5, 5))
        shapes |= chain(block, inputs, ("branch3x3dbl_1", 64, 1, 1), ("branch3x3dbl_2", 96, 3, 3),
                        ("branch3x3dbl_3", 96, 3, 3))
        shapes |= chain(block, inputs, ("branch_pool", pooled, 1, 1))
    shapes |= chain("Mixed_6a", 288, ("branch3x3", 384, 3, 3))
    shapes |= chain("Mixed_6a", 288, ("branch3x3dbl_1", 64, 1, 1), ("branch3x3dbl_2", 96, 3, 3),
                    ("branch3x3dbl_3", 96, 3, 3))
    for block, inner in (("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)):
        shapes |= chain(block, 768, ("branch1x1", 192, 1, 1))
        shapes |= chain(block, 768, ("branch7x7_1", inner, 1, 1), ("branch7x7_2", inner, 1, 7),
                        ("branch7x7_3", 192, 7, 1))
        shapes |= chain(block, 768, ("branch7x7dbl_1", inner, 1, 1), ("branch7x7dbl_2", inner, 7, 1),
                        ("branch7x7dbl_3", inner, 1, 7), ("branch7x7dbl_4", inner, 7, 1),
                        ("branch7x7dbl_5", 192, 1, 7))
        shapes |= chain(block, 768, ("branch_pool", 192, 1, 1))
    shapes |= chain("Mixed_7a", 768, ("branch3x3_1", 192, 1, 1), ("branch3x3_2", 320, 3, 3))
    shapes |= chain("Mixed_7a", 768, ("branch7x7x3_1", 192, 1, 1), ("branch7x7x3_2", 192, 1, 7),
                    ("branch7x7x3_3", 192, 7, 1), ("branch7x7x3_4", 192, 3, 3))
    for block, inputs in (("Mixed_7b", 1280), ("Mixed_7c", 2048)):
        shapes |= chain(block, inputs, ("branch1x1", 320, 1, 1))
        shapes |= chain(block, inputs, ("branch3x3_1", 384, 1, 1))
        shapes |= chain(block, inputs, ("branch3x3dbl_1", 448, 1, 1), ("branch3x3dbl_2", 384, 3, 3))
        for name in ("branch3x3_2", "branch3x3dbl_3"):
            shapes |= chain(block, 384, (f"{name}a", 384, 1, 3)) | chain(block, 384, (f"{name}b", 384, 3, 1))
        shapes |= chain(block, inputs, ("branch_pool", 192, 1, 1))
    return shapes


def read_weights(path):
    import torch  # here, so that the shapes can be had without it

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        sys.exit(f"error: {path}: cannot be read as a state dict of PyTorch: {error}")
    if not isinstance(state, dict):
        sys.exit(f"error: {path}: holds no state dict (a TorchScript file? take the .pth of a PyTorch FID program)")
    weights = {}
    for name, shape in expected_shapes().items():
        tensor = state.get(name)
        if not isinstance(tensor, torch.Tensor):
            sys.exit(f"error: {path}: the weights '{name}' are missing: not the Inception network of FID")
        if tuple(tensor.shape) != shape:
            sys.exit(f"error: {path}: '{name}' has shape {list(tensor.shape)}, expected {list(shape)}")
        tensor = tensor.to(torch.float32).contiguous()
        if not torch.isfinite(tensor).all():
            sys.exit(f"error: {path}: '{name}' holds numbers that are not finite")
        weights[name] = tensor
    return weights


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, tensor in sorted(tensors.items()):
        size = 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    temporary = f"{path}.tmp-{os.getpid()}"
    try:
        with open(temporary, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for _, tensor in sorted(tensors.items()):
                file.write(tensor.numpy().astype("<f4").tobytes())
        os.replace(temporary, path)
    except OSError as error:
        if os.path.exists(temporary):
            os.remove(temporary)
        sys.exit(f"error: {path}: cannot be written: {error.strerror}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python3 inception_to_safetensors.py WEIGHTS.pth OUTPUT.safetensors")
    found = read_weights(sys.argv[1])
    write_safetensors(sys.argv[2], found)
    print(f"{sys.argv[2]}: {len(found)} tensors")
