#!/usr/bin/python3
"""The cost of a training step on paper: docs/scaling.md explains it. model.py [--measured FILE] [--batch N] [--cores N ...]

FILE holds what `bench_nets --threads 1` (or 2, --threads) printed; the model is then compared with it, net by net."""
import argparse
import math
import re

# Of the machine that docs/scaling.md names, which also says what of this was measured; the rest is arithmetic from shapes.
PEAK = 118e9                # float operations per second
BANDWIDTH = 19e9            # bytes per second of one core: half of BUS
BUS = 38e9                  # of all cores together, an earlier measurement on a machine of this kind
BARRIER = 0.35e-6           # seconds; the middle of 0.2 to 0.5, not fitted; a tree adds one level per doubling
SHARES = {                  # of peak, per algorithm: forward, input gradient, weight gradient; bench_kernels on one thread
    "direct": (0.82, 0.78, 0.82),    # means of 1->32 and 3->64 3x3, 64->128 3x3 s2
    "winograd": (0.71, 0.71, 0.55),  # of the products and transforms that are left: means of 64->64 to 256->256 3x3
    "winograd 1-D": (0.85, 0.85, 0.85),  # the same: 64->64 k5, 32->64 k5
    "affine": (0.97, 0.97, 0.91),    # 784->256 at batch 128
}
LANES, CHUNK, FLOAT = 16, 8, 4


class Layer:
    """Multiply-adds per sample and job, the algorithm, and the values of input, output and parameters."""

    def __init__(self, kind, ins, outs, x, y, taps=1, rank=2, stride=1, transposed=False):
        self.ins, self.outs, self.kind, self.taps = ins, outs, kind, taps
        self.x, self.y = x, y                       # pixels in and out
        self.parameters = ins * outs * taps ** rank
        self.direct = self.parameters * (x if transposed else y)
        self.tiles = self.window = None
        if kind == "conv" and stride == 1 and taps in (3, 5) and not transposed:
            self.tiles, self.window = (lambda p: math.ceil(round(p ** (1 / rank)) / 4) ** rank), (taps + 3) ** rank

    def cost(self, job):
        """(operations of multiply-add per sample, algorithm) of job 0 forward, 1 input gradient, 2 weight gradient."""
        if self.kind == "affine":
            return self.direct, "affine"
        if self.tiles:
            # As winograd_pays in framework/kernels/winograd.c.
            tiles = self.tiles(self.x if job == 1 else self.y)
            products = self.ins * self.outs * self.window * tiles
            transforms = (self.ins + self.outs) * self.window * tiles * 7
            if 1.15 * products + transforms < 0.8 * self.direct:
                return products + transforms, "winograd" if self.window > 8 else "winograd 1-D"
        return self.direct, "direct"


def affine(ins, outs):
    return Layer("affine", ins, outs, 1, 1)


def conv(ins, outs, side, taps, pad=0, rank=2, stride=1):
    after = (side + 2 * pad - taps) // stride + 1
    return Layer("conv", ins, outs, side ** rank, after ** rank, taps, rank, stride)


def transposed(ins, outs, side, taps):
    return Layer("conv", ins, outs, side ** 2, (2 * side) ** 2, taps, 2, 2, True)


NETS = {
    "mlp": [affine(784, 256), affine(256, 128), affine(128, 10)],
    "lenet": [conv(1, 6, 28, 5, 2), conv(6, 16, 14, 5), affine(400, 120), affine(120, 84), affine(84, 10)],
    "mnistcnn": [conv(1, 32, 28, 3), conv(32, 64, 26, 3), affine(9216, 128), affine(128, 10)],
    "vggs": [conv(3, 64, 32, 3, 1), conv(64, 64, 32, 3, 1), conv(64, 128, 16, 3, 1), conv(128, 128, 16, 3, 1),
             conv(128, 256, 8, 3, 1), affine(4096, 256), affine(256, 10)],
    "ecg1d": [conv(1, 32, 187, 5, rank=1), conv(32, 64, 91, 5, rank=1), conv(64, 128, 43, 3, rank=1), affine(128, 5)],
    "convae": [conv(1, 16, 28, 3, 1, stride=2), conv(16, 32, 14, 3, 1, stride=2), transposed(32, 16, 7, 4), transposed(16, 1, 14, 4)],
}


def waves(units, cores):
    """Units are whole: the slowest core has the most of them. The factor over an even share of one core's time."""
    return math.ceil(units / cores) / units


def seconds(layers, batch, cores):
    blocks = math.ceil(batch / LANES)
    barrier = BARRIER * max(0, math.ceil(math.log2(cores)))
    compute = moved = 0.0
    phases = 2                                      # rows to blocks, update
    for i, layer in enumerate(layers):
        for job in range(3):
            if i == 0 and job == 1:
                continue                            # the first layer needs no input gradient
            products, algorithm = layer.cost(job)
            # A forward or backward unit is a block; weight gradients: an assumption, CHUNK outputs by LANES channels.
            units = blocks if job < 2 else max(1, layer.outs // CHUNK) * max(1, layer.ins // LANES)
            time = 2 * products * blocks * LANES / (SHARES[algorithm][job] * PEAK)
            compute += time * waves(units, cores)
            phases += 1
        # Activations: out and its gradient, each written once and read twice; ReLU and pool keep theirs in cache.
        moved += 6 * FLOAT * layer.outs * layer.y * blocks * LANES
        # Parameters, gradient, momentum: read, read and written, read and written; and packed anew.
        moved += 8 * FLOAT * layer.parameters
    return compute + moved / min(BANDWIDTH * cores, BUS) + phases * barrier


def compare(measured, batch, threads):
    print(f"{'net':<10}{'measured ms':>13}{'predicted ms':>14}{'error':>8}")
    for line in open(measured):
        found = re.match(r"(\w+) +train +(\d+) /s", line)
        if found and found.group(1) in NETS:
            real, paper = batch / float(found.group(2)), seconds(NETS[found.group(1)], batch, threads)
            print(f"{found.group(1):<10}{1e3 * real:>13.2f}{1e3 * paper:>14.2f}{100 * (paper / real - 1):>7.0f}%")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--measured")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1, help="of the measured run")
    parser.add_argument("--cores", type=int, nargs="*", default=[1, 2, 8, 32, 128])
    args = parser.parse_args()
    if args.measured:
        compare(args.measured, args.batch, args.threads)
        return
    print(f"predicted ms per step of {args.batch} samples (speed-up)\n{'net':<10}" + "".join(f"{c:>11} cores" for c in args.cores))
    for name, layers in NETS.items():
        one = seconds(layers, args.batch, 1)
        times = [seconds(layers, args.batch, c) for c in args.cores]
        print(f"{name:<10}" + "".join(f"{1e3 * t:>9.3f} ({one / t:5.1f})" for t in times))


if __name__ == "__main__":
    main()
