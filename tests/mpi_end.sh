# SPDX-License-Identifier: MIT
# For tests of ranks by MPI: runs that end too early. After tests/mpi_kit.sh.

# The run: 4 ranks of job 2, which wait 2 seconds for each other.
job=2
long=700 # epochs
patience=2
most=20 # seconds from the failure until all have ended, on a machine with other work
longest=0

# begin: starts it in the background, and returns when a checkpoint is there.
begin()
{
	rm -f "$work"/end.npz*
	launch 4 "$run" $job 1 $long $patience "$work/end.npz" 0 \
		>"$work/said" 2>"$work/killed" &
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
	pgrep -f "^$run $job 1 $long $patience $work/end.npz"
}

# Whether the last step was taken: rank 0 has printed the hash. (MPICH's launcher tells of a rank
# that was killed there, too.)
over_before()
{
	grep -q '^[0-9a-f]\{16\}$' "$work/said"
}

# ended N: waits until the launcher and all ranks have; prints what is wrong, and kills what is
# left, and the launcher. 1: the run was over before it was struck. A rank that was halted after its
# last step stays, and its launcher with it: they are ended without a word.
ended()
{
	struck=$(date +%s%N)
	tenths=0
	alive=0
	while { kill -0 $launched || test -n "$(processes)"; } 2>/dev/null &&
		test $tenths -lt $((10 * most)) && ! over_before; do
		sleep 0.1
		tenths=$((($(date +%s%N) - struck) / 100000000))
		test -z "$(processes)" || alive=$tenths
	done
	if over_before; then
		kill -KILL $(processes) 2>/dev/null
		wait $launched
		return 1
	fi
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
	: "${whole:=$(ranks 1 $job 1 $long 60)}"
	found=$(ranks 2 $job 1 $long 60 "$work/end.npz" 0)
	test "${found:-none}" = "${whole:-one without a hash}" ||
		told="$told; after $1 the run ended with ${found:-nothing}"
}

# hit N: ends or halts a rank with the signal $how, or takes one side of the link down.
hit()
{
	own=$(processes | head -n $((1 + $1 % 4)) | tail -n 1)
	test -n "$own" || return 1
	case $how in
	cut) ip -n $side link set $side down ;;
	*) kill -$how $own ;;
	esac
}

# strike N: starts the run, hits it at a moment within it, and waits for the end; then the run goes
# on. Moments are sought sooner when the run was over before, and later again when it was not.
span=700 # milliseconds
strike()
{
	tries_left=6
	while test $tries_left -gt 0; do
		begin
		sleep $(printf 0.%03d $(($1 * 397 % span)))
		struck_in_time=false
		if ! hit $1; then
			wait $launched
		elif ended "$how $1"; then
			struck_in_time=true
		fi
		test $how != cut || link_up $side
		if $struck_in_time; then
			span=$((span * 5 / 4 < 700 ? span * 5 / 4 : 700))
			again "$how $1"
			return
		fi
		span=$((span / 2 + 10))
		tries_left=$((tries_left - 1))
	done
	missed="$missed $1"
}

# kills COUNT FIRST: ends (KILL) or halts (STOP) a rank at another moment each time.
kills()
{
	n=$2
	while test $n -lt $(($2 + $1)); do
		how=KILL
		test $((n / 4 % 2)) = 0 || how=STOP
		strike $n
		n=$((n + 1))
	done
}

# cuts COUNT: the link is cut, on one side or the other.
cuts()
{
	n=0
	how=cut
	while test $n -lt "$1"; do
		side=lam${number}a
		test $((n % 2)) = 0 || side=lam${number}b
		strike $n
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
