#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A training step on paper: predict.py FIGURES [--net NAME …] [--cores N,N,…] [--memory GB/s]

Reads what `make bench BENCH_JSON=FIGURES` measured of the machine and of layers alone, and what it
counted of each net's step. Predicts the six steps, beside what was measured; then says what more
cores would make of them. docs/scaling.md explains it."""
import argparse
import json
import math
import sys

BATCH, LANES = 128, 16
L3_BYTES = 4 << 20                  # a core's share of the last level on a machine of many cores
FILLED = 0.75                       # of a cache: what stays in it while it is gone through again
BAGS = ("pack", "update")           # walk.c: units of all of them are numbered through


class Machine:
    """The constants: peak, bandwidths, what a phase costs to hand over, and what each algorithm
    makes of the peak."""

    def __init__(self, figures, memory):
        self.figures = [f for f in figures if f["subject"] == "machine"]
        self.threads = max(f["processors"] for f in figures)
        self.peak = self.value("FMA peak", "", 1)
        self.size = {level: self.value(level, "size", 1) for level in ("L1", "L2", "L3")}
        self.copy = {level: self.value(level, "copy", 1) for level in ("L1", "L2", "L3", "memory")}
        self.memory, self.most_memory = self.value("memory", "copy", self.threads), memory
        self.region = self.value("parallel region", "", self.threads)
        self.phase = self.value("hand-over", "", self.threads)
        self.other = self.value("other core", "copy", self.threads)
        layers = [f for f in figures if f["subject"] == "layer" and f["threads"] == 1]
        self.costs = {key: fitted([f for f in layers if (f["algorithm"], f["work"]) == key])
                      for key in {(f["algorithm"], f["work"]) for f in layers}}
        self.moving = [f for f in figures if f["subject"] == "moving" and f["threads"] == 1]

    def value(self, name, work, threads):
        found = [f["value"] for f in self.figures
                 if (f["name"], f["work"], f["threads"]) == (name, work, threads)]
        return found[0] if found else 0

    def hand_over(self, cores):
        """Who finds nothing left of his own looks at what every other core has left: linear in the
        cores."""
        return 0 if cores == 1 else self.phase * cores / self.threads

    def level(self, span, cores):
        """Where what one core goes through lies."""
        room = dict(self.size, L3=max(self.size["L3"], L3_BYTES * cores) / cores)
        return next((level for level in ("L1", "L2", "L3") if span <= FILLED * room[level]),
                    "memory")

    def rate(self, piece, span, cores):
        """Bytes per second of what only moves data: of the same job alone, in the size that is
        nearest; if there is none, of a copy."""
        same = [f for f in self.moving
                if (f["algorithm"], f["work"]) == (piece["algorithm"], piece["work"])]
        if same:
            return min(same, key=lambda f: abs(math.log(f["bytes"] / span)))["value"]
        return self.copy[self.level(span, cores)]

    def memory_of(self, cores):
        """Bandwidth of all cores: more of them come with more channels, until the machine has no
        more."""
        if cores <= self.threads:
            return self.copy["memory"] if cores == 1 else self.memory
        return max(self.memory, min(self.memory * cores / self.threads, self.most_memory))


def fitted(layers):
    """Least squares of seconds over layers alone: (seconds per operation of a product, seconds per
    value that is transformed)."""
    rows = [(f["products"], f["transformed"], f["flops"] / f["value"]) for f in layers]
    pp, pt, tt = (sum(r[i] * r[k] for r in rows) for i, k in ((0, 0), (0, 1), (1, 1)))
    ps, ts = (sum(r[i] * r[2] for r in rows) for i in (0, 1))
    determinant = pp * tt - pt * pt
    if determinant <= 1e-9 * pp * tt:
        return ps / pp, 0               # nothing is transformed, or always the same part
    return (ps * tt - ts * pt) / determinant, (pp * ts - pt * ps) / determinant


def alone(piece, machine, cores, times):
    """Seconds of one core for the whole of a piece at `times` the batch that it was counted at, and
    its bytes if they are memory's."""
    moved = times * piece["bytes"]
    span = piece["bytes"] / math.ceil(BATCH / LANES) if piece["chained"] else moved / cores
    from_memory = moved if machine.level(span, cores) == "memory" else 0
    # A core that does not go on with its own blocks fetches the others' part from their caches,
    # while it computes.
    local = piece["chained"] or not machine.other
    fetched = 0 if local else moved * (1 - 1 / cores) / machine.other
    cost = machine.costs.get((piece["algorithm"], piece["work"]))
    if cost:
        computed = times * (cost[0] * piece["products"] + cost[1] * piece["transformed"])
        return max(fetched, computed), from_memory
    if piece["products"]:
        sys.exit(f"{piece['name']}: no layer alone was measured that computes its {piece['work']} "
                 f"as it does ({piece['algorithm']})")
    return max(fetched, moved / machine.rate(piece, span, cores)), from_memory


def groups_of(pieces, blocks, cores):
    """The walk: neighbours that are walked as one, as walk.c takes them together."""
    even = blocks % cores == 0 or blocks >= 8 * cores
    groups = []
    for piece in pieces:
        kind = piece["work"] if piece["work"] in BAGS else None
        if not kind and piece["chained"] and (even or piece["units"] == math.ceil(BATCH / LANES)):
            kind = "chain"
        if groups and kind and groups[-1][0] == kind:
            groups[-1][1].append(piece)
        else:
            groups.append((kind, [piece]))
    return groups


