#!/bin/sh
# SPDX-License-Identifier: MIT
# `lamina train` stopped at random moments, often within a save: tests/tool_kills.sh [N]. Each time
# the file can be read, or there is none yet; and the run that goes on ends with the same bits, and
# the same history, as one that was never stopped.

times=${1:-12}
lamina=$top_builddir/tools/lamina
OMP_NUM_THREADS=1
export OMP_NUM_THREADS
case $lamina in /*) ;; *) lamina=$PWD/$lamina ;; esac
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 99
if ! timeout --preserve-status 5 true 2>/dev/null; then
	echo "skip  kills of lamina train: no timeout with --preserve-status here"
	exit 77
fi

awk 'BEGIN {
	print "length,width,kind"
	for (i = 0; i < 400; i++) {
		x = (i * 37 % 100) / 10; y = (i * 61 % 100) / 10
		print x "," y "," (x > y ? "long" : "wide")
	}
}' >table.csv
cat >small.net <<'END_OF_NET'
lamina-architecture 1
input 2
sequential {
	affine out=8
	batch_norm
	tanh
	dropout p=0.1
	affine out=2
	softmax_cross_entropy
}
END_OF_NET

# run NAME COMMAND…: trains behind the command.
run()
{
	name=$1
	shift
	"$@" "$lamina" train small.net --data table.csv --hold-out 0.2 --epochs 40 --batch 16 \
		--average 0.99 --save-every 3 --save "$name.npz" --history "$name.csv" --quiet \
		>said 2>&1
}

fail()
{
	cat said
	echo "FAIL  lamina train stopped $times times: $*"
	exit 1
}

# The history without its times.
history()
{
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) skip[i] = $i ~ /seconds|per_second/ }
		{ for (i = 1; i <= NF; i++) if (!skip[i]) printf "%s,", $i; print "" }' "$1"
}

run whole env || fail "the run that is not stopped failed"
history whole.csv >expected
seed=$(($(date +%s) * 1000 % 32749 + $$))
complete=0 unread=0 stopped=0 i=0
# The last run is not stopped: it clears away the locks that a kill leaves.
while test $i -le "$times"; do
	i=$((i + 1))
	set -- INT TERM HUP KILL
	shift $((i % 4))
	delay=$(awk -v seed=$seed -v i=$i 'BEGIN { srand(seed * 1000 + i); print 0.3 * rand() }')
	test $i -le "$times" || delay=60
	touch mark
	run parts timeout --preserve-status -s $1 "$delay"
	status=$?
	if test -f parts.npz; then
		"$lamina" info parts.npz >read 2>&1 || { cat read; fail "$i: $1 after $delay s"; }
	else
		unread=$((unread + 1))
	fi
	case $1.$status in
	*.0) grep -qE 'stopped in epoch|has the net' said || fail "$i: status 0 without words" ;;
	INT.130 | TERM.143 | HUP.129) # before the run began
		test ! -s said && test -z "$(find . -name parts.npz -newer mark)" ||
			fail "$i: $1 after $delay s ended a run that had begun: status $status"
		;;
	KILL.137) ;;
	*) fail "$i: $1 after $delay s: status $status" ;;
	esac
	grep -q 'stopped in epoch' said && stopped=$((stopped + 1))
	if grep -q 'has the net' said; then
		complete=$((complete + 1))
		"$lamina" diff whole.npz parts.npz >said 2>&1 || fail "other bits"
		history parts.csv | cmp - expected || fail "another history"
		rm parts.npz* parts.csv
	fi
done
ls -A >said
grep -vE "^(whole|parts)\.(npz|npz\.previous|csv)\$" said |
	grep -qvE "^(table.csv|small.net|said|read|mark|expected)\$" &&
	fail "files are left"
echo "     $stopped ended by a save, $unread before the first one, $complete runs complete"
echo "ok    lamina train stopped $times times at random moments"
