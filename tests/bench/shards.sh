#!/bin/sh
# SPDX-License-Identifier: MIT
# What steps in shards take (make bench-shards), and a table beside the model of docs/scaling.md:
# over shared memory, and as root between two network namespaces at 1 and 10 Gbit/s (tc tbf).
# SECONDS_EACH and NETS: for how long each step is measured, and of which nets.

. "$top_srcdir/tests/mpi_kit.sh"
bench=$top/tests/bench/shards_bench
lines=$top/shards.jsonl
: >"$lines"

# measure RANKS ARGUMENT…: notes what rank 0 prints, and the way.
measure()
{
	processes=$1
	shift
	launch "$processes" "$bench" "$@" 2>>"$work/errors" |
		sed "s/^{/{\"way\": \"$way$rate\", /" >>"$lines"
}

# steps: of each net, and what the line takes.
steps()
{
	for bytes in 8 262144; do
		measure 2 line $bytes
	done
	for net in ${NETS:-lenet mnistcnn ecg1d convae mlp}; do
		for ranks in 2 4; do
			measure $ranks $net 128 4 1 "${SECONDS_EACH:-3}"
			measure $ranks $net 128 4 1 "${SECONDS_EACH:-3}" wait
		done
		measure 2 $net 128 2 1 "${SECONDS_EACH:-3}"
	done
}

over shm
rate=
for net in ${NETS:-lenet mnistcnn ecg1d convae mlp}; do
	measure 1 $net 128 0 1 "${SECONDS_EACH:-3}"
	measure 1 $net 128 0 2 "${SECONDS_EACH:-3}"
	measure 1 $net 128 2 1 "${SECONDS_EACH:-3}"
	measure 1 $net 128 2 2 "${SECONDS_EACH:-3}"
	measure 1 $net 128 4 1 "${SECONDS_EACH:-3}"
done
steps
if namespaces_begin; then
	over net
	for rate in 1gbit 10gbit; do
		for side in a b; do
			ip netns exec lam$number$side tc qdisc replace dev lam$number$side root \
				tbf rate $rate burst 256kb latency 50ms
		done
		steps
	done
fi
cat "$work/errors"
"${PYTHON:-python3}" "$top_srcdir/tests/bench/shards.py" "$lines"
