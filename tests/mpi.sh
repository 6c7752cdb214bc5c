#!/bin/sh
# SPDX-License-Identifier: MIT
# Ranks by MPI: the same bits on 1, 2 and 4 processes with 1 and 2 threads, resumed on another
# number, and a run that ends when a rank is killed or stopped. Long: $LAMINA_MPI_FULL (make
# check-mpi), all nets and more kills.

LC_ALL=C
export LC_ALL
result=0
run=${top_builddir:-.}/tests/exchange/mpi_run
if test ! -x "$run"; then
	echo "skip  ranks by MPI: lamina was configured without MPI (--with-mpi)"
	exit 77
fi
if ! command -v mpirun >/dev/null; then
	echo "skip  ranks by MPI: there is no mpirun"
	exit 77
fi
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' 0

# Open MPI refuses to run as root, and more processes than processors, unless it is told.
options=
case $(mpirun --version 2>&1) in
*'Open MPI'* | *OpenRTE*) options="--oversubscribe --bind-to none"
	test "$(id -u)" != 0 || options="--allow-run-as-root $options" ;;
esac
export OMP_WAIT_POLICY=passive

# ranks COUNT ARGUMENT…: prints what rank 0 does
ranks()
{
	count=$1
	shift
	timeout 120 mpirun $options -n "$count" "$run" "$@" 2>>"$work/errors"
}

verdict()
{
	if test "$2" = "$3"; then
		echo "ok    $1"
	else
		cat "$work/errors"
		echo "FAIL  $1: $2, expected $3"
		result=1
	fi
	: >"$work/errors"
}
: >"$work/errors"

jobs='1 2'
test -z "$LAMINA_MPI_FULL" || jobs='0 1 2 3 4 5'
for job in $jobs; do
	expected=$(ranks 1 "$job" 1 4 60)
	found=
	wanted=
	for count in 1 2 4; do
		test "$job" != 5 || test $count -le 2 || continue
		for threads in 1 2; do
			found="$found $(ranks $count "$job" $threads 4 60)"
			wanted="$wanted $expected"
		done
	done
	verdict "job $job has the same bits on 1, 2 and 4 ranks" "${expected:-none}$found" \
		"$expected$wanted"
	test "$job" != 5 || continue
	ranks 4 "$job" 1 4 60 "$work/job$job.npz" 3 >/dev/null
	ranks 1 "$job" 2 4 60 "$work/job$job.npz" 7 >/dev/null
	verdict "job $job is resumed on other ranks" \
		"$(ranks 2 "$job" 1 4 60 "$work/job$job.npz" 0)" "$expected"
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
LD_LIBRARY_PATH=$top_builddir/.libs
export LAMINA_DATA LD_LIBRARY_PATH
sums=
for count in 1 4; do
	mkdir "$work/run"
	sums="$sums $(cd "$work/run" && timeout 120 mpirun $options -n $count \
		"$top_builddir/examples/parallel" 300 2>>"$work/errors" | sed 's/.*net //')"
	rm -r "$work/run"
done
set -- $sums
verdict "examples/parallel gives one net on 1 and 4 ranks" "$1" "${2:-none}"
for count in 1 2; do
	timeout 120 mpirun $options -n $count "$top_builddir/tools/lamina" train \
		"$top_srcdir/tools/nets/lenet.net" --data mnist --shards 4 --mpi --threads 1 \
		--epochs 1 --batch 64 --quiet --save "$work/tool$count.npz" \
		>"$work/said$count" 2>>"$work/errors"
done
timeout 60 "$top_builddir/tools/lamina" train "$top_srcdir/tools/nets/lenet.net" --data mnist \
	--shards 4 --epochs 1 --batch 64 --quiet --save "$work/tool0.npz" >"$work/said0" 2>&1
found=$(for count in 0 1 2; do
	timeout 60 "$top_builddir/tools/lamina" diff "$work/tool1.npz" "$work/tool$count.npz" \
		>"$work/diff" 2>&1 || cat "$work/diff"
	grep -c 'has the net' "$work/said$count"
done | tr '\n' ' ')
verdict "lamina train --mpi gives one net, and rank 0 speaks" "$found" "1 1 1 "

# end SIGNAL JOB: sends it to a random rank of a long run; all ranks must end in 20 seconds, and the
# run that is resumed must have the bits of one that was not stopped.
end()
{
	rm -f "$work"/end.npz*
	timeout 100 mpirun $options -n 4 "$run" "$2" 1 400 2 "$work/end.npz" 0 >/dev/null \
		2>"$work/killed" &
	launcher=$!
	tries=0
	while ! test -f "$work/end.npz" && test $tries -lt 200; do
		sleep 0.05
		tries=$((tries + 1))
	done
	own=$(pgrep -f "^$run $2 1 400 2 $work/end.npz" | head -n "$((1 + $3 % 4))" | tail -n 1)
	test -n "$own" && kill -"$1" "$own" || echo "there was no rank to end"
	waited=0
	while kill -0 $launcher 2>/dev/null && test $waited -lt 200; do
		sleep 0.1
		waited=$((waited + 1))
	done
	left=$(pgrep -f "^$run $2 1 400 2 $work/end.npz" | tr '\n' ' ')
	test -z "$left" || kill -KILL $left
	wait $launcher
	test -z "$left" && test $waited -lt 200 || echo "ranks were left: $left"
}
whole=$(ranks 1 2 1 400 60)
kills=2
test -z "$LAMINA_MPI_FULL" || kills=${LAMINA_MPI_KILLS:-200}
told=
n=0
while test $n -lt $kills; do
	signal=KILL
	test $((n % 2)) = 0 || signal=STOP
	told="$told$(end $signal 2 $n)"
	again=$(ranks 2 2 1 400 60 "$work/end.npz" 0)
	test "$again" = "$whole" || told="$told; after $signal of rank $n the run ended with $again"
	n=$((n + 1))
done
verdict "$kills kills and stops of a rank end all, and the run goes on" "$told" ""
exit $result
