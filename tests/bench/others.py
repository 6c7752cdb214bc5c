#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Nets that nobody tuned for, in lamina beside PyTorch and onnxruntime, interleaved in one run, and
what became of each "must".

    others.py [--own] [--turns N] [--seconds S] [--threads N] [--only NET] BUILT

BUILT is the folder of the built program `others`. `make bench-others` runs it. With --own the nets
are ten more, with other channels, sizes, batches, strides, groups and dilations than those. Words
of the nets are explained in chain.h. Figures are medians of the turns, in samples a second. PyTorch
is the better of the contiguous and the channels-last layout, as an expert would set it up
(`expert`). onnxruntime (predictions alone) is npm's onnxruntime-node in the folder
$ONNXRUNTIME_NODE; without it the column is empty. The ratio is to the better of both."""
import argparse
import os
import statistics
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def residual(channels, stride=1, shortcut=""):
    return (f"( c {channels},3,{stride},1 bn r c {channels},3,1,1 bn | {shortcut} ) r")


def stage(channels, blocks, stride):
    first = residual(channels, stride, f"c {channels},1,{stride} bn" if stride > 1 else "")
    return " ".join([first] + [residual(channels)] * (blocks - 1))


def separable(channels, out, stride=1):
    return f"c {channels},3,{stride},1,1,{channels} bn r c {out},1 bn r"


def dense(layers):
    return " ".join(["[ bn r c 12,3,1,1 ]"] * layers)


def transition(channels):
    return f"bn r c {channels},1 ap 2"


def twice(channels):
    return f"c {channels},3,1,1 r c {channels},3,1,1 r"


def mixing(channels, kernel):
    return f"( c {channels},{kernel},1,{kernel // 2},1,{channels} bn c {4 * channels},1 r " \
        f"c {channels},1 | )"


def bottleneck(channels, groups):
    return f"( c {channels // 2},1 bn r c {channels // 2},3,1,1,1,{groups} bn r " \
        f"c {channels},1 bn | ) r"


NETS = {
    "resnet20": ("3x32x32", "c 16,3,1,1 bn r " + " ".join(
        (stage(16, 3, 1), stage(32, 3, 2), stage(64, 3, 2))) + " gap a 10 ce"),
    "mobilenet": ("3x32x32", "c 32,3,1,1 bn r " + " ".join(
        (separable(32, 64), separable(64, 128, 2), separable(128, 128), separable(128, 256, 2),
         separable(256, 256), separable(256, 512, 2), separable(512, 512))) + " gap a 10 ce"),
    "resnet18": ("3x224x224", "c 64,7,2,3 bn r mp 3,2,1 " + " ".join(
        (stage(64, 2, 1), stage(128, 2, 2), stage(256, 2, 2), stage(512, 2, 2)))
        + " gap a 1000 ce"),
    "stem224": ("3x224x224", "c 64,7,2,3 bn r mp 3,2,1 gap a 10 ce"),
    "vgg112": ("3x112x112", "c 64,3,1,1 r c 64,3,1,1 r mp 2 gap a 10 ce"),
    "dcgan": ("100", "a 4096 v 256x4x4 bn r t 128,4,2,1 bn r t 64,4,2,1 bn r t 1,4,2,1 tanh mse"),
    "tcn": ("1x1024", "c 64,1 " + " ".join(
        f"( c 64,3,1,{d},{d} r | )" for d in (1, 2, 4, 8, 16, 32, 64)) + " gap a 10 ce"),
    "mlp4096": ("4096", "a 4096 r a 4096 r a 10 ce"),
    "grp8": ("64x32x32", "c 64,3,1,1,1,8 r c 64,3,1,1,1,8 r gap a 10 ce"),
    "vggs": ("3x32x32", "c 64,3,1,1 r c 64,3,1,1 r mp 2 c 128,3,1,1 r c 128,3,1,1 r mp 2 "
             "c 256,3,1,1 r mp 2 a 256 r a 10 ce"),
    "lenet": ("1x28x28", "c 6,5,1,2 r mp 2 c 16,5 r mp 2 a 120 r a 84 r a 10 ce"),
    "densenet40": ("3x32x32", f"c 16,3,1,1 {dense(12)} {transition(160)} {dense(12)} "
                   f"{transition(304)} {dense(12)} bn r gap a 10 ce"),
    "unet": ("1x64x64", f"{twice(16)} [ mp 2 {twice(32)} [ mp 2 {twice(64)} up 2 ] {twice(32)} "
             f"up 2 ] {twice(16)} c 4,1 ce"),
    "ecg12": ("12x1000", "c 24,15,2,7 bn r c 48,9,2,4 bn r c 96,5,2,2 bn r c 96,3,2,1 bn r gap "
              "a 5 ce"),
    "speech": ("40x512", "c 96,3,1,1 r " + " ".join(
        f"( c 96,3,1,{d},{d} r c 96,1 | )" for d in (1, 3, 9, 27)) + " c 40,1 mse"),
    "resnext": ("3x56x56", f"c 120,3,2,1 bn r {bottleneck(120, 15)} {bottleneck(120, 15)} "
                f"c 240,3,2,1 bn r {bottleneck(240, 30)} gap a 20 ce"),
    "vgg48": ("3x48x48", f"{twice(48)} mp 2 {twice(96)} mp 2 {twice(192)} mp 2 a 100 ce"),
    "autoenc": ("3x64x64", "c 32,4,2,1 r c 64,4,2,1 r c 128,4,2,1 r t 64,4,2,1 r t 32,4,2,1 r "
                "t 3,4,2,1 mse"),
    "dilated": ("3x96x96", "c 24,3,1,1 bn r c 24,3,1,2,2 bn r c 24,3,1,4,4 bn r c 24,3,1,8,8 bn r "
                "c 6,1 ce"),
    "mixer": ("3x64x64", f"c 72,4,4 {mixing(72, 7)} {mixing(72, 7)} {mixing(72, 7)} gap a 10 ce"),
    "wide": ("3x40x40", "c 20,7,2,3 bn r c 40,5,1,2 bn r mp 2 c 80,5,1,2 bn r gap a 7 ce"),
    "digits": ("1x32x32", "c 12,5 r ap 2 c 36,5 r ap 2 c 144,5 r a 47 ce"),
    "table": ("300", "a 1000 bn r a 700 bn r a 500 bn r a 3 ce"),
}

# The last ten nets: net, batch, job, and the least ratio to the better peer.
OWN = [
    ("ecg12", 64, "train", 1), ("ecg12", 1, "predict", 1), ("speech", 16, "train", 1),
    ("speech", 4, "predict", 1), ("resnext", 20, "train", 1), ("resnext", 1, "predict", 1),
    ("vgg48", 100, "train", 1), ("vgg48", 256, "predict", 1), ("autoenc", 24, "train", 1),
    ("autoenc", 7, "predict", 1), ("dilated", 2, "train", 1), ("dilated", 2, "predict", 1),
    ("mixer", 48, "train", 1), ("mixer", 12, "predict", 1), ("wide", 17, "train", 1),
    ("wide", 3, "predict", 1), ("digits", 5, "train", 1), ("digits", 256, "predict", 1),
    ("table", 200, "train", 1), ("table", 1, "predict", 1),
]

# The same of the others.
MUSTS = [
    ("resnet20", 128, "train", 1.8), ("mobilenet", 128, "train", 1.6),
    ("resnet18", 4, "train", 1.0), ("vgg112", 8, "train", 1.3), ("stem224", 8, "train", 1.3),
    ("dcgan", 128, "train", 2.5), ("tcn", 32, "train", 1.5), ("mlp4096", 256, "train", 1.2),
    ("mlp4096", 32, "train", 1.2), ("grp8", 128, "train", 1.5), ("vggs", 1, "train", 1.0),
    ("lenet", 1, "train", 1.5), ("resnet20", 1, "predict", 1.0), ("mobilenet", 1, "predict", 1.0),
    ("resnet18", 1, "predict", 1.0), ("grp8", 1, "predict", 1.0), ("resnet20", 8, "predict", 1.2),
    ("resnet20", 64, "predict", 1.5), ("mobilenet", 64, "predict", 1.2),
    ("mlp4096", 64, "predict", 1.0), ("densenet40", 64, "train", 1.5), ("unet", 16, "train", 1.5),
]


def run(command):
    """Samples a second, processor milliseconds of a call, and MiB; None: it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip())
        return None
    return [float(word) for word in done.stdout.split()]


