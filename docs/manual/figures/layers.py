#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the figures of the pages about layers: layers.py [FOLDER]."""

import math
import os
import sys

STYLE = """<style>
svg { font: 14px sans-serif; }
.ink { stroke: #24292f; fill: none; stroke-width: 1.5; } .text { fill: #24292f; }
.soft { stroke: #8c959f; fill: none; } .faint { fill: #8c959f; }
.blue { stroke: #0969da; fill: none; stroke-width: 2; } .blue-area { fill: #0969da33; }
.red { stroke: #cf222e; fill: none; stroke-width: 2; } .red-area { fill: #cf222e33; }
.green { stroke: #1a7f37; fill: none; stroke-width: 2; } .green-area { fill: #1a7f3733; }
@media (prefers-color-scheme: dark) {
.ink { stroke: #e6edf3; } .text { fill: #e6edf3; } .soft { stroke: #848d97; }
.faint { fill: #848d97; } .blue { stroke: #58a6ff; } .blue-area { fill: #58a6ff44; }
.red { stroke: #ff7b72; } .red-area { fill: #ff7b7244; }
.green { stroke: #3fb950; } .green-area { fill: #3fb95044; }
}
</style>"""
CELL = 34


class Figure:
    def __init__(self, width, height):
        self.size, self.parts = (width, height), []

    def line(self, x1, y1, x2, y2, kind="ink"):
        self.parts.append(
            '<line class="%s" x1="%g" y1="%g" x2="%g" y2="%g"/>' % (kind, x1, y1, x2, y2)
        )

    def arrow(self, x1, y1, x2, y2, kind="ink"):
        self.line(x1, y1, x2, y2, kind)
        length = math.hypot(x2 - x1, y2 - y1)
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        for side in (-1, 1):
            self.line(
                x2, y2, x2 - 8 * ux - 4 * side * uy, y2 - 8 * uy + 4 * side * ux, kind
            )

    def text(self, x, y, words, kind="text", anchor="middle"):
        self.parts.append(
            '<text class="%s" x="%g" y="%g" text-anchor="%s">%s</text>'
            % (kind, x, y, anchor, words)
        )

    def box(self, x, y, width, height, kind="ink", words=None, round_by=0):
        self.parts.append(
            '<rect class="%s" x="%g" y="%g" width="%g" height="%g" rx="%g"/>'
            % (kind, x, y, width, height, round_by)
        )
        if words is not None:
            self.text(x + width / 2, y + height / 2 + 5, words)

    def curve(self, points, kind):
        self.parts.append(
            '<polyline class="%s" points="%s"/>'
            % (kind, " ".join("%.1f,%.1f" % point for point in points))
        )

    def cells(self, x, y, rows, areas=()):
        """A grid of numbers. areas: ((row, column), kind), behind the numbers."""
        for (row, column), kind in areas:
            self.box(x + column * CELL, y + row * CELL, CELL, CELL, kind)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                self.box(x + j * CELL, y + i * CELL, CELL, CELL, "soft", value)

    def write(self, path):
        with open(path, "w", encoding="utf-8") as out:
            out.write(
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d">\n'
                % (*self.size, self.size[0])
            )
            out.write(STYLE + "\n" + "\n".join(self.parts) + "\n</svg>\n")


def plot(f, g, low, high, left=-5.0, right=5.0, names=("y", "dy/dx")):
    """f in blue and g in red, from left to right."""
    width, height, margin = 480, 260, 30
    figure = Figure(width, height)

    def place(x, y):
        return (
            margin + (x - left) / (right - left) * (width - 2 * margin),
            height - margin - (y - low) / (high - low) * (height - 2 * margin),
        )

    figure.line(*place(left, 0), *place(right, 0), "soft")
    figure.line(*place(0, low), *place(0, high), "soft")
    for x in range(math.ceil(left), math.floor(right) + 1):
        if x:
            px, py = place(x, 0)
            figure.line(px, py - 3, px, py + 3, "soft")
            figure.text(px, py + 18, x, "faint")
    for y in range(math.ceil(low), math.floor(high) + 1):
        if y:
            px, py = place(0, y)
            figure.line(px - 3, py, px + 3, py, "soft")
            figure.text(px - 8, py + 5, y, "faint", "end")
    for function, kind in ((f, "blue"), (g, "red")):
        points, steps = [], 400
        for i in range(steps + 1):
            x = left + (right - left) * i / steps
            y = function(x)
            if low <= y <= high:
                points.append(place(x, y))
        figure.curve(points, kind)
    figure.line(width - 150, 14, width - 130, 14, "blue")
    figure.text(width - 124, 19, names[0], anchor="start")
    figure.line(width - 90, 14, width - 70, 14, "red")
    figure.text(width - 64, 19, names[1], anchor="start")
    return figure


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def normal(x):
    return (1 + math.erf(x / math.sqrt(2))) / 2


