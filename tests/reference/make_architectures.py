#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes architectures.txt: what PyTorch computes for nets that branch, join and share, in double.

    /usr/bin/python3 tests/reference/make_architectures.py > tests/reference/architectures.txt

needs Debian's python3-torch; the tests need only the file. tests/layers/architectures.h composes
the same nets. A net of the file is

    net NAME SAMPLES RULE           sgd: lr 0.05, momentum 0.9; adam: lr 0.01
    array KIND NAME COUNT
    NUMBER ...
    end

with arrays row-major, samples first. Before the first step: x the inputs, t the targets, w the
parameters; y the outputs, loss the losses (the net's is called net), dx and dw the gradients.
After 20 steps with the same samples: after the parameters and running statistics, eval what
evaluation gives for the first three. Parameters have lamina's names."""

import zlib

import torch
from torch import nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
STEPS = 20
GAIN = 1.2  # so that gradients reach the first layers


class Concat(nn.Sequential):
    def forward(self, x):
        return torch.cat([branch(x) for branch in self], 1)


class Multiply(nn.Sequential):
    def forward(self, x):
        a, b = (branch(x) for branch in self)
        return a * b[:, :, None, None]


class Residual(nn.Module):
    def __init__(self, *body):
        super().__init__()
        self.body = nn.Sequential(*body)

    def forward(self, x):
        return x + self.body(x)


class Pool(nn.Module):
    """Global average."""
    def forward(self, x):
        return x.mean((2, 3))


class HardSigmoid(nn.Module):
    """The gradient of nn.Hardsigmoid has 1 / 6 in float, even in double."""
    def __init__(self):
        super().__init__()
        self.clip = nn.ReLU6()

    def forward(self, x):
        return self.clip(x + 3) / 6


class EachPlace(nn.LayerNorm):
    """Over the channels of each place."""
    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class LayerScale(nn.Module):
    """A learned factor per channel."""
    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        return self.weight * x


class Graph(nn.Module):
    """A net of several inputs or losses. Its layers have the numbers that lamina gives them."""
    def __init__(self, **layers):
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name.strip("_"), layer)

    def __getitem__(self, name):
        return self._modules[name]


def conv(c, out, k=1, **options):
    return nn.Conv2d(c, out, k, padding=k // 2, **options)


# A loss is what it computes of its input and targets, and of its input in evaluation.
CLASSES = (F.cross_entropy, lambda z: torch.softmax(z, 1))
VALUES = (F.mse_loss, lambda z: z)
BINARY = (F.binary_cross_entropy_with_logits, torch.sigmoid)


def classes(count, *shape):
    return lambda n: torch.randint(0, count, (n, *shape))


def with_holes(count, *shape):
    """A fifth of the places is ignored."""
    return lambda n: torch.where(torch.rand(n, *shape) < 0.2, torch.tensor(-100),
                                 classes(count, *shape)(n))


def reals(*shape):
    return lambda n: thousandths(torch.randn(n, *shape))


def bits(*shape):
    return lambda n: torch.randint(0, 2, (n, *shape)).double()


def thousandths(values):
    """Short in the file, and nowhere equal but by chance."""
    return (values * 1000).round() / 1000


def inception():
    return nn.Sequential(
        Concat(conv(2, 3),
               nn.Sequential(conv(2, 2), nn.ReLU(), conv(2, 4, 3)),
               nn.Sequential(conv(2, 2), nn.ReLU(), conv(2, 2, 5)),
               nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(2, 2))),
        nn.ReLU(), Pool(), nn.Linear(11, 3))


def densenet():
    def layer(c):
        return Concat(nn.Identity(), nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(),
                                                   conv(c, 2, 3, bias=False)))
    return nn.Sequential(layer(2), layer(4), layer(6), nn.BatchNorm2d(8), nn.ReLU(), Pool(),
                         nn.Linear(8, 3))


def se_resnet():
    return nn.Sequential(
        Residual(conv(2, 3, 3, bias=False), nn.BatchNorm2d(3), nn.ReLU(),
                 conv(3, 2, 3, bias=False), nn.BatchNorm2d(2),
                 Multiply(nn.Identity(), nn.Sequential(Pool(), nn.Linear(2, 2), nn.ReLU(),
                                                       nn.Linear(2, 2), nn.Sigmoid()))),
        nn.ReLU(), Pool(), nn.Linear(2, 3))


