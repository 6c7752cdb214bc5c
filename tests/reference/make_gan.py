#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes gan.txt: 20 steps of a generator and a discriminator, in double.

    /usr/bin/python3 tests/reference/make_gan.py tests/reference

needs Debian's python3-torch; the tests need only the file. Both nets have convolutions. Parameter
values and samples are sines of their index (value()), so that the test makes them, too. Each step
trains the discriminator on a real and on a generated batch, whose gradients add up, then the
generator through the discriminator. Each line has the three losses of a step and the sums of all
parameters of both nets, each times a weight that differs from its neighbours'."""

import math
import os
import sys

import torch

torch.set_default_dtype(torch.float64)
STEPS, BATCH, NOISE, SIDE = 20, 6, 5, 6


def value(count, seed, scale):
    return torch.tensor([scale * math.sin(seed + 1.7 * i) for i in range(count)])


def fill(net, seed):
    for k, p in enumerate(net.parameters()):
        p.data = value(p.numel(), seed + k, 0.3).reshape(p.shape)


def weighted_sum(net):
    sum = 0.0
    for p in net.parameters():
        for i, v in enumerate(p.detach().reshape(-1).tolist()):
            sum += v * math.cos(0.9 * i)
    return sum


nn = torch.nn
G = nn.Sequential(nn.Linear(NOISE, 4 * 3 * 3), nn.LeakyReLU(0.2), nn.Unflatten(1, (4, 3, 3)),
                  nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh())
D = nn.Sequential(nn.Conv2d(1, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(36, 1))
fill(G, 1.0)
fill(D, 20.0)
loss = nn.BCEWithLogitsLoss()
of_g = torch.optim.Adam(G.parameters(), lr=0.01, betas=(0.5, 0.999))
of_d = torch.optim.Adam(D.parameters(), lr=0.01, betas=(0.5, 0.999))
ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)

with open(os.path.join(sys.argv[1], "gan.txt"), "w") as out:
    for step in range(STEPS):
        real = value(BATCH * SIDE * SIDE, 100.0 + step, 1.0).reshape(BATCH, 1, SIDE, SIDE)
        noise = value(BATCH * NOISE, 200.0 + step, 1.0).reshape(BATCH, NOISE)
        fake = G(noise)
        of_d.zero_grad()
        on_real = loss(D(real), ones)
        on_fake = loss(D(fake.detach()), zeros)
        (on_real + on_fake).backward()
        of_d.step()
        of_g.zero_grad()
        of_fake = loss(D(fake), ones)
        of_fake.backward()
        of_g.step()
        print(*(f"{v:.17g}" for v in (on_real.item(), on_fake.item(), of_fake.item(),
                                      weighted_sum(G), weighted_sum(D))), file=out)
