#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the figures of the pages about layers that move, scale or join values, with the numbers of
the pages' examples: values.py [FOLDER]."""

import math

from drawing import Figure, number, write_layers

CELL = 34
AREAS = ["blue-area", "red-area", "green-area", None]

# Labels on the Korean pages, with the words of ko/terms.md.
KOREAN = {
    "input": "입력",
    "nearest": "최근접",
    "linear": "선형",
    "scores": "점수",
    "probabilities": "확률",
    "target": "정답",
    "affine, ReLU": "아핀, ReLU",
    "affine, softmax": "아핀, 소프트맥스",
    "affine": "아핀",
    "class": "클래스",
    "number": "수",
    "one *W* for both": "함께 쓰는 *W*",
    "factors": "인수",
}
KOREAN.update({"channel %d" % c: "채널 %d" % c for c in range(4)})


def row(values, areas=()):
    """Cells of one row, as a table, with the areas of the first cells."""
    return [values], {(0, i): area for i, area in enumerate(areas)}


def becomes(height, left, right, at=None):
    """A figure with a table, an arrow and a table; each is (rows, areas)."""
    columns = [len(table[0][0]) for table in (left, right)]
    figure = Figure(110 + (columns[0] + columns[1]) * CELL, height)
    x = 20
    for rows, areas in (left, right):
        figure.cells(x, (height - len(rows) * CELL) / 2, rows, CELL, areas=areas)
        x += columns[0] * CELL + 70
    x = 20 + columns[0] * CELL
    figure.arrow(x + 10, height / 2, x + 60, height / 2)
    return figure


def adaptive_avg_pool():
    figure = Figure(300, 170)
    figure.cells(20, 66, [[1, 2, 3, 4, 5]], CELL, areas={
        (0, 0): "blue-area", (0, 1): "blue-area", (0, 3): "red-area", (0, 4): "red-area"})
    for i, kind in enumerate(("blue", "red")):
        y, left = (56, 20) if i == 0 else (110, 20 + 2 * CELL)
        figure.line(left, y, left + 3 * CELL, y, kind)
        figure.text(left + 1.5 * CELL, y - 8 if i == 0 else y + 20,
                    "(1 + 2 + 3) / 3" if i == 0 else "(3 + 4 + 5) / 3", kind + "-text")
    figure.arrow(198, 83, 222, 83)
    figure.cells(228, 66, [[2, 4]], CELL, areas={(0, 0): "blue-area", (0, 1): "red-area"})
    return figure


def global_pool():
    figure = Figure(360, 130)
    for c, values in enumerate(([1, 2, 3], [10, 20, 60])):
        y = 20 + c * 54
        figure.text(20, y + 22, "channel %d" % c, anchor="start")
        figure.cells(100, y, [values], CELL, areas={(0, i): AREAS[c] for i in range(3)})
        figure.arrow(100 + 3 * CELL + 10, y + 17, 286, y + 17)
        figure.cells(296, y, [[sum(values) / 3]], CELL, areas={(0, 0): AREAS[c]})
    return figure


def permute():
    x = [[1, 2, 3], [10, 20, 30]]
    return becomes(
        140, (x, {(i, j): AREAS[i] for i in range(2) for j in range(3)}),
        ([[x[i][j] for i in range(2)] for j in range(3)],
         {(j, i): AREAS[i] for i in range(2) for j in range(3)}))


