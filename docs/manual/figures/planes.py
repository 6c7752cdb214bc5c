#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the signals and the images of the pages "From equation to code".

    planes.py [folder]
"""

from drawing import Figure, number, write_all

SIGNAL, KERNEL, BIAS = [1, 3, 2, 0, 1, 2, 4, 1], [1, 2, -1], 0.5
SLOPES = [1, 0, -1, 2, 0, 1]
IMAGE = [[1, 3, 2, 0], [5, 7, 4, 2], [0, 2, 1, 1], [4, 6, 3, 3]]
WINDOWS = ['blue-area', 'red-area', 'green-area', None]


def conv1d():
    """The window over eight numbers."""
    y = [sum(KERNEL[q] * SIGNAL[j + q] for q in range(3)) + BIAS for j in range(6)]
    f = Figure(560, 260)
    f.text(60, 48, '*x*')
    f.cells(90, 24, [SIGNAL], 52, areas={(0, j): 'blue-area' for j in range(3)})
    for q in range(3):
        f.text(90 + 52 * q + 26, 106, f'\u00d7 {number(KERNEL[q])}', 'green-text')
        f.arrow(90 + 52 * q + 26, 114, 108 + 10 * q, 178, 'blue')
    f.text(290, 106, '*w* = (1, 2, \u22121), *b* = 0.5', 'green-text', 'start')
    f.text(60, 212, '*y*')
    f.cells(90, 182, [y], 52, areas={(0, 0): 'blue-area'})
    f.text(290, 150, '1 \u00b7 1 + 2 \u00b7 3 \u2212 1 \u00b7 2 + 0.5 = 5.5', 'blue-text', 'start')
    return f


def conv1d_dx():
    """Who reads x2."""
    f = Figure(560, 250)
    f.text(60, 52, '*dy*', 'red-text')
    f.cells(90, 24, [SLOPES], 52, 'red-text', {(0, j): 'red-area' for j in range(3)})
    for j in range(3):
        f.arrow(90 + 52 * j + 26, 80, 90 + 52 * 2 + 18 + 8 * j, 168, 'red')
        f.text([120, 170, 248][j], 114, f'*w*_{{{2 - j}}}', 'green-text')
    f.text(300, 112, '*w* = (1, 2, \u22121)', 'green-text', 'start')
    dx = [sum(KERNEL[q] * SLOPES[v - q] for q in range(3) if 0 <= v - q < 6) for v in range(8)]
    f.text(60, 202, '*dx*', 'red-text')
    f.cells(90, 172, [dx], 52, 'red-text', {(0, 2): 'red-area'})
    f.text(300, 138, '\u22121 \u00b7 1 + 2 \u00b7 0 + 1 \u00b7 (\u22121) = \u22122', 'red-text',
           'start')
    return f


def conv2d():
    """A window on an image."""
    x = [[1, 2, 0], [0, 1, 3], [2, 1, 1]]
    w = [[1, -1], [2, 0]]
    y = [[1 + sum(w[p][q] * x[i + p][j + q] for p in range(2) for q in range(2))
          for j in range(2)] for i in range(2)]
    f = Figure(620, 190)
    window = {(i, j): 'blue-area' for i in range(2) for j in range(2)}
    f.text(90, 22, '*x*')
    f.cells(30, 34, x, 42, areas=window)
    f.text(190, 104, '\u2217')
    f.text(262, 22, '*w*', 'green-text')
    f.cells(220, 55, w, 42, 'green-text')
    f.text(355, 104, '+ *b* =')
    f.text(452, 22, '*y*')
    f.cells(410, 55, y, 42, areas={(0, 0): 'blue-area'})
    f.text(310, 182, '1 \u00b7 1 \u2212 1 \u00b7 2 + 2 \u00b7 0 + 0 \u00b7 1 + 1 = 0', 'blue-text')
    return f


def padding():
    """Zeros around an image, and the cropped gradient."""
    inside = {(i, j): 'blue-area' for i in (1, 2) for j in (1, 2)}
    cropped = {(i, j): 'red-area' for i in (1, 2) for j in (1, 2)}
    f = Figure(700, 200)
    f.cells(20, 74, [[1, 2], [3, 4]], areas={(i, j): 'blue-area' for i in (0, 1) for j in (0, 1)})
    f.text(56, 22, '*x*')
    f.arrow(100, 110, 134, 110)
    f.cells(142, 38, [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]], areas=inside)
    f.text(214, 22, '*y*')
    f.cells(390, 38, [[4 * i + j + 1 for j in range(4)] for i in range(4)], 36, 'red-text', cropped)
    f.text(462, 22, '*dy*', 'red-text')
    f.arrow(544, 110, 578, 110, 'red')
    f.cells(588, 74, [[6, 7], [10, 11]], 36, 'red-text',
            {(i, j): 'red-area' for i in (0, 1) for j in (0, 1)})
    f.text(624, 22, '*dx*', 'red-text')
    return f


def pooling(forward, backward, marks):
    """Windows of 2 x 2, forward and backward. marks: the filled cells of the image."""
    f = Figure(710, 226)
    each = {(i, j): WINDOWS[2 * i + j] for i in (0, 1) for j in (0, 1)}
    f.cells(20, 38, IMAGE, areas=marks)
    f.text(92, 22, '*x*')
    f.arrow(176, 110, 210, 110)
    f.cells(220, 74, forward, areas=each)
    f.text(256, 22, '*y*')
    f.cells(390, 74, [[1, 2], [-1, 4]], 36, 'red-text', each)
    f.text(426, 22, '*dy*', 'red-text')
    f.arrow(474, 110, 508, 110, 'red')
    f.cells(514, 34, backward, 46, 'red-text', marks)
    f.text(606, 22, '*dx*', 'red-text')
    for x, y, side in ((20, 38, 36), (514, 34, 46)):
        f.line(x + 2 * side, y, x + 2 * side, y + 4 * side)
        f.line(x, y + 2 * side, x + 4 * side, y + 2 * side)
    return f


DY = [[1, 2], [-1, 4]]


def average():
    """Means of four windows."""
    means = [[sum(IMAGE[2 * i + p][2 * j + q] for p in (0, 1) for q in (0, 1)) / 4
              for j in (0, 1)] for i in (0, 1)]
    return pooling(means, [[DY[i // 2][j // 2] / 4 for j in range(4)] for i in range(4)],
                   {(i, j): WINDOWS[2 * (i // 2) + j // 2] for i in range(4) for j in range(4)})


def maximum():
    """Maxima of four windows."""
    at = {(1, 1): 'blue-area', (1, 2): 'red-area', (3, 1): 'green-area', (3, 2): None}
    back = [[DY[i // 2][j // 2] if (i, j) in at else 0 for j in range(4)] for i in range(4)]
    f = pooling([[7, 4], [6, 3]], back, at)
    for i, j in at:
        f.circle(20 + 36 * (j + 0.5), 38 + 36 * (i + 0.5), 14)
    return f


def transposed():
    """Three strokes and their sum."""
    x, w, side = [1, 2, 3], [1, 2, -1], 52
    y = [0] * 7
    f = Figure(600, 270)
    for j in range(3):
        area = WINDOWS[j]
        f.text(110, 50 + 58 * j, f'*x*_{{{j}}} *w* = {x[j]} \u00b7 (1, 2, \u22121)', 'blue-text')
        f.cells(210 + 2 * j * side, 18 + 58 * j, [[x[j] * v for v in w]], side,
                areas={(0, q): area for q in range(3)})
        for q in range(3):
            y[2 * j + q] += x[j] * w[q]
    f.line(200, 194, 220 + 7 * side, 194)
    f.text(180, 236, '*y*')
    f.cells(210, 204, [y], side)
    return f


FIGURES = {'conv1d': conv1d, 'conv1d-dx': conv1d_dx, 'conv2d': conv2d, 'padding': padding,
           'average': average, 'maximum': maximum, 'transposed': transposed}

if __name__ == '__main__':
    write_all(FIGURES)
