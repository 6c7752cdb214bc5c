# SPDX-License-Identifier: MIT
# For tests of ranks by MPI, which read this file: how processes of this build are launched over
# shared memory, over TCP on loopback, and in two network namespaces joined by veth.

LC_ALL=C
export LC_ALL
result=0
top=${top_builddir:-.}
run=$top/tests/exchange/mpi_run
if test ! -x "$run"; then
	echo "skip  ranks by MPI: lamina was configured without MPI (--with-mpi)"
	exit 77
fi
# The launcher of the MPI that the program is linked with; a machine may have both.
kind=openmpi
if ldd "$run" | grep -q libmpich; then
	kind=mpich
fi
launcher=mpirun
if command -v mpirun.$kind >/dev/null; then
	launcher=mpirun.$kind
elif ! command -v mpirun >/dev/null; then
	echo "skip  ranks by MPI: there is no mpirun"
	exit 77
fi
work=$(mktemp -d) || exit 99
trap 'namespaces_end; rm -rf "$work"' 0
trap 'exit 99' INT TERM
export OMP_WAIT_POLICY=passive

# With --enable-sanitizers: MPI leaks, and unloads the modules that did before they could be named.
# So leaks go to files of their own, and leaks() looks for those that lamina's sources allocated.
export LSAN_OPTIONS="exitcode=0:log_path=$work/leaks"
leaks()
{
	set -- "$work"/leaks.*
	test -e "$1" || return 0
	grep -hE '^ *#1 .*/(framework|exchange|tests|tools|examples)/' "$@" >>"$work/errors"
	verdict "what leaks is MPI's" "$(wc -l <"$work/errors")" 0
}

# Open MPI refuses to run as root, and more processes than processors, unless it is told.
options=
if test $kind = openmpi; then
	options="--oversubscribe --bind-to none"
	test "$(id -u)" != 0 || options="--allow-run-as-root $options"
fi

# over WAY: how the next launches go: any (the launcher's choice), shm, tcp, or net.
over()
{
	way=$1
	where=
	extra=
	unset UCX_TLS UCX_NET_DEVICES LAMINA_MPI_SHARED SHARES
	test $way != tcp || export LAMINA_MPI_SHARED=0 # or it would carry gradients
	case $kind-$way in
	openmpi-shm) extra="--mca pml ob1 --mca btl self,vader" ;;
	openmpi-tcp) extra="--mca pml ob1 --mca btl self,tcp --mca btl_tcp_if_include lo" ;;
	openmpi-net)
		extra="--mca pml ob1 --mca btl self,tcp --mca plm_rsh_agent $work/agent"
		extra="$extra --mca oob_tcp_keepalive_time 3 --mca oob_tcp_keepalive_intvl 1"
		extra="$extra --mca oob_tcp_keepalive_probes 3"
		where="--host $address.1:2,$address.2:2"
		;;
	mpich-shm) export UCX_TLS=sm,self ;;
	mpich-tcp) export UCX_TLS=tcp,self UCX_NET_DEVICES=lo ;;
	mpich-net)
		export UCX_TLS=tcp,self
		extra="-launcher ssh -launcher-exec $work/agent"
		where="-hosts $address.1:2,$address.2:2"
		;;
	esac
}

# launch COUNT COMMAND…: with the way that was chosen; 2 ranks in namespaces are in one each. After
# $patience_of_launch seconds it is ended.
patience_of_launch=120
launch()
{
	many=$1
	shift
	shell=
	places=$where
	test "$way" != net || shell="$work/agent $address.1"
	test "$many" -gt 2 || places=$(echo "$where" | sed s/:2/:1/g)
	timeout -k 5 $patience_of_launch $shell "$launcher" $options $extra $places -n "$many" "$@"
}

# ranks COUNT ARGUMENT…: prints what rank 0 of mpi_run does.
ranks()
{
	number_of_ranks=$1
	shift
	launch "$number_of_ranks" "$run" "$@" 2>>"$work/errors"
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

# link_up SIDE…: takes these sides of the link up, and waits until both carry: until the kernel has
# noticed, packets are dropped, and launchers give up.
link_up()
{
	for end; do
		ip -n $end link set $end up
	done
	for end in lam${number}a lam${number}b; do
		waited=0
		ip -n $end neigh flush all
		while test $waited -lt 100 &&
			! ip -n $end -o link show $end | grep -q 'state UP'; do
			sleep 0.05
			waited=$((waited + 1))
		done
	done
}

# Two namespaces, lamNa and lamNb, with the addresses of the link N, and the program that launches
# in one of them as ssh does. Fails where that is not allowed.
address=
namespaces_begin()
{
	number=$(($$ % 30000))
	address=10.$((100 + number / 250)).$((number % 250))
	ip netns add lam${number}a 2>/dev/null && ip netns add lam${number}b || return 1
	ip link add lam${number}a netns lam${number}a type veth \
		peer name lam${number}b netns lam${number}b || return 1
	for side in a b; do
		host=1
		test $side = a || host=2
		ip -n lam$number$side address add $address.$host/24 dev lam$number$side
		ip -n lam$number$side link set lo up
		# After a cut the launchers notice in seconds. TCP waits 15 minutes by default.
		ip netns exec lam$number$side sysctl -q -w net.ipv4.tcp_retries2=3
	done
	link_up lam${number}a lam${number}b
	# Each side has a name of its own, or MPI takes them for one machine.
	cat >"$work/agent" <<END
#!/bin/sh
while :; do
	case \$1 in
	-*) shift ;;
	*) break ;;
	esac
done
side=a
test "\$1" = $address.1 || side=b
shift
exec ip netns exec lam${number}\$side unshare -u sh -c "hostname lam${number}\$side; \$*"
END
	chmod +x "$work/agent"
}

namespaces_end()
{
	test -z "$address" || for side in a b; do
		ip netns del lam${number}$side 2>/dev/null
	done
	address=
}