def density(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def step(x, at=0):
    return 1.0 if x > at else 0.0


ACTIVATIONS = {
    "relu": (lambda x: max(x, 0), step, -1, 5),
    "leaky-relu": (lambda x: x if x > 0 else x / 10, lambda x: 1 if x > 0 else 0.1, -1, 5),
    "prelu": (lambda x: x if x > 0 else x / 4, lambda x: 1 if x > 0 else 0.25, -2, 5),
    "elu": (
        lambda x: x if x > 0 else math.exp(x) - 1,
        lambda x: 1 if x > 0 else math.exp(x), -2, 5),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)), -0.5, 1.5),
    "hard-sigmoid": (
        lambda x: min(max(x + 3, 0), 6) / 6, lambda x: 1 / 6 if -3 < x < 3 else 0, -0.5, 1.5),
    "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2, -1.5, 1.5),
    "gelu": (lambda x: x * normal(x), lambda x: normal(x) + x * density(x), -1, 5),
    "silu": (
        lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))), -1, 5),
    "hard-swish": (
        lambda x: x * min(max(x + 3, 0), 6) / 6,
        lambda x: 0 if x <= -3 else 1 if x >= 3 else (2 * x + 3) / 6, -1, 5),
    "softplus": (lambda x: math.log1p(math.exp(x)), sigmoid, -1, 5),
    "clip": (lambda x: min(max(x, 0), 6), lambda x: 1 if 0 < x < 6 else 0, -1, 7, -3.0, 8.0),
}
# Losses over y, for the target 0 (or the probability of the right class).
LOSSES = {
    "mean-squared-error": (lambda d: d * d, lambda d: 2 * d, -3, 5, -3.0, 3.0),
    "l1-loss": (abs, lambda d: (d > 0) - (d < 0), -2, 4, -4.0, 4.0),
    "huber-loss": (
        lambda d: d * d / 2 if abs(d) <= 1 else abs(d) - 0.5,
        lambda d: max(-1, min(d, 1)), -2, 4, -4.0, 4.0),
    "sigmoid-cross-entropy": (
        lambda z: math.log1p(math.exp(-z)), lambda z: sigmoid(z) - 1, -2, 5, -5.0, 5.0),
}


def affine():
    figure = Figure(360, 200)
    for i in range(3):
        for j in range(2):
            figure.line(78, 40 + 60 * i, 262, 70 + 60 * j, "soft")
    for i in range(3):
        figure.box(42, 22 + 60 * i, 36, 36, "blue", "x%d" % (i + 1), 18)
    for j in range(2):
        figure.box(262, 52 + 60 * j, 36, 36, "red", "y%d" % (j + 1), 18)
    figure.text(170, 22, "W: a weight on each line")
    figure.text(330, 75, "+ b1")
    figure.text(330, 135, "+ b2")
    return figure


def conv():
    figure = Figure(420, 220)
    rows = [[""] * 5 for _ in range(5)]
    window = [((i, j), "blue-area") for i in range(1, 4) for j in range(1, 4)]
    figure.cells(20, 20, rows, window)
    figure.cells(280, 20 + CELL, [[""] * 3] * 3, [((1, 1), "red-area")])
    figure.arrow(20 + 4 * CELL + 4, 20 + 2.5 * CELL, 276 + CELL, 20 + 2.5 * CELL)
    figure.text(20 + 2.5 * CELL, 210, "5 x 5, kernel 3 x 3")
    figure.text(280 + 1.5 * CELL, 210, "3 x 3")
    return figure


def transposed_conv():
    figure = Figure(420, 200)
    figure.cells(120, 20, [["1", "", "10"]], [((0, 0), "blue-area"), ((0, 2), "red-area")])
    figure.cells(120, 80, [["1", "2", "3"]], [((0, i), "blue-area") for i in range(3)])
    figure.cells(
        120 + 2 * CELL, 80 + CELL, [["10", "20", "30"]], [((0, i), "red-area") for i in range(3)])
    figure.cells(120, 90 + 2 * CELL, [["1", "2", "13", "20", "30"]], [((0, 2), "green-area")])
    figure.text(20, 42, "input", anchor="start")
    figure.text(20, 102, "stamps", anchor="start")
    figure.text(20, 112 + 2 * CELL, "output", anchor="start")
    return figure


