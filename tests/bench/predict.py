#!/usr/bin/python3
"""A step predicted from its pieces: predict.py FIGURES [--net NAME …] [--cores N,N,…] [--memory GB/s]

Reads what `make bench BENCH_JSON=FIGURES` measured: the pieces of each net's training step alone on one thread, and the steps
themselves. Predicts the steps from the pieces, beside what was measured; then says what more cores would make of them."""
import argparse
import json
import math
import sys

BATCH, LANES = 128, 16
L2_BYTES, L3_BYTES = 1 << 20, 4 << 20      # of a core's own, and a core's share: where a machine does not say


def read(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]


class Machine:
    """What the pieces run on: barriers, and the bandwidth of the memory that all cores share."""

    def __init__(self, figures, memory):
        def value(name, threads, otherwise):
            found = [f["value"] for f in figures if f["subject"] == "machine" and f["name"] == name and f["threads"] == threads]
            return found[0] if found else otherwise
        self.threads = max(f["processors"] for f in figures)
        self.peak = value("FMA peak", 1, 0)
        self.region = value("parallel region", self.threads, 1e-6)
        self.memory = value("memory", self.threads, 2e10)
        self.most_memory = memory

    def barrier(self, cores):
        """A region begins and ends with one each; the tree of waiting cores grows by a level when their number doubles."""
        return 0 if cores == 1 else self.region / 2 * max(1, math.log2(cores))

    def bandwidth(self, cores):
        """More cores come with more channels, until the machine has no more."""
        return max(self.memory, min(self.memory * cores / self.threads, self.most_memory))


def grown(piece, batch):
    """Seconds on one thread, and units, of the piece at another batch: parameters alone do not grow with it."""
    if piece["work"] in ("update", "pack"):
        return piece["value"], piece["units"]
    times = batch / BATCH
    return piece["value"] * times, piece["units"] * times if piece["chained"] else piece["units"]


def predict(pieces, machine, cores, batch=BATCH):
    """Seconds of a step, and of them those that are shared out, that some cores wait while others work, and in barriers."""
    blocks = math.ceil(batch / LANES)
    even = blocks % cores == 0 or blocks >= 8 * cores
    work = idle = 0.0
    barriers, in_chain, bag = 2, False, None
    for piece in pieces:
        seconds, units = grown(piece, batch)
        chained = piece["chained"] and (even or units == blocks)
        if chained:
            units = blocks
        in_bag = piece["work"] if piece["work"] in ("update", "pack") else None
        if in_bag:                          # units of all of them are numbered through: none waits for another
            share = seconds / cores
            taken = share
        else:
            per_phase = max(1, units / piece["phases"])
            share = seconds / cores
            taken = seconds * math.ceil(per_phase / cores) / per_phase
        if cores > 1 and piece["bytes"] / cores > L2_BYTES + L3_BYTES:
            taken = max(taken, piece["bytes"] * batch / BATCH / machine.bandwidth(cores))
        work += share
        idle += taken - share
        if not (chained and in_chain) and not (in_bag and in_bag == bag):
            barriers += piece["phases"]
        in_chain, bag = chained, in_bag
    waiting = barriers * machine.barrier(cores)
    return work + idle + waiting, work, idle, waiting, barriers


def measured(figures, net, threads):
    found = [f for f in figures if f["subject"] == "net" and f["name"] == net and f["work"] == "training"
             and f["batch"] == BATCH and f["threads"] == threads]
    return BATCH / found[0]["value"] if found else None


def show_here(figures, nets, machine):
    print(f"A training step of {BATCH} samples, microseconds: predicted from its pieces, and measured")
    print(f"{'net':<10} {'pieces':>6} {'barriers':>8} {'GFLOP':>7} {'of peak':>7}", end="")
    for threads in sorted({1, machine.threads}):
        print(f" | {threads} thread{'s' if threads > 1 else ' '} {'predicted':>10} {'measured':>10} {'error':>6}", end="")
    print()
    for net, pieces in nets.items():
        flops = sum(piece["flops"] for piece in pieces)
        alone, *_, barriers = predict(pieces, machine, machine.threads)
        one, *_ = predict(pieces, machine, 1)
        share = flops / one / machine.peak if machine.peak else 0
        print(f"{net:<10} {len(pieces):6} {barriers:8} {flops * 1e-9:7.2f} {share:7.0%}", end="")
        for threads, seconds in sorted({machine.threads: alone, 1: one}.items()):
            truth = measured(figures, net, threads)
            error = f"{seconds / truth - 1:+6.0%}" if truth else "     ?"
            print(f" |{'':<10} {seconds * 1e6:10.0f} {truth * 1e6 if truth else 0:10.0f} {error}", end="")
        print()


def show_cores(nets, machine, cores):
    print("\nMore cores: times as fast as one core, and percent of the step in which cores wait for others or for a barrier")
    print(f"{'net':<10}" + "".join(f" | {count:4} cores: batch {BATCH}    64 per core" for count in cores))
    for net, pieces in nets.items():
        print(f"{net:<10}", end="")
        for count in cores:
            cells = []
            for batch in (BATCH, 64 * count):
                one = predict(pieces, machine, 1, batch)[0]
                step, _, idle, waiting, _ = predict(pieces, machine, count, batch)
                cells.append(f"{one / step:6.1f} ({(idle + waiting) / step:3.0%})")
            print(f" | {'':<3} {cells[0]:>14} {cells[1]:>14}", end="")
        print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures")
    parser.add_argument("--net", action="append", help="only this net")
    parser.add_argument("--cores", default="8,32,128")
    parser.add_argument("--memory", type=float, default=400, help="GB/s that a machine of many cores copies at most")
    args = parser.parse_args()
    figures = read(args.figures)
    nets = {}
    for figure in figures:
        if figure["subject"] == "part":
            net, index, _ = figure["name"].split("/")
            nets.setdefault(net, []).append((int(index), figure))
    nets = {net: [piece for _, piece in sorted(pieces, key=lambda p: p[0])] for net, pieces in nets.items()
            if not args.net or net in args.net}
    if not nets:
        sys.exit(f"{args.figures}: no pieces of a net; expected the figures of make bench BENCH_JSON=FILE")
    machine = Machine(figures, args.memory * 1e9)
    show_here(figures, nets, machine)
    show_cores(nets, machine, [int(count) for count in args.cores.split(",")])


main()
