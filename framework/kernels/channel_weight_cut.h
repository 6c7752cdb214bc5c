/* SPDX-License-Identifier: MIT */
/* How a weight gradient with channels in the lanes is cut: chunks of weights, parts and bands of
 * pixels (channel_weight.c). Private to the kernels. */
#ifndef LAM_CHANNEL_WEIGHT_CUT_H
#define LAM_CHANNEL_WEIGHT_CUT_H

#include "framework/kernels/channel_weight.h"
#include "framework/kernels/thresholds.h"

#pragma GCC visibility push(hidden)

/* How a gradient is cut. */
struct cut {
	const lam_conv_geometry *g;
	lam_channel_weight_form form;
	int64_t group_out, group_in, taps;
	/* Vectors: units of a group, of which a chunk has at most `width`. Numbers: pieces of them,
	 * of which a chunk has one with at most `numbers`; and the taps, in pieces of at most
	 * `tap_width`. Grouped: pieces are those of the unit that has most; a unit with fewer has
	 * chunks without numbers. */
	int64_t units, width, numbers, pieces, tap_width, tap_pieces;
	int64_t groups, chunks;
	/* Values of a chunk's sums: [unit][number][tap][16]. */
	int64_t chunk_values;
	/* wide planes: the size of a padded plane; `pads`: it is copied. */
	int64_t padded_rows, padded_columns;
	bool pads;
	/* A band is `planes` whole planes, or rows of one plane, or a piece of a row. */
	int64_t planes, bands_down, bands_across;
};

/* One chunk. */
struct chunk {
	int64_t group, unit, units, piece, numbers, tap, taps;
};

/* A band: rows x columns of narrow's planes. */
struct band {
	int64_t sample, planes, row, rows, column, columns;
};

/* The phases: copy with padding, sum, add the parts. */
enum phase { PAD, SUM, ADD };

static inline enum phase phase_of(const struct cut *c, int phase)
{
	return (enum phase)(phase + (c->pads ? 0 : 1));
}

/* A chunk has at most `most_units` units: those of this instruction set. */
struct cut lam_channel_weight_cut(
	const lam_conv_geometry *, lam_channel_weight_form, int64_t most_units);

static inline struct cut channel_weight_cut(
	const lam_conv_geometry *g, lam_channel_weight_form form)
{
	return lam_channel_weight_cut(g, form, CHANNEL_WEIGHT_UNITS);
}

/* Grouped: the first of wide's lane blocks whose channels a unit's groups have, and the last.
 * Output o is of group o / group_out, whose first channel is that times group_in. */
static inline int64_t grouped_first_block(const struct cut *c, int64_t unit)
{
	return unit * LAM_LANES / c->group_out * c->group_in / LAM_LANES;
}

static inline int64_t grouped_last_block(const struct cut *c, int64_t unit)
{
	const int64_t output = least((unit + 1) * LAM_LANES, c->g->out) - 1;

	return ((output / c->group_out + 1) * c->group_in - 1) / LAM_LANES;
}

/* The number of bands of all samples; and of parts that they are cut into, such that there are
 * WEIGHT_UNITS units. */
int64_t lam_channel_weight_bands(const struct cut *, int64_t samples);
int64_t lam_channel_weight_parts(const struct cut *, int64_t samples);

struct chunk lam_channel_weight_chunk(const struct cut *, int64_t index);
struct band lam_channel_weight_band(const struct cut *, int64_t index, int64_t samples);

/* Copied planes begin behind the sums of the parts. */
static inline int64_t part_values(const struct cut *c)
{
	const int64_t parts = ceil_divide(WEIGHT_UNITS, c->chunks);

	return parts > 1 ? parts * c->chunks * c->chunk_values : 0;
}

static inline int64_t padded_values(const struct cut *c)
{
	return c->pads ? round_up(c->g->in * c->padded_rows * c->padded_columns, LAM_LANES) : 0;
}

#pragma GCC visibility pop
#endif
