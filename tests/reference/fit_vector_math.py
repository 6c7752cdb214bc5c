#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The polynomials of framework/kernels/vector_math_terms.h for double, the highest power first,
with the error that each leaves in its function (relative). Weighted least squares on Chebyshev's
nodes; the weights move towards the largest errors (Lawson).

Needs python3-mpmath. Prints to standard output; takes some seconds."""
from mpmath import cos, erf, erfc, exp, fabs, log, lu_solve, matrix, mp, mpf, pi, sqrt, tanh

mp.dps = 60
ZERO = mpf(10) ** -30  # where a formula divides by its argument


def fit(f, low, high, degree, weight, rounds=12):
    """(largest weighted error, coefficients from the constant up) of the polynomial next to f."""
    count = 5 * degree + 20
    xs = [(low + high) / 2 + (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * count))
          for i in range(count)]
    ys, weights = [f(x) for x in xs], [weight(x) for x in xs]
    moving = [mpf(1)] * count
    best = None
    for _ in range(rounds):
        a, b = matrix(degree + 1, degree + 1), matrix(degree + 1, 1)
        for x, y, w, m in zip(xs, ys, weights, moving):
            powers = [mpf(1)]
            for _ in range(2 * degree):
                powers.append(powers[-1] * x)
            for i in range(degree + 1):
                b[i] += w * w * m * powers[i] * y
                for j in range(degree + 1):
                    a[i, j] += w * w * m * powers[i + j]
        c = lu_solve(a, b)
        errors = [fabs(w * (sum(c[k] * x**k for k in range(degree + 1)) - y))
                  for x, y, w in zip(xs, ys, weights)]
        if best is None or max(errors) < best[0]:
            best = max(errors), [c[k] for k in range(degree + 1)]
        total = sum(m * e for m, e in zip(moving, errors)) / count
        moving = [m * e / total for m, e in zip(moving, errors)]
    return best


def show(name, fitted):
    print(f"{name}, error {float(fitted[0]):.1e}:",
          ", ".join(float(c).hex() for c in reversed(fitted[1])))


half_log_2 = log(mpf(2)) / 2 * mpf("1.001")
show("exp_terms",
     fit(lambda r: (exp(r) - 1 - r) / r**2, -half_log_2, half_log_2, 10,
         lambda r: r**2 / min(1, exp(r))))
show("log_terms",
     fit(lambda f: (log(1 + f) - f + f * f / 2) / f**3, sqrt(mpf("0.5")) - 1, sqrt(mpf(2)) - 1, 20,
                      lambda f: f**3 / log(1 + f), 8))
show("tanh_terms", fit(lambda s: (tanh(sqrt(s)) / sqrt(s) - 1) / s, ZERO, mpf("0.625")**2, 12,
                       lambda s: s * sqrt(s) / tanh(sqrt(s))))
show("erf_near_terms", fit(lambda s: erf(sqrt(s)) / sqrt(s) - 1, ZERO, mpf("0.921875")**2, 11,
                           lambda s: sqrt(s) / erf(sqrt(s))))
show("erf_far_terms",
     fit(lambda a: -log(erfc(a)), mpf("0.921875"), mpf(6), 18, lambda a: erfc(a) / erf(a), 8))
