#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A step on paper: predict.py FIGURES [--net NAME …] [--pieces] [--cores N,N,…] [--memory GB/s]

Reads what `make bench BENCH_JSON=FIGURES` measured of the machine and of layers alone, and what it
counted of each net's step. Predicts the steps, beside what was measured; then says what more cores
would make of those of 128 samples. --pieces also shows where a step's time goes, beside a profile.
docs/scaling.md explains it."""
import argparse
import itertools
import json
import math
import sys

BATCH = 128                         # of the table of more cores
L3_BYTES = 4 << 20                  # a core's share of the last level on a machine of many cores
FILLED = 0.75                       # of a cache: what stays in it while it is gone through again
WORTH = 0.6                         # of the squared error: what another number must leave at most
BAGS = ("pack", "update")           # walk.c: units of all of them are numbered through


class Machine:
    """The constants: peak, bandwidths, what a phase costs to hand over, and what each algorithm
    takes."""

    def __init__(self, figures, memory):
        self.figures = [f for f in figures if f["subject"] == "machine"]
        self.threads = max((f["threads"] for f in self.figures), default=1)
        self.peak = self.value("FMA peak", "", 1)
        self.size = {level: self.value(level, "size", 1) for level in ("L1", "L2", "L3")}
        self.copy = {level: self.value(level, "copy", 1) for level in ("L1", "L2", "L3", "memory")}
        self.memory, self.most_memory = self.value("memory", "copy", self.threads), memory
        self.region = self.value("parallel region", "", self.threads)
        self.phase = self.value("hand-over", "", self.threads)
        self.other = self.value("other core", "copy", self.threads)
        self.copies = {threads: self.points(figures, threads) for threads in (1, self.threads)}
        layers = [f for f in figures if f["subject"] == "layer" and f["threads"] == 1]
        self.costs = {key: self.fitted([f for f in layers if (f["algorithm"], f["work"]) == key])
                      for key in {(f["algorithm"], f["work"]) for f in layers}}
        self.moving = [f for f in figures if f["subject"] == "moving" and f["threads"] == 1]

    def value(self, name, work, threads):
        found = [f["value"] for f in self.figures
                 if (f["name"], f["work"], f["threads"]) == (name, work, threads)]
        return found[0] if found else 0

    def points(self, figures, threads):
        """(bytes, rate) of copies, by size: in the levels that are a core's own, and in between."""
        own = [(self.size[level] / 2 * threads, self.value(level, "copy", threads))
               for level in ("L1", "L2")]
        return sorted([point for point in own if min(point) > 0]
                      + [(f["batch"], f["value"]) for f in figures
                         if f["subject"] == "size" and f["threads"] == threads])

    def hand_over(self, cores):
        """Who finds nothing left of his own looks at what every other core has left: linear in the
        cores."""
        return 0 if cores == 1 else self.phase * cores / self.threads

    def slower(self, cores):
        """Times as long as one core takes for the same products, while all others compute."""
        shared = self.value("FMA peak", "", self.threads)
        return self.threads * self.peak / shared if cores > 1 and shared else 1

    def copy_rate(self, span, cores):
        """Bytes per second that all cores copy together when they go through `span` bytes. More
        cores come with more caches and more channels to memory, until the machine has no more."""
        if cores in self.copies:
            return between(self.copies[cores], span)
        rate = cores * between(self.copies[1], span / cores)
        if span <= FILLED * L3_BYTES * cores:
            return rate
        return min(rate, max(self.memory, min(self.memory * cores / self.threads,
                                              self.most_memory)))

    def fitted(self, layers):
        """Least squares of the relative error over layers alone, none below 0: seconds per
        operation of a product, per value that is transformed, and per second that a copy of as many
        bytes would take. Products always count; another number must be worth it, and there must be
        about two layers for each."""
        rows = []
        for f in layers:
            seconds = f["flops"] / f["value"]
            copy = f["bytes"] / self.copy_rate(f["bytes"], 1)
            rows.append([f["products"] / seconds, f["transformed"] / seconds, copy / seconds])
        best = (math.inf, [0, 0, 0])
        for count in range(1, min(3, (len(rows) + 1) // 2) + 1):
            of_count = (math.inf, [0, 0, 0])
            for chosen in itertools.combinations((1, 2), count - 1):
                costs = solved(rows, (0, *chosen))
                if costs:
                    error = sum((sum(a * c for a, c in zip(row, costs)) - 1) ** 2 for row in rows)
                    of_count = min(of_count, (error, costs))
            if of_count[0] < WORTH * best[0]:
                best = of_count
        return best[1]

    def moved(self, algorithm, work):
        return [f for f in self.moving if (f["algorithm"], f["work"]) == (algorithm, work)]

    def moves(self, piece, moved):
        """Seconds of one core for what only moves data: as in the same job alone, in the size that
        is nearest, and the size of that; if there is none, as a copy."""
        same = (self.moved(piece["algorithm"], piece["work"])
                or self.moved(in_blocks(piece), piece["work"]))
        if not same:
            return moved / self.copy_rate(moved, 1), moved
        nearest = min(same, key=lambda f: abs(math.log(f["bytes"] / moved)))
        return moved / nearest["value"], nearest["bytes"]


def in_blocks(piece):
    """What does the same in blocks of several samples."""
    return piece["algorithm"].removesuffix(" of samples")


def between(points, size):
    """The rate for a size, between those of the nearest sizes in proportion to their logarithms."""
    if not points:
        sys.exit("no copies of some sizes; expected the figures of make bench BENCH_JSON=FILE")
    size = min(max(size, points[0][0]), points[-1][0])
    for (low, slow), (high, fast) in zip(points, points[1:]):
        if size <= high:
            return slow + (fast - slow) * math.log(size / low) / math.log(high / low)
    return points[-1][1]


def solved(rows, chosen):
    """Least squares of rows . costs = 1 with the chosen columns; None: they are not independent, or
    one is negative."""
    scale = {i: math.sqrt(sum(row[i] ** 2 for row in rows)) for i in chosen}
    if not min(scale.values()) > 0:
        return None
    table = [[sum(row[i] * row[k] for row in rows) / scale[i] / scale[k] for k in chosen]
             + [sum(row[i] for row in rows) / scale[i]] for i in chosen]
    for i, line in enumerate(table):
        if line[i] < 1e-6:
            return None
        for k, other in enumerate(table):
            if k != i:
                table[k] = [a - b * other[i] / line[i] for a, b in zip(other, line)]
    costs = [0, 0, 0]
    for i, line in zip(chosen, table):
        costs[i] = line[-1] / line[list(chosen).index(i)] / scale[i]
    return costs if min(costs) >= 0 else None


def alone(piece, machine, cores, times, step):
    """Seconds of all cores, equally busy, for a piece at `times` the batch that it was counted at,
    in a step of `step` bytes: as a layer alone takes, whose data lie where it left them, and what a
    copy takes longer where the step's lie."""
    moved = times * piece["bytes"]
    cost = (machine.costs.get((piece["algorithm"], piece["work"]))
            or machine.costs.get((in_blocks(piece), piece["work"])))
    if cost:
        near = moved
        seconds = (times * (cost[0] * piece["products"] + cost[1] * piece["transformed"])
                   * machine.slower(cores) + cost[2] * moved / machine.copy_rate(moved, 1))
    elif piece["products"]:
        sys.exit(f"{piece['name']}: no layer alone was measured that computes its {piece['work']} "
                 f"as it does ({piece['algorithm']})")
    else:
        seconds, near = machine.moves(piece, moved)
    far = moved / machine.copy_rate(times * step, cores)
    if piece["chained"]:                # half of it is the block that a core goes on with
        block = cores * piece["bytes"] / piece["blocks"]
        far = (far + moved / machine.copy_rate(block, cores)) / 2
    farther = max(0, far - moved / machine.copy_rate(near, 1) / cores)
    # A core that does not go on with its own blocks fetches the others' part from their caches,
    # while it computes.
    local = piece["chained"] or not machine.other or cores == 1
    cached = min(moved, FILLED * machine.size["L2"] * cores)
    fetched = 0 if local else cached * (1 - 1 / cores) / machine.other / cores
    return max(fetched, seconds / cores + farther)


def groups_of(pieces, times, cores):
    """The walk: neighbours that are walked as one, as walk.c takes them together."""
    groups = []
    for piece in pieces:
        blocks = math.ceil(piece["blocks"] * times)
        even = blocks % cores == 0 or blocks >= 8 * cores
        kind = piece["work"] if piece["work"] in BAGS else None
        if not kind and piece["chained"] and (even or piece["units"] == piece["blocks"]):
            kind = "chain"
        if groups and kind and groups[-1][0] == kind:
            groups[-1][1].append(piece)
        else:
            groups.append((kind, [piece]))
    return groups


def predict(pieces, machine, cores, times=1):
    """Of a step with `times` the batch that was counted: seconds; of them those in which cores wait
    for others' units; those in which units are handed over; the phases."""
    phases, work, waiting = 0, 0.0, 0.0
    step = sum(piece["bytes"] for piece in pieces)
    for kind, group in groups_of(pieces, times, cores):
        share, largest = 0.0, 0.0
        for piece in group:
            grown = 1 if kind in BAGS else times
            seconds = alone(piece, machine, cores, grown, step)
            units = piece["units"] * (grown if piece["chained"] else 1)
            share += seconds
            largest = max(largest, seconds * cores / units)
        units = (math.ceil(group[0]["blocks"] * times) if kind == "chain"
                 else max(1, units / group[0]["phases"]))
        last = share * cores * math.ceil(units / cores) / units
        if kind in BAGS:
            last = max(share, largest)
        work += share
        waiting += max(0.0, last - share)
        phases += 1 if kind else group[0]["phases"]
    handed = phases * machine.hand_over(cores) + (machine.region if cores > 1 else 0)
    return work + waiting + handed, waiting, handed, phases


def measured(figures, net, threads):
    """Seconds of a step or prediction: the first that was measured."""
    name, batch, work = net
    found = [f for f in figures if f["subject"] == "net" and f["name"] == name
             and f["work"] == work and f["batch"] == batch and f["threads"] == threads]
    return batch / found[0]["value"] if found else None


def show_machine(machine):
    print(f"FMA peak {machine.peak * 1e-9:.1f} GFLOP/s; copies, GB/s: "
          + ", ".join(f"{k} {v * 1e-9:.0f}" for k, v in machine.copy.items())
          + f"; memory on {machine.threads} threads {machine.memory * 1e-9:.0f}, from another "
            f"core {machine.other * 1e-9:.1f}"
          + f"; a phase {machine.phase * 1e6:.2f} us")
    for (algorithm, job), (product, transformed, copies) in sorted(machine.costs.items()):
        costs = [f"products at {1 / product / machine.peak:4.0%} of the peak"] if product else []
        if transformed:
            costs.append(f"{transformed * machine.peak:.1f} operations per transformed value")
        if copies:
            costs.append(f"{copies:.1f} times as long as a copy")
        print(f"  {algorithm:<20} {job:<16} {', '.join(costs)}")


def show_here(figures, nets, machine):
    print("\nA step or prediction, microseconds: predicted, and measured")
    print(f"{'net':<12} {'batch':>5} {'job':<9} {'phases':>6} {'GFLOP':>7}", end="")
    counts = sorted({1, machine.threads})
    for threads in counts:
        print(f" | {threads} thread{'s' if threads > 1 else ' '} "
              f"{'predicted':>10} {'measured':>10} {'error':>6}", end="")
    print()
    for net, pieces in nets.items():
        phases = predict(pieces, machine, machine.threads)[3]
        flops = sum(piece["flops"] for piece in pieces)
        print(f"{net[0]:<12} {net[1]:5} {net[2]:<9} {phases:6} {flops * 1e-9:7.2f}", end="")
        for threads in counts:
            seconds, truth = predict(pieces, machine, threads)[0], measured(figures, net, threads)
            error = f"{seconds / truth - 1:+6.0%}" if truth else "     ?"
            print(f" |{'':<10} {seconds * 1e6:10.0f} {truth * 1e6 if truth else 0:10.0f} {error}",
                  end="")
        print()


def show_pieces(nets, machine):
    """Sums by algorithm and job. The profile adds a sum of gradients to the input gradient."""
    for net, pieces in nets.items():
        sums, step = {}, sum(piece["bytes"] for piece in pieces)
        for piece in pieces:
            found = sums.setdefault((piece["algorithm"], piece["work"]), [0, 0, 0])
            found[0] += 1
            found[1] += alone(piece, machine, 1, 1, step)
            found[2] += piece.get("seconds", 0)
        print(f"\n{net[0]}, {net[1]} samples, {net[2]}: microseconds on one thread, predicted, and "
              f"in a profile")
        for (algorithm, job), (count, seconds, truth) in sorted(sums.items(),
                                                                key=lambda s: -s[1][2]):
            print(f"  {algorithm:<20} {job:<16} {count:4} {seconds * 1e6:10.0f} "
                  f"{truth * 1e6:10.0f}")


def show_cores(nets, machine, cores):
    print("\nMore cores: times as fast as one core, and percent of the step in which cores wait "
          "for others or for the hand-over")
    print(f"{'net':<10}"
          + "".join(f" | {count:4} cores: batch {BATCH}    64 per core" for count in cores))
    for net, pieces in nets.items():
        if net[1:] != (BATCH, "training"):
            continue
        print(f"{net[0]:<10}", end="")
        for count in cores:
            cells = []
            for batch in (BATCH, 64 * count):
                one = predict(pieces, machine, 1, batch / BATCH)[0]
                step, waiting, handed, _ = predict(pieces, machine, count, batch / BATCH)
                cells.append(f"{one / step:6.1f} ({(waiting + handed) / step:3.0%})")
            print(f" | {'':<3} {cells[0]:>14} {cells[1]:>14}", end="")
        print()


def counted(figures, wanted):
    """The pieces of each net, in order; its name is "NET training/INDEX/CALL"."""
    nets = {}
    for figure in figures:
        if figure["subject"] == "counts":
            net, index, _ = figure["name"].split("/")
            name, work = net.split()
            if not wanted or name in wanted:
                nets.setdefault((name, figure["batch"], work), {})[int(index)] = figure
    return {net: [pieces[i] for i in sorted(pieces)] for net, pieces in nets.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures")
    parser.add_argument("--net", action="append", help="only this net")
    parser.add_argument("--pieces", action="store_true")
    parser.add_argument("--cores", default="8,32,128")
    parser.add_argument("--memory", type=float, default=400,
                        help="GB/s that a machine of many cores copies at most")
    args = parser.parse_args()
    with open(args.figures) as lines:
        figures = [json.loads(line) for line in lines]
    nets = counted(figures, args.net)
    machine = Machine(figures, args.memory * 1e9)
    if not nets or not machine.costs:
        sys.exit(f"{args.figures}: no net's counts, or no layer alone; expected the figures of "
                 f"make bench BENCH_JSON=FILE")
    show_machine(machine)
    show_here(figures, nets, machine)
    if args.pieces:
        show_pieces(nets, machine)
    show_cores(nets, machine, [int(count) for count in args.cores.split(",")])


main()
