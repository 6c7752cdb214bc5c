/* SPDX-License-Identifier: MIT */
/* A sweep with channels in the lanes: one dense correlation over planes. A convolution is one
 * sweep, a transposed convolution one for each residue of the stride. Runs and rectangles are those
 * of conv_sweep.h. A unit is 16 outputs, or one plane. Of groups that share lane blocks each is
 * dense, and padded to blocks of its own (channel_own.h), unless they have strips. */
#ifndef LAM_CHANNEL_SWEEP_H
#define LAM_CHANNEL_SWEEP_H

#include "framework/kernels/channel.h"
#include "framework/kernels/channel_tile.h"
#include "framework/kernels/conv_axis.h"

#pragma GCC visibility push(hidden)

/* An axis. A step along it is x_step values in x, y_step values in y, and weight_step taps in the
 * weight. */
struct channel_axis {
	struct axis axis;
	int64_t x_step, y_step, weight_step;
};

struct channel_sweep {
	lam_channel_form form;
	bool own_blocks; /* dense groups that share lane blocks */
	/* Each group reads `blocks` blocks of channels, the last with `last` channels, and writes
	 * `units` units. */
	int64_t groups;
	int64_t units, blocks, last;
	int64_t inner;                       /* channels of a whole block: 16; 1 for planes */
	int64_t most_units;                  /* the most units of a tile */
	int64_t outputs, channels;           /* of one group, without idle lanes */
	struct channel_axis long_axis, axis; /* the first is cut into bands */
	int64_t x_block, y_unit;             /* values from one block or unit to the next */
	/* [group][tile of units][block][tap][tap][channel][output of the tile] */
	const lam_real *packed;
	const lam_real *bias;
	struct finish finish; /* of all outputs */
	lam_real *scratch;    /* for channel_sweep_values() */
};

/* Computes the given slices of one sample's y. The sweep is cut into (tiles of units) x `bands`. */
#define channel_sweep_run LAM_KERNEL(channel_sweep_run)
void channel_sweep_run(const struct channel_sweep *, const lam_real *x, lam_real *y, int64_t bands,
	struct lam_slices);

/* Sweep `index` of a job, without its weights, scratch, bias and finish (channel_conv.c). */
#define channel_conv_sweep LAM_KERNEL(channel_conv_sweep)
struct channel_sweep channel_conv_sweep(
	const lam_conv_geometry *, lam_job, lam_channel_form, int64_t index);

/* The values of scratch that this takes. Depthwise kernels can do without: NULL. */
#define channel_sweep_values LAM_KERNEL(channel_sweep_values)
int64_t channel_sweep_values(const struct channel_sweep *, int64_t bands);

/* The number of packed weights of one unit of one group: blocks x taps x the weights of one tap of
 * a block. */
static inline int64_t channel_unit_weights(const struct channel_sweep *s)
{
	int64_t taps = s->long_axis.axis.taps * s->axis.axis.taps;

	return s->blocks * taps * LAM_LANES * (s->form == LAM_CHANNEL_DENSE ? s->inner : 1);
}

/* Where the outputs of position `i` of the long axis begin in a unit of y. */
static inline int64_t channel_line_at(const struct channel_sweep *s, int64_t i)
{
	const struct axis *lines = &s->long_axis.axis;

	return (lines->first + i * lines->step) * s->long_axis.y_step
		+ s->axis.axis.first * s->axis.y_step;
}

/* Whether threads had better share the long axis, and each read all weights of a group, than share
 * the outputs, and each read all of its x, most of which others have written: that is slow if their
 * caches lie apart. ConvNeXt of one sample, 112x112, two threads of a Zen 5 that are near, and far:
 * 1.01 and 1.26 times as fast; ResNet-50: 1.01, 1.06. (Depthwise, each channel is a group, with few
 * weights. So they keep the rows that they have in the layers around.) */
static inline bool channel_by_bands(const struct channel_sweep *s)
{
	return s->blocks * s->x_block >= s->units * channel_unit_weights(s);
}

#pragma GCC visibility pop
#endif
