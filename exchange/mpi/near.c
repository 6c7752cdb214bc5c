/* SPDX-License-Identifier: MIT */
/* Shares memory: the first rank of a machine makes an object of POSIX, the others map it by its
 * name, and then the name is taken away. From there on nothing is left when all have ended, however
 * they end. */
#include "exchange/mpi/near.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { NAME = 64, PART = LAM_COMM_SLOTS * NEAR_BYTES };

/* The user may say that all goes through MPI, on any rank. */
static bool wanted(void)
{
	const char *said = getenv("LAMINA_MPI_SHARED");
	return !said || strcmp(said, "0") != 0;
}

/* Whether a file may be so long: the system ends a process that makes a longer one. */
static bool may_be(off_t bytes)
{
	struct rlimit most;
	return getrlimit(RLIMIT_FSIZE, &most) != 0 || most.rlim_cur == RLIM_INFINITY
		|| (rlim_t)bytes <= most.rlim_cur;
}

/* Memory is set aside at once: a full one is said here, and not by a signal later. The name has the
 * time, as another run may have left one with this process's number, also where another rank looks
 * for it: containers number their processes alike. */
static int make(char name[NAME], off_t bytes)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	const uint64_t time = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	snprintf(name, NAME, "/lamina-%lx-%" PRIx64, (unsigned long)getpid(), time);
	const int file = may_be(bytes) ? shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600) : -1;
	if (file >= 0 && posix_fallocate(file, 0, bytes) == 0)
		return file;
	if (file >= 0) {
		close(file);
		shm_unlink(name);
	}
	name[0] = 0;
	return -1;
}

/* Maps the memory of all ranks of `node`; whether all of them have. */
static bool map_all(struct near *near, MPI_Comm node, int rank, int size)
{
	char name[NAME] = "";
	int file = -1, all = 0;
	near->bytes = (size_t)size * PART;
	if (rank == 0 && wanted())
		file = make(name, (off_t)near->bytes);
	bool there = MPI_Bcast(name, NAME, MPI_BYTE, 0, node) == MPI_SUCCESS && name[0];
	if (there && rank > 0 && wanted())
		file = shm_open(name, O_RDWR, 0);
	void *memory = file < 0
		? MAP_FAILED
		: mmap(NULL, near->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	near->memory = memory == MAP_FAILED ? NULL : memory;
	if (file >= 0)
		close(file);
	const int mapped = near->memory != NULL;
	there = MPI_Allreduce(&mapped, &all, 1, MPI_INT, MPI_MIN, node) == MPI_SUCCESS && all;
	if (rank == 0 && name[0])
		shm_unlink(name);
	return there;
}

/* Finds the parts of the partners that are ranks of `node`, too. */
static void find_partners(struct near *near, MPI_Comm comm, MPI_Comm node, int node_rank)
{
	MPI_Group all, some;
	int rank = 0, size = 0;
	MPI_Comm_rank(comm, &rank);
	MPI_Comm_size(comm, &size);
	MPI_Comm_group(comm, &all);
	MPI_Comm_group(node, &some);
	near->own = near->memory + (ptrdiff_t)node_rank * PART;
	for (int round = 0; round < NEAR_ROUNDS && 1 << round < size; round++) {
		const int partner = rank ^ 1 << round;
		int there = MPI_UNDEFINED;
		if (partner < size)
			MPI_Group_translate_ranks(all, 1, &partner, some, &there);
		if (there != MPI_UNDEFINED)
			near->theirs[round] = near->memory + (ptrdiff_t)there * PART;
	}
	MPI_Group_free(&all);
	MPI_Group_free(&some);
}

void near_map(struct near *near, MPI_Comm comm)
{
	MPI_Comm node;
	int rank = 0, size = 1;
	if (MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node) != MPI_SUCCESS)
		return;
	MPI_Comm_rank(node, &rank);
	MPI_Comm_size(node, &size);
	if (size > 1 && map_all(near, node, rank, size))
		find_partners(near, comm, node, rank);
	else
		near_unmap(near);
	MPI_Comm_free(&node);
}

void near_unmap(struct near *near)
{
	if (near->memory)
		munmap(near->memory, near->bytes);
	*near = (struct near){0};
}

const char *near_part(const struct near *near, int rank, int partner, int slot, size_t bytes)
{
	if (bytes == 0 || bytes > NEAR_BYTES)
		return NULL;
	for (int round = 0; round < NEAR_ROUNDS; round++)
		if (near->theirs[round] && (rank ^ partner) == 1 << round)
			return near->theirs[round] + (ptrdiff_t)slot * NEAR_BYTES;
	return NULL;
}
