#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes reference.txt: what PyTorch computes for every layer of lamina's, in double, with its
gradients.

    make reference

in a build folder; it needs Debian's python3-torch, the tests need only the file. A case's random
numbers depend on its name alone, and on how many of that name stand before it: a new case changes
no other. Besides the cases below there are those of the battery's subjects (their .torch), which
tests/reference/list_cases prints and this script reads from its standard input:

    NAME module                     the activations: "relu nn.ReLU()"
    NAME module word=value ...      x=2x3x4: the input's shape, batch first; else an option

reference_case.py says what a case of the file is."""

import re
import sys

import torch
from torch import nn
import torch.nn.functional as F

sys.dont_write_bytecode = True  # no files beside the sources
from reference_case import coarse, given, layer, loss, wide

for bias in 1, 0:
    layer("affine", nn.Linear(7, 5, bias=bool(bias)), given(3, 7), out=5, bias=bias)
layer("affine", nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), given(17, 3, 2, 2), out=3, bias=1)

convolutions = [  # in, out, groups, kernel, stride, pad, dilation, bias, plane, batch
    (1, 2, 1, (3, 3), (1, 1), (0, 0), (1, 1), 1, (5, 4), 2),
    (2, 3, 1, (1, 1), (2, 2), (1, 1), (1, 1), 1, (5, 5), 2),
    (4, 6, 2, (2, 3), (2, 1), (1, 2), (1, 2), 1, (5, 6), 2),
    (3, 3, 3, (3, 2), (1, 3), (2, 0), (2, 1), 0, (6, 7), 2),
    (2, 1, 1, (4, 5), (1, 1), (0, 0), (1, 1), 1, (4, 5), 17),
    (2, 2, 1, (2, 2), (5, 4), (0, 0), (1, 1), 1, (7, 9), 1),
]
for c, o, g, k, s, p, d, b, plane, n in convolutions:
    layer("conv2d", nn.Conv2d(c, o, k, s, p, d, g, bool(b)), given(n, c, *plane),
          out=o, groups=g, kernel=k, stride=s, pad=p, dilation=d, bias=b)
    layer("conv1d", nn.Conv1d(c, o, k[1], s[1], p[1], d[1], g, bool(b)), given(n, c, plane[1]),
          out=o, groups=g, kernel=(1, k[1]), stride=(1, s[1]), pad=(0, p[1]), dilation=(1, d[1]),
          bias=b)

transposed = [  # in, out, groups, kernel, stride, pad, output_pad, dilation, bias, plane, batch
    (1, 2, 1, (3, 3), (1, 1), (0, 0), (0, 0), (1, 1), 1, (3, 4), 2),
    (3, 2, 1, (4, 4), (2, 2), (1, 1), (0, 0), (1, 1), 1, (3, 2), 2),
    (4, 6, 2, (2, 3), (3, 2), (0, 1), (2, 1), (1, 2), 1, (2, 3), 2),
    (2, 2, 2, (3, 2), (1, 2), (1, 0), (0, 1), (2, 1), 0, (4, 3), 1),
    (1, 1, 1, (1, 1), (2, 3), (0, 0), (1, 0), (1, 1), 1, (2, 2), 17),
]
for c, o, g, k, s, p, e, d, b, plane, n in transposed:
    layer("transposed_conv2d", nn.ConvTranspose2d(c, o, k, s, p, e, g, bool(b), d),
          given(n, c, *plane),
          out=o, groups=g, kernel=k, stride=s, pad=p, output_pad=e, dilation=d, bias=b)
    layer("transposed_conv1d", nn.ConvTranspose1d(c, o, k[1], s[1], p[1], e[1], g, bool(b), d[1]),
          given(n, c, plane[1]),
          out=o, groups=g, kernel=(1, k[1]), stride=(1, s[1]), pad=(0, p[1]), output_pad=(0, e[1]),
          dilation=(1, d[1]), bias=b)

pools = [  # kernel, stride, pad, dilation, ceil_mode, channels, plane, batch
    ((2, 2), (2, 2), (0, 0), (1, 1), 0, 2, (4, 6), 2),
    ((3, 2), (2, 1), (1, 1), (1, 1), 0, 1, (5, 4), 3),
    ((3, 3), (2, 2), (1, 1), (1, 1), 1, 2, (6, 4), 2),
    ((2, 3), (3, 2), (1, 0), (1, 1), 1, 1, (7, 8), 17),
    ((2, 2), (1, 2), (0, 1), (2, 3), 0, 2, (5, 7), 1),
]
for k, s, p, d, ceil, c, plane, n in pools:
    x = given(n, c, *plane, low=-3, high=3)  # many ties
    layer("max_pool2d", nn.MaxPool2d(k, s, p, d, ceil_mode=bool(ceil)), x,
          kernel=k, stride=s, pad=p, dilation=d, ceil_mode=ceil)
    layer("max_pool1d", nn.MaxPool1d(k[1], s[1], p[1], d[1], ceil_mode=bool(ceil)),
          given(n, c, plane[1], low=-3, high=3),
          kernel=(1, k[1]), stride=(1, s[1]), pad=(0, p[1]), dilation=(1, d[1]), ceil_mode=ceil)
    if d != (1, 1):
        continue
    for exclude in 0, 1:
        layer("avg_pool2d", nn.AvgPool2d(k, s, p, bool(ceil), not exclude), given(n, c, *plane),
              kernel=k, stride=s, pad=p, ceil_mode=ceil, exclude_pad=exclude)
        layer("avg_pool1d", nn.AvgPool1d(k[1], s[1], p[1], bool(ceil), not exclude),
              given(n, c, plane[1]),
              kernel=(1, k[1]), stride=(1, s[1]), pad=(0, p[1]), ceil_mode=ceil,
              exclude_pad=exclude)

for out, c, plane, n in [((2, 3), 2, (4, 6), 2), ((3, 2), 1, (5, 3), 17), ((4, 5), 2, (3, 7), 1),
                         ((1, 1), 3, (3, 2), 2)]:
    layer("adaptive_avg_pool2d", nn.AdaptiveAvgPool2d(out), given(n, c, *plane), to=out)
    layer("adaptive_avg_pool1d", nn.AdaptiveAvgPool1d(out[1]), given(n, c, plane[1]), to=out[1])

layer("zero_pad2d", nn.ZeroPad2d((1, 2, 0, 3)), given(2, 2, 2, 3), border=(1, 2, 0, 3))
layer("zero_pad2d", nn.ZeroPad2d((-1, 2, 1, -2)), given(2, 1, 4, 3), border=(-1, 2, 1, -2))
layer("zero_pad1d", nn.ConstantPad1d((2, -1), 0.0), given(2, 3, 4), border=(2, -1))


class Apply(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.forward = function


class LayerScale(nn.Module):
    """A factor per channel, of this shape."""
    def __init__(self, *shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(*shape))

    def forward(self, x):
        return self.weight * x


layer("slice", Apply(lambda x: x[:, 1:3]), given(2, 4, 2, 3), begin=1, end=3)
layer("slice", Apply(lambda x: x[:, 16:]), given(17, 18), begin=16)
layer("slice", Apply(lambda x: x[:, :2]), given(1, 3, 4), end=2)
layer("slice_tail", Apply(lambda x: x[:, 1:]), given(2, 3, 2, 2), begin=1)
layer("permute", Apply(lambda x: x.permute(0, 2, 3, 1)), given(2, 2, 3, 4), axes=(1, 2, 0))
layer("permute", Apply(lambda x: x.permute(0, 2, 1)), given(17, 3, 2), axes=(1, 0))
layer("permute", Apply(lambda x: x.permute(0, 1, 4, 2, 3)), given(2, 2, 1, 3, 2),
      axes=(0, 3, 1, 2))
for scale, linear, align, c, plane, n in [
        ((2, 3), 0, 0, 2, (2, 3), 2), ((2, 2), 1, 0, 2, (3, 4), 2), ((3, 1), 1, 0, 1, (2, 5), 17),
        ((2, 3), 1, 1, 2, (3, 4), 1), ((2, 4), 1, 1, 1, (1, 2), 2)]:
    options = {"linear": linear, "align_corners": align}
    if linear:
        layer("upsample2d", nn.Upsample(None, scale, "bilinear", bool(align)),
              given(n, c, *plane), scale=scale, **options)
        layer("upsample1d", nn.Upsample(None, scale[1], "linear", bool(align)),
              given(n, c, plane[1]), scale=(1, scale[1]), **options)
    else:
        layer("upsample2d", nn.Upsample(None, scale), given(n, c, *plane), scale=scale, **options)
        layer("upsample1d", nn.Upsample(None, scale[1]), given(n, c, plane[1]),
              scale=(1, scale[1]), **options)
layer("flatten", nn.Flatten(), given(2, 2, 3, 2))
layer("reshape", nn.Unflatten(1, (2, 3, 2)), given(2, 12), to=(2, 3, 2))


class Standardize(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.mean, self.std = torch.tensor(mean)[:, None, None], torch.tensor(std)[:, None, None]

    def forward(self, x):
        return (x - self.mean) / self.std


for mean, std in ((0.25, 0.5), (0.5, 2.0)), ((0.5, 0.5), (0.25, 0.25)):
    layer("standardize", Standardize(mean, std), given(3, 2, 2, 3), mean=mean, std=std)
layer("softmax", nn.Softmax(1), given(3, 6, scale=4))
layer("softmax", nn.Softmax(1), given(2, 4, 2, 3))

for x, module, options in [
        (given(6, 4), nn.BatchNorm1d(4), {}),
        (given(3, 2, 5), nn.BatchNorm1d(2, eps=0.125, momentum=0.5),
         {"eps": 0.125, "momentum": 0.5}),
        (given(17, 2, 2, 3), nn.BatchNorm2d(2), {}),
        (given(1, 3, 2, 2), nn.BatchNorm2d(3, momentum=1.0), {"momentum": 1.0})]:
    layer("batch_norm", module, x, **options)


class EachPlace(nn.LayerNorm):
    """Over the channels of each place."""
    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


for shape, eps, affine in [
        ((3, 6), 0.25, 1), ((2, 3, 5), 0.125, 1), ((9, 2, 2, 3), 0.25, 1), ((2, 4, 3, 2), 0.25, 0),
        ((1, 18, 2, 2), 1e-5, 1), ((2, 2, 1, 3, 2), 0.25, 1)]:
    words = {"eps": eps, "bias": affine}
    layer("layer_norm", nn.LayerNorm(shape[1:], eps, bool(affine)), given(*shape), **words)
    layer("layer_norm_channels", EachPlace(shape[1], eps, bool(affine)), given(*shape), **words)
    layer("group_norm", nn.GroupNorm(2 if shape[1] % 2 == 0 else 1, shape[1], eps, bool(affine)),
          given(*shape), groups=2 if shape[1] % 2 == 0 else 1, **words)
    if 2 < len(shape) < 5:
        instance = nn.InstanceNorm1d if len(shape) == 3 else nn.InstanceNorm2d
        layer("instance_norm", instance(shape[1], eps, affine=bool(affine)), given(*shape),
              groups=shape[1], **words)
for window, rest, shape in [
        (5, (), (2, 7, 2, 3)), (4, (0.5, 0.5, 2.0), (17, 3, 4)), (3, (2.0, 1.25, 0.5), (1, 18, 2)),
        (9, (1.0,), (3, 4, 1, 2)), (1, (0.25,), (2, 2, 3))]:
    layer("local_response_norm", nn.LocalResponseNorm(window, *rest), given(*shape),
          kernel=(1, window), **dict(zip(("smoothing", "momentum", "eps"), rest)))
layer("group_norm", nn.GroupNorm(3, 18), given(2, 18, 5), groups=3, bias=1)


def labels(n, k):
    return lambda: (4 * coarse(n, k), torch.randint(0, k, (n,)))


def soft_targets(n, k):
    def make():
        t = torch.rand(n, k).float().double()
        return 4 * coarse(n, k), (t / t.sum(1, keepdim=True)).float().double()
    return make


for n, k, smoothing in (4, 5, 0.0), (17, 3, 0.125), (1, 1, 0.0):
    def cross_entropy(z, t):
        return F.cross_entropy(z, t, label_smoothing=smoothing)

    loss("softmax_cross_entropy", cross_entropy, lambda z: z.softmax(1), labels(n, k),
         smoothing=smoothing)
    loss("softmax_cross_entropy", cross_entropy, lambda z: z.softmax(1), soft_targets(n, k),
         smoothing=smoothing, soft=1)
loss("softmax_cross_entropy", F.cross_entropy, lambda z: z.softmax(1),
     lambda: (torch.tensor([[1000.0, -1000.0, 0.0], [-80.0, 80.0, 60.0]]), torch.tensor([1, 2])))



def places(shape, ignore):
    """Logits and a class per place, a quarter of them ignored (None: none)."""
    def make():
        n, k, *plane = shape
        t = torch.randint(0, k, (n, *plane))
        if ignore is not None:
            t[torch.rand(t.shape) < 0.25] = ignore
        return 4 * coarse(*shape), t
    return make


ZERO = -2**31  # LAM_ZERO
for shape, ignore, weights, smoothing in [
        ((3, 4, 2, 3), None, None, 0.0),
        ((2, 2, 4, 5), None, None, 0.125),
        ((17, 3, 5), -100, None, 0.0),
        ((2, 3, 3, 2), 255, (0.25, 2.0, 1.5), 0.25),
        ((3, 4, 6), 0, (1.0, 0.5, 0.0, 3.0), 0.0),
        ((4, 3, 1, 2), 2, None, 0.5),
        ((6, 4), -1, (0.5, 1.0, 2.0, 4.0), 0.125),
        ((5, 3), None, (0.5, 1.0, 2.0), 0.0)]:
    words = {"smoothing": smoothing}
    if ignore is not None:
        words["ignore"] = ignore or ZERO
    if weights:
        words |= {"weighted": 1, "weights": weights}
    loss("softmax_cross_entropy",
         lambda z, t: F.cross_entropy(z, t, torch.tensor(weights) if weights else None,
                                      ignore_index=-999 if ignore is None else ignore,
                                      label_smoothing=smoothing),
         lambda z: z.softmax(1), places(shape, ignore), **words)
for weights, smoothing in (None, 0.0), ((0.5, 1.0, 2.0), 0.125):
    words = {"smoothing": smoothing, "soft": 1}
    if weights:
        words |= {"weighted": 1, "weights": weights}
    loss("softmax_cross_entropy",
         lambda z, t: F.cross_entropy(z, t, torch.tensor(weights) if weights else None,
                                      label_smoothing=smoothing),
         lambda z: z.softmax(1),
         lambda: (4 * coarse(2, 3, 2, 2), coarse(2, 3, 2, 2, low=0, high=16)), **words)

sigmoid_cross_entropy = F.binary_cross_entropy_with_logits
for n, k in (3, 4), (17, 1):
    loss("sigmoid_cross_entropy", sigmoid_cross_entropy, torch.sigmoid,
         lambda: (4 * coarse(n, k), coarse(n, k, low=0, high=16)))
    loss("binary_cross_entropy", F.binary_cross_entropy, lambda p: p,
         lambda: (coarse(n, k, low=1, high=15), coarse(n, k, low=0, high=16)))
loss("sigmoid_cross_entropy", sigmoid_cross_entropy, torch.sigmoid,
     lambda: (torch.tensor([[100.0, -100.0], [700.0, -700.0]]),
              torch.tensor([[0.0, 1.0], [1.0, 1.0]])))
loss("binary_cross_entropy", F.binary_cross_entropy, lambda p: p,
     lambda: (torch.tensor([[0.0, 1.0, 0.25]]), torch.tensor([[0.0, 1.0, 1.0]])))
for shape in (3, 4), (17, 2, 2, 1):
    loss("mean_squared_error", F.mse_loss, lambda y: y, lambda: (coarse(*shape), coarse(*shape)))
    loss("mean_squared_error", lambda y, t: ((y - t) ** 2).sum() / (2 * y.shape[0]), lambda y: y,
         lambda: (coarse(*shape), coarse(*shape)), half=1)
    loss("l1_loss", F.l1_loss, lambda y: y, lambda: (coarse(*shape), coarse(*shape)))
    loss("huber_loss", F.huber_loss, lambda y: y, lambda: (coarse(*shape), coarse(*shape)))
    loss("huber_loss", lambda y, t: F.huber_loss(y, t, delta=0.5), lambda y: y,
         lambda: (coarse(*shape, low=-8, high=8), coarse(*shape, low=-8, high=8)), delta=0.5)
loss("l1_loss", F.l1_loss, lambda y: y,  # equal values, too
     lambda: (coarse(4, 9, low=-1, high=1), coarse(4, 9, low=-1, high=1)))
for shape, weight in ((3, 4), 2.5), ((17, 2, 2, 1), 0.25), ((2, 3), 0.0):
    loss("sigmoid_cross_entropy",
         lambda z, t: sigmoid_cross_entropy(z, t, pos_weight=torch.tensor(weight)),
         torch.sigmoid, lambda: (4 * coarse(*shape), coarse(*shape, low=0, high=16)),
         positive_weight=weight or ZERO)


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


layer("residual", Residual(nn.Conv2d(2, 2, 3, padding=1), nn.Identity()), given(2, 2, 3, 4), out=2)
layer("residual_shortcut", Residual(nn.Conv2d(2, 3, 3, 2, 1), nn.Conv2d(2, 3, 1, 2)),
      given(2, 2, 3, 4), out=3)
layer("add", Residual(nn.Conv2d(2, 3, 3, 2, 1), nn.Conv2d(2, 3, 1, 2)), given(2, 2, 5, 4), out=3)


class Concat(Residual):
    def forward(self, x):
        return torch.cat((self.body(x), self.shortcut(x)), 1)


layer("concat", Concat(nn.Conv2d(2, 3, 3, 2, 1), nn.Conv2d(2, 3, 1, 2)), given(2, 2, 5, 4), out=3)

halves = Apply(lambda x: x[:, :x.shape[1] // 2] * x[:, x.shape[1] // 2:])
average = Apply(lambda x: x * x.flatten(2).mean(2).view(*x.shape[:2], *(1 for _ in x.shape[2:])))
first = Apply(lambda x: x[:, :1] * x)
both = Apply(lambda x: x[:, :1] * average(x))
for form, module, shapes in [
        (0, halves, [(2, 4, 2, 3), (17, 6)]), (1, average, [(2, 3, 2, 3), (3, 17, 4)]),
        (2, average, [(1, 3, 3, 2)]), (3, first, [(2, 3, 2, 3), (3, 2, 5), (17, 4)]),
        (4, both, [(2, 3, 2, 3), (2, 2, 5)]), (5, Apply(lambda x: x * x), [(3, 2, 3)])]:
    for shape in shapes:
        layer("multiply", module, given(*shape), form=form)
layer("graph", Residual(nn.Conv2d(2, 3, 3, 2, 1), nn.Conv2d(2, 3, 1, 2)), given(2, 2, 5, 4), out=3)
layer("sequential", nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)), given(3, 5), out=3)

for line in sys.stdin:
    name, module, words = re.fullmatch(r"(\w+) (.*\))((?: \w+=\S+)*)", line.strip()).groups()
    options = dict(word.split("=") for word in words.split())
    x = options.pop("x", None)
    layer(name, eval(module), given(*map(int, x.split("x"))) if x else wide, **options)
