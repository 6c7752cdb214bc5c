#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The speed in PyTorch of a net that is given as a chain of words; arguments, words and output are
those of others.c. It prints the better of the contiguous and the channels-last layout. others.py
sets the environment that an expert would set."""
import resource
import sys
import time

import torch
from torch import nn


def numbers(word, least, separator=","):
    given = [int(n) for n in word.split(separator)]
    return given + least[len(given):]


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Beside(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return torch.cat((x, self.body(x)), 1)


class Chain:
    """Reads words, and follows the shape, as PyTorch's layers must be told their input's."""
    def __init__(self, shape, words):
        self.words, self.at, self.loss = words, 0, None
        self.x = torch.zeros(2, *shape)

    def take(self):
        self.at += 1
        return self.words[self.at - 1]

    def peek(self):
        return self.words[self.at] if self.at < len(self.words) else ""

    def convolution(self, transposed):
        out, kernel, stride, pad, dilation, groups = numbers(self.take(), [0, 1, 1, 0, 1, 1])
        signal, bias, channels = self.x.dim() == 3, self.peek() != "bn", self.x.shape[1]
        if transposed:
            kind = nn.ConvTranspose1d if signal else nn.ConvTranspose2d
            return kind(channels, out, kernel, stride, pad, bias=bias)
        kind = nn.Conv1d if signal else nn.Conv2d
        return kind(channels, out, kernel, stride, pad, dilation, groups, bias)

    def pooling(self, maximum):
        kernel, stride, pad = numbers(self.take(), [2, 0, 0])
        kinds = ((nn.AvgPool2d, nn.MaxPool2d), (nn.AvgPool1d, nn.MaxPool1d))
        return kinds[self.x.dim() == 3][maximum](kernel, stride or kernel, pad)

    def residual(self):
        begin = self.x
        body, end = self.layers(), self.x
        shortcut = nn.Sequential()
        if self.take() == "|":
            self.x = begin
            shortcut = self.layers()
            self.take()
        self.x = end
        return Residual(body, shortcut)

    def beside(self):
        begin = self.x
        body = self.layers()
        self.take()
        self.x = torch.cat((begin, self.x), 1)
        return Beside(body)

    def layer(self):
        word = self.take()
        if word in ("c", "t"):
            return self.convolution(word == "t")
        if word in ("mp", "ap"):
            return self.pooling(word == "mp")
        if word == "a":
            features = self.x[0].numel()
            return nn.Sequential(nn.Flatten(), nn.Linear(features, int(self.take())))
        if word == "v":
            return nn.Unflatten(1, numbers(self.take(), [], "x"))
        if word == "(":
            return self.residual()
        if word == "[":
            return self.beside()
        if word == "up":
            return nn.Upsample(scale_factor=int(self.take()), mode="bilinear", align_corners=False)
        if word == "bn":
            kinds = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}
            return kinds[self.x.dim()](self.x.shape[1])
        if word == "gap":
            pool = nn.AdaptiveAvgPool1d(1) if self.x.dim() == 3 else nn.AdaptiveAvgPool2d(1)
            return nn.Sequential(pool, nn.Flatten())
        return {"r": nn.ReLU, "tanh": nn.Tanh}[word]()

    def layers(self):
        made = []
        while self.peek() not in ("", "|", ")", "]"):
            if self.peek() in ("ce", "mse"):
                self.loss = self.take()
                break
            layer = self.layer()
            if not isinstance(layer, (Beside, Residual)):
                with torch.no_grad():
                    self.x = layer(self.x)
            made.append(layer)
        return nn.Sequential(*made)


def step_of(chain, net, x, train):
    if not train:
        net = torch.jit.optimize_for_inference(
            torch.jit.freeze(torch.jit.trace(net.eval(), x)))

        def predict():
            with torch.no_grad():
                net(x)
        return predict
    out = (x.shape[0], *chain.x.shape[1:])
    places = (out[0], *out[2:])
    targets = torch.zeros(places, dtype=torch.long) if chain.loss == "ce" else torch.zeros(out)
    loss = nn.CrossEntropyLoss() if chain.loss == "ce" else nn.MSELoss()
    rule = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)

    def step():
        rule.zero_grad(set_to_none=True)
        loss(net(x), targets).backward()
        rule.step()
    return step


def measure(argv, last):
    shape = tuple(int(n) for n in argv[1].split("x"))
    batch = int(argv[3].split(":")[0])
    torch.manual_seed(1)
    chain = Chain(shape, argv[2].split())
    net, x = chain.layers(), torch.rand(batch, *shape)
    if last and len(shape) == 3:
        net, x = (t.to(memory_format=torch.channels_last) for t in (net, x))
    step = step_of(chain, net, x, argv[4] == "train")
    for _ in range(3):
        step()
    calls, begin, processor = 0, time.monotonic(), time.process_time()
    while time.monotonic() - begin < float(argv[5]):
        step()
        calls += 1
    processor = time.process_time() - processor
    return calls * batch / (time.monotonic() - begin), 1e3 * processor / calls


def main():
    torch.set_num_threads(int(sys.argv[6]))
    best = max(measure(sys.argv, last) for last in (False, True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{best[0]:.2f} {best[1]:.4f} {peak:.0f}")


main()
