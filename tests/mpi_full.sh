#!/bin/sh
# SPDX-License-Identifier: MIT
# All of ranks by MPI (make check-mpi): 200 steps of ten nets over shared memory, TCP on loopback,
# and between two network namespaces (as root); 200 kills and halts of ranks, 50 cuts of the link.
# LAMINA_MPI_KILLS and LAMINA_MPI_CUTS: other numbers of these.

. "$top_srcdir/tests/mpi_kit.sh"
. "$top_srcdir/tests/mpi_bits.sh"
. "$top_srcdir/tests/mpi_end.sh"

ways='shm tcp net'
if ! namespaces_begin; then
	echo "skip  ranks in two network namespaces: it needs root, ip(8) and veth"
	ways='shm tcp'
fi
for way in $ways; do
	over $way
	for job in 0 1 2 3 4 5; do
		bits $job 67 90 1 2 4
	done
	bits 6 200 90 1 2 # one step an epoch
	bits 7 100 90 1 2 4
	bits 8 200 90 1 2
	bits 9 67 90 1 2 4
done

job=2
count=${LAMINA_MPI_KILLS:-200}
done=0
while test $done -lt "$count"; do
	for way in $ways; do
		test $done -lt "$count" || continue
		over $way
		kills 1 $done
		done=$((done + 1))
	done
done
report "$count kills and halts of a rank over $ways"
case $ways in
*net)
	over net
	cuts "${LAMINA_MPI_CUTS:-50}"
	report "${LAMINA_MPI_CUTS:-50} cuts of the link"
	;;
esac
leaks
exit $result
