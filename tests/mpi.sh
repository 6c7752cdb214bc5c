#!/bin/sh
# SPDX-License-Identifier: MIT
# Ranks by MPI: the same bits on 1, 2 and 4 processes with 1 and 2 threads, resumed on another
# number; a run ends when a rank is killed or halted; examples/parallel, and lamina train --mpi.
# `make check-mpi` runs tests/mpi_full.sh, which takes long.

. "$top_srcdir/tests/mpi_kit.sh"
. "$top_srcdir/tests/mpi_bits.sh"
. "$top_srcdir/tests/mpi_end.sh"
over any
comm_alone 1 2 4
way=mpi # nothing else
export LAMINA_MPI_SHARED=0
comm_alone 2
unset LAMINA_MPI_SHARED
memory
for job in 1 2; do
	bits $job 4 3 1 2 4
done

# The example and the command, on random images in MNIST's format.
idx()
{
	printf '\0\0\10\3\0\0\2\0\0\0\0\34\0\0\0\34' >"$work/$1-images-idx3-ubyte"
	seq 1 200000 | head -c $((512 * 784)) >>"$work/$1-images-idx3-ubyte"
	printf '\0\0\10\1\0\0\2\0' >"$work/$1-labels-idx1-ubyte"
	yes 0123456789 | tr -d '\n' | head -c 512 | tr 0123456789 '\0\1\2\3\4\5\6\7\10\11' \
		>>"$work/$1-labels-idx1-ubyte"
}
idx train
idx t10k
LAMINA_DATA=$work
LD_LIBRARY_PATH=$top/.libs
export LAMINA_DATA LD_LIBRARY_PATH
sums=
for count in 1 4; do
	mkdir "$work/run"
	sums="$sums $(cd "$work/run" && launch $count \
		"$top/examples/parallel" 300 2>>"$work/errors" | sed 's/.*net //')"
	rm -r "$work/run"
done
set -- $sums
verdict "examples/parallel gives one net on 1 and 4 ranks" "$1" "${2:-none}"
for count in 1 2; do
	launch $count "$top/tools/lamina" train \
		"$top_srcdir/tools/nets/lenet.net" --data mnist --shards 4 --mpi --threads 1 \
		--epochs 1 --batch 64 --quiet --save "$work/tool$count.npz" \
		>"$work/said$count" 2>>"$work/errors"
done
timeout 60 "$top/tools/lamina" train "$top_srcdir/tools/nets/lenet.net" --data mnist \
	--shards 4 --epochs 1 --batch 64 --quiet --save "$work/tool0.npz" >"$work/said0" 2>&1
found=$(for count in 0 1 2; do
	timeout 60 "$top/tools/lamina" diff "$work/tool1.npz" "$work/tool$count.npz" \
		>"$work/diff" 2>&1 || cat "$work/diff"
	grep -c 'has the net' "$work/said$count"
done | tr '\n' ' ')
verdict "lamina train --mpi gives one net, and rank 0 speaks" "$found" "1 1 1 "

# The benchmark computes a rank's shards alone in a net of the size that the rank has.
sizes=
for manner in "" apart; do
	sizes="$sizes $(launch 2 "$top/tests/bench/shards_bench" lenet 128 4 1 0.01 $manner \
		2>>"$work/errors" | sed 's/.*"activations": \([0-9]*\).*/\1/')"
done
set -- $sizes
verdict "shards_bench measures shards in the room that a step has" "$1" "${2:-none}"

# Rank 1 has no data. The others do not wait for it: 60 seconds, or 300.
alone='test "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" = 0 || LAMINA_DATA=/nowhere; exec "$0" "$@"'
without()
{
	began=$(date +%s)
	launch 2 sh -c "$alone" "$@" >"$work/said" 2>&1
	code=$?
	lasted=$(($(date +%s) - began))
	test $lasted -ge 30 || lasted="less than 30"
	echo "$lasted s, exit $((code != 0)), $(grep -c "$words" "$work/said")"
}
words="rank 1 cannot begin: .*/nowhere"
verdict "lamina train --mpi: rank 1 without data ends all" \
	"$(without "$top/tools/lamina" train "$top_srcdir/tools/nets/lenet.net" --data mnist \
		--shards 2 --mpi --quiet --save "$work/none.npz")" "less than 30 s, exit 1, 1"
found=$(launch 2 sh -c "$alone" "$top/tools/lamina" train "$top_srcdir/tools/nets/lenet.net" \
	--data mnist --shards 4 --mpi --fresh --quiet --save "$work/tool1.npz" 2>&1)
verdict "a run is not removed for ranks that cannot begin" "$(ls "$work/tool1.npz" 2>&1)" \
	"$work/tool1.npz"
verdict "a rank that ends is not taken for a message" \
	"$(launch 2 "$run" left 2>/dev/null | sed 's/.*rank 1/rank 1/')" \
	"rank 1 did not answer rank 0 within 1 seconds"
words='rank 1: '
verdict "examples/parallel: rank 1 without data ends all" \
	"$(cd "$work" && without "$top/examples/parallel" 300)" "less than 30 s, exit 1, 1"

job=2
kills 2 0
kills 1 4
report "3 kills and halts of a rank"
leaks
exit $result
