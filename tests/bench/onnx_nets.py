#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes one of the six nets as an ONNX model with arbitrary weights.

    onnx_nets.py NET BATCH FILE

The format is Protocol Buffers; the few messages that a net takes are written here field by field,
by the numbers of onnx.proto."""
import array
import random
import sys


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def field(number_, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(number_ << 3 | 2) + varint(len(value)) + value


def tensor(name, dims):
    count, fan_in = 1, 1
    for i, d in enumerate(dims):
        count *= d
        fan_in *= d if i else 1
    source = random.Random(name)
    some = [source.uniform(-1, 1) * fan_in ** -0.5 for _ in range(min(count, 4099))]
    values = array.array("f", (some * (count // len(some) + 1))[:count])
    sizes = b"".join(number(1, d) for d in dims)
    return sizes + number(2, 1) + field(8, name) + field(9, values.tobytes())


def value_info(name, dims):
    shape = b"".join(field(1, number(1, d)) for d in dims)
    return field(1, name) + field(2, field(1, number(1, 1) + field(2, shape)))


def attribute(name, value):
    if isinstance(value, int):
        return field(1, name) + number(3, value) + number(20, 2)
    return field(1, name) + b"".join(number(8, v) for v in value) + number(20, 7)


class Graph:
    """A chain of nodes; each reads the last one's output and initializers of given dimensions."""

    def __init__(self):
        self.body, self.count, self.last = b"", 0, "x"

    def node(self, op, *weights, **attributes):
        self.count += 1
        inputs = [self.last]
        for k, dims in enumerate(weights):
            inputs.append(f"w{self.count}_{k}")
            self.body += field(5, tensor(inputs[-1], dims))
        self.last = f"y{self.count}"
        node = b"".join(field(1, name) for name in inputs) + field(2, self.last) + field(4, op)
        for key, value in attributes.items():
            node += field(5, attribute(key, value))
        self.body += field(1, node)
        return self

    def affine(self, ins, outs):
        return self.node("Gemm", (outs, ins), (outs,), transB=1)

    def conv(self, ins, outs, taps, pad=0, stride=1, rank=2):
        return self.node("Conv", (outs, ins) + (taps,) * rank, (outs,), kernel_shape=[taps] * rank,
                         pads=[pad] * 2 * rank,
                         strides=[stride] * rank)

    def transposed(self, ins, outs, taps, pad, stride):
        return self.node("ConvTranspose", (ins, outs, taps, taps), (outs,), kernel_shape=[taps] * 2,
                         pads=[pad] * 4,
                         strides=[stride] * 2)

    def relu(self):
        return self.node("Relu")

    def pool(self, rank=2):
        return self.node("MaxPool", kernel_shape=[2] * rank, strides=[2] * rank)

    def flatten(self):
        return self.node("Flatten", axis=1)


def vggs(g):
    for ins, outs, pooled in ((3, 64, False), (64, 64, True), (64, 128, False), (128, 128, True),
                              (128, 256, True)):
        g.conv(ins, outs, 3, pad=1).relu()
        if pooled:
            g.pool()
    return g.flatten().affine(4096, 256).relu().affine(256, 10)


NETS = {
    "mlp": ((784,), (10,),
            lambda g: g.affine(784, 256).relu().affine(256, 128).relu().affine(128, 10)),
    "lenet": ((1, 28, 28), (10,),
              lambda g: g.conv(1, 6, 5, pad=2).relu().pool().conv(6, 16, 5).relu().pool().flatten()
              .affine(400, 120).relu().affine(120, 84).relu().affine(84, 10)),
    "mnistcnn": ((1, 28, 28), (10,),
                 lambda g: g.conv(1, 32, 3).relu().conv(32, 64, 3).relu().pool().flatten()
                 .affine(9216, 128).relu().affine(128, 10)),
    "vggs": ((3, 32, 32), (10,), vggs),
    "ecg1d": ((1, 187), (5,),
              lambda g: g.conv(1, 32, 5, rank=1).relu().pool(1)
              .conv(32, 64, 5, rank=1).relu().pool(1).conv(64, 128, 3, rank=1).relu()
              .node("GlobalAveragePool").flatten().affine(128, 5)),
    "convae": ((1, 28, 28), (1, 28, 28),
               lambda g: g.conv(1, 16, 3, 1, 2).relu().conv(16, 32, 3, 1, 2).relu()
               .transposed(32, 16, 4, 1, 2).relu().transposed(16, 1, 4, 1, 2).node("Sigmoid")),
}


def model(name, batch):
    shape, out, build = NETS[name]
    g = build(Graph())
    graph = (g.body + field(2, name) + field(11, value_info("x", (batch,) + shape))
             + field(12, value_info(g.last, (batch,) + out)))
    return number(1, 8) + field(7, graph) + field(8, field(1, "") + number(2, 13))


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in NETS:
        sys.exit(f"usage: onnx_nets.py {'|'.join(NETS)} BATCH FILE")
    with open(sys.argv[3], "wb") as file:
        file.write(model(sys.argv[1], int(sys.argv[2])))
