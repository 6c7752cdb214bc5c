#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tables of framework/kernels/vector_math_pieces.h: polynomials in float, one for each piece of
a range, from the constant up. Each coefficient is rounded before those behind it are fitted, so
that they make up for its error. Weighted least squares on Chebyshev's nodes; the weights move
towards the largest errors (Lawson).

Needs python3-mpmath. Writes the tables to standard output, and each one's largest error in units
in the last place of the result, without that of the rounding in between, to standard error; takes
a minute."""
import struct
import sys

from mpmath import cos, erfc, exp, fabs, floor, log, lu_solve, matrix, mp, mpf, pi, sqrt, tanh

mp.dps = 40


def single(x):
    """x rounded to float."""
    return struct.unpack("f", struct.pack("f", float(x)))[0]


def unit(y):
    """A unit in the last place of y, which is at least 2^-40 here."""
    y = max(fabs(y), mpf(2)**-40)
    return mpf(2)**(floor(log(y, 2)) - 23)


def fit(xs, ys, weights, degree, rounds=6):
    """The constant up of the polynomial next to ys, by moved weights."""
    moving, best = [mpf(1)] * len(xs), None
    for _ in range(rounds):
        a, b = matrix(degree + 1, degree + 1), matrix(degree + 1, 1)
        for x, y, w, m in zip(xs, ys, weights, moving):
            powers = [w * w * m]
            for _ in range(2 * degree):
                powers.append(powers[-1] * x)
            for i in range(degree + 1):
                b[i] += powers[i] * y
                for j in range(degree + 1):
                    a[i, j] += powers[i + j]
        c = lu_solve(a, b)
        errors = [fabs(w * (sum(c[k] * x**k for k in range(degree + 1)) - y))
                  for x, y, w in zip(xs, ys, weights)]
        if best is None or max(errors) < best[0]:
            best = max(errors), [c[k] for k in range(degree + 1)]
        total = sum(m * e for m, e in zip(moving, errors)) / len(xs)
        moving = [m * e / total for m, e in zip(moving, errors)]
    return best[1]


def piece(f, start, width, degree, near):
    """Coefficients of f(start + d), 0 <= d <= width, and the largest error in units."""
    count = 3 * degree + 12
    xs = [width / 2 * (1 + cos(pi * (2 * i + 1) / (2 * count))) for i in range(count)]
    exact = [f(start + x) for x in xs]
    units = [unit(max(fabs(y), near)) for y in exact]
    rounded, rest, weights = [], exact, [1 / u for u in units]
    for k in range(degree + 1):
        c = single(f(start) if k == 0 else fit(xs, rest, weights, degree - k)[0])
        rounded.append(c)
        rest = [(y - c) / x for x, y in zip(xs, rest)]
        weights = [w * x for x, w in zip(xs, weights)]
    errors = [fabs(sum(mpf(c) * x**k for k, c in enumerate(rounded)) - y) / u
              for x, y, u in zip(xs, exact, units)]
    return rounded, max(errors)


def table(name, f, pieces, width, degree, near=mpf(0), last=None):
    """Prints [degree + 1][pieces]. With `last` the last piece is that constant."""
    rows, worst, at = [], 0, 0
    for k in range(pieces):
        c, error = piece(f, k * mpf(width), mpf(width) * mpf("1.00001"), degree,
                         near if k else mpf(0))
        if last is not None and k == pieces - 1:
            c, error = [last] + degree * [0.0], 0
        rows.append(c)
        worst, at = max((worst, at), (error, k))
    print(f"{name}: {float(worst):.2f} in piece {at}", file=sys.stderr)
    print(f"static const float {name}[{degree + 1}][{pieces}] = {{")
    for k in range(degree + 1):
        words = [f"{row[k]:.9g}f" if "e" in f"{row[k]:.9g}" or "." in f"{row[k]:.9g}"
                 else f"{row[k]:.9g}" for row in rows]
        line = "\t{"
        for i, word in enumerate(words):
            add = word + ("}," if i == pieces - 1 else ",")
            if len(line.expandtabs(8)) + 1 + len(add) > 100:
                print(line)
                line = "\t\t" + add
            else:
                line += ("" if line in ("\t{",) else " ") + add
        print(line)
    print("};")


def beyond(a):
    """What gelu is below max(x, 0): a (1 - Phi(a))."""
    return a * erfc(a / sqrt(mpf(2))) / 2


def slope(a):
    """Gelu's slope at a, less 1; the slope at -a is the negative of this."""
    return -erfc(a / sqrt(mpf(2))) / 2 + a * exp(-a * a / 2) / sqrt(2 * pi)


if __name__ == "__main__":
    for pieces, wide in (32, True), (8, False):
        kind = "_32" if wide else "_8"
        for t in sys.argv[1:] or ["tanh", "gelu", "slope"]:
            if t == "tanh" and wide:
                table("tanh" + kind, tanh, pieces, 0.296875, 6)
            if t == "gelu":
                table("gelu" + kind, beyond, pieces, 0.19140625 if wide else 0.84375,
                      4 if wide else 7, mpf(2)**-7, 0.0)
            if t == "slope":
                table("slope" + kind, slope, pieces, 0.19140625 if wide else 0.84375,
                      5 if wide else 8, mpf(2)**-4, 0.0)
