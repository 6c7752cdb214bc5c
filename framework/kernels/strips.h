/* SPDX-License-Identifier: MIT */
/* How a plane is cut into strips (channel_strips.h), by shapes alone: as sweep_shape.c, strips.c is
 * compiled once. An item is what a thread computes at a time: the outputs of a unit of groups, in a
 * band of the plane. Private to the kernels. */
#ifndef LAM_STRIPS_H
#define LAM_STRIPS_H

#include "framework/kernels/conv_sweep.h"

#pragma GCC visibility push(hidden)

/* The pieces of one axis. Piece i has the outputs from i axis.outputs on. The axis is the same for
 * all: its position 0 is `skipped` positions behind that of its first output's first tap; those
 * before lie outside of the plane in every piece. */
struct pieces {
	struct axis axis;
	int64_t skipped;
};

/* How a sweep is cut. */
struct strips {
	const struct sweep *whole;
	int64_t groups; /* of a unit; the last may have fewer */
	int64_t bands;  /* along the longer axis */
	/* Pieces along the columns; along the rows there are 16 / across, rounded down, so that up
	 * to 7 lanes are idle. */
	int64_t across;
	double work; /* of an item, in multiply-adds of 16 lanes */
	/* Of the items of a band. */
	struct axis rows, columns;
	struct pieces down, along;
	/* Values from one channel of the strips, or of the sums, to the next: an odd number of
	 * vectors, so that channels do not share sets of the first cache. */
	int64_t x_plane, y_plane;
};

/* Cuts a sweep; the cut is at its first band, with as many outputs as any. And moves it to a band.
 */
struct strips lam_strips_cut(const struct sweep *);
void lam_strips_move(struct strips *, int64_t band);

static inline int64_t strips_units(const struct strips *cut)
{
	return ceil_divide(cut->whole->groups, cut->groups);
}

/* The values of an item's strips, which its sums follow. */
static inline int64_t strips_values(const struct strips *cut)
{
	return round_up(cut->groups * cut->whole->channels, LAM_LANES) * cut->x_plane;
}

/* Whether a job of groups that share lane blocks has strips; otherwise each group gets blocks of
 * its own (channel_own.h). */
bool lam_strips_serve(const lam_conv_geometry *, lam_job);

/* For all sweeps of a job: slices, work, and the bytes of scratch of a thread. */
int64_t lam_strips_slices(const lam_conv_geometry *, lam_job);
double lam_strips_work(const lam_conv_geometry *, lam_job);
size_t lam_strips_scratch(const lam_conv_geometry *, lam_job);

#pragma GCC visibility pop
#endif
