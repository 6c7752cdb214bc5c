/* SPDX-License-Identifier: MIT */
/* Each thread of a parallel region takes the next file. Of several files that fail, the first one
 * of the list is told: no thread leaves out a file before it. */
#include "exchange/images/load.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef _OPENMP
#include <omp.h>
#endif

/* What the threads share. */
struct crowd {
	lam_image_load *load;
	atomic_llong next;   /* the file to be read next */
	atomic_llong failed; /* no file from here on matters */
};

#ifdef _OPENMP
/* OpenMP's threads do not exist in a child that was forked after they were started. */
static pid_t home;

__attribute__((constructor)) static void note_home(void)
{
	home = getpid();
}

static int threads_for(int64_t files)
{
	const int most = home == getpid() ? omp_get_max_threads() : 1;
	return files < most ? (int)files : most;
}
#endif

static void note(struct crowd *c, int64_t file, lam_status status)
{
	lam_image_load *l = c->load;
#ifdef _OPENMP
#pragma omp critical(lam_image_load)
#endif
	{
		const bool skip = status == LAM_ERR_FORMAT && l->skip_broken;
		const bool stopped = l->status != LAM_OK;
		if (skip) {
			l->broken[file] = true;
			l->skipped++;
		} else {
			l->status = !stopped || file < c->failed ? status : l->status;
		}
		/* a failure is told rather than a file that is left out */
		if (skip ? !stopped && file < l->first : !stopped || file < l->first) {
			l->first = file;
			snprintf(l->sentence, sizeof l->sentence, "%s", lam_error());
		}
		if (!skip && file < c->failed)
			c->failed = file;
	}
}

static void work(struct crowd *c)
{
	lam_image_load *l = c->load;
	lam_image_reader reader = {.pixel_limit = l->pixel_limit};
	int64_t file;
	while ((file = atomic_fetch_add(&c->next, 1)) < c->failed) {
		lam_status status = lam_image_load_file(
			&reader, l->files->list[file], &l->size, l->samples + file * l->features);
		if (status)
			note(c, file, status);
	}
	lam_image_reader_free(&reader);
}

lam_status lam_image_load_all(lam_image_load *l)
{
	struct crowd c = {.load = l, .failed = l->files->count};
	l->first = l->files->count;
#ifdef _OPENMP
#pragma omp parallel num_threads(threads_for(l->files->count))
#endif
	work(&c);
	return l->status ? lam_fail(l->status, "%s", l->sentence) : LAM_OK;
}
