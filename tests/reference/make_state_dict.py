#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/torch/state_dict.npz, a PyTorch net as its users save it, and beside it what
the net predicts.

Needs Debian's python3-torch; the tests need neither it nor this script."""
import pathlib

import numpy
import torch
from torch import nn

torch.manual_seed(7)
net = nn.Sequential(
    nn.Conv2d(2, 4, (3, 5), stride=(1, 2), padding=(1, 2)), nn.BatchNorm2d(4), nn.ReLU(),
    nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1, groups=1), nn.Tanh(), nn.AvgPool2d(2),
    nn.Conv2d(3, 6, 3, groups=3, dilation=2), nn.GELU(), nn.Flatten(), nn.Linear(6 * 3 * 1, 5),
    nn.Softmax(dim=1))
net.train()
for _ in range(3):
    net(torch.randn(16, 2, 7, 9))
net.eval()
folder = pathlib.Path(__file__).parent.parent / "data" / "torch"
folder.mkdir(parents=True, exist_ok=True)
numpy.savez(folder / "state_dict.npz", **{k: v.numpy() for k, v in net.state_dict().items()})
x = torch.randn(3, 2, 7, 9)
with torch.no_grad():
    numpy.savez(folder / "predictions.npz", x=x.numpy(), y=net(x).numpy())