def mobilenet():
    return nn.Sequential(
        Residual(conv(2, 6, bias=False), nn.BatchNorm2d(6), nn.ReLU6(),
                 conv(6, 6, 3, groups=6, bias=False), nn.BatchNorm2d(6), nn.ReLU6(),
                 conv(6, 2, bias=False), nn.BatchNorm2d(2)),
        Pool(), nn.Linear(2, 3))


def mobilenet_v3():
    return nn.Sequential(
        Residual(conv(2, 6, bias=False), nn.BatchNorm2d(6), nn.Hardswish(),
                 conv(6, 6, 5, groups=6, bias=False), nn.BatchNorm2d(6), nn.Hardswish(),
                 Multiply(nn.Identity(), nn.Sequential(Pool(), nn.Linear(6, 2), nn.ReLU(),
                                                       nn.Linear(2, 6), HardSigmoid())),
                 conv(6, 2, bias=False), nn.BatchNorm2d(2)),
        Pool(), nn.Linear(2, 3))


def convnext():
    return nn.Sequential(
        Residual(conv(3, 3, 7, groups=3), EachPlace(3, 1e-6), conv(3, 12), nn.GELU(),
                 conv(12, 3), LayerScale(3)),
        Pool(), nn.LayerNorm(3), nn.Linear(3, 3))


def unet():
    def twice(c, out):
        return nn.Sequential(conv(c, out, 3), nn.ReLU(), conv(out, out, 3), nn.ReLU())

    def level(inner, up):
        return Concat(nn.Identity(), nn.Sequential(nn.MaxPool2d(2), inner, up))
    return nn.Sequential(
        twice(1, 2),
        level(nn.Sequential(twice(2, 3),
                            level(twice(3, 4), nn.ConvTranspose2d(4, 3, 2, 2)),
                            twice(6, 3)),
              nn.Upsample(scale_factor=2, mode="bilinear")),
        twice(5, 2), conv(2, 3))


class Two(Graph):
    """An image and a vector; a class and a price."""
    def forward(self, image, size):
        both = torch.cat([self["2"](image), size], 1)
        return self["4"](both), self["price"](both)


def two():
    return Two(_2=nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), Pool()),
               _4=nn.Linear(5, 3), price=nn.Linear(5, 1))


class Siamese(Graph):
    def forward(self, left, right):
        return self["5"](torch.cat([self["2"](left), self["2"](right)], 1))


def siamese():
    return Siamese(_2=nn.Sequential(nn.Conv2d(1, 2, 3), nn.Tanh(), nn.Flatten(), nn.Linear(8, 3),
                                    nn.Tanh()),
                   _5=nn.Linear(6, 1))


class Recurrence(Graph):
    def forward(self, x):
        h = torch.tanh(self["read"](x[:, 0]))
        for t in range(1, x.shape[1]):
            h = torch.tanh(self["read"](x[:, t]) + self["turn"](h))
        return self["last"](h)


def recurrence():
    return Recurrence(read=nn.Linear(2, 4), turn=nn.Linear(4, 4, bias=False), last=nn.Linear(4, 2))


class Tied(Graph):
    def forward(self, x):
        return F.conv_transpose2d(torch.tanh(self["0"](x)), self["0"].weight)


def autoencoder():
    return Tied(_0=conv(6, 3, bias=False))


# Name, maker, samples, rule, inputs, losses: name, kind, targets, weight.
X = (2, 4, 4)
NETS = [
    ("inception", inception, 18, "sgd", {"input": X}, [("loss", CLASSES, classes(3), 1)]),
    ("densenet", densenet, 18, "sgd", {"input": X}, [("loss", CLASSES, classes(3), 1)]),
    ("se_resnet", se_resnet, 18, "sgd", {"input": X}, [("loss", CLASSES, classes(3), 1)]),
    ("mobilenet", mobilenet, 17, "adam", {"input": X}, [("loss", CLASSES, classes(3), 1)]),
    ("mobilenet_v3", mobilenet_v3, 17, "sgd", {"input": X}, [("loss", CLASSES, classes(3), 1)]),
    ("convnext", convnext, 17, "adam", {"input": (3, 7, 5)},
     [("loss", CLASSES, classes(3), 1)]),
    ("unet", unet, 17, "adam", {"input": (1, 8, 4)},
     [("loss", CLASSES, with_holes(3, 8, 4), 1)]),
    ("two", two, 18, "sgd", {"image": (1, 6, 6), "size": (2,)},
     [("kind", CLASSES, classes(3), 1), ("price_error", VALUES, reals(1), 0.5)]),
    ("siamese", siamese, 18, "adam", {"left": (1, 4, 4), "right": (1, 4, 4)},
     [("loss", BINARY, bits(1), 1)]),
    ("recurrence", recurrence, 18, "sgd", {"input": (8, 2)}, [("loss", VALUES, reals(2), 1)]),
    ("autoencoder", autoencoder, 18, "sgd", {"input": (6, 1, 1)},
     [("loss", VALUES, reals(6, 1, 1), 1)]),
]


