#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""examples/cifar10 and examples/resnet20 in PyTorch: the same nets, recipes, order, augmentation.

    cifar10_torch.py BATCHES cifar10|resnet20 SEED EPOCHS [IMAGES]

BATCHES is the program tests/bench/cifar10_batches, whose batches are read through a pipe. Times are
of the steps alone. $LAMINA_DATA is the folder of the .bin files. OMP_NUM_THREADS says how many
threads; LAYOUT=contiguous takes the other layout of memory."""
import math
import os
import subprocess
import sys
import time

import numpy
import torch
import torch.nn.functional as F
from torch import nn

MEAN = torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1)
STD = torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1)
LAST = os.environ.get("LAYOUT", "") != "contiguous"
LAYOUT = torch.channels_last if LAST else torch.contiguous_format


def ready(x):
    return ((x - MEAN) / STD).contiguous(memory_format=LAYOUT)


def records(name):
    folder = os.environ.get("LAMINA_DATA") or "datasets"
    inside = os.path.join(folder, "cifar-10-batches-bin")
    folder = inside if os.path.isdir(inside) else folder
    rows = numpy.fromfile(os.path.join(folder, name), numpy.uint8).reshape(-1, 3073)
    return (torch.from_numpy(rows[:, 1:].reshape(-1, 3, 32, 32).astype(numpy.float32) / 255),
            torch.from_numpy(rows[:, 0].astype(numpy.int64)))


def batches(program, *arguments):
    """Pairs of images and classes, until the program ends."""
    with subprocess.Popen([program, *arguments], stdout=subprocess.PIPE) as process:
        while head := process.stdout.read(4):
            n = int(numpy.frombuffer(head, numpy.int32)[0])
            x = numpy.frombuffer(process.stdout.read(n * 3072 * 4), numpy.float32)
            y = numpy.frombuffer(process.stdout.read(n * 4), numpy.int32)
            yield (torch.from_numpy(x.reshape(n, 3, 32, 32).copy()),
                   torch.from_numpy(y.astype(numpy.int64)))
    if process.returncode:
        sys.exit(f"{program} ended with {process.returncode}")


class Scale(nn.Module):
    def forward(self, x):
        return x / 9


def identity_conv(inputs, outputs):
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.normal_(conv.weight, std=1 / math.sqrt(3 * inputs * 9))
    nn.init.dirac_(conv.weight.data[:inputs])
    return conv


def bias_norm(channels):
    norm = nn.BatchNorm2d(channels, eps=1e-12, momentum=0.4)
    norm.weight.requires_grad = False
    return norm


def stage(inputs, outputs):
    return [identity_conv(inputs, outputs), nn.MaxPool2d(2), bias_norm(outputs), nn.GELU(),
            identity_conv(outputs, outputs), bias_norm(outputs), nn.GELU()]


def whitening(images):
    """The filters of lam_whiten() for kernels of 2x2."""
    patches = F.unfold(images, 2).transpose(1, 2).reshape(-1, 12).double()
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / (values + 5e-4).sqrt()).T.flip(0)
    return torch.cat((filters, -filters)).float().view(24, 3, 2, 2)


class Fast:
    """Jordan's recipe (examples/cifar10.c)."""
    points = ([0, 0.23, 1], [0.2, 1, 0.07])
    loss = nn.CrossEntropyLoss(label_smoothing=0.2)

    def __init__(self):
        self.net = nn.Sequential(
            nn.Conv2d(3, 24, 2), nn.GELU(), *stage(24, 64), *stage(64, 256), *stage(256, 256),
            nn.MaxPool2d(3), nn.Flatten(), nn.Linear(256, 10, bias=False), Scale())
        first, last = self.net[0], self.net[-2]
        first.weight.data = whitening(ready(records("data_batch_1.bin")[0][:5000]).contiguous())
        first.weight.requires_grad = False
        first.bias.data.zero_()
        nn.init.normal_(last.weight, std=1 / math.sqrt(3 * 256))
        biases = [m.bias for m in self.net if isinstance(m, nn.BatchNorm2d)]
        others = [p for p in self.net.parameters()
                  if p.requires_grad and not any(p is b for b in biases)]
        self.optimizer = torch.optim.SGD(
            [{"params": others}, {"params": biases, "lr": 96, "weight_decay": 0.00133043 / 64}],
            lr=1.5, momentum=0.85, nesterov=True, weight_decay=0.00133043)
        self.slow = [v.clone() for v in self.kept()]

    def kept(self):
        return [v for v in self.net.state_dict().values() if v.is_floating_point()]

    def after(self, step, steps, epoch):
        if step % 5 == 0:
            d = 0.774 * (step / steps) ** 3
            for slow, fast in zip(self.slow, self.kept()):
                slow.lerp_(fast, 1 - d)
                fast.copy_(slow)
        if epoch == 3:
            self.net[0].bias.requires_grad = False
            self.net[0].bias.grad = None

    def end(self):
        for slow, fast in zip(self.slow, self.kept()):
            fast.copy_(slow)

    def views(self, x):
        for shift in (-1, 0, 1):
            y = F.pad(x, (1,) * 4, "reflect")[:, :, 1 + shift:33 + shift, 1 + shift:33 + shift]
            for mirrored in (y, y.flip(-1)):
                yield (0.125, 0.25, 0.125)[shift + 1], mirrored


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.stride, self.more = stride, outputs - inputs
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs),
            nn.ReLU(), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.more))
        return F.relu(self.body(x) + shortcut)


