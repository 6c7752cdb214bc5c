/* SPDX-License-Identifier: MIT */
/* How a plane is cut into strips (channel_strips.h), by shapes alone: as conv_shape.c, strips.c is
 * compiled once. An item is what a thread computes at a time: the outputs of a unit of groups, in a
 * band of the plane. Private to the kernels. */
#ifndef LAM_STRIPS_H
#define LAM_STRIPS_H

#include "framework/kernels/conv_sweep.h"

#pragma GCC visibility push(hidden)

/* The pieces of one axis. Piece i has the outputs from i of.outputs on. `of` is an axis of any of
 * them: position 0 of its input is `low` behind the place that its first output's first tap
 * reads, as those before are outside of the plane in every piece. */
struct pieces {
	struct axis of;
	int64_t low;
};

/* How a sweep is cut. */
struct strips {
	const struct sweep *whole;
	int64_t groups; /* of a unit; the last may have fewer */
	int64_t bands;  /* along the longer axis */
	int64_t across; /* pieces along the columns; 16 / across along the rows. Lanes may be idle
			 */
	double work;    /* of an item, in multiply-adds of 16 lanes */
	/* Of the items of a band. */
	struct axis rows, columns;
	struct pieces down, along;
	/* Values from one channel of the strips, or of the sums, to the next: an odd number of
	 * vectors, so that channels do not share sets of the first cache. */
	int64_t x_plane, y_plane;
};

/* Cuts a sweep, and moves a cut to a band. Before it is at one that is as large as any. */
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

/* Whether a job of groups that share lane blocks has strips. Otherwise their channels are brought
 * to where the outputs' lanes are (channel_own.h). */
bool lam_strips_pay(const lam_conv_geometry *, lam_job);

/* Members of struct lam_channel_kernels, for all sweeps of a job. */
int64_t lam_strips_slices(const lam_conv_geometry *, lam_job);
double lam_strips_work(const lam_conv_geometry *, lam_job);
size_t lam_strips_scratch(const lam_conv_geometry *, lam_job);

#pragma GCC visibility pop
#endif
