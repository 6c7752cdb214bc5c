/* SPDX-License-Identifier: MIT */
/* --mpi: the processes that mpirun has started. liblamina-mpi is opened when it is asked for, so
 * that the command needs no MPI. lam_fit() tells all of what fails within it; here they tell each
 * other of what fails before, as data that one machine lacks. */
#include "tools/ranks.h"
#include "tools/tool.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool join_ranks(lam_comm **comm)
{
	static const char name[] = "liblamina-mpi.so.0";
	lam_comm *(*world)(void);
	void *library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
	void *symbol = library ? dlsym(library, "lam_mpi_world") : NULL;
	if (!symbol) {
		failed("--mpi needs %s, which lamina's configure --with-mpi builds (Debian's "
		       "package liblamina-mpi0): %s",
			name, dlerror());
		return false;
	}
	memcpy(&world, &symbol, sizeof world);
	*comm = world();
	const int size = lam_comm_size(*comm);
	const bool halves = (size & (size - 1)) == 0;
	if (!*comm)
		failed("%s", lam_error());
	else if (!halves && lam_comm_rank(*comm) == 0)
		failed("mpirun has started %d processes; expected a power of two: 1, 2, 4, …",
			size);
	return *comm && halves;
}

/* The sentence of `rank`, which the caller frees, on all ranks; NULL: it is ready. False, after a
 * failure of the library's. */
static bool tell(lam_comm *comm, int rank, bool ready, double seconds, char **why)
{
	const bool own = lam_comm_rank(comm) == rank;
	uint64_t bytes = ready ? 0 : strlen(what_failed()) + 1;
	if (lam_comm_broadcast(comm, rank, &bytes, sizeof bytes, seconds))
		return false;
	if (bytes == 0)
		return true;
	*why = own ? strdup(what_failed()) : malloc(bytes);
	if (!*why)
		return lam_fail(LAM_ERR_MEMORY, "no memory") == LAM_OK;
	const bool told = lam_comm_broadcast(comm, rank, *why, bytes, seconds) == LAM_OK;
	if (!told) {
		free(*why);
		*why = NULL;
	}
	return told;
}

bool ranks_ready(lam_comm *comm, bool ready, double timeout)
{
	const double seconds = timeout > 0 ? timeout : 300; /* as lam_fit() */
	bool all = ready;
	for (int rank = 0; rank < lam_comm_size(comm) && comm; rank++) {
		char *why = NULL;
		if (!tell(comm, rank, ready, seconds, &why)) {
			lam_comm_fail(comm, lam_error());
			return false;
		}
		if (why && rank > 0 && lam_comm_rank(comm) == 0)
			failed("rank %d cannot begin: %s", rank, why);
		all &= !why;
		free(why);
	}
	return all;
}
