# SPDX-License-Identifier: MIT
# For tests of ranks by MPI: one job on several ranks has one hash. After tests/mpi_kit.sh.

# bits JOB EPOCHS STOP COUNT…: the job's hash on COUNT processes with 1 and 2 threads is that of one
# process; so is that on the last COUNT without overlap, on 8 threads as ranks, and of a run that 4
# ranks begin, 1 rank goes on with after STOP steps, and 2 end after 7 more. Jobs 6 and 8 have 2
# shards: no more ranks than these.
bits()
{
	job=$1
	epochs=$2
	stop=$3
	shift 3
	case $job in
	6 | 8) widest=2 inside=2 ;;
	7) widest=4 inside=4 ;;
	*) widest=4 inside=8 ;;
	esac
	expected=$(ranks 1 "$job" 1 "$epochs" 60)
	found=
	wanted=
	for count; do
		test "$count" -le $widest || continue
		last=$count
		for threads in 1 2; do
			found="$found $(ranks "$count" "$job" $threads "$epochs" 60)"
			wanted="$wanted $expected"
		done
	done
	found="$found $(ranks $last "${job}w" 1 "$epochs" 60)"
	found="$found $(ranks 1 "${job}t$inside" 1 "$epochs" 60)"
	verdict "job $job has the same bits on $* ranks ($kind, $way): $expected" \
		"${expected:-none}$found" "$expected$wanted $expected $expected"
	rm -f "$work"/job.npz*
	ranks $widest "$job" 1 "$epochs" 60 "$work/job.npz" "$stop" >/dev/null
	ranks 1 "$job" 2 "$epochs" 60 "$work/job.npz" $((stop + 7)) >/dev/null
	verdict "job $job is resumed on other ranks ($kind, $way)" \
		"$(ranks 2 "$job" 1 "$epochs" 60 "$work/job.npz" 0)" "$expected"
}

# comm_alone COUNT…: the transport's own tests on COUNT processes, each of which $before may run in
# another place.
before=
comm_alone()
{
	for count; do
		launch "$count" $before "$top/tests/exchange/mpi_comm" \
			>"$work/comm" 2>>"$work/errors"
		status=$?
		verdict "the transport alone on $count ranks ($kind, $way)" \
			"$status, $(grep -c ^ok "$work/comm"), $(grep ^FAIL "$work/comm")" \
			"0, $((count * (count < 2 ? 11 : 16))), "
	done
}

# in_place WORDS…: makes $before a program that does so, and then runs its arguments.
in_place()
{
	before=$work/before
	printf '#!/bin/sh\n%s\nexec "$@"\n' "$*" >"$before"
	chmod +x "$before"
}

# memory: ranks share memory where they can, and else send through MPI, with no signal and no name
# that is left. MPI itself sends by TCP: Open MPI has no use for /dev/shm then, MPICH has.
memory()
{
	over tcp
	unset LAMINA_MPI_SHARED
	export SHARES=1
	way="shared memory"
	comm_alone 2
	SHARES=0
	if test $kind = openmpi; then
		way="files of at most 1 MB"
		in_place ulimit -f 1000
		comm_alone 2
	fi
	if test $kind = openmpi && unshare -m mount -t tmpfs tmpfs /dev/shm 2>/dev/null; then
		way="1 MB of memory"
		in_place "test -n \"\$SMALL\" || SMALL=1 exec unshare -m \"\$0\" \"\$@\"
			mount -t tmpfs -o size=1m tmpfs /dev/shm"
		comm_alone 2
		way="memory of which one rank has another"
		in_place "test \"\$OMPI_COMM_WORLD_RANK\" = 0 ||
			test -n \"\$APART\" || APART=1 exec unshare -m \"\$0\" \"\$@\"
			test -z \"\$APART\" || mount -t tmpfs tmpfs /dev/shm"
		comm_alone 2
	fi
	before=
	over any
	names=$(find /dev/shm -name 'lamina-*' -newer "$work/began" 2>/dev/null)
	test -z "$names" || sleep 1 # of other runs, which begin now
	for name in $names; do
		test ! -e $name || echo "$name is left" >>"$work/errors"
	done
	verdict "no name of shared memory is left" "$(grep -c 'is left' "$work/errors")" 0
}
: >"$work/began"
