#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tables of `make bench-shards`: steps that were measured beside the model of docs/scaling.md.

usage: shards.py FILE [--cores N]
"""

import argparse
import json
import math


def step_of(lines, **wanted):
    """Seconds of the step whose line has these values; None: it was not measured."""
    for line in lines:
        if "net" in line and all(line.get(key) == value for key, value in wanted.items()):
            return line["step"]
    return None


def rounds(ranks):
    return int(math.log2(ranks))


def exchange(params, ranks, latency, bandwidth):
    """Seconds in which a rank sends its gradients, and three short messages, in each round."""
    messages = -(-params // 65536)
    return rounds(ranks) * (4 * params / bandwidth + (messages + 3) * latency)


def milliseconds(seconds):
    return "-" if seconds is None else "%.2f" % (1e3 * seconds)


def error(predicted, measured):
    return "-" if measured is None else "%+.0f%%" % (100 * (predicted / measured - 1))


def line_of(lines, way):
    """The latency, and the bytes a second of long messages in each direction."""
    took = {l["line"]: l["seconds"] for l in lines if "line" in l and l["way"] == way}
    latency, long = took[8], took[262144]
    return latency, 262144 / max(long - latency, 1e-9)


def print_one_machine(lines, nets):
    print("One machine, milliseconds: shards beside none, two ranks beside two threads\n")
    print("| net | 1 thread | 2 shards | cost | 2 threads | 2 ranks | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for net in nets:
        alone = step_of(lines, net=net, ranks=1, shards=0, threads=1)
        cut = step_of(lines, net=net, ranks=1, shards=2, threads=1)
        threads = step_of(lines, net=net, ranks=1, shards=0, threads=2)
        ranks = step_of(lines, way="shm", net=net, ranks=2, shards=2, threads=1)
        cost = "%+.0f%%" % (100 * (cut / alone - 1)) if cut and alone else "-"
        ratio = "%.2f" % (threads / ranks) if threads and ranks else "-"
        print("| %s | %s | %s | %s | %s | %s | %s |" % (net, milliseconds(alone),
              milliseconds(cut), cost, milliseconds(threads), milliseconds(ranks), ratio))


def print_way(lines, way, nets, cores):
    latency, bandwidth = line_of(lines, way)
    print("\n%s: %.1f us, %.2f Gbit/s; milliseconds of steps of 4 shards\n"
          % (way, 1e6 * latency, 8e-9 * bandwidth))
    print("| net | ranks | predicted | waiting | error | overlapped |")
    print("| --- | --- | --- | --- | --- | --- |")
    for net in nets:
        alone = step_of(lines, net=net, ranks=1, shards=4, threads=1)
        params = next(l["params"] for l in lines if l.get("net") == net)
        for ranks in (1, 2, 4):
            if alone is None:
                continue
            predicted = alone / min(ranks, cores) + exchange(params, ranks, latency, bandwidth)
            seen = {begins: step_of(lines, way=way, net=net, ranks=ranks, shards=4, begins=begins)
                    for begins in (0, 1)}
            if ranks == 1:
                seen = {0: alone, 1: alone}
            print("| %s | %d | %s | %s | %s | %s |" % (net, ranks, milliseconds(predicted),
                  milliseconds(seen[0]), error(predicted, seen[0]), milliseconds(seen[1])))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    with open(given.file) as file:
        lines = [json.loads(line) for line in file]
    nets = list(dict.fromkeys(line["net"] for line in lines if "net" in line))
    print_one_machine(lines, nets)
    for way in dict.fromkeys(line["way"] for line in lines if "line" in line):
        print_way(lines, way, nets, given.cores)


if __name__ == "__main__":
    main()
