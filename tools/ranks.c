/* SPDX-License-Identifier: MIT */
/* --mpi: the processes that mpirun has started. liblamina-mpi is opened when it is asked for, so
 * that the command needs no MPI. */
#include "tools/ranks.h"
#include "tools/tool.h"

#include <dlfcn.h>
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
	if (!*comm)
		failed("%s", lam_error());
	return *comm != NULL;
}
