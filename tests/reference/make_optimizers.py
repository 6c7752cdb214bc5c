#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes optimizers.txt and schedules.txt: what torch.optim does in 20 steps, in double.

    /usr/bin/python3 tests/reference/make_optimizers.py tests/reference

needs Debian's python3-torch; the tests need only the files. A rule's line is its name and numbers;
below it, one line for each of the 20 steps: the four parameters after it. The gradient of parameter
i at step t is sin(1 + t + 3 i) + w_i / 2, so that it depends on what the steps before did. A
line of groups is a rule with two parameter groups, a weight of two values and a bias of one. Its
last words are the factors of lr of each, those of weight decay, and that of lr after each step. A
schedule's line is its name, numbers and the count of the rates below it, eight to a line; of a
plateau each line is an epoch's loss and the rate after it."""

import math
import os
import sys

import numpy
import torch

torch.set_default_dtype(torch.float64)
STEPS = 20

RULES = [
    ("sgd", torch.optim.SGD, dict(lr=0.1)),
    ("sgd", torch.optim.SGD, dict(lr=0.1, weight_decay=0.05)),
    ("sgd", torch.optim.SGD, dict(lr=0.05, momentum=0.9)),
    ("sgd", torch.optim.SGD, dict(lr=0.05, momentum=0.9, weight_decay=0.01)),
    ("sgd", torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)),
    ("adam", torch.optim.Adam, dict(lr=0.01)),
    ("adam", torch.optim.Adam, dict(lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    ("adamw", torch.optim.AdamW, dict(lr=0.01, weight_decay=0)),
    ("adamw", torch.optim.AdamW, dict(lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    ("rmsprop", torch.optim.RMSprop, dict(lr=0.01)),
    ("rmsprop", torch.optim.RMSprop, dict(lr=0.01, momentum=0.9)),
    ("rmsprop", torch.optim.RMSprop,
     dict(lr=0.01, alpha=0.9, eps=1e-3, centered=True, weight_decay=0.1)),
    ("rmsprop", torch.optim.RMSprop,
     dict(lr=0.01, alpha=0.9, eps=1e-3, centered=True, momentum=0.5)),
]


# The factors of lr and weight decay of the weight and of the bias, and that of lr after each step.
GROUPS = [
    ("sgd", torch.optim.SGD, dict(lr=0.05, momentum=0.9, weight_decay=0.01), (1, 4, 2, 0), 0.9),
    ("adam", torch.optim.Adam, dict(lr=0.01, weight_decay=0.1), (0.5, 64, 1, 0.25), 1),
    ("adamw", torch.optim.AdamW, dict(lr=0.01, weight_decay=0.1), (0.5, 8, 0.5, 3), 0.8),
    ("rmsprop", torch.optim.RMSprop, dict(lr=0.01, weight_decay=0.1), (0, 2, 1, 0.5), 0.9),
]


def groups(out, name, make, options, factors, gamma):
    weight = torch.nn.Parameter(torch.tensor([1.0, -0.5]))
    bias = torch.nn.Parameter(torch.tensor([0.25]))
    optimizer = make([
        dict(params=[weight], lr=options["lr"] * factors[0],
             weight_decay=options["weight_decay"] * factors[2]),
        dict(params=[bias], lr=options["lr"] * factors[1],
             weight_decay=options["weight_decay"] * factors[3]),
    ], **options)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma)
    words = " ".join(f"{k} {float(v):g}" for k, v in options.items())
    print(f"groups {name} {len(options)} {words}", *factors, gamma, file=out)
    for t in range(STEPS):
        for i, p in ((0, weight), (2, bias)):
            p.grad = torch.tensor([math.sin(1 + t + 3 * (i + k)) for k in range(p.numel())])
            p.grad += p.detach() / 2
        optimizer.step()
        scheduler.step()
        print(*(f"{v:.15g}" for v in weight.detach().tolist() + bias.detach().tolist()), file=out)


def rule(out, name, make, options):
    w = torch.nn.Parameter(torch.tensor([1.0, -0.5, 0.25, 2.0]))
    optimizer = make([w], **options)
    flat = dict(options)
    if "betas" in flat:
        flat["beta1"], flat["beta2"] = flat.pop("betas")
    words = " ".join(f"{k} {float(v):g}" for k, v in flat.items())
    print(f"rule {name} {len(flat)} {words}", file=out)
    for t in range(STEPS):
        w.grad = torch.tensor([math.sin(1 + t + 3 * i) for i in range(4)]) + w.detach() / 2
        optimizer.step()
        print(*(f"{v:.15g}" for v in w.detach().tolist()), file=out)


def schedule(out, name, numbers, lr, steps, per_epoch, make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler, every = make(optimizer)
    rates = []
    for t in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if t + 1 < steps and (t + 1) % every == 0:
            scheduler.step()
    words = " ".join(f"{k} {v:g}" for k, v in numbers.items())
    print(f"schedule {name} {len(numbers)} {words} lr {lr:g} steps {steps} per_epoch {per_epoch}",
          file=out)
    for i in range(0, steps, 8):
        print(*(f"{v:.15g}" for v in rates[i:i + 8]), file=out)


class Fractions:
    """Advances a schedule of epochs by one step's part of an epoch."""

    def __init__(self, scheduler, per_epoch):
        self.scheduler, self.per_epoch, self.t = scheduler, per_epoch, 0

    def step(self):
        self.t += 1
        self.scheduler.step(self.t / self.per_epoch)


def factor_of(points):
    at, factor = zip(*points)
    return lambda t: float(numpy.interp(t, at, factor))


def words_of(points):
    return {f"{name}{i}": v for i, p in enumerate(points) for name, v in zip(("at", "factor"), p)}


def plateau(out, numbers, lr, losses, options):
    """The rate after each epoch, beside the epoch's loss."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    words = " ".join(f"{k} {v:g}" for k, v in numbers.items())
    print(f"schedule plateau {len(numbers)} {words} lr {lr:g} steps {len(losses)} per_epoch 1",
          file=out)
    for loss in losses:
        scheduler.step(loss)
        print(f"{loss:.15g} {optimizer.param_groups[0]['lr']:.15g}", file=out)


def main(folder):
    lrs = torch.optim.lr_scheduler
    with open(os.path.join(folder, "optimizers.txt"), "w") as out:
        for row in RULES:
            rule(out, *row)
        for row in GROUPS:
            groups(out, *row)
    with open(os.path.join(folder, "schedules.txt"), "w") as out:
        for steps in (1, 2, 7, 50):
            schedule(out, "one_cycle", dict(peak=0.5), 0.1, steps, 5,
                     lambda o: (lrs.OneCycleLR(o, 0.5, total_steps=steps, cycle_momentum=False), 1))
        schedule(out, "one_cycle", dict(peak=0.25, warmup=0.125, div=10, final_div=100), 0.1, 40, 5,
                 lambda o: (lrs.OneCycleLR(o, 0.25, total_steps=40, pct_start=0.125, div_factor=10,
                                           final_div_factor=100,
                                           cycle_momentum=False), 1))
        schedule(out, "cosine", {}, 0.1, 30, 5, lambda o: (lrs.CosineAnnealingLR(o, 30), 1))
        schedule(out, "cosine", dict(least=0.03125), 0.25, 17, 5,
                 lambda o: (lrs.CosineAnnealingLR(o, 17, eta_min=0.03125), 1))
        schedule(out, "step_decay", dict(every=2), 0.1, 40, 5, lambda o: (lrs.StepLR(o, 2), 5))
        schedule(out, "step_decay", dict(every=3, factor=0.5), 0.25, 40, 4,
                 lambda o: (lrs.StepLR(o, 3, gamma=0.5), 4))
        for numbers, steps, per_epoch in ((dict(every=3), 40, 5),
                                          (dict(every=1, multiply=2), 70, 7),
                                          (dict(every=2, multiply=3, least=0.03125), 120, 4)):
            schedule(out, "cosine_restarts", numbers, 0.25, steps, per_epoch,
                     lambda o: (Fractions(lrs.CosineAnnealingWarmRestarts(
                         o, numbers["every"], numbers.get("multiply", 1),
                         numbers.get("least", 0)), per_epoch), 1))
        for points, by_epoch, steps, per_epoch in (
                ([(0, 0.25), (0.25, 1), (1, 0.0625)], 0, 40, 5),
                ([(0, 0), (0.5, 2), (0.75, 2), (0.8125, 0)], 0, 33, 4),
                ([(2, 1), (4.5, 0.5), (20, 0.125)], 1, 36, 4),
                ([(0.5, 0.75)], 0, 8, 4)):
            schedule(out, "piecewise", {**words_of(points), "by_epoch": by_epoch}, 0.25, steps,
                     per_epoch,
                     lambda o: (lrs.LambdaLR(o, lambda t: factor_of(points)(
                         t / (per_epoch if by_epoch else steps))), 1))
        falling = [1 / (1 + 0.5 * t) + 0.3 * (t % 3 == 1) for t in range(40)]
        flat = [1, 0.9, 0.95, 0.9, 0.9, 0.85, 0.8499, 0.8498, 0.9, 1, 1, 1, 1, 0.5] + 12 * [0.5]
        plateau(out, dict(), 0.5, flat, dict())
        plateau(out, dict(patience=1, factor=0.5), 0.5, flat, dict(patience=1, factor=0.5))
        plateau(out, dict(patience=2, factor=0.25, cooldown=3, least=0.001953125), 0.5, flat,
                dict(patience=2, factor=0.25, cooldown=3, min_lr=0.001953125))
        plateau(out, dict(patience=0, threshold=0.0625), 0.5, falling,
                dict(patience=0, threshold=0.0625))
        plateau(out, dict(patience=0, threshold=0, cooldown=1, factor=0.5), 0.25, falling,
                dict(patience=0, threshold=0, cooldown=1, factor=0.5))


main(sys.argv[1])
