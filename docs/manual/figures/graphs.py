#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the computational graphs and the nets of the pages "From equation to code".

    graphs.py [folder]
"""

import math

from drawing import Figure, number, write_all


def graph():
    """(x + y) z"""
    x, y, z = 3, 2, 4
    q = x + y
    f = Figure(660, 210)
    f.edge(20, 40, 189, 86, f'*x* = {x}', f'{z}')
    f.edge(20, 140, 189, 97, f'*y* = {y}', f'{z}')
    f.node(210, 90, '+')
    f.edge(232, 95, 409, 136, f'*q* = {q}', f'{z}')
    f.edge(20, 190, 409, 146, f'*z* = {z}', f'{q}', 0.6)
    f.node(430, 140, '\u00d7')
    f.edge(452, 140, 640, 140, f'*L* = {q * z}', '1')
    return f


def square():
    """x x"""
    f = Figure(520, 170)
    f.edge(20, 85, 170, 85, '*x* = 3', '3 + 3 = 6')
    f.circle(172, 85, 3, 'text')
    f.edge(172, 85, 326, 29, '3', '3', 0.6)
    f.edge(172, 85, 326, 141, '3', '3', 0.6)
    f.circle(340, 85, 58)
    f.text(340, 90, '\u00d7')
    f.edge(398, 85, 510, 85, '*L* = 9', '1')
    return f


def sigmoid():
    """-x, exp, + 1, reciprocal"""
    x = 1
    u = math.exp(-x)
    y = 1 / (1 + u)
    values = [f'*x* = {x}', number(-x), number(u, 4), number(1 + u, 4), f'*y* = {number(y, 4)}']
    slopes = [y * y * u, -y * y * u, -y * y, -y * y, 1]
    f = Figure(720, 90)
    for i, value in enumerate(values):
        left, right = 10 + i * 143, 10 + i * 143 + 98
        f.edge(left, 45, right, 45, value, number(slopes[i], 4) if i < 4 else '1')
        if i < 4:
            f.node(right + 22, 45, ['\u00d7 \u22121', 'exp', '+ 1', '1 / *v*'][i])
    return f


def neuron():
    """w1 a1 + w2 a2 + b"""
    w, a, b, dz = (1, -1), (1, 2), 0.5, -1
    f = Figure(690, 300)
    for i in range(2):
        y = 65 + 130 * i
        f.edge(20, y - 40, 159, y - 8, f'*a*_{{{i + 1}}} = {number(a[i])}', number(dz * w[i]))
        f.edge(20, y + 45, 159, y + 9, f'*w*_{{{i + 1}}} = {number(w[i])}', number(dz * a[i]))
        f.node(180, y, '\u00d7')
        f.edge(200, y + 8, 319, [121, 139][i], number(w[i] * a[i]), number(dz))
    f.node(340, 130, '+')
    f.edge(362, 134, 489, 157, number(w[0] * a[0] + w[1] * a[1]), number(dz))
    f.edge(330, 275, 494, 175, f'*b* = {number(b)}', number(dz))
    f.node(510, 160, '+')
    z = w[0] * a[0] + w[1] * a[1] + b
    f.edge(532, 160, 670, 160, f'*z* = {number(z)}', number(dz))
    return f


def softmax():
    """softmax and cross-entropy"""
    z = [2, 1, 0]
    y = [math.exp(v) / sum(map(math.exp, z)) for v in z]
    f = Figure(720, 190)
    for i in range(3):
        at = 45 + 50 * i
        t = 1 if i == 0 else 0
        f.edge(10, at, 150, at, f'*z*_{{{i + 1}}} = {z[i]}', number(y[i] - t, 4))
        f.edge(270, at, 440, at, f'*y*_{{{i + 1}}} = {number(y[i], 4)}',
               number(-t / y[i], 4) if t else '0')
    f.named_box(150, 20, 120, 150, '*e*^{z} / \u03a3 *e*^{z}')
    f.named_box(440, 20, 120, 150, '\u2212 \u03a3 *t* ln *y*')
    f.edge(560, 95, 710, 95, f'*L* = {number(-math.log(y[0]), 4)}', '1')
    f.text(500, 187, '*t* = (1, 0, 0)', 'blue-text')
    return f


def binary():
    """sigmoid and binary cross-entropy"""
    z, p = math.log(4), 0.8
    f = Figure(720, 110)
    f.edge(10, 50, 150, 50, f'*z* = {number(z, 4)}', number(p - 1, 4))
    f.node(172, 50, '\u03c3')
    f.edge(194, 50, 330, 50, f'*p* = {number(p, 4)}', number(-1 / p, 4))
    f.named_box(330, 22, 230, 56, '\u2212 *t* ln *p* \u2212 (1 \u2212 *t*) ln(1 \u2212 *p*)')
    f.edge(560, 50, 710, 50, f'*L* = {number(-math.log(p), 4)}', '1')
    f.text(445, 100, '*t* = 1', 'blue-text')
    return f


def layers():
    """Forward and backward through two layers."""
    f = Figure(720, 130)
    boxes = ['*W*^{1}*a*^{0} + *b*^{1}', '\u03c3', '*W*^{2}*a*^{1} + *b*^{2}', '\u03c3', '*C*']
    widths = [104, 40, 104, 40, 40]
    values = ['*x* = *a*^{0}', '*z*^{1}', '*a*^{1}', '*z*^{2}', '*a*^{2}']
    slopes = ['', '\u03b4^{1}', '*W*^{2\u22a4}\u03b4^{2}', '\u03b4^{2}', '\u2207_{a}*C*']
    x = 8
    for i in range(5):
        gap = 74
        f.arrow(x, 52, x + gap, 52)
        f.text(x + gap / 2 - 4, 42, values[i], 'blue-text')
        if slopes[i]:
            f.arrow(x + gap, 78, x, 78, 'red')
            f.text(x + gap / 2 + 2, 99, slopes[i], 'red-text')
        x += gap
        f.named_box(x, 40, widths[i], 50, boxes[i])
        x += widths[i]
    return f


def perceptron():
    """The net of two layers that is computed by hand."""
    x, z1, a1 = (2, 1), (1, -0.25), (1, 0)
    w1, w2 = ((1, -1), (-0.5, 0.5)), (0.5, -1)
    p = 1 / (1 + math.exp(-0.5))
    delta = p - 1
    f = Figure(720, 310)
    rows = (70, 210)
    for j in range(2):
        f.node(60, rows[j], f'*x*_{{{j + 1}}}')
        f.text(60, rows[j] - 30, number(x[j]), 'blue-text')
        for i in range(2):
            f.edge(82, rows[j], 268, rows[i], number(w1[i][j]), at=0.28)
    for i in range(2):
        f.node(290, rows[i], '')
        f.text(290, rows[i] + 5, f'*a*_{{{i + 1}}}')
        f.text(290, rows[i] + (-30, 40)[i], f'*z* = {number(z1[i])}, *a* = {a1[i]}',
               'blue-text')
        back, y = w2[i] * delta, rows[i] + (40, 60)[i]
        f.text(290, y, f'*da* = {number(back, 4)}', 'red-text')
        f.text(290, y + 18, f'\u03b4 = {number(back, 4) if z1[i] > 0 else 0}', 'red-text')
        f.edge(312, rows[i], 478, 140, number(w2[i]), at=0.4)
    f.node(500, 140, '\u03c3')
    f.text(500, 108, '*z* = 0.5', 'blue-text')
    f.text(500, 182, f'\u03b4 = {number(delta, 4)}', 'red-text')
    f.edge(522, 140, 620, 140, f'*p* = {number(p, 4)}')
    f.named_box(620, 118, 40, 44, '*C*')
    f.text(690, 145, number(-math.log(p), 4), 'blue-text')
    return f


def classes():
    """A perceptron with three outputs."""
    z = [2, 1, 0]
    y = [math.exp(v) / sum(map(math.exp, z)) for v in z]
    f = Figure(720, 250)
    hidden, outs = [40, 97, 153, 210], [60, 125, 190]
    for j, at in enumerate((90, 160)):
        f.node(50, at, f'*x*_{{{j + 1}}}')
        for h in hidden:
            f.line(72, at, 178, h, 'soft')
    for h in hidden:
        f.circle(200, h, 22)
        for o in outs:
            f.line(222, h, 328, o, 'soft')
    for i, o in enumerate(outs):
        f.circle(350, o, 22)
        f.edge(372, o, 470, o, f'*z*_{{{i + 1}}} = {z[i]}')
        f.edge(590, o, 710, o, f'*y*_{{{i + 1}}} = {number(y[i], 4)}')
    f.named_box(470, 30, 120, 190, '*e*^{z} / \u03a3 *e*^{z}')
    return f


FIGURES = {'graph': graph, 'square': square, 'sigmoid': sigmoid, 'neuron': neuron,
           'softmax': softmax, 'binary': binary, 'layers': layers, 'perceptron': perceptron,
           'classes': classes}

if __name__ == '__main__':
    write_all(FIGURES)
