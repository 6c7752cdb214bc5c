/* SPDX-License-Identifier: MIT */
/* A sweep: one dense correlation over planes. A convolution's forward is one sweep, its input
 * gradient one for each residue of the stride.
 *
 *     y[o][i][j] = bias[o] + sum over c, p, q of w[o][c][p][q] x[c][u][v]
 *
 *     where  u = rows.origin + i rows.stride + p rows.spacing
 *            v = columns.origin + j columns.stride + q columns.spacing
 *
 * Along each axis, outputs with the same valid taps form runs: the interior is one run, the borders
 * have others. A rectangle of two runs is covered by tiles along its rows or down its columns. */
#ifndef LAM_CONV_SWEEP_H
#define LAM_CONV_SWEEP_H

#include "framework/kernels/conv.h"
#include "framework/kernels/conv_axis.h"
#include "framework/kernels/tile.h"

#pragma GCC visibility push(hidden)

/* The channels and outputs from which on a copy of x pays. */
enum { SWEEP_PACK_LEAST = 32 };

/* Whether the tiles of copied pixels fetch those that are copied next; if not, each fetches those
 * of its next tile, as all others do. With few registers a line that is fetched takes time that the
 * products need: on one core of a Zen 3 with AVX2, 64 samples, 1x1, without it: 64 channels of
 * 32x32 1.08 of the speed, 128 of 16x16 1.15, 256 of 8x8 1.09, 512 of 4x4 1.06; MobileNet predicts
 * at 1.03. */
enum { SWEEP_PACK_FETCHES = VEC_REGISTERS >= 32 };

/* Where pixels are copied with their channels side by side: the vectors from one pixel to the next,
 * one more than there are channels. These are often a multiple of 64, and pixels that lie a
 * multiple of 4 KiB apart share sets of the first cache. Three 1x1 layers, 64 samples, two threads
 * of a Zen 5, beside no room: 64 channels of 8x8: 1.16 of the speed, of 32x32: 1.11; 128 of
 * 8x8: 1.06; 256 of 16x16: 1.02; 48 and 512: 1.00. */
static inline int64_t sweep_pixel_step(int64_t channels)
{
	return channels + 1;
}

/* The most outputs of a tile of groups, which have few channels: with three the loop loads one
 * value less for its twelve products than with six, and x stays in the first cache. One core of a
 * Zen 3, beside tiles of up to six: 64 samples, 3x3, groups of 8, 12, 16 and 32 channels: 1.0
 * to 1.1 of the speed, of 5 and 7: 1.00; one sample in strips, groups of 8: 1.07. Without groups
 * mixed: 64 to 64 channels, 1x1: 1.05; 32 to 64, 3x3: 0.87. */
#if VEC_REGISTERS >= 32 || defined LAM_SMALL
enum { SWEEP_GROUP_OUTPUTS = TILE_OUTPUTS };
#else
enum { SWEEP_GROUP_OUTPUTS = TILE_OUTPUTS / 2 };
#endif

struct sweep {
	int64_t groups, channels, outputs; /* channels and outputs of one group */
	/* The convolution has groups, even if this sweep has only one of them: tiles, and so the
	 * packed weights, have at most SWEEP_GROUP_OUTPUTS outputs. */
	bool grouped;
	struct axis rows, columns;
	int64_t x_row, x_channel, y_row, y_channel; /* steps in values */
	/* [group][tile of outputs][channel][row tap][column tap][output of the tile] */
	const lam_real *packed;
	const lam_real *bias;
	struct finish finish;    /* of all outputs */
	struct tile_ahead ahead; /* of the tiles; sweep_run() fills it in */
	/* What the tiles of a 1x1 kernel prefetch (tile.h): of each channel a pixel for each tile
	 * of a line; NULL: the pixels of their next tile. sweep_run() fills it in. */
	const lam_real *fetch;
	int64_t fetch_channel;
};

/* The tiles of a group's outputs, as even as possible: how many, and where tile `tile` begins. */
static inline int64_t sweep_tiles(const struct sweep *s)
{
	return ceil_divide(s->outputs, s->grouped ? SWEEP_GROUP_OUTPUTS : TILE_OUTPUTS);
}

static inline int64_t sweep_tile_begin(const struct sweep *s, int64_t tile)
{
	return piece_begin(s->outputs, tile, sweep_tiles(s));
}

static inline int64_t sweep_group_weights(const struct sweep *s)
{
	return s->outputs * s->channels * s->rows.taps * s->columns.taps;
}

/* Computes the given slices of y, from one block of x. `scratch` has sweep_scratch() bytes; NULL:
 * none, and the result is the same. */
#define sweep_run LAM_KERNEL(conv_sweep_run)
#define sweep_scratch LAM_KERNEL(conv_sweep_scratch)
void sweep_run(
	const struct sweep *, const lam_real *x, lam_real *y, lam_real *scratch, struct lam_slices);
int64_t sweep_scratch(const struct sweep *);

#pragma GCC visibility pop
#endif
