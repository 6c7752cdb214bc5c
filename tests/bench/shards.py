#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tables of `make bench-shards`: steps that were measured beside the model of docs/scaling.md.

usage: shards.py FILE
"""

import argparse
import json
import math
import statistics

MESSAGE = 65536  # the gradients of a full message: LAM_SHARD_MESSAGE in framework/net/shard.h


def all_of(lines, **wanted):
    """The lines of a step that have these values, one of each turn."""
    return [line for line in lines if "net" in line
            and all(line.get(key) == value for key, value in wanted.items())]


def step_of(lines, **wanted):
    """Seconds of the step; None: it was not measured."""
    found = all_of(lines, **wanted)
    return statistics.median(line["step"] for line in found) if found else None


def find(lines, **wanted):
    """The step's line, with the median of the turns; {}: it was not measured."""
    found = all_of(lines, **wanted)
    return dict(found[0], step=step_of(lines, **wanted)) if found else {}


def messages_of(params):
    return -(-params // MESSAGE)


def short_messages_of(line):
    """Of failures, sums of losses, the bench's .step_end, and statistics if there are any."""
    return 4 if line.get("states") else 3


def exchange(line, latency, bandwidth):
    """Seconds in which a rank sends its gradients, and short messages, in a round."""
    params = line["params"]
    return (4 * params / bandwidth
            + (messages_of(params) + short_messages_of(line)) * latency)


def milliseconds(seconds):
    return "-" if seconds is None else "%.2f" % (1e3 * seconds)


def gigabits(bandwidth):
    """Of so many bytes a second; -: a long message took no longer than a short one, or there are
    none."""
    return "%.2f" % (8e-9 * bandwidth) if bandwidth < 1e12 else "-"


def percent(one, other):
    return "%+.0f%%" % (100 * (one / other - 1)) if one and other else "-"


def link_of(lines, way, ranks):
    """The latency, and the bytes a second of long messages in each direction: means of the rounds,
    in which each rank sends to one partner after another. None: they were not measured."""
    short, long = ([l["seconds"] for l in lines if l.get("link") == size and l["way"] == way
                    and l["ranks"] == ranks] for size in (8, 4 * MESSAGE))
    if not short or not long:
        return None
    latency = statistics.median(short)
    return latency, 4 * MESSAGE / max(statistics.median(long) - latency, 1e-9)


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def print_one_machine(lines, nets):
    print("One machine, milliseconds a step. The first three: one thread. Gradients: their bytes"
          " beside those of the activations\n")
    row("net", "batch", "gradients", "no shards", "2 shards", "shards of 16", "2 threads",
        "2 ranks", "ratio")
    row(*["---"] * 9)
    for net, batch in nets:
        case = {"net": net, "batch": batch}
        alone = find(lines, **case, ranks=1, shards=0, threads=1)
        if not alone:
            continue
        two = step_of(lines, **case, ranks=1, shards=2, threads=1)
        sixteen = (step_of(lines, **case, ranks=1, shards=batch // 16, threads=1)
                   if batch > 32 else None)
        threads = step_of(lines, **case, ranks=1, shards=0, threads=2)
        ranks = step_of(lines, **case, way="shm", ranks=2, shards=2, threads=1)
        row(net, alone["batch"], "%.3f" % (4 * alone["params"] / alone["activations"]),
            milliseconds(alone["step"]),
            milliseconds(two) + " " + percent(two, alone["step"]),
            milliseconds(sixteen) + " " + percent(sixteen, alone["step"]), milliseconds(threads),
            milliseconds(ranks), "%.2f" % (threads / ranks) if threads and ranks else "-")


def print_way(lines, way, delay, nets):
    print("\n%s%s; milliseconds of steps of 4 shards\n"
          % (way, ", each message %.1f ms later" % (1e3 * delay) if delay else ""))
    row("net", "ranks", "us", "Gbit/s", "predicted", "waiting", "error", "at least", "overlapped")
    row(*["---"] * 9)
    for net, batch in nets:
        for ranks in (1, 2, 4):
            case = dict(way=way, net=net, batch=batch, ranks=ranks, shards=4, threads=1,
                        delay=delay)
            apart = find(lines, **case, apart=1)
            link = (0, math.inf) if ranks == 1 else link_of(lines, way, ranks)
            if not apart or not link:
                continue
            latency, bandwidth = link
            seen = [step_of(lines, **case, begins=begins, apart=0) for begins in (0, 1)]
            sending = math.log2(ranks) * exchange(apart, latency + delay, bandwidth)
            least = math.log2(ranks) * exchange(apart, 0, bandwidth)
            row(net, ranks, "%.0f" % (1e6 * latency), gigabits(bandwidth),
                milliseconds(apart["step"] + sending), milliseconds(seen[0]),
                percent(apart["step"] + sending, seen[0]),
                milliseconds(max(apart["step"], least)), milliseconds(seen[1]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    given = parser.parse_args()
    with open(given.file) as file:
        lines = [json.loads(line) for line in file]
    nets = list(dict.fromkeys((line["net"], line["batch"]) for line in lines if "net" in line))
    print_one_machine(lines, nets)
    for way in dict.fromkeys(line["way"] for line in lines if "link" in line):
        for delay in dict.fromkeys(l["delay"] for l in lines if "net" in l and l["way"] == way):
            print_way(lines, way, delay, nets)


if __name__ == "__main__":
    main()
