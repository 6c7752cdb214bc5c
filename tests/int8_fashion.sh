#!/bin/sh
# SPDX-License-Identifier: MIT
# `make check-int8`: mnistcnn, trained on Fashion-MNIST and calibrated with training images, loses
# at most half a point of accuracy in int8 on all 10,000 test images, and takes a quarter of the
# bytes. The trained net stays in check-int8/, so that a second run is short.

lamina=$(cd "$top_builddir" && pwd)/tools/lamina
LAMINA_NETS=$(cd "$top_srcdir" && pwd)/tools/nets
export LAMINA_NETS
mkdir -p "$top_builddir/check-int8" && cd "$top_builddir/check-int8" || exit 99
"$lamina" train mnistcnn --data mnist --epochs 6 --save fashion.npz || exit
"$lamina" export fashion.npz --output whole.c >whole.said || exit
"$lamina" export fashion.npz --output eight.c --int8 --calibrate mnist --score mnist >eight.said ||
	exit
cat whole.said eight.said
cc -std=c99 -O2 -DEIGHT_TEST eight.c -o eight -lm && ./eight || exit
awk '
	/bytes of weights/ { bytes[files++] = $2 }
	/^int8: accuracy/ { int8 = $3; samples = $5; net = $9 }
	END {
		fail = samples != 10000 || net < 90 || int8 < net - 0.5
		fail = fail || 4 * bytes[1] > 1.01 * bytes[0]
		printf "%s  %.2f points lost, %.4f of the bytes\n", fail ? "FAIL" : "ok  ",
			net - int8, bytes[1] / bytes[0]
		exit fail
	}' whole.said eight.said