def pixel_shuffle():
    x = [[1, 2], [10, 20], [100, 200], [1000, 2000]]
    figure = Figure(440, 190)
    for c, values in enumerate(x):
        figure.text(20, 36 + c * 43, "channel %d" % c, anchor="start")
        figure.cells(100, 14 + c * 43, [values], CELL + 6, areas={(0, i): AREAS[c] for i in (0, 1)})
    figure.arrow(192, 98, 252, 98)
    figure.cells(
        262, 58, [[x[2 * i + j % 2][j // 2] for j in range(4)] for i in range(2)], CELL + 6,
        areas={(i, j): AREAS[2 * i + j % 2] for i in range(2) for j in range(4)})
    return figure


def reshape():
    areas = [AREAS[i // 3] for i in range(6)]
    return becomes(
        110, row([1, 2, 3, 4, 5, 6], areas),
        ([[1, 2, 3], [4, 5, 6]], {(i, j): AREAS[i] for i in range(2) for j in range(3)}))


def take():
    return becomes(
        70, row([5, 6, 7, 8], [None, "blue-area", "blue-area", None]),
        row([6, 7], ["blue-area", "blue-area"]))


def upsample():
    x = [0, 4, 8]
    figure = Figure(340, 190)
    for i, (name, values) in enumerate((
            ("input", x), ("nearest", [v for v in x for _ in (0, 1)]),
            ("linear", [0, 1, 3, 5, 7, 8]))):
        wide = 6 // len(values)
        figure.text(20, 42 + 56 * i, name, anchor="start")
        for j, value in enumerate(values):
            left, width = 110 + CELL * wide * j, CELL * wide
            if name != "linear":
                figure.box(left, 20 + 56 * i, width, CELL, AREAS[j * len(x) // len(values)])
            figure.box(left, 20 + 56 * i, width, CELL, "soft")
            figure.text(left + width / 2, 42 + 56 * i, number(value))
    return figure


def standardize():
    figure = Figure(400, 130)
    for c, (x, mean, std) in enumerate(((7, 5, 2), (0, 100, 50))):
        y = 20 + c * 54
        figure.text(20, y + 22, "channel %d" % c, anchor="start")
        figure.cells(100, y, [[x]], CELL, areas={(0, 0): AREAS[c]})
        figure.arrow(142, y + 17, 168, y + 17)
        figure.text(228, y + 22, "(%d \u2212 %d) / %d" % (x, mean, std))
        figure.arrow(288, y + 17, 314, y + 17)
        figure.cells(322, y, [[(x - mean) / std]], CELL, areas={(0, 0): AREAS[c]})
    return figure


def layer_scale():
    figure = Figure(440, 180)
    figure.text(265, 18, "factors", "green-text")
    for c, values in enumerate(([1, 2, 4], [6, 4, 2], [3, 5, 1])):
        y, factor = 30 + c * 50, (0.5, 1.5, -1)[c]
        figure.text(20, y + 22, "channel %d" % c, anchor="start")
        figure.cells(100, y, [values], CELL, areas={(0, i): AREAS[c] for i in range(3)})
        figure.text(224, y + 22, "\u00d7")
        figure.cells(248, y, [[factor]], CELL, "green-text")
        figure.text(300, y + 22, "=")
        scaled = [factor * v for v in values]
        figure.cells(320, y, [scaled], CELL, areas={(0, i): AREAS[c] for i in range(3)})
    return figure


SCORES = [2, 1, 0]
PARTS = [math.exp(z) / sum(math.exp(s) for s in SCORES) for z in SCORES]


def bars(figure, x, y, values, kind, digits):
    """Values under each other, each beside its bar of at most 100."""
    for i, value in enumerate(values):
        length = 100 * abs(value) / max(map(abs, values))
        figure.box(x, y + 40 * i, max(length, 1), 24, kind + "-area")
        figure.text(x + length + 8, y + 40 * i + 17, number(value, digits), anchor="start")


def softmax():
    figure = Figure(440, 160)
    figure.text(20, 22, "scores", anchor="start")
    figure.text(260, 22, "probabilities", anchor="start")
    bars(figure, 20, 36, SCORES, "red", None)
    figure.arrow(170, 88, 240, 88)
    bars(figure, 260, 36, PARTS, "blue", 4)
    return figure


def softmax_cross_entropy():
    figure = Figure(520, 190)
    slopes = [p - (i == 0) for i, p in enumerate(PARTS)]
    columns = ((20, "scores", SCORES, None, "text"), (150, "probabilities", PARTS, 4, "text"),
               (290, "target", [1, 0, 0], None, "text"), (400, "*dz* = *p* \u2212 *t*", slopes, 4,
                                                        "red-text"))
    for x, name, values, digits, kind in columns:
        figure.text(x + 40, 22, name, kind)
        for i, value in enumerate(values):
            if kind == "red-text" or i == 0:
                figure.box(
                    x + 5, 34 + 36 * i, 70, 30, "blue-area" if kind == "text" else "red-area")
            figure.box(x + 5, 34 + 36 * i, 70, 30, "soft")
            figure.text(x + 40, 54 + 36 * i, number(value, digits), kind)
    figure.arrow(104, 85, 146, 85)
    figure.text(190, 172, "*L* = \u2212ln %s = %s" % (
        number(PARTS[0], 4), number(-math.log(PARTS[0]), 4)), "blue-text")
    return figure


def graph():
    figure = Figure(620, 150)
    figure.text(24, 80, "*x*")
    figure.arrow(36, 75, 74, 75)
    figure.named_box(78, 52, 150, 46, "affine, ReLU")
    figure.text(246, 54, "*h*")
    for y, name, output in ((37, "affine, softmax", "class"), (113, "affine", "number")):
        figure.arrow(228, 75, 308, y)
        figure.named_box(312, y - 23, 180, 46, name)
        figure.arrow(492, y, 530, y)
        figure.text(536, y + 5, output, anchor="start")
    return figure


def sequential():
    figure = Figure(600, 90)
    figure.text(18, 50, "*x*")
    for i, name in enumerate(("*f*_{1}", "*f*_{2}", "*f*_{3}")):
        x = 90 + 170 * i
        figure.named_box(x, 22, 90, 46, name)
        figure.arrow(x - 60 if i == 0 else x - 80, 38, x - 4, 38, "blue")
        figure.arrow(x - 4, 54, x - 60 if i == 0 else x - 76, 54, "red")
    figure.arrow(520, 38, 572, 38, "blue")
    figure.arrow(572, 54, 524, 54, "red")
    figure.text(588, 50, "*y*")
    return figure


def share():
    figure = Figure(330, 180)
    for i in range(2):
        y = 40 + 110 * i
        figure.text(20, y + 5, "*x*_{%d}" % (i + 1))
        figure.arrow(36, y, 96, y)
        figure.named_box(100, y - 23, 120, 46, "affine")
        figure.arrow(220, y, 280, y)
        figure.text(298, y + 5, "*y*_{%d}" % (i + 1))
        figure.line(160, y + (23 if i == 0 else -23), 160, 80 if i == 0 else 108, "green", True)
    figure.text(160, 99, "one *W* for both", "green-text")
    return figure


def main():
    write_layers({
        "adaptive-avg-pool": adaptive_avg_pool(), "global-pool": global_pool(),
        "permute": permute(), "pixel-shuffle": pixel_shuffle(), "reshape": reshape(),
        "slice": take(), "upsample": upsample(), "standardize": standardize(),
        "layer-scale": layer_scale(), "softmax": softmax(),
        "softmax-cross-entropy": softmax_cross_entropy(), "graph": graph(),
        "sequential": sequential(), "share": share()}, KOREAN)


main()
