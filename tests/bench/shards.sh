#!/bin/sh
# SPDX-License-Identifier: MIT
# What steps in shards take (make bench-shards). Two tables: shards beside none, and two ranks
# beside two threads; steps of 2 and 4 ranks beside the model of docs/scaling.md, over shared
# memory, there with messages that come later, and as root between two network namespaces at 1 and
# 10 Gbit/s (tc tbf).
#
# Each table is measured TURNS times, and medians are printed: a virtual machine is slower for some
# minutes, and then faster again. SECONDS_EACH: for how long each step is measured in a turn. NETS,
# MODEL_NETS: of which nets, NET or NET:BATCH; "": leaves out a table. DELAYS: seconds.

. "$top_srcdir/tests/mpi_kit.sh"
bench=$top/tests/bench/shards_bench
lines=$top/shards.jsonl
python=${PYTHON:-python3}
seconds=${SECONDS_EACH:-0.7}
turns=$(seq ${TURNS:-3})
: >"$lines"

# measure RANKS NET:BATCH ARGUMENT…: notes what rank 0 prints, and the way.
measure()
{
	processes=$1
	net=$(chain "${2%:*}")
	case $way-$net in
	net-*=*) return ;; # ssh takes its brackets for the shell's
	esac
	batch=${2#*:}
	test "$batch" != "$2" || batch=128
	shift 2
	launch "$processes" "$bench" "$net" $batch "$@" 2>>"$work/errors" |
		sed "s/^{/{\"way\": \"$way$rate\", /" >>"$lines"
}

# chain NET: NAME=SHAPE=CHAIN for the nets of others.py, or NET. Only the latter go through ssh.
chain()
{
	"$python" - "$1" "$top_srcdir/tests/bench" <<'END'
import sys
sys.path.insert(0, sys.argv[2])
sys.dont_write_bytecode = True
import others
name = sys.argv[1]
own = name in ("lenet", "vggs") or name not in others.NETS
print(name if own else "=".join((name,) + others.NETS[name]))
END
}

# steps ARGUMENT…: of each net, on the numbers of ranks $numbers, with and without overlap.
steps()
{
	for net_and_batch in $model_nets; do
		for ranks in $numbers; do
			measure $ranks $net_and_batch 4 1 $seconds wait "$@"
			measure $ranks $net_and_batch 4 1 $seconds "$@"
		done
	done
}

# link: what the way takes for 2 and 4 ranks: a short message, and a full one of gradients.
link()
{
	for ranks in 2 4; do
		for bytes in 8 262144; do
			launch $ranks "$bench" link $bytes 2>>"$work/errors" |
				sed "s/^{/{\"way\": \"$way$rate\", /" >>"$lines"
		done
	done
}

nets=${NETS-lenet mnistcnn vggs ecg1d convae mlp resnet20 mobilenet resnet18:4 vgg112:8 stem224:8
	dcgan tcn:32 mlp4096:256 grp8 densenet40:64 unet:16 unet:32}
model_nets=${MODEL_NETS-lenet mnistcnn ecg1d convae mlp resnet20:64}
# model ARGUMENT…: what a rank's shards take while none sends, and its steps, in turns.
model()
{
	for turn in $turns; do
		for net_and_batch in $model_nets; do
			for ranks in $numbers; do
				measure $ranks $net_and_batch 4 1 $seconds apart "$@"
			done
		done
		# The host moves processors between these: the way is measured on both sides.
		test $# -gt 0 || link
		steps "$@"
		test $# -gt 0 || link
	done
}

over shm
rate=
for net_and_batch in $nets; do
	count=${net_and_batch#*:}
	test "$count" != "$net_and_batch" || count=128
	for turn in $turns; do
		measure 1 $net_and_batch 0 1 $seconds
		measure 1 $net_and_batch 2 1 $seconds
		test $count -lt 64 || measure 1 $net_and_batch $((count / 16)) 1 $seconds
		measure 1 $net_and_batch 0 2 $seconds
		measure 2 $net_and_batch 2 1 $seconds
	done
done
if test -n "$model_nets"; then
	numbers='1 2 4'
	model
	numbers='2 4' # one rank sends nothing
	for delay in ${DELAYS-0.0005 0.002}; do
		model delay=$delay
	done
fi
if test -n "$model_nets" && namespaces_begin; then
	over net
	# Above its eager limit Open MPI asks before it sends, and of two ranks that send to each
	# other one waits: half of the bandwidth is lost.
	test $kind != openmpi || extra="$extra --mca btl_tcp_eager_limit 300000 \
		--mca btl_tcp_max_send_size 300000"
	for rate in 1gbit 10gbit; do
		burst=32kb
		test $rate = 1gbit || burst=256kb
		for side in a b; do
			ip netns exec lam$number$side tc qdisc replace dev lam$number$side root \
				tbf rate $rate burst $burst latency 50ms
		done
		model
	done
fi
cat "$work/errors"
"$python" "$top_srcdir/tests/bench/shards.py" "$lines"
