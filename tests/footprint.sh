#!/bin/sh
# SPDX-License-Identifier: MIT
# Whole training programs need no more memory than their nets' summaries announce, with 15% and 10
# MB around it, and not much less either: what is announced is there.

program=$top_builddir/tests/bench/train_once
if ! grep -q VmHWM /proc/self/status 2>/dev/null; then
	echo "skip  footprint: this system does not say how much memory was resident at most"
	exit 77
fi
if ${NM:-nm} "$program" | grep -qE '__(asan|tsan|msan)_'; then
	echo "skip  footprint: sanitizers have memory of their own"
	exit 77
fi
result=0
for net in mlp lenet mnistcnn vggs ecg1d convae; do
	for batch in 1 64 128; do
		figures=$(OMP_NUM_THREADS=2 "$program" $net $batch 2 0) || figures="0 0 0"
		set -- $figures
		if awk "BEGIN { exit !($2 > 0 && $2 <= 1.15 * $3 + 10e6 && $2 >= 0.85 * $3) }"; then
			echo "ok    footprint of $net at batch $batch"
		else
			echo "at most $2 bytes were resident; the summary announces $3"
			echo "FAIL  footprint of $net at batch $batch"
			result=1
		fi
	done
done
exit $result
