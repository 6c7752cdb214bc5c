#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""lamina beside PyTorch and onnxruntime, interleaved in one run, and what became of each "must".

    peers.py [options] BUILT

BUILT is the folder of the built bench_nets and train_once. `make bench-peers` runs it;
tests/bench/peers.mk says what the peers need."""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the sources may be read-only
import onnx_nets  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
THREADS = 2
NETS = ["mlp", "lenet", "mnistcnn", "vggs", "ecg1d", "convae"]
# The graphs, and the batch that each is trained with.
GRAPHS = dict(densenet40=64, unet=16)
# Least ratio to PyTorch in training; to the better peer in prediction at batch 1 and at batch 64.
# 0.95 is "level".
TRAIN = dict(mlp=1.1, lenet=3, mnistcnn=1.6, vggs=1.25, ecg1d=2, convae=4, densenet40=0.95,
             unet=0.95)
PREDICT = {1: dict(mlp=0.95, lenet=1.2, mnistcnn=0.95, vggs=0.95, ecg1d=0.95, convae=0.95),
           64: dict(mlp=0.95, lenet=2, mnistcnn=0.95, vggs=1.2, ecg1d=1.5, convae=2)}
SECOND_THREAD, MEMORY, GRAPH_MEMORY, START = 1.8, 1 / 5, 1 / 2, 0.050


class Peers:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.times = [f"--seconds={args.seconds}", "--rounds=3"]
        self.values = {}
        self.torch = self.there(["/usr/bin/python3", "-c", "import torch"],
                                "PyTorch is skipped: python3-torch is not installed.")
        self.onnx = self.there(["node", f"{HERE}/peer_onnx.js"],
                               "onnxruntime is skipped: onnxruntime-node was not found "
                               "(ONNXRUNTIME_NODE=folder).")

    @staticmethod
    def there(command, sentence):
        try:
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return True
        except OSError:
            pass
        print(sentence)
        return False

    def keep(self, value, *key):
        self.values.setdefault(key, []).append(value)

    def median(self, *key):
        return statistics.median(self.values[key]) if key in self.values else None

    def output(self, command):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            sys.exit(f"peers.py: {' '.join(command)}: {run.stderr.strip()}")
        return run.stdout

    def lamina(self, net, batch, threads):
        out = self.output([f"{self.args.built}/bench_nets", "--batch", str(batch), "--threads",
                           str(threads),
                           "--seconds", str(self.args.seconds), "--rounds", "3", net])
        rates = [float(re.search(rf"{what} +(\d+) /s", out).group(1))
                 for what in ("train", "predict")]
        self.keep(rates[0], "train", net, batch, threads, "lamina")
        if threads == THREADS:
            self.keep(rates[1], "predict", net, batch, threads, "lamina")

    def pytorch(self, what, net, batch):
        out = self.output([f"{HERE}/expert", "/usr/bin/python3", f"{HERE}/peer_torch.py", "--only",
                           what, "--batch", str(batch),
                           "--threads", str(THREADS), *self.times, net])
        self.keep(float(re.search(rf"{what} +(\d+) /s", out).group(1)), what, net, batch, THREADS,
                  "pytorch")

    def onnxruntime(self, net, batch):
        file = f"{self.folder}/{net}-{batch}.onnx"
        if not os.path.exists(file):
            with open(file, "wb") as model:
                model.write(onnx_nets.model(net, batch))
        shape = [str(d) for d in onnx_nets.NETS[net][0]]
        out = self.output(["node", f"{HERE}/peer_onnx.js", file, str(batch), str(THREADS),
                           str(self.args.seconds), "3", *shape])
        self.keep(float(out), "predict", net, batch, THREADS, "onnxruntime")

    def start(self, who, net, batch, command):
        """Seconds from the start of a training process to the end of its first step, and its peak
        of memory in MB."""
        first, peak = self.output(command + [str(time.monotonic_ns())]).split()[:2]
        self.keep(float(first), "start", net, batch, THREADS, who)
        self.keep(int(peak) / 1024 ** 2, "memory", net, batch, THREADS, who)

    def starts(self, net, batch, steps):
        """Memory and start as anybody would run them: the expert's malloc keeps more than it
        needs."""
        self.start("lamina", net, batch,
                   [f"{self.args.built}/train_once", net, str(batch), str(steps)])
        if self.torch:
            self.start("pytorch", net, batch, [
                "/usr/bin/python3", f"{HERE}/peer_torch.py", "--only", "first-step", "--batch",
                str(batch), "--steps", str(steps), "--threads", str(THREADS), net, "--began"])

    def graph_turn(self, net, batch):
        self.lamina(net, batch, THREADS)
        if self.torch:
            self.pytorch("train", net, batch)
        self.starts(net, batch, 3)

    def turn(self, nets):
        for net in nets:
            if net in GRAPHS:
                self.graph_turn(net, GRAPHS[net])
                continue
            for batch in (128, 64, 1):
                self.lamina(net, batch, THREADS)
                if batch == 128:
                    self.lamina(net, batch, 1)
                    if self.torch:
                        self.pytorch("train", net, batch)
                if self.torch:
                    self.pytorch("predict", net, batch)
                if self.onnx:
                    self.onnxruntime(net, batch)
            if net in ("lenet", "mnistcnn"):
                self.starts(net, 64, 30)


def ratio(a, b):
    return f"{a / b:.2f}" if a and b else "-"


def count(value):
    return "-" if value is None else f"{value:.0f}"


def print_graphs(peers, graphs):
    print(f"\n{'training':<14}{'batch':>8}{'lamina/s':>11}{'PyTorch/s':>11}{'ratio':>7}"
          f"{'peak MB':>10}{'PyTorch':>10}{'part':>7}")
    for net in graphs:
        a, b, c, d = (peers.median(what, net, GRAPHS[net], THREADS, who)
                      for what in ("train", "memory") for who in ("lamina", "pytorch"))
        print(f"{net:<14}{GRAPHS[net]:>8}{count(a):>11}{count(b):>11}{ratio(a, b):>7}"
              f"{count(c):>10}{count(d):>10}{ratio(c, d):>7}")


def print_tables(peers, nets):
    print(f"\n{'training, batch 128':<22}{'lamina/s':>11}{'PyTorch/s':>11}{'ratio':>7}"
          f"{'1 thread/s':>12}{'speed-up':>10}")
    for net in nets:
        a, b, one = (peers.median("train", net, 128, t, who)
                     for t, who in ((THREADS, "lamina"), (THREADS, "pytorch"), (1, "lamina")))
        print(f"{net:<22}{count(a):>11}{count(b):>11}{ratio(a, b):>7}"
              f"{count(one):>12}{ratio(a, one):>10}")
    print(f"\n{'prediction':<14}{'batch':>8}{'lamina/s':>11}{'PyTorch/s':>11}{'ratio':>7}"
          f"{'onnxruntime/s':>15}{'ratio':>7}")
    for net in nets:
        for batch in (1, 64, 128):
            a, b, c = (peers.median("predict", net, batch, THREADS, who)
                       for who in ("lamina", "pytorch", "onnxruntime"))
            print(f"{net:<14}{batch:>8}{count(a):>11}{count(b):>11}{ratio(a, b):>7}"
                  f"{count(c):>15}{ratio(a, c):>7}")
    print(f"\n{'training, batch 64':<22}{'':>10}{'lamina':>10}{'PyTorch':>10}")
    for net in nets:
        for what, unit, scale in (("memory", "peak MB", 1), ("start", "start, ms", 1000)):
            a, b = (peers.median(what, net, 64, THREADS, who) for who in ("lamina", "pytorch"))
            if a:
                print(f"{net:<22}{unit:>10}{a * scale:>10.1f}{count(b and b * scale):>10}")


def musts(peers, nets):
    """(what, reached, must, met) in order; the peer's part is missing where the peer is."""
    for net in nets:
        lamina = peers.median("train", net, 128, THREADS, "lamina")
        torch = peers.median("train", net, 128, THREADS, "pytorch")
        if torch:
            yield f"{net}: training over PyTorch", lamina / torch, TRAIN[net], True
        alone = peers.median("train", net, 128, 1, "lamina")
        yield f"{net}: second thread", lamina / alone, SECOND_THREAD, True
        for batch in (1, 64):
            rivals = [r for r in (peers.median("predict", net, batch, THREADS, w)
                                  for w in ("pytorch", "onnxruntime")) if r]
            if rivals:
                yield (f"{net}: prediction, batch {batch}, over the better peer",
                       peers.median("predict", net, batch, THREADS, "lamina") / max(rivals),
                       PREDICT[batch][net], True)
        memory, other = (peers.median("memory", net, 64, THREADS, who)
                         for who in ("lamina", "pytorch"))
        if memory and other:
            yield f"{net}: peak memory, part of PyTorch's", memory / other, MEMORY, False
        if memory:
            start = peers.median("start", net, 64, THREADS, "lamina")
            yield f"{net}: start to first step, s", start, START, False