def zero_pad():
    figure = Figure(380, 170)
    inner = [((i, j), "blue-area") for i in range(2) for j in range(2)]
    figure.cells(20, 20 + CELL, [["1", "2"], ["3", "4"]], inner)
    rows = [["0", "0", "0", "0"], ["0", "1", "2", "0"], ["0", "3", "4", "0"], ["0"] * 4]
    figure.cells(200, 16, rows, [((i + 1, j + 1), "blue-area") for i in range(2) for j in range(2)])
    figure.arrow(100, 88, 190, 88, "blue")
    figure.text(145, 78, "forward")
    figure.arrow(190, 118, 100, 118, "red")
    figure.text(145, 138, "crop")
    return figure


def pool(values, winners):
    figure = Figure(420, 180)
    rows = [["1", "2", "0", "1"], ["4", "3", "5", "0"], ["0", "1", "7", "8"], ["2", "1", "6", "9"]]
    figure.cells(20, 20, rows, winners)
    for i in range(2):
        for j in range(2):
            figure.box(20 + 2 * CELL * j, 20 + 2 * CELL * i, 2 * CELL, 2 * CELL, "ink")
    figure.arrow(170, 88, 280, 88)
    figure.cells(
        300, 20 + CELL, values, [((i, j), "blue-area") for i in range(2) for j in range(2)])
    return figure


def norm(title, chosen):
    """Three samples of four channels of three places; chosen(sample, channel): one mean."""
    figure = Figure(420, 190)
    for sample in range(3):
        left = 70 + sample * 115
        figure.text(left + 42, 20, "sample %d" % (sample + 1))
        for channel in range(4):
            for place in range(3):
                if chosen(sample, channel, place):
                    figure.box(left + place * 28, 30 + channel * 28, 28, 28, "blue-area")
                figure.box(left + place * 28, 30 + channel * 28, 28, 28, "soft")
    for channel in range(4):
        figure.text(58, 49 + channel * 28, "c%d" % channel, "faint", "end")
    figure.text(210, 170, title)
    return figure


def dropout():
    figure = Figure(420, 110)
    kept = [0, 1, 1, 0, 0, 1, 0, 1, 1, 0]
    figure.cells(40, 12, [["1"] * 10])
    figure.cells(
        40, 12 + CELL + 16, [["2" if k else "0" for k in kept]],
        [((0, i), "blue-area" if k else "red-area") for i, k in enumerate(kept)])
    return figure


def blocks(paths, join, ends):
    """Branches of boxes from x to a join."""
    figure = Figure(460, 60 + 50 * len(paths))
    middle = (30 + 50 * len(paths)) / 2 + 5
    figure.text(24, middle + 5, "x")
    for i, words in enumerate(paths):
        y = 20 + 50 * i
        figure.line(36, middle, 90, y + 17)
        figure.box(90, y, 170, 34, "blue", words, 5)
        figure.arrow(260, y + 17, 328, middle)
    figure.box(330, middle - 18, 36, 36, "red", join, 18)
    figure.arrow(366, middle, 410, middle)
    figure.text(428, middle + 5, ends)
    return figure


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    figures = {name: plot(*of) for name, of in ACTIVATIONS.items()}
    for name, of in LOSSES.items():
        figures[name] = plot(*of, names=("L", "dL/dy"))
    figures["affine"] = affine()
    figures["conv"] = conv()
    figures["transposed-conv"] = transposed_conv()
    figures["zero-pad"] = zero_pad()
    best = [((1, 0), "blue-area"), ((1, 2), "blue-area"), ((2, 1), "soft"), ((3, 3), "blue-area"),
            ((3, 0), "blue-area")]
    figures["max-pool"] = pool([["4", "5"], ["2", "9"]], best)
    figures["avg-pool"] = pool([["2.5", "1.5"], ["1", "7.5"]], [])
    figures["batch-norm"] = norm("one mean: a channel of all samples", lambda s, c, p: c == 1)
    figures["layer-norm"] = norm("one mean: all values of a sample", lambda s, c, p: s == 0)
    figures["group-norm"] = norm("one mean: a group of channels of a sample",
                                 lambda s, c, p: s == 0 and c < 2)
    figures["instance-norm"] = norm("one mean: a channel of a sample",
                                    lambda s, c, p: s == 0 and c == 1)
    figures["local-response-norm"] = norm("one sum: a window of channels at one place",
                                          lambda s, c, p: s == 0 and c < 3 and p == 1)
    figures["dropout"] = dropout()
    figures["residual"] = blocks(["body f", "shortcut s"], "+", "y")
    figures["concat"] = blocks(["branch 0", "branch 1"], "|", "y")
    figures["add"] = blocks(["branch 0", "branch 1", "branch 2"], "+", "y")
    figures["multiply"] = blocks(["features", "gate"], "×", "y")
    for name, figure in figures.items():
        figure.write(os.path.join(folder, "layer-%s.svg" % name))


main()
