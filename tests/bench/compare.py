#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Two files of figures that `make bench BENCH_JSON=FILE` wrote, figure by figure.

    compare.py OLD NEW

A ratio above 1 is better, whatever the unit. Marked are those that differ by 10% or more and whose
quartiles do not overlap: anything less is noise. The last line counts them."""
import json
import sys

LESS_IS_BETTER = {"s", "bytes"}
NOISE = 0.10
IDENTITY = ("subject", "name", "work", "batch", "threads", "unit", "isa")


def read(path):
    figures = {}
    with open(path) as lines:
        for number, line in enumerate(lines, 1):
            try:
                figure = json.loads(line)
                figures[tuple(figure[key] for key in IDENTITY)] = figure
            except (ValueError, KeyError, TypeError) as error:
                sys.exit(f"{path}:{number}: not a figure of the benchmark: {error!r}")
    if not figures:
        sys.exit(f"{path}: no figures")
    return figures


def ratio_of(old, new):
    """How many times better the new figure is, and whether beyond noise."""
    if not old["value"] or not new["value"]:
        return None, False
    ratio = new["value"] / old["value"]
    apart = new["low"] > old["high"] or new["high"] < old["low"]
    if new["unit"] in LESS_IS_BETTER:
        ratio = 1 / ratio
    return ratio, apart and not 1 / (1 + NOISE) < ratio < 1 + NOISE


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    old, new = read(sys.argv[1]), read(sys.argv[2])
    machines = [{figure["machine"] for figure in figures.values()} for figures in (old, new)]
    if machines[0] != machines[1]:
        print(f"measured on different machines: {', '.join(sorted(machines[0]))} "
              f"and {', '.join(sorted(machines[1]))}")
    better = worse = compared = 0
    for key, figure in new.items():
        if key not in old:
            continue
        ratio, beyond_noise = ratio_of(old[key], figure)
        if ratio is None:
            continue
        compared += 1
        better += beyond_noise and ratio > 1
        worse += beyond_noise and ratio < 1
        mark = ("+" if ratio > 1 else "-") if beyond_noise else " "
        name = f"{figure['subject']} {figure['name']} {figure['work']}"
        print(f"{mark} {ratio:6.2f}  {name:<60} batch {figure['batch']:3} "
              f"threads {figure['threads']:3} "
              f"{old[key]['value']:10.4g} -> {figure['value']:10.4g} {figure['unit']}")
    missing = [key for key in old if key not in new]
    print(f"{compared} figures: {better} better (+), {worse} worse (-), the others within noise; "
          f"{len(missing)} only in {sys.argv[1]}, {sum(key not in old for key in new)} only "
          f"in {sys.argv[2]}")


main()
