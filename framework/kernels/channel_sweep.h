/* SPDX-License-Identifier: MIT */
/* A sweep with channels in the lanes: one dense correlation over planes, which a convolution's
 * forward and (per residue of the stride) a transposed convolution's are. Runs and rectangles are
 * those of conv_sweep.h; a unit is 16 outputs, or one plane. */
#ifndef LAM_CHANNEL_SWEEP_H
#define LAM_CHANNEL_SWEEP_H

#include "framework/kernels/channel.h"
#include "framework/kernels/channel_tile.h"
#include "framework/kernels/conv_axis.h"

#pragma GCC visibility push(hidden)

/* An axis, and what a step along it means in x, in y (values) and in the weight (taps). */
struct channel_axis {
	struct axis axis;
	int64_t x_step, y_step, weight_step;
};

struct channel_sweep {
	lam_channel_form form;
	/* each: `units` of output from `blocks` of input, the last of `last` channels */
	int64_t groups;
	int64_t units, blocks, last;
	int64_t inner;                       /* channels of a whole block: 16, or 1 plane */
	int64_t most_units;                  /* of a tile */
	int64_t outputs, channels;           /* real ones, of one group */
	struct channel_axis long_axis, axis; /* the first is cut into bands */
	int64_t x_block, y_unit;             /* values from one to the next */
	/* [group][tile of units][block][tap][tap][channel][output of the tile] */
	const lam_real *packed;
	const lam_real *bias;
	lam_epilogue epilogue;
};

/* The slices of one sample's y. A sweep falls into (tile of units) x `bands`. */
#define channel_sweep_run LAM_KERNEL(channel_sweep_run)
void channel_sweep_run(const struct channel_sweep *, const lam_real *x, lam_real *y, int64_t bands,
	struct lam_slices);

/* Weights of one unit of one group: blocks x taps x what a tap of one block has. */
static inline int64_t channel_unit_weights(const struct channel_sweep *s)
{
	int64_t taps = s->long_axis.axis.taps * s->axis.axis.taps;

	return s->blocks * taps * LAM_LANES * (s->form == LAM_CHANNEL_DENSE ? s->inner : 1);
}

#pragma GCC visibility pop
#endif