def graph_musts(peers, graphs):
    for net in graphs:
        for what, bound, at_least in (("train", TRAIN[net], True), ("memory", GRAPH_MEMORY, False)):
            a, b = (peers.median(what, net, GRAPHS[net], THREADS, who)
                    for who in ("lamina", "pytorch"))
            if a and b:
                yield f"{net}: {what}, part of PyTorch's", a / b, bound, at_least


def print_musts(peers, nets):
    print(f"\n{'must':<52}{'reached':>9}{'must':>16}")
    for what, reached, bound, at_least in [*musts(peers, [n for n in nets if n not in GRAPHS]),
                                        *graph_musts(peers, [n for n in nets if n in GRAPHS])]:
        met = reached >= bound if at_least else reached <= bound
        print(f"{what:<52}{reached:>9.3f}{'at least' if at_least else 'at most':>10}{bound:>6.2f}  "
              f"{'met' if met else 'NOT MET'}")
    if not (peers.torch and peers.onnx):
        print("(what needs a peer that was skipped is not judged, or is judged by the other peer "
              "alone)")


def write_json(peers, path):
    keys = ("what", "net", "batch", "threads", "program")
    with open(path, "w") as file:
        for key, values in peers.values.items():
            figure = dict(zip(keys, key), median=statistics.median(values), turns=values)
            file.write(json.dumps(figure) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--json", default="")
    parser.add_argument("built")
    parser.add_argument("nets", nargs="*")
    args = parser.parse_args()
    known = [*NETS, *GRAPHS]
    nets = args.nets or known
    if args.turns < 1 or not set(nets) <= set(known):
        parser.error(f"expected at least one turn, and nets of {' '.join(known)}")
    with tempfile.TemporaryDirectory() as folder:
        peers = Peers(args, folder)
        for _ in range(args.turns):
            peers.turn(nets)
    print(f"Medians of {args.turns} interleaved turns, {THREADS} threads.")
    graphs = [n for n in nets if n in GRAPHS]
    if graphs != nets:
        print_tables(peers, [n for n in nets if n not in GRAPHS])
    if graphs:
        print_graphs(peers, graphs)
    print_musts(peers, nets)
    if args.json:
        write_json(peers, args.json)


if __name__ == "__main__":
    main()
