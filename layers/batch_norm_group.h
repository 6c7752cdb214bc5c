/* SPDX-License-Identifier: MIT */
/* How batch norm in batch lanes cuts its work, for both directions (batch_norm.c,
 * batch_norm_backward.c). Private to layers/. */
#ifndef LAM_BATCH_NORM_GROUP_H
#define LAM_BATCH_NORM_GROUP_H

#include "layers/batch_norm_state.h"

#include "framework/kernels/sizes.h"
#include "framework/kernels/thresholds.h"

#pragma GCC visibility push(hidden)

/* The most channels of a group. The sweeps over its values find them in the cache. */
enum { GROUP = BATCH_NORM_CHANNELS };

int lam_batch_norm_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase);

/* Channels `first` to `first + count - 1`. */
struct group {
	int64_t first, count, places;
};

#define find_group lam_batch_norm_group
struct group find_group(const struct batch_norm *, int64_t index, int64_t groups);

/* The group's values in block `b` of those that the call gets, from pass->block on. */
static inline lam_real *group_data(const lam_view *view, const struct group *group, int64_t b)
{
	return view->data + b * view->block + group->first * group->places * LAM_LANES;
}

/* What is to be done of a group in training: the sums of each block, what follows from all of them,
 * and the values of each block, for `blocks` blocks from pass->block on. */
struct stages {
	bool sums, merge, values;
	int64_t blocks;
};

/* The group of slice `i`. A phase of values goes back over what that of sums has read, and finds
 * the last of it in the second cache. */
static inline int64_t stage_slice(const struct stages *stages, const lam_pass *pass, int64_t i)
{
	return stages->sums || stages->merge ? i : pass->slice + pass->slice_end - 1 - i;
}

#define stages_of lam_batch_norm_stages
struct stages stages_of(const struct batch_norm *, const lam_pass *);

/* y = a (x - mean) + b */
struct line {
	lam_real a[GROUP], b[GROUP];
};

#define group_line lam_batch_norm_group_line
void group_line(struct line *, const struct batch_norm *, const lam_pass *, const struct group *);

void lam_batch_norm_backward_plan(const lam_shape *in, lam_plan *);
lam_status lam_batch_norm_backward(const lam_layer *self, const lam_pass *);

#pragma GCC visibility pop
#endif
