#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Samples per second of the nets and graphs in PyTorch, for tests/bench/peers.py, which sets the
environment that an expert would set. One line per net: name, training samples per second,
prediction samples per second (each the better of the contiguous and the channels-last layout,
median of the rounds)."""
import argparse
import os
import statistics
import time

import torch
from torch import nn


class Beside(nn.Module):
    """The input, and what `inner` makes of it, one after another."""
    def __init__(self, *inner):
        super().__init__()
        self.inner = nn.Sequential(*inner)

    def forward(self, x):
        return torch.cat((x, self.inner(x)), 1)


def dense_block(channels):
    return [Beside(nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, 12, 3, padding=1))
            for c in range(channels, channels + 144, 12)]


def transition(c):
    return [nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, c, 1), nn.AvgPool2d(2)]


def densenet40():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), *dense_block(16), *transition(160), *dense_block(160),
        *transition(304), *dense_block(304), nn.BatchNorm2d(448), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(448, 10))


def two_convs(a, b):
    return [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.Conv2d(b, b, 3, padding=1), nn.ReLU()]


def level(*inner):
    return Beside(nn.MaxPool2d(2), *inner, nn.Upsample(scale_factor=2, mode="bilinear"))


def unet():
    return nn.Sequential(
        *two_convs(1, 16),
        level(*two_convs(16, 32), level(*two_convs(32, 64)), *two_convs(96, 32)),
        *two_convs(48, 16), nn.Conv2d(16, 4, 1))


NETS = {
    "mlp": ((784,), 10, lambda: nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))),
    "lenet": ((1, 28, 28), 10, lambda: nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84),
        nn.ReLU(), nn.Linear(84, 10))),
    "mnistcnn": ((1, 28, 28), 10, lambda: nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))),
    "vggs": ((3, 32, 32), 10, lambda: nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(), nn.Conv2d(128, 128, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(128, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(4096, 256), nn.ReLU(), nn.Linear(256, 10))),
    "ecg1d": ((1, 187), 5, lambda: nn.Sequential(
        nn.Conv1d(1, 32, 5), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(32, 64, 5), nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(64, 128, 3), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(),
        nn.Linear(128, 5))),
    "convae": ((1, 28, 28), 0, lambda: nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1), nn.Sigmoid())),
    "densenet40": ((3, 32, 32), 10, densenet40),
    "unet": ((1, 64, 64), 4, unet),
}
LAYOUTS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}


def rate(step, args):
    clock = time.perf_counter if args.clock == "wall" else time.process_time
    rates = []
    for turn in range(args.rounds + 1):
        steps, start = 0, clock()
        while True:
            step()
            steps += 1
            spent = clock() - start
            if spent >= args.seconds:
                break
        if turn > 0:
            rates.append(steps * args.batch / spent)
    return statistics.median(rates)


def first_step(train, steps, began):
    """Prints what tests/bench/train_once.c does: seconds from `began`, in nanoseconds of that
    clock, to the first step; peak bytes."""
    train()
    first = time.monotonic() - 1e-9 * began
    for _ in range(steps - 1):
        train()
    with open("/proc/self/status") as status:
        print(first,
              1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM")))


def measure(name, args):
    shape, classes, make = NETS[name]
    best = [0.0, 0.0]
    for layout in [LAYOUTS[l] for l in args.layouts if l == "contiguous" or len(shape) == 3]:
        net = make().to(memory_format=layout)
        x = torch.rand((args.batch,) + shape)
        if len(shape) == 3:
            x = x.to(memory_format=layout)
        places = shape[1:] if name == "unet" else ()
        target = torch.randint(0, classes, (args.batch,) + places) if classes else x
        loss_of = nn.CrossEntropyLoss() if classes else nn.MSELoss()
        sgd = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)

        def train():
            sgd.zero_grad(set_to_none=True)
            loss_of(net(x), target).backward()
            sgd.step()

        if args.only == "first-step":
            return first_step(train, args.steps, args.began)
        if args.only != "predict":
            best[0] = max(best[0], rate(train, args))
        if args.only == "train":
            continue
        with torch.inference_mode():
            traced = torch.jit.trace(net.eval(), x)
            frozen = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
            best[1] = max(best[1], rate(lambda: frozen(x), args))
    print(f"{name:<10} train {best[0]:9.0f} /s  predict {best[1]:9.0f} /s", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["train", "predict", "first-step"])
    parser.add_argument("--began", type=int, default=0,
                        help="of first-step: when the process was started")
    parser.add_argument("--steps", type=int, default=30, help="of first-step")
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall",
                        help="processor: for one thread on a machine that does other things")
    parser.add_argument("--layouts", nargs=1, default=list(LAYOUTS), choices=list(LAYOUTS))
    parser.add_argument("nets", nargs="*", default=list(NETS))
    args = parser.parse_args()
    # Its own default counts cores as it sees them, which on some virtual machines is one: say it.
    torch.set_num_threads(args.threads or len(os.sched_getaffinity(0)))
    for name in args.nets or NETS:
        measure(name, args)


main()