def onnxruntime(folder, net, batch, args):
    """Samples a second; None: it is not there, or failed."""
    file = f"{folder}/{net}-{batch}.onnx"
    if not os.path.exists(file):
        subprocess.run(["/usr/bin/python3", f"{HERE}/others_onnx.py", *NETS[net], str(batch), file],
                       check=True)
    figure = run(["node", f"{HERE}/peer_onnx.js", file, str(batch), str(args.threads),
                  str(args.seconds / 3), "3", *NETS[net][0].split("x")])
    return figure


def median(figures, index):
    return statistics.median(f[index] for f in figures) if figures else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--own", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("built", nargs="?")
    args = parser.parse_args()
    rows = [row for row in (OWN if args.own else MUSTS) if args.only in row[0]]
    if args.list:
        for net, batch, job, _ in rows:
            print(net, batch, job, *NETS[net])
        return
    if not args.built:
        parser.error("BUILT is missing")
    torch = ["sh", f"{HERE}/expert", "/usr/bin/python3", f"{HERE}/others_torch.py"]
    figures = {row[:3]: ([], [], []) for row in rows}
    folder = tempfile.TemporaryDirectory()
    onnx = subprocess.run(["node", f"{HERE}/peer_onnx.js"], capture_output=True,
                          check=False).returncode == 0
    if not onnx:
        print("onnxruntime is skipped: onnxruntime-node was not found (ONNXRUNTIME_NODE=folder).")
    for _ in range(args.turns):
        for net, batch, job, _ in rows:
            words = [*NETS[net], str(batch), job, str(args.seconds), str(args.threads)]
            for program, kept in zip(([f"{args.built}/others"], torch), figures[net, batch, job]):
                figure = run(program + words)
                if figure:
                    kept.append(figure)
            figure = onnxruntime(folder.name, net, batch, args) if onnx and job != "train" else None
            if figure:
                figures[net, batch, job][2].append(figure)
    print(f"{'net':10} {'batch':>5} {'job':7} {'lamina':>9} {'PyTorch':>9} "
          f"{'onnxrt':>9} {'ratio':>6} "
          f"{'must':>5} {'of processor time':>18} {'MiB':>11}")
    for net, batch, job, must in rows:
        ours, theirs, others = figures[net, batch, job]
        best = max([median(peer, 0) for peer in (theirs, others) if peer], default=float("nan"))
        ratio = median(ours, 0) / best
        third = f"{median(others, 0):9.1f}" if others else " " * 9
        print(f"{net:10} {batch:5} {job:7} {median(ours, 0):9.1f} {median(theirs, 0):9.1f} {third} "
              f"{ratio:6.2f} {must:5.2f} {median(theirs, 1) / median(ours, 1):18.2f} "
              f"{median(ours, 2):5.0f} {median(theirs, 2):5.0f}  "
              f"{'met' if ratio >= must else 'missed'}")


if __name__ == "__main__":
    main()
