#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the curves and the points of the pages "From equation to code".

    curves.py [folder]
"""

import math

from drawing import Figure, number, write_all


class Axes:
    """A part of a figure with coordinates of its own: `left`, `right`, `low`, `high` lie at the
    ends of a box of `width` x `height` with its upper left corner at (x, y)."""

    def __init__(self, figure, x, y, width, height, left, right, low, high):
        self.figure, self.x, self.y, self.width, self.height = figure, x, y, width, height
        self.left, self.right, self.low, self.high = left, right, low, high

    def at(self, u, v):
        """The place of (u, v) in the figure."""
        return (self.x + (u - self.left) / (self.right - self.left) * self.width,
                self.y + (self.high - v) / (self.high - self.low) * self.height)

    def cross(self, u=0, v=0):
        """Two axes that meet at (u, v)."""
        self.figure.line(*self.at(self.left, v), *self.at(self.right, v), 'soft')
        self.figure.line(*self.at(u, self.low), *self.at(u, self.high), 'soft')

    def plot(self, function, kind, dashed=False, left=None, right=None):
        """The curve of a function, as far as it lies inside."""
        left = self.left if left is None else left
        right = self.right if right is None else right
        us = [left + i * (right - left) / 120 for i in range(121)]
        points = [self.at(u, function(u)) for u in us
                  if self.low <= function(u) <= self.high]
        self.figure.curve(points, kind, dashed)


def curves():
    """The three activations and their slopes."""
    def s(x):
        return 1 / (1 + math.exp(-x))

    rows = [('\u03c3(*x*)', s, lambda x: s(x) * (1 - s(x))),
            ('max(*x*, 0)', lambda x: max(x, 0), None),
            ('tanh *x*', math.tanh, lambda x: 1 - math.tanh(x) ** 2)]
    f = Figure(720, 250)
    for i, (name, function, slope) in enumerate(rows):
        axes = Axes(f, 15 + i * 240, 40, 210, 180, -4, 4, -1.2, 2.2)
        axes.cross()
        axes.plot(function, 'blue')
        if slope:
            axes.plot(slope, 'red', True)
        else:
            axes.plot(lambda x: 0, 'red', True, -4, 0)
            axes.plot(lambda x: 1, 'red', True, 0, 4)
        f.text(15 + i * 240 + 105, 24, name)
        for v in (-1, 1, 2):
            x, y = axes.at(0, v)
            f.line(x - 3, y, x + 3, y, 'soft')
            f.text(x - 7, y + 5, number(v), 'faint', 'end')
        for u in (-3, 3):
            x, y = axes.at(u, 0)
            f.line(x, y - 3, x, y + 3, 'soft')
            f.text(x, y + 18, number(u), 'faint')
    f.text(300, 243, '*g*', 'blue-text')
    f.line(312, 238, 346, 238, 'blue')
    f.text(400, 243, '*g*\u2032', 'red-text')
    f.line(414, 238, 448, 238, 'red', True)
    return f


def difference():
    """Two quotients beside the slope."""
    def loss(w):
        return w ** 3 / 4

    w, h = 1.4, 0.8
    f = Figure(600, 330)
    axes = Axes(f, 40, 20, 520, 270, 0, 2.6, -0.6, 3)
    axes.cross(0, -0.6)
    axes.plot(loss, 'ink')
    for kind, low, high in (('blue', w - h, w + h), ('red', w, w + h)):
        slope = (loss(high) - loss(low)) / (high - low)
        axes.plot(lambda u, s=slope, b=low: loss(b) + s * (u - b), kind, False, 0.3, 2.45)
    axes.plot(lambda u: loss(w) + 0.75 * w * w * (u - w), 'soft', True)
    for u, name in ((w - h, '*w* \u2212 *h*'), (w, '*w*'), (w + h, '*w* + *h*')):
        x, y = axes.at(u, loss(u))
        f.line(x, y, x, axes.at(u, -0.6)[1], 'soft', True)
        f.circle(x, y, 4, 'text')
        f.text(x, 310, name)
    f.text(60, 36, '*L*(*w*)')
    f.text(60, 64, '(*L*(*w* + *h*) \u2212 *L*(*w*)) / *h*', 'red-text', 'start')
    f.text(60, 88, '(*L*(*w* + *h*) \u2212 *L*(*w* \u2212 *h*)) / 2*h*', 'blue-text', 'start')
    f.text(60, 112, '*L*\u2032(*w*)', 'faint', 'start')
    return f


def rings():
    """The points of the program with two classes."""
    f = Figure(420, 380)
    axes = Axes(f, 40, 20, 340, 340, -1.7, 1.7, -1.7, 1.7)
    axes.cross()
    for i in range(200):
        angle, along = 2.399963 * i, (i // 2) / 100
        radius = 1.2 + 0.4 * along if i % 2 else 0.8 * math.sqrt(along)
        x, y = axes.at(radius * math.cos(angle), radius * math.sin(angle))
        f.circle(x, y, 3.5, 'red' if i % 2 else 'blue')
    f.curve([axes.at(math.cos(a / 20), math.sin(a / 20)) for a in range(127)], 'ink', True)
    f.text(385, 185, '*x*_{1}')
    f.text(228, 20, '*x*_{2}')
    return f


def xor():
    """XOR in the plane of the inputs, and in that of the hidden neurons."""
    f = Figure(720, 330)
    points = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
    inputs = Axes(f, 40, 30, 280, 270, -0.5, 1.7, -0.5, 1.7)
    inputs.cross()
    hidden = Axes(f, 400, 30, 280, 270, -1.5, 1.7, -1.5, 1.7)
    hidden.cross()
    for u, v, t in points:
        name = 'red' if t else 'blue'
        for axes, at in ((inputs, (u, v)), (hidden, (math.tanh(4 * u + 4 * v - 2),
                                                     math.tanh(4 * u + 4 * v - 6)))):
            f.circle(*axes.at(*at), 8, f'{name}-area')
            f.circle(*axes.at(*at), 8, name)
            f.text(axes.at(*at)[0] + 13, axes.at(*at)[1] - 8, str(t), f'{name}-text', 'start')
    inputs.plot(lambda u: 0.5 - u, 'ink', True)
    inputs.plot(lambda u: 1.5 - u, 'ink', True)
    hidden.plot(lambda u: u - 1, 'ink', True)
    f.text(332, inputs.at(0, 0)[1] + 5, '*x*_{1}')
    f.text(inputs.at(0, 0)[0], 22, '*x*_{2}')
    f.text(694, hidden.at(0, 0)[1] + 5, '*h*_{1}')
    f.text(hidden.at(0, 0)[0], 22, '*h*_{2}')
    return f


def initialisation():
    """The root mean square over ten layers of ReLU."""
    f = Figure(640, 320)
    axes = Axes(f, 60, 20, 440, 260, 0, 10, -5, 2)
    for power in range(-5, 3):
        x, y = axes.at(0, power)
        f.line(x, y, axes.at(10, power)[0], y, 'soft', power != 0)
        f.text(x - 8, y + 5, f'10^{{{number(power)}}}', 'faint', 'end')
    for layer in range(0, 11, 2):
        f.text(axes.at(layer, 0)[0], 300, str(layer), 'faint')
    rows = [(0.2, 'red', '0.2'), (math.sqrt(2 / 100), 'green', '\u221a(2 / *n*)'),
            (0.1, 'blue', '1 / \u221a*n*'), (0.05, 'red', '0.05')]
    for deviation, kind, name in rows:
        factor = math.log10(deviation * math.sqrt(50))
        f.curve([axes.at(i, i * factor) for i in range(11)], kind)
        for i in range(11):
            f.circle(*axes.at(i, i * factor), 2.5, f'{kind}-text')
        x, y = axes.at(10, 10 * factor)
        f.text(x + 12, y + 5, name, f'{kind}-text', 'start')
    f.text(280, 317, '*l*', 'faint')
    return f


FIGURES = {'curves': curves, 'difference': difference, 'rings': rings, 'xor': xor,
           'initialisation': initialisation}

if __name__ == '__main__':
    write_all(FIGURES)
