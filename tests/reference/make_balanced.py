#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints balanced.txt: PyTorch's balanced accuracy on the 95:5 set of tests/train/balanced_test.c,
without weights, with weights of classes, and with the same weights given to the samples.

    /usr/bin/python3 tests/reference/make_balanced.py > tests/reference/balanced.txt

A line is: treatment, mean and standard deviation over ten seeds."""
import statistics

import torch
from torch import nn
import torch.nn.functional as F

FEATURES, TRAIN, TEST, RARE, BATCH, EPOCHS = 8, 2000, 4000, 20, 100, 20
MASK = (1 << 64) - 1
state = 1


def uniform():
    """splitmix64, in [0, 1)"""
    global state
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return ((z ^ (z >> 31)) >> 11) / (1 << 53)


def samples(count):
    """Every twentieth is of class 1, whose first four features are larger by 0.7."""
    x = [[sum(uniform() for _ in range(12)) - 6 + (0.7 if i % RARE == 0 and k < 4 else 0)
          for k in range(FEATURES)] for i in range(count)]
    return torch.tensor(x), torch.tensor([int(i % RARE == 0) for i in range(count)])


def balanced_accuracy(weights, per_sample, seed):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(FEATURES, 16), nn.Tanh(), nn.Linear(16, 2))
    sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for _ in range(EPOCHS):
        for part in torch.randperm(TRAIN).split(BATCH):
            z, t = net(x[part]), y[part]
            if per_sample:
                loss = (F.cross_entropy(z, t, reduction="none") * weights[t]).sum()
                loss = loss / weights[t].sum()
            else:
                loss = F.cross_entropy(z, t, weights)
            sgd.zero_grad()
            loss.backward()
            sgd.step()
    found = net(test_x).argmax(1)
    return statistics.mean((found[test_y == c] == c).double().mean().item() for c in (0, 1))


torch.set_num_threads(1)
x, y = samples(TRAIN)
test_x, test_y = samples(TEST)
balance = torch.tensor([1.0, 19.0])
for name, weights, per_sample in (("none", None, False), ("classes", balance, False),
                                  ("samples", balance, True)):
    scores = [balanced_accuracy(weights, per_sample, seed) for seed in range(10)]
    print(name, f"{statistics.mean(scores):.4f} {statistics.stdev(scores):.4f}")
