#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""As train_fashion.c in PyTorch: train_torch.py EPOCHS [IMAGES]. Prints seconds of training and
accuracy on the test set."""
import gzip
import sys
import time

import torch
from torch import nn

FOLDER = "/usr/share/datasets/fashion-mnist"


def load(part, count):
    with gzip.open(f"{FOLDER}/{part}-images-idx3-ubyte.gz") as images, \
            gzip.open(f"{FOLDER}/{part}-labels-idx1-ubyte.gz") as labels:
        images.read(16)
        labels.read(8)
        x = torch.frombuffer(bytearray(images.read(count * 784)),
                             dtype=torch.uint8).float().div_(255)
        y = torch.frombuffer(bytearray(labels.read(count)), dtype=torch.uint8).long()
    return x.view(-1, 1, 28, 28), y


def main():
    epochs, images = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60000
    torch.set_num_threads(2)
    torch.manual_seed(42)
    (x, y), (test_x, test_y) = load("train", images), load("t10k", 10000)
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10)).to(memory_format=torch.channels_last)
    adam, loss_of = torch.optim.Adam(net.parameters()), nn.CrossEntropyLoss()
    steps = epochs * -(-images // 128)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, 2e-3, total_steps=steps, cycle_momentum=False)
    start = time.perf_counter()
    for _ in range(epochs):
        for part in torch.randperm(images).split(128):
            adam.zero_grad(set_to_none=True)
            loss_of(net(x[part].contiguous(memory_format=torch.channels_last)), y[part]).backward()
            adam.step()
            cycle.step()
    spent = time.perf_counter() - start
    with torch.inference_mode():
        right = sum((net(a).argmax(1) == b).sum().item()
                    for a, b in zip(test_x.split(500), test_y.split(500)))
    print(f"seconds {spent:.2f} accuracy {100 * right / len(test_y):.2f}")


main()
