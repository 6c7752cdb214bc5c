#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_onnx.py FOLDER [--full]: nets of PyTorch as ONNX files of several opsets, NAME_OPSET.onnx,
each with an input and what PyTorch makes of it, NAME_x.npy and NAME_y.npy. Without --full small
nets, as they lie in tests/data/onnx (made with torch 1.13); with it nets as people train them,
for the environment variable LAMINA_ONNX_FOLDER of tests/exchange/onnx_torch_test."""
import sys
import warnings

import numpy
import torch
import torch.nn.functional as F
from torch import nn

warnings.filterwarnings('ignore')
folder, full = sys.argv[1], '--full' in sys.argv


def cbr(i, o, k, self=1, p=0, g=1, act=nn.ReLU):
    return nn.Sequential(nn.Conv2d(i, o, k, self, p, groups=g, bias=False), nn.BatchNorm2d(o),
            act())

class Basic(nn.Module):

    def __init__(self, i, o, st):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, st, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(o)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)
        self.down = nn.Sequential(nn.Conv2d(i, o, 1, st, bias=False),
                nn.BatchNorm2d(o)) if st != 1 or i != o else None

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (self.down(x) if self.down else x))

class ResNet18(nn.Module):

    def __init__(self, w=64, classes=10):
        super().__init__()
        self.stem = cbr(3, w, 7, 2, 3)
        self.pool = nn.MaxPool2d(3, 2, 1)
        L = []
        i = w
        for k in range(4):
            o = w * 2 ** k
            L += [Basic(i, o, 1 if k == 0 else 2), Basic(o, o, 1)]
            i = o
        self.layers = nn.Sequential(*L)
        self.avg = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(i, classes)

    def forward(self, x):
        return self.fc(torch.flatten(self.avg(self.layers(self.pool(self.stem(x)))), 1))

class Inv(nn.Module):

    def __init__(self, i, o, st, t):
        super().__init__()
        h = i * t
        self.same = st == 1 and i == o
        L = ([cbr(i, h, 1, act=nn.ReLU6)] if t != 1 else []) + [cbr(h, h, 3, st, 1, h,
                act=nn.ReLU6), nn.Conv2d(h, o, 1, bias=False), nn.BatchNorm2d(o)]
        self.body = nn.Sequential(*L)

    def forward(self, x):
        return x + self.body(x) if self.same else self.body(x)

class MobileNetV2(nn.Module):

    def __init__(self, classes=10):
        super().__init__()
        L = [cbr(3, 32, 3, 2, 1, act=nn.ReLU6)]
        i = 32
        for t, c, n, st in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96,
                3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
            for k in range(n):
                L.append(Inv(i, c, st if k == 0 else 1, t))
                i = c
        L.append(cbr(i, 1280, 1, act=nn.ReLU6))
        self.features = nn.Sequential(*L)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean([2, 3]))

class Fire(nn.Module):

    def __init__(self, i, q, e):
        super().__init__()
        self.s = nn.Conv2d(i, q, 1)
        self.a = nn.Conv2d(q, e, 1)
        self.b = nn.Conv2d(q, e, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.s(x))
        return torch.cat([F.relu(self.a(x)), F.relu(self.b(x))], 1)

class SqueezeNet(nn.Module):

    def __init__(self, classes=10):
        super().__init__()
        P = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
        self.features = nn.Sequential(nn.Conv2d(3, 64, 3, 2), nn.ReLU(), P(), Fire(64, 16, 64),
                Fire(128, 16, 64), P(), Fire(128, 32, 128), Fire(256, 32, 128), P(), Fire(256,
                48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256))
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Conv2d(512, classes, 1), nn.ReLU(),
                nn.AdaptiveAvgPool2d(1))

    def forward(self, x):
        return torch.flatten(self.classifier(self.features(x)), 1)

class DenseLayer(nn.Module):

    def __init__(self, i, g):
        super().__init__()
        self.n1 = nn.BatchNorm2d(i)
        self.c1 = nn.Conv2d(i, 4 * g, 1, bias=False)
        self.n2 = nn.BatchNorm2d(4 * g)
        self.c2 = nn.Conv2d(4 * g, g, 3, padding=1, bias=False)

    def forward(self, x):
        return torch.cat([x, self.c2(F.relu(self.n2(self.c1(F.relu(self.n1(x))))))], 1)

class DenseNet(nn.Module):

    def __init__(self, g=32, blocks=(6, 12, 24, 16), classes=10):
        super().__init__()
        i = 2 * g
        L = [cbr(3, i, 7, 2, 3), nn.MaxPool2d(3, 2, 1)]
        for k, n in enumerate(blocks):
            for _ in range(n):
                L.append(DenseLayer(i, g))
                i += g
            if k < len(blocks) - 1:
                L += [nn.BatchNorm2d(i), nn.ReLU(), nn.Conv2d(i, i // 2, 1, bias=False),
                        nn.AvgPool2d(2)]
                i //= 2
        L += [nn.BatchNorm2d(i), nn.ReLU()]
        self.features = nn.Sequential(*L)
        self.classifier = nn.Linear(i, classes)

    def forward(self, x):
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(self.features(x), 1), 1))

class UNet(nn.Module):

    def __init__(self, w=16, out=4):
        super().__init__()
        D = lambda i, o: nn.Sequential(cbr(i, o, 3, 1, 1), cbr(o, o, 3, 1, 1))
        self.d1 = D(3, w)
        self.d2 = D(w, 2 * w)
        self.d3 = D(2 * w, 4 * w)
        self.u2 = nn.ConvTranspose2d(4 * w, 2 * w, 2, 2)
        self.e2 = D(4 * w, 2 * w)
        self.u1 = nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False)
        self.e1 = D(3 * w, w)
        self.out = nn.Conv2d(w, out, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        c = self.d3(F.max_pool2d(b, 2))
        b = self.e2(torch.cat([self.u2(c), b], 1))
        a = self.e1(torch.cat([self.u1(b), a], 1))
        return self.out(a)

class IncB(nn.Module):

    def __init__(self, i, a, b1, b2, c1, c2, d):
        super().__init__()
        self.a = cbr(i, a, 1)
        self.b = nn.Sequential(cbr(i, b1, 1), cbr(b1, b2, 3, 1, 1))
        self.c = nn.Sequential(cbr(i, c1, 1), cbr(c1, c2, 5, 1, 2))
        self.d = nn.Sequential(nn.MaxPool2d(3, 1, 1), cbr(i, d, 1))

    def forward(self, x):
        return torch.cat([self.a(x), self.b(x), self.c(x), self.d(x)], 1)

class Inception(nn.Module):

    def __init__(self, classes=10):
        super().__init__()
        P = lambda k=3: nn.MaxPool2d(k, 2, ceil_mode=True)
        self.f = nn.Sequential(cbr(3, 64, 7, 2, 3), P(), cbr(64, 64, 1), cbr(64, 192, 3, 1, 1),
                P(), IncB(192, 64, 96, 128, 16, 32, 32), IncB(256, 128, 128, 192, 32, 96, 64),
                P(), IncB(480, 192, 96, 208, 16, 48, 64), IncB(512, 160, 112, 224, 24, 64, 64),
                P(2), IncB(512, 256, 160, 320, 32, 128, 128))
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(832, classes)

    def forward(self, x):
        return self.fc(self.drop(torch.flatten(F.adaptive_avg_pool2d(self.f(x), (1, 1)), 1)))

class Gates(nn.Module):
    """hard swish, squeeze and excite, silu, gelu"""

    def __init__(self, classes=10):
        super().__init__()
        self.c = cbr(3, 16, 3, 2, 1, act=nn.Hardswish)
        self.p = nn.Conv2d(16, 4, 1)
        self.q = nn.Conv2d(4, 16, 1)
        self.d = cbr(16, 16, 5, 1, 2, 16, act=nn.SiLU)
        self.g = nn.Conv2d(16, 32, 1)
        self.fc = nn.Linear(32, classes)
        self.gn = nn.GroupNorm(4, 32)
        self.pr = nn.PReLU(32)

    def forward(self, x):
        x = self.c(x)
        a = F.adaptive_avg_pool2d(x, 1)
        a = F.hardsigmoid(self.q(F.relu(self.p(a))))
        x = x * a
        x = F.gelu(self.gn(self.g(self.d(x))))
        x = self.pr(x)
        n, c, h, w = x.shape
        x = x.view(n, 4, c // 4, h, w).transpose(1, 2).reshape(n, c, h, w)
        return torch.softmax(self.fc(x.mean((2, 3))), 1)

class Next(nn.Module):
    """ConvNeXt block: layer norm on NHWC, linear layers at places, layer scale"""

    def __init__(self, w=24, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, w, 4, 4)
        self.dw = nn.Conv2d(w, w, 7, padding=3, groups=w)
        self.n = nn.LayerNorm(w, eps=1e-06)
        self.a = nn.Linear(w, 4 * w)
        self.b = nn.Linear(4 * w, w)
        self.gamma = nn.Parameter(torch.rand(w))
        self.fc = nn.Linear(w, classes)
        self.n2 = nn.LayerNorm(w)

    def forward(self, x):
        x = self.stem(x)
        y = self.dw(x).permute(0, 2, 3, 1)
        y = self.b(F.gelu(self.a(self.n(y)))) * self.gamma
        x = x + y.permute(0, 3, 1, 2)
        return self.fc(self.n2(x.mean([-2, -1])))

class Signal(nn.Module):

    def __init__(self):
        super().__init__()
        self.a = nn.Conv1d(2, 8, 5, 2, 2)
        self.b = nn.Conv1d(8, 16, 3, 1, 2, dilation=2)
        self.bn = nn.BatchNorm1d(16)
        self.p = nn.MaxPool1d(2)
        self.q = nn.AvgPool1d(3, 2, 1, count_include_pad=False)
        self.u = nn.ConvTranspose1d(16, 4, 4, 2, 1)
        self.f = nn.Linear(4 * 16, 3)

    def forward(self, x):
        x = F.elu(self.a(x))
        x = F.leaky_relu(self.bn(self.b(x)), 0.1)
        x = self.q(self.p(x))
        x = torch.tanh(self.u(x))
        x = x.reshape(x.size(0), -1)
        return self.f(x)

class Parts(nn.Module):

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.rand(8))
        self.b = nn.Parameter(torch.rand(8))
        self.c = nn.Conv2d(3, 8, 3, padding=1)
        self.register_buffer('m', torch.rand(3, 1, 1))
        self.register_buffer('sd', torch.rand(3, 1, 1) + 0.5)
        self.l = nn.Linear(8, 8)
        self.register_buffer('P', torch.rand(5, 16))
        self.k = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x):
        x = self.c((x - self.m) / self.sd)
        u = x.mean(1, keepdim=True)
        d = x - u
        v = (d * d).mean(1, keepdim=True)
        x = d / torch.sqrt(v + 1e-06) * self.w[:, None, None] + self.b[:, None, None]
        x = self.k(F.relu(self.k(x)))
        x = self.P @ x
        x = x[:, :, 1:4, ::1]
        a, b = x.chunk(2, 1)
        x = torch.cat([b, a.abs(), torch.maximum(a, b)], 1)[:, :8]
        x = F.pad(x, (1, 0, 0, 2))
        x = x.amax(3)
        x = x.transpose(1, 2)
        x = self.l(self.l(x))
        x = F.hardtanh(x, -0.5, 0.7) + F.softplus(x) * 2 - x / 3
        return x.flatten(1)

class Planes(nn.Module):

    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(4, 16, 1)
        self.i = nn.InstanceNorm2d(16, affine=True)

    def forward(self, x):
        x = F.pixel_unshuffle(x, 2)
        x = x[:, :4]
        x = self.i(self.c(x))
        x = F.pixel_shuffle(x, 2)
        x = F.interpolate(x, scale_factor=2, mode='nearest')
        x = F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False)
        x = F.max_pool2d(x, 2, 2, ceil_mode=True)
        g = torch.sigmoid(x.mean((2, 3), keepdim=True))
        return x * g + g


SMALL = {'gates': (Gates, (3, 32, 32)), 'next': (Next, (3, 32, 32)), 'parts': (Parts, (3, 16, 16)),
         'planes': (Planes, (3, 16, 16)), 'signal': (Signal, (2, 64))}
FULL = {'resnet18': (ResNet18, (3, 64, 64)), 'mobilenetv2': (MobileNetV2, (3, 64, 64)),
        'squeezenet': (SqueezeNet, (3, 64, 64)), 'densenet': (DenseNet, (3, 64, 64)),
        'unet': (UNet, (3, 32, 32)), 'inception': (Inception, (3, 64, 64))}

for name, (make, shape) in (FULL if full else SMALL).items():
    torch.manual_seed(1)
    net = make()
    with torch.no_grad():
        for _ in range(3):
            net(torch.randn(8, *shape))  # batch norms begin with statistics of their own
        net.eval()
        x = torch.randn(4, *shape)
        y = net(x)
    for opset in (11, 13, 17):
        # One of them with a batch of 4 in all its shapes.
        axes = {'x': {0: 'n'}, 'y': {0: 'n'}} if opset != 13 else None
        torch.onnx.export(net, x, f'{folder}/{name}_{opset}.onnx', opset_version=opset,
                          input_names=['x'], output_names=['y'], dynamic_axes=axes)
    numpy.save(f'{folder}/{name}_x.npy', x.numpy())
    numpy.save(f'{folder}/{name}_y.npy', y.numpy())
