#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes a net that is given as a chain of words (others.c) as an ONNX model with arbitrary
weights, for onnxruntime.

    others_onnx.py SHAPE CHAIN BATCH FILE"""
import array
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import onnx_nets  # noqa: E402
from onnx_nets import field, number  # noqa: E402


def ones(name, count):
    return (number(1, count) + number(2, 1) + field(8, name)
            + field(9, array.array("f", [1.0] * count).tobytes()))


class Chain(onnx_nets.Graph):
    """Reads words, and follows the shape of a sample."""

    def __init__(self, shape, words):
        super().__init__()
        self.shape, self.words, self.at = list(shape), words, 0

    def take(self):
        self.at += 1
        return self.words[self.at - 1]

    def peek(self):
        return self.words[self.at] if self.at < len(self.words) else ""

    def numbers(self, least):
        given = [int(n) for n in self.take().split(",")]
        return given + least[len(given):]

    def convolution(self):
        out, kernel, stride, pad, dilation, groups = self.numbers([0, 1, 1, 0, 1, 1])
        sides = self.shape[1:]
        weights = [(out, self.shape[0] // groups) + (kernel,) * len(sides)]
        if self.peek() != "bn":
            weights.append((out,))
        self.node("Conv", *weights, kernel_shape=[kernel] * len(sides),
                  strides=[stride] * len(sides), pads=[pad] * 2 * len(sides),
                  dilations=[dilation] * len(sides), group=groups)
        self.shape = [out] + [(n + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
                              for n in sides]

    def transposed(self):
        out, kernel, stride, pad = self.numbers([0, 1, 1, 0])
        sides = self.shape[1:]
        weights = [(self.shape[0], out) + (kernel,) * len(sides)]
        if self.peek() != "bn":
            weights.append((out,))
        self.node("ConvTranspose", *weights, kernel_shape=[kernel] * len(sides),
                  strides=[stride] * len(sides), pads=[pad] * 2 * len(sides))
        self.shape = [out] + [(n - 1) * stride + kernel - 2 * pad for n in sides]

    def pooling(self, kind):
        kernel, stride, pad = self.numbers([2, 0, 0])
        stride, sides = stride or kernel, self.shape[1:]
        self.node(kind, kernel_shape=[kernel] * len(sides), strides=[stride] * len(sides),
                  pads=[pad] * 2 * len(sides))
        self.shape[1:] = [(n + 2 * pad - kernel) // stride + 1 for n in sides]

    def batch_norm(self):
        channels = self.shape[0]
        names = [f"n{self.count}_{k}" for k in range(4)]
        self.count += 1
        for name in names:
            self.body += field(5, ones(name, channels))
        inputs = b"".join(field(1, name) for name in [self.last] + names)
        self.last = f"y{self.count}"
        self.body += field(1, inputs + field(2, self.last) + field(4, "BatchNormalization"))

    def residual(self):
        begin, shape = self.last, list(self.shape)
        self.layers()
        body, end = self.last, self.shape
        self.last, self.shape = begin, shape
        if self.take() == "|":
            self.layers()
            self.take()
        self.count += 1
        added = field(1, body) + field(1, self.last)
        self.last, self.shape = f"y{self.count}", end
        self.body += field(1, added + field(2, self.last) + field(4, "Add"))

    def affine(self):
        features = 1
        for n in self.shape:
            features *= n
        out = int(self.take())
        self.node("Flatten", axis=1).node("Gemm", (out, features), (out,), transB=1)
        self.shape = [out]

    def layer(self):
        word = self.take()
        plain = {"r": "Relu", "tanh": "Tanh", "ce": "Softmax"}
        if word == "c":
            self.convolution()
        elif word == "t":
            self.transposed()
        elif word in ("mp", "ap"):
            self.pooling("MaxPool" if word == "mp" else "AveragePool")
        elif word == "bn":
            self.batch_norm()
        elif word == "(":
            self.residual()
        elif word == "a":
            self.affine()
        elif word == "gap":
            self.node("GlobalAveragePool")
            self.shape[1:] = [1] * len(self.shape[1:])
        elif word in plain:
            self.node(plain[word])
        elif word != "mse":
            sys.exit(f"others_onnx.py: the word {word} of a chain is none that it knows")

    def layers(self):
        while self.peek() not in ("", "|", ")"):
            self.layer()


def model(shape, chain, batch):
    sizes = tuple(int(n) for n in shape.split("x"))
    g = Chain(sizes, chain.split())
    g.layers()
    graph = (g.body + field(2, "chain") + field(11, onnx_nets.value_info("x", (batch,) + sizes))
             + field(12, onnx_nets.value_info(g.last, (batch,) + tuple(g.shape))))
    return number(1, 8) + field(7, graph) + field(8, field(1, "") + number(2, 13))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("usage: others_onnx.py SHAPE CHAIN BATCH FILE")
    with open(sys.argv[4], "wb") as file:
        file.write(model(sys.argv[1], sys.argv[2], int(sys.argv[3])))
