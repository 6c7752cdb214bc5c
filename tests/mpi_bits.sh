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

# comm_alone COUNT…: the transport's own tests on COUNT processes.
comm_alone()
{
	for count; do
		launch "$count" "$top/tests/exchange/mpi_comm" >"$work/comm" 2>>"$work/errors"
		status=$?
		verdict "the transport alone on $count ranks ($kind, $way)" \
			"$status, $(grep -c ^ok "$work/comm"), $(grep ^FAIL "$work/comm")" \
			"0, $((count * (count < 2 ? 8 : 13))), "
	done
}