def draw(net, inputs, n):
    """The parameters and inputs."""
    with torch.no_grad():
        for name, w in net.named_parameters():
            w.copy_(thousandths(torch.randn(w.shape) / max(1, w[0].numel()) ** 0.5 * GAIN))
        for layer in net.modules():
            if isinstance(layer, (nn.BatchNorm2d, nn.LayerNorm)):
                layer.weight.copy_(thousandths(1 + torch.randn(layer.weight.shape) / 4))
    return {name: thousandths(torch.randn(n, *shape)).requires_grad_()
            for name, shape in inputs.items()}


KINKS = {nn.ReLU: (0,), nn.ReLU6: (0, 6), nn.Hardswish: (-3, 3)}


def is_good(net, outputs, loss_of):
    """Whether the inputs of activations stay away from kinks, where float and double may differ,
    and every channel learns. Leaves the gradients of the first step."""
    least = [1.0]
    hooks = [layer.register_forward_hook(
        lambda _, x, y, kink=kink: least.append((x[0] - kink).abs().min().item()))
        for layer in net.modules() for kink in KINKS.get(type(layer), ())]
    loss_of(outputs())[1].backward()
    for hook in hooks:
        hook.remove()
    rows = [w.grad.abs().reshape(len(w), -1).max(1)[0] for w in net.parameters()]
    return min(least) > 5e-5 and all(row.min() > row.max() / 100 > 1e-6 for row in rows)


def put(kind, name, values, digits=9):
    values = values.detach().double().reshape(-1).tolist()
    print("array", kind, name, len(values))
    line = ""
    for v in values:
        word = f"{v:.{digits}g}"
        if len(line) + 1 + len(word) > 100:
            print(line)
            line = ""
        line += (" " if line else "") + word
    print(line)


def run(name, make, n, rule, inputs, losses):
    torch.manual_seed(zlib.crc32(name.encode()))
    net, good = make(), False
    targets = [make_target(n) for _, _, make_target, _ in losses]
    data = {}

    def outputs():
        z = net(*data.values())
        return z if isinstance(z, tuple) else (z,)

    def loss_of(z):
        parts = [kind[0](value, t) for (_, kind, _, _), value, t in zip(losses, z, targets)]
        return parts, sum(part * weight for (_, _, _, weight), part in zip(losses, parts))

    while not good:
        net.zero_grad()
        data.update(draw(net, inputs, n))
        good = is_good(net, outputs, loss_of)
    print("net", name, n, rule)
    for key, x in data.items():
        put("x", key, x)
    for (key, _, _, _), t in zip(losses, targets):
        put("t", key, t)
    for key, w in net.named_parameters():
        put("w", key, w)
    z = outputs()
    parts, loss = loss_of(z)
    for (key, kind, _, _), value, part in zip(losses, z, parts):
        put("y", key, kind[1](value))
        put("loss", key, part)
    put("loss", "net", loss)
    for key, x in data.items():
        put("dx", key, x.grad)
    for key, w in net.named_parameters():
        put("dw", key, w.grad)
    train(net, data, outputs, loss_of, losses, rule)
    print("end")


def train(net, data, outputs, loss_of, losses, rule):
    # The forwards above have moved the statistics, which begin at 0 and 1.
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    optimizer = (torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9) if rule == "sgd"
                 else torch.optim.Adam(net.parameters(), lr=0.01))
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss_of(outputs())[1].backward()
        optimizer.step()
    names = {key for key, _ in net.named_parameters()}
    for key, w in net.state_dict(keep_vars=True).items():
        if key in names or "running" in key:
            put("after", key, w)
    net.eval()
    with torch.no_grad():
        for (key, kind, _, _), value in zip(losses, outputs()):
            put("eval", key, kind[1](value[:3]))


for row in NETS:
    run(*row)
