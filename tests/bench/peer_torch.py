#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Samples per second of the six nets in PyTorch, for tests/bench/peers.py, which sets the
environment that an expert would set. One line per net: name, training samples per second,
prediction samples per second (each the better of the contiguous and the channels-last layout,
median of the rounds)."""
import argparse
import os
import statistics
import time

import torch
from torch import nn

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
}


def rate(step, batch, seconds, rounds):
    rates = []
    for turn in range(rounds + 1):
        steps, start = 0, time.perf_counter()
        while True:
            step()
            steps += 1
            spent = time.perf_counter() - start
            if spent >= seconds:
                break
        if turn > 0:
            rates.append(steps * batch / spent)
    return statistics.median(rates)


def first_step(train, began):
    """Prints what tests/bench/train_once.c does: seconds from `began`, in nanoseconds of that
    clock, to the first step; peak bytes."""
    train()
    first = time.monotonic() - 1e-9 * began
    for _ in range(29):
        train()
    with open("/proc/self/status") as status:
        print(first,
              1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM")))


def measure(name, args):
    shape, classes, make = NETS[name]
    best = [0.0, 0.0]
    layouts = [torch.contiguous_format] + ([torch.channels_last] if len(shape) == 3 else [])
    for layout in layouts:
        net = make().to(memory_format=layout)
        x = torch.rand((args.batch,) + shape)
        if len(shape) == 3:
            x = x.to(memory_format=layout)
        target = torch.randint(0, classes, (args.batch,)) if classes else x
        loss_of = nn.CrossEntropyLoss() if classes else nn.MSELoss()
        sgd = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)

        def train():
            sgd.zero_grad(set_to_none=True)
            loss_of(net(x), target).backward()
            sgd.step()

        if args.only == "first-step":
            return first_step(train, args.began)
        if args.only != "predict":
            best[0] = max(best[0], rate(train, args.batch, args.seconds, args.rounds))
        if args.only == "train":
            continue
        with torch.inference_mode():
            traced = torch.jit.trace(net.eval(), x)
            frozen = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
            best[1] = max(best[1], rate(lambda: frozen(x), args.batch, args.seconds, args.rounds))
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
    parser.add_argument("nets", nargs="*", default=list(NETS))
    args = parser.parse_args()
    # Its own default counts cores as it sees them, which on some virtual machines is one: say it.
    torch.set_num_threads(args.threads or len(os.sched_getaffinity(0)))
    for name in args.nets or NETS:
        measure(name, args)


main()
