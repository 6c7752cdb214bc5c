/* SPDX-License-Identifier: MIT */
/* Which sweeps a convolution consists of. This follows from shapes alone, so it is the same for
 * every instruction set: sweep_shape.c is compiled once. It must use nothing that depends on the
 * instruction set: no vec, TILE_ or CHANNEL_ number of tiles, sweep_tiles(), LAM_KERNEL(). Private
 * to the kernels. */
#ifndef LAM_SWEEP_SHAPE_H
#define LAM_SWEEP_SHAPE_H

#include "framework/kernels/channel_sweep.h"
#include "framework/kernels/conv_sweep.h"

#pragma GCC visibility push(hidden)

/* The number of sweeps of a job: 1 for forward, s x s for the input gradient. Their packed weights
 * follow each other. */
static inline int64_t lam_conv_sweeps(const lam_conv_geometry *g, lam_job job)
{
	return job == LAM_FORWARD ? 1 : least(g->sh, g->h) * least(g->sw, g->w);
}

/* Sweep `index` of a job in batch lanes, and forward's one, but for the packed weight, bias and
 * finish. */
struct sweep lam_conv_sweep(const lam_conv_geometry *, lam_job, int64_t index);
struct sweep lam_conv_forward_sweep(const lam_conv_geometry *);

/* The same with channels in the lanes, with one unit a tile. Groups that share lane blocks have
 * blocks of their own (channel_own.h); not where they have strips. */
struct channel_sweep lam_channel_sweep(
	const lam_conv_geometry *, lam_job, lam_channel_form, int64_t index);

/* The products of sweep `index` of a convolution without groups, with channels in the lanes, of 16
 * each: counted by the time that they take. */
double lam_sweep_products(const lam_conv_geometry *, lam_job, int64_t index);

#pragma GCC visibility pop
#endif
