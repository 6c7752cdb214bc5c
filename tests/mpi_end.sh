# SPDX-License-Identifier: MIT
# For tests of ranks by MPI: runs that end too early. After tests/mpi_kit.sh.

# The run: 4 ranks of job 2, which wait 2 seconds for each other.
job=2
epochs=700
patience=2
most=20 # seconds from the failure until all have ended, on a machine with other work
longest=0

# begin: starts it in the background, and returns when a checkpoint is there.
begin()
{
	rm -f "$work"/end.npz*
	launch 4 "$run" $job 1 $epochs $patience "$work/end.npz" 0 \
		>/dev/null 2>"$work/killed" &
	launched=$!
	tries=0
	while ! test -f "$work/end.npz" && test $tries -lt 600; do
		sleep 0.05
		tries=$((tries + 1))
	done
}

# The processes of the run, each on a line.
processes()
{
	pgrep -f "^$run $job 1 $epochs $patience $work/end.npz"
}

# ended N: waits until the launcher and all ranks have; prints what is wrong, and kills what is
# left, and the launcher.
ended()
{
	struck=$(date +%s%N)
	tenths=0
	alive=0
	while { kill -0 $launched || test -n "$(processes)"; } 2>/dev/null &&
		test $tenths -lt $((10 * most)); do
		sleep 0.1
		tenths=$((($(date +%s%N) - struck) / 100000000))
		test -z "$(processes)" || alive=$tenths
	done
	left=$(processes | tr '\n' ' ')
	if kill -0 $launched 2>/dev/null || test -n "$left"; then
		{
			cat "$work/killed"
			ps -eo pid,ppid,stat,wchan:20,etime,args | grep -F "$work/end.npz"
		} >>"$work/errors"
	fi
	# MPICH's launcher may wait for a machine that is cut off until TCP gives it up.
	if kill -0 $launched 2>/dev/null; then
		case $kind-$1 in
		mpich-cut*) launchers="$launchers $1" ;;
		*) left="$left and the launcher" ;;
		esac
		kill -TERM $launched 2>/dev/null
	fi
	if test -n "$left"; then
		told="$told; after $1, left after $most seconds: $left"
		kill -KILL $(processes) 2>/dev/null
	fi
	wait $launched
	test $alive -le $longest || longest=$alive
	return 0
}

# again N: the run goes on with two ranks, and ends with the bits of one that was not stopped.
again()
{
	goes_on=$((goes_on + 1))
	: "${whole:=$(ranks 1 $job 1 $epochs 60)}"
	found=$(ranks 2 $job 1 $epochs 60 "$work/end.npz" 0)
	test "${found:-none}" = "${whole:-one without a hash}" ||
		told="$told; after $1 the run ended with ${found:-nothing}"
}

# strike N: starts the run, and calls `hit N` at a moment within the run; fails if it has ended
# before. Moments are then sought sooner, and later again when they were not too late.
span=700 # milliseconds
strike()
{
	tries_left=6
	while test $tries_left -gt 0; do
		begin
		sleep $(printf 0.%03d $(($1 * 397 % span)))
		if hit $1; then
			span=$((span * 5 / 4 < 700 ? span * 5 / 4 : 700))
			return 0
		fi
		wait $launched
		span=$((span / 2 + 10))
		tries_left=$((tries_left - 1))
	done
	missed="$missed $1"
	return 1
}

# kills COUNT FIRST: ends (KILL) or halts (STOP) a rank at another moment each time.
kills()
{
	n=$2
	while test $n -lt $(($2 + $1)); do
		signal=KILL
		test $((n / 4 % 2)) = 0 || signal=STOP
		strike $n && ended "$signal $n" && again "$signal $n"
		n=$((n + 1))
	done
}

# hit N: ends or halts a rank with $signal; 0: only asks whether it runs.
hit()
{
	own=$(processes | head -n $((1 + $1 % 4)) | tail -n 1)
	test -n "$own" && kill -$signal $own
}

# cuts COUNT: takes one side of the link down; then it comes up again, for the next run.
cuts()
{
	n=0
	signal=0 # is there a process?
	while test $n -lt "$1"; do
		side=a
		test $((n % 2)) = 0 || side=b
		if strike $n; then
			ip -n lam$number$side link set lam$number$side down
			ended "cut $n"
			ip -n lam$number$side link set lam$number$side up
			again "cut $n"
		fi
		n=$((n + 1))
	done
}

# report WHAT: the verdict, and the longest time.
report()
{
	test -z "$missed" || told="$told; the run had always ended before:$missed"
	verdict "$1 ($kind) end all, and the run goes on with the same bits" "$told" ""
	echo "      $goes_on runs went on, with the hash $whole"
	echo "      the last rank ended after at most $((longest / 10)).$((longest % 10)) seconds"
	test -z "$launchers" || echo "      the launcher had to be ended:$launchers"
	told=
	missed=
	launchers=
	longest=0
	goes_on=0
}
goes_on=0
told=
missed=
launchers=
