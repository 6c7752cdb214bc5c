/* SPDX-License-Identifier: MIT */
/* Opens the parallel region in which a run is walked. */
#include "framework/net/work.h"

#include "framework/threads/region.h"

#ifdef _OPENMP
#include <omp.h>
#endif

lam_status lam_walk_run(lam_walk *walk)
{
	lam_cut_tasks(walk);
	atomic_store(&walk->failed, LAM_OK);
#ifdef _OPENMP
	const int threads = lam_region_threads(lam_walk_worth(walk));
	lam_team_gather(&walk->team, walk->net->shares, threads);
	/* Without a region, because clang's OpenMP allocates memory even for one thread. */
	if (threads == 1)
		lam_walk_all(walk, 0, 1);
	else {
		/* OpenMP may grant fewer threads, so each thread asks for their number. */
#pragma omp parallel num_threads(threads)
		lam_walk_all(walk, omp_get_thread_num(), omp_get_num_threads());
	}
#else
	lam_walk_all(walk, 0, 1);
#endif
	lam_team_dismiss(&walk->team);
	lam_status status = (lam_status)atomic_load(&walk->failed);
	return status ? lam_fail(status, "%s", walk->sentence) : LAM_OK;
}
