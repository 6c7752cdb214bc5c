#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the figures of the pages about layers: layers.py [FOLDER]."""

import math

from drawing import Figure, number, write_layers

CELL = 34

# Labels on the Korean pages, with the words of ko/terms.md.
KOREAN = {
    "*W*: a weight on each line": "*W*: 선마다 가중치 하나",
    "5 x 5, kernel 3 x 3": "5 x 5, 커널 3 x 3",
    "input": "입력",
    "stamps": "붓질",
    "output": "출력",
    "forward": "순전파",
    "crop": "크롭",
    "one mean: a channel of all samples": "평균 하나: 모든 샘플의 한 채널",
    "one mean: all values of a sample": "평균 하나: 한 샘플의 모든 값",
    "one mean: a group of channels of a sample": "평균 하나: 한 샘플의 채널 그룹",
    "one mean: a channel of a sample": "평균 하나: 한 샘플의 한 채널",
    "one sum: a window of channels at one place": "합 하나: 한 자리에 놓인 채널의 윈도우",
    "body f": "본체 f",
    "shortcut s": "지름길 s",
    "features": "특징",
    "gate": "게이트",
}
KOREAN.update({"sample %d" % i: "샘플 %d" % i for i in range(1, 4)})
KOREAN.update({"branch %d" % i: "가지 %d" % i for i in range(3)})


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
            figure.text(px, py + 18, number(x), "faint")
    for y in range(math.ceil(low), math.floor(high) + 1):
        if y:
            px, py = place(0, y)
            figure.line(px - 3, py, px + 3, py, "soft")
            figure.text(px - 8, py + 5, number(y), "faint", "end")
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
    "scale": (lambda x: 2 * x, lambda x: 2, -5, 5),
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


def cells(figure, x, y, rows, areas=()):
    """A grid of words; areas are pairs of (row, column) and the class that fills the cell."""
    figure.cells(x, y, rows, CELL, areas=dict(areas))


def affine():
    figure = Figure(360, 200)
    for i in range(3):
        for j in range(2):
            figure.line(78, 40 + 60 * i, 262, 70 + 60 * j, "soft")
    for i in range(3):
        figure.circle(60, 40 + 60 * i, 18, "blue")
        figure.text(60, 45 + 60 * i, "*x*_{%d}" % (i + 1))
    for j in range(2):
        figure.circle(280, 70 + 60 * j, 18, "red")
        figure.text(280, 75 + 60 * j, "*y*_{%d}" % (j + 1))
    figure.text(170, 22, "*W*: a weight on each line")
    figure.text(330, 75, "+ *b*_{1}")
    figure.text(330, 135, "+ *b*_{2}")
    return figure


def conv():
    figure = Figure(420, 220)
    rows = [[""] * 5 for _ in range(5)]
    window = [((i, j), "blue-area") for i in range(1, 4) for j in range(1, 4)]
    cells(figure, 20, 20, rows, window)
    cells(figure, 280, 20 + CELL, [[""] * 3] * 3, [((1, 1), "red-area")])
    figure.arrow(20 + 4 * CELL + 4, 20 + 2.5 * CELL, 276 + CELL, 20 + 2.5 * CELL)
    figure.text(20 + 2.5 * CELL, 210, "5 x 5, kernel 3 x 3")
    figure.text(280 + 1.5 * CELL, 210, "3 x 3")
    return figure


def transposed_conv():
    figure = Figure(420, 200)
    cells(figure, 120, 20, [["1", "", "10"]], [((0, 0), "blue-area"), ((0, 2), "red-area")])
    cells(figure, 120, 80, [["1", "2", "3"]], [((0, i), "blue-area") for i in range(3)])
    cells(
        figure, 120 + 2 * CELL, 80 + CELL, [["10", "20", "30"]],
        [((0, i), "red-area") for i in range(3)])
    cells(figure, 120, 90 + 2 * CELL, [["1", "2", "13", "20", "30"]], [((0, 2), "green-area")])
    figure.text(20, 42, "input", anchor="start")
    figure.text(20, 102, "stamps", anchor="start")
    figure.text(20, 112 + 2 * CELL, "output", anchor="start")
    return figure


def zero_pad():
    figure = Figure(380, 170)
    inner = [((i, j), "blue-area") for i in range(2) for j in range(2)]
    cells(figure, 20, 20 + CELL, [["1", "2"], ["3", "4"]], inner)
    rows = [["0", "0", "0", "0"], ["0", "1", "2", "0"], ["0", "3", "4", "0"], ["0"] * 4]
    cells(
        figure, 200, 16, rows,
        [((i + 1, j + 1), "blue-area") for i in range(2) for j in range(2)])
    figure.arrow(100, 88, 190, 88, "blue")
    figure.text(145, 78, "forward")
    figure.arrow(190, 118, 100, 118, "red")
    figure.text(145, 138, "crop")
    return figure


def pool(values, winners):
    figure = Figure(420, 180)
    rows = [["1", "2", "0", "1"], ["4", "3", "5", "0"], ["0", "1", "7", "8"], ["2", "1", "6", "9"]]
    cells(figure, 20, 20, rows, winners)
    for i in range(2):
        for j in range(2):
            figure.box(20 + 2 * CELL * j, 20 + 2 * CELL * i, 2 * CELL, 2 * CELL, "ink")
    figure.arrow(170, 88, 280, 88)
    cells(
        figure, 300, 20 + CELL, values, [((i, j), "blue-area") for i in range(2) for j in range(2)])
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
    cells(figure, 40, 12, [["1"] * 10])
    cells(
        figure, 40, 12 + CELL + 16, [["2" if k else "0" for k in kept]],
        [((0, i), "blue-area" if k else "red-area") for i, k in enumerate(kept)])
    return figure


def blocks(paths, join):
    """Branches of boxes from x to a join."""
    figure = Figure(460, 60 + 50 * len(paths))
    middle = (30 + 50 * len(paths)) / 2 + 5
    figure.text(24, middle + 5, "*x*")
    for i, words in enumerate(paths):
        y = 20 + 50 * i
        figure.line(36, middle, 90, y + 17)
        figure.box(90, y, 170, 34, "blue")
        figure.text(175, y + 22, words)
        figure.arrow(260, y + 17, 328, middle)
    figure.circle(348, middle, 18, "red")
    figure.text(348, middle + 5, join)
    figure.arrow(366, middle, 410, middle)
    figure.text(428, middle + 5, "*y*")
    return figure


def main():
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
    figures["residual"] = blocks(["body f", "shortcut s"], "+")
    figures["concat"] = blocks(["branch 0", "branch 1"], "|")
    figures["add"] = blocks(["branch 0", "branch 1", "branch 2"], "+")
    figures["multiply"] = blocks(["features", "gate"], "×")
    figures["binary-cross-entropy"] = plot(
        lambda p: -math.log(max(p, 1e-9)), lambda p: -1 / max(p, 1e-9), -5, 5, 0.0, 1.0,
        ("L", "dL/dp"))
    write_layers(figures, KOREAN)


main()