def predict(pieces, machine, cores, batch=BATCH):
    """Seconds of a step; of them those in which cores wait for others' units; those in which units
    are handed over; the phases."""
    blocks, phases, work, waiting = math.ceil(batch / LANES), 0, 0.0, 0.0
    for kind, group in groups_of(pieces, blocks, cores):
        seconds, from_memory, largest = 0.0, 0.0, 0.0
        for piece in group:
            times = 1 if kind in BAGS else batch / BATCH
            units = piece["units"] * (times if piece["chained"] else 1)
            own, memory = alone(piece, machine, cores, times)
            seconds += own
            from_memory += memory
            largest = max(largest, own / units)
        units = blocks if kind == "chain" else max(1, units / group[0]["phases"])
        share = max(seconds / cores, from_memory / machine.memory_of(cores))
        last = seconds * math.ceil(units / cores) / units
        if kind in BAGS:
            last = max(seconds / cores, largest)
        work += share
        waiting += max(0.0, last - share)
        phases += 1 if kind else group[0]["phases"]
    handed = phases * machine.hand_over(cores) + (machine.region if cores > 1 else 0)
    return work + waiting + handed, waiting, handed, phases


def measured(figures, net, threads):
    found = [f for f in figures if f["subject"] == "net" and f["name"] == net
             and f["work"] == "training"
             and f["batch"] == BATCH and f["threads"] == threads]
    return BATCH / found[0]["value"] if found else None


def show_machine(machine):
    print(f"FMA peak {machine.peak * 1e-9:.1f} GFLOP/s; copies, GB/s: "
          + ", ".join(f"{k} {v * 1e-9:.0f}" for k, v in machine.copy.items())
          + f"; memory on {machine.threads} threads {machine.memory * 1e-9:.0f}, from another "
            f"core {machine.other * 1e-9:.1f}"
          + f"; a phase {machine.phase * 1e6:.2f} us")
    for (algorithm, job), (product, transformed) in sorted(machine.costs.items()):
        cost = ""
        if transformed:
            cost = f", and {transformed * machine.peak:.1f} operations per transformed value"
        print(f"  {algorithm:<10} {job:<16} products at {1 / product / machine.peak:4.0%} of the "
              f"peak{cost}")


def show_here(figures, nets, machine):
    print(f"\nA training step of {BATCH} samples, microseconds: predicted, and measured")
    print(f"{'net':<10} {'phases':>6} {'GFLOP':>7}", end="")
    counts = sorted({1, machine.threads})
    for threads in counts:
        print(f" | {threads} thread{'s' if threads > 1 else ' '} "
              f"{'predicted':>10} {'measured':>10} {'error':>6}", end="")
    print()
    for net, pieces in nets.items():
        phases = predict(pieces, machine, machine.threads)[3]
        flops = sum(piece["flops"] for piece in pieces)
        print(f"{net:<10} {phases:6} {flops * 1e-9:7.2f}", end="")
        for threads in counts:
            seconds, truth = predict(pieces, machine, threads)[0], measured(figures, net, threads)
            error = f"{seconds / truth - 1:+6.0%}" if truth else "     ?"
            print(f" |{'':<10} {seconds * 1e6:10.0f} {truth * 1e6 if truth else 0:10.0f} {error}",
                  end="")
        print()


def show_cores(nets, machine, cores):
    print("\nMore cores: times as fast as one core, and percent of the step in which cores wait "
          "for others or for the hand-over")
    print(f"{'net':<10}"
          + "".join(f" | {count:4} cores: batch {BATCH}    64 per core" for count in cores))
    for net, pieces in nets.items():
        print(f"{net:<10}", end="")
        for count in cores:
            cells = []
            for batch in (BATCH, 64 * count):
                one = predict(pieces, machine, 1, batch)[0]
                step, waiting, handed, _ = predict(pieces, machine, count, batch)
                cells.append(f"{one / step:6.1f} ({(waiting + handed) / step:3.0%})")
            print(f" | {'':<3} {cells[0]:>14} {cells[1]:>14}", end="")
        print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures")
    parser.add_argument("--net", action="append", help="only this net")
    parser.add_argument("--cores", default="8,32,128")
    parser.add_argument("--memory", type=float, default=400,
                        help="GB/s that a machine of many cores copies at most")
    args = parser.parse_args()
    with open(args.figures) as lines:
        figures = [json.loads(line) for line in lines]
    nets = {}
    for figure in figures:
        if figure["subject"] == "counts":
            net, index, _ = figure["name"].split("/")
            if not args.net or net in args.net:
                nets.setdefault(net, []).append((int(index), figure))
    nets = {net: [piece for _, piece in sorted(pieces, key=lambda p: p[0])]
            for net, pieces in nets.items()}
    machine = Machine(figures, args.memory * 1e9)
    if not nets or not machine.costs:
        sys.exit(f"{args.figures}: no net's counts, or no layer alone; expected the figures of "
                 f"make bench BENCH_JSON=FILE")
    show_machine(machine)
    show_here(figures, nets, machine)
    show_cores(nets, machine, [int(count) for count in args.cores.split(",")])


main()