class ResNet20:
    """He's recipe, shortened (examples/resnet20.c)."""
    points = ([0, 0.5, 0.5001, 0.75, 0.7501, 1], [1, 1, 0.1, 0.1, 0.01, 0.01])
    loss = nn.CrossEntropyLoss()

    def __init__(self):
        blocks = [Block(16, 16, 1) for _ in range(3)]
        blocks += [Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1)]
        blocks += [Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1)]
        self.net = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
        for m in self.net.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        nn.init.normal_(self.net[-1].weight, std=1 / 8)
        nn.init.zeros_(self.net[-1].bias)
        self.optimizer = torch.optim.SGD(
            self.net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)

    def after(self, step, steps, epoch):
        pass

    def end(self):
        pass

    def views(self, x):
        yield 1, x


def accuracies(recipe, x, y, all_views):
    """Of the images as they are, and of all views."""
    recipe.net.eval()
    right = [0, 0]
    with torch.inference_mode():
        for a, b in zip(ready(x).split(500), y.split(500)):
            total = 0
            for weight, view in recipe.views(a) if all_views else [(1, a)]:
                said = recipe.net(view.contiguous(memory_format=LAYOUT))
                total = total + weight * said
            right[1] += (total.argmax(1) == b).sum().item()
            right[0] += (recipe.net(a).argmax(1) == b).sum().item() if all_views else 0
    recipe.net.train()
    return [100 * r / len(y) for r in right]


def main():
    program, name, seed, epochs = sys.argv[1:5]
    images = int(sys.argv[5]) if len(sys.argv) > 5 else 50000
    torch.manual_seed(int(seed))
    recipe = Fast() if name == "cifar10" else ResNet20()
    recipe.net.to(memory_format=LAYOUT)
    per_epoch = images // 1024 if name == "cifar10" else -(-images // 128)
    steps, spent, losses = int(epochs) * per_epoch, 0, []
    schedule = torch.optim.lr_scheduler.LambdaLR(
        recipe.optimizer, lambda t: float(numpy.interp(t / steps, *recipe.points)))
    test = records("test_batch.bin")
    for step, (x, y) in enumerate(batches(program, *sys.argv[2:]), 1):
        begin = time.perf_counter()
        recipe.optimizer.zero_grad(set_to_none=True)
        loss = recipe.loss(recipe.net(ready(x)), y)
        loss.backward()
        recipe.optimizer.step()
        schedule.step()
        recipe.after(step, steps, step / per_epoch)
        spent += time.perf_counter() - begin
        losses.append(loss.item())
        if os.environ.get("STEPS"):
            print(f"step {step} loss {losses[-1]:.6f}", flush=True)
        if step % per_epoch == 0:
            mean = sum(losses[-per_epoch:]) / per_epoch
            print(f"epoch {step // per_epoch}/{epochs}  loss {mean:.4f}  "
                  f"test {accuracies(recipe, *test, False)[1]:.2f}%  {spent:.1f} s", flush=True)
    recipe.end()
    plain, views = accuracies(recipe, *test, True)
    print(f"PyTorch {name} seed {seed}: {plain:.2f}% of the test images, {views:.2f}% of all "
          f"views, after {epochs} epochs and {spent:.1f} s of steps "
          f"({steps * (1024 if name == 'cifar10' else images / per_epoch) / spent:.0f} images/s)")


main()
