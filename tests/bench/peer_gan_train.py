"""The recipe of gan-train (preset small) as a plain Python PyTorch program, to time beside `./x bench gan-train`.

Usage: peer_gan_train.py [--batch 32] [--size 32] [--threads 2] [--rounds 3] [--channels-last] [--bf16]

Same networks, losses, gradient penalties, average and pictures of noise, written as one usually writes them: modules of
torch.nn, autograd.grad with create_graph for R1 and R2, Adam over lists of parameters; --bf16 puts both networks under
autocast. Prints images per second, from the fastest of the rounds with and without penalty, weighted as they occur, and
the numbers of weights, which are those that gan-train prints.
"""
import argparse
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

CLASSES, LATENT, CLASS_DIM, WIDTH, MAX_WIDTH, GATE_CHANNELS, REG_EVERY, GAMMA = 10, 64, 64, 32, 128, 8, 8, 1.0
SLOPE = 0.2


class Gate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.stack = nn.Sequential(nn.Conv2d(channels, GATE_CHANNELS, 3, 1, 1, bias=False), nn.ReLU(),
                                   nn.Conv2d(GATE_CHANNELS, GATE_CHANNELS, 3, 1, 1, bias=False), nn.ReLU(),
                                   nn.Conv2d(GATE_CHANNELS, 1, 3, 1, 1, bias=False))
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x + self.gain * x * torch.sigmoid(self.stack(x))


def modulated(x, style):
    scale, shift = style[:, :, None, None].chunk(2, 1)
    return x * (1 + scale) + shift


class Up(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.modulation1 = nn.Linear(LATENT + CLASS_DIM, 2 * inputs)
        self.modulation2 = nn.Linear(LATENT + CLASS_DIM, 2 * outputs)
        self.conv1, self.conv2 = nn.Conv2d(inputs, outputs, 3, 1, 1), nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else nn.Identity()
        self.gate = Gate(outputs)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x, code):
        inner = self.conv1(F.leaky_relu(modulated(x, self.modulation1(code)), SLOPE))
        inner = F.leaky_relu(modulated(inner, self.modulation2(code)), SLOPE)
        inner = self.conv2(F.interpolate(inner, scale_factor=2))
        kept = F.interpolate(self.shortcut(x), scale_factor=2, mode="bilinear")
        return self.gate(kept + inner)


class Down(nn.Module):
    def __init__(self, inputs, outputs, pool):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(inputs, inputs, 3, 1, 1), nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else nn.Identity()
        self.pool = nn.AvgPool2d(2) if pool else nn.Identity()
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x):
        inner = self.conv2(F.leaky_relu(self.pool(self.conv1(F.leaky_relu(x, SLOPE))), SLOPE))
        return self.shortcut(self.pool(x)) + inner


def widths(size):
    """Of the levels from 4 pixels to all of them."""
    sides = [4]
    while sides[-1] < size:
        sides.append(sides[-1] * 2)
    return [(side, min(MAX_WIDTH, WIDTH * (size // side))) for side in sides]


class Generator(nn.Module):
    def __init__(self, size):
        super().__init__()
        levels = widths(size)
        self.embedding = nn.Embedding(CLASSES, CLASS_DIM)
        self.coarsest = levels[0][1]
        self.input = nn.Linear(LATENT + CLASS_DIM, self.coarsest * 16)
        self.stages = nn.ModuleList([Up(a, b) for (_, a), (_, b) in zip(levels, levels[1:])])
        self.to_rgb = nn.Conv2d(levels[-1][1], 3, 3, 1, 1)

    def forward(self, z, y):
        code = torch.cat([z, self.embedding(y)], 1)
        x = self.input(code).view(-1, self.coarsest, 4, 4)
        for stage in self.stages:
            x = stage(x, code)
        return torch.tanh(self.to_rgb(x))


class Discriminator(nn.Module):
    def __init__(self, size):
        super().__init__()
        levels = widths(size)[::-1]
        self.from_rgb = nn.Conv2d(3, levels[0][1], 3, 1, 1)
        self.stages = nn.Sequential(*[Down(a, b, True) for (_, a), (_, b) in zip(levels, levels[1:])],
                                    Down(levels[-1][1], levels[-1][1], False))
        self.head, self.embedding = nn.Linear(levels[-1][1], 1), nn.Embedding(CLASSES, levels[-1][1])

    def forward(self, x, y):
        features = F.leaky_relu(self.stages(self.from_rgb(x)), SLOPE).sum((2, 3))
        return self.head(features).squeeze(1) + (self.embedding(y) * features).sum(1)


def penalty(discriminator, images, classes):
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(images, classes).sum(), images, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    generator, average = (Generator(options.size).to(memory_format=layout) for _ in range(2))
    discriminator = Discriminator(options.size).to(memory_format=layout)
    g_adam = torch.optim.Adam(generator.parameters(), 1e-9, (0.0, 0.99))
    d_adam = torch.optim.Adam(discriminator.parameters(), 1e-9, (0.0, 0.99))
    real = (torch.rand(options.batch, 3, options.size, options.size) * 2 - 1).to(memory_format=layout)
    classes = torch.randint(CLASSES, (options.batch,))

    def update(with_penalty):
        with torch.no_grad():
            fake = generator(torch.randn(options.batch, LATENT), classes)
        loss = F.softplus(discriminator(fake, classes) - discriminator(real, classes)).mean()
        if with_penalty:
            weight = GAMMA / 2 * REG_EVERY
            loss = loss + weight * (penalty(discriminator, real, classes) + penalty(discriminator, fake, classes))
        d_adam.zero_grad()
        loss.backward()
        d_adam.step()

        for parameter in discriminator.parameters():
            parameter.requires_grad_(False)
        fake = generator(torch.randn(options.batch, LATENT), classes)
        g_adam.zero_grad()
        F.softplus(discriminator(real, classes) - discriminator(fake, classes)).mean().backward()
        g_adam.step()
        for parameter in discriminator.parameters():
            parameter.requires_grad_(True)
        with torch.no_grad():
            for ours, theirs in zip(average.parameters(), generator.parameters()):
                ours.lerp_(theirs, 0.01)

    def seconds(with_penalty):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            update(with_penalty)
        return time.perf_counter() - start

    seconds(True), seconds(False)
    penalised = min(seconds(True) for _ in range(options.rounds))
    plain = min(seconds(False) for _ in range(options.rounds))
    mean = (penalised + (REG_EVERY - 1) * plain) / REG_EVERY
    weights = [sum(p.numel() for p in module.parameters()) for module in (generator, discriminator)]
    print(f"peer: {options.batch / mean:.1f} images/s  size={options.size} batch={options.batch} "
          f"threads={options.threads} weights={weights[0]}+{weights[1]} channels_last={options.channels_last} bf16={options.bf16}")


if __name__ == "__main__":
    main()
