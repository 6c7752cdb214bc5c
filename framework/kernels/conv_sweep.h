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

/* The channels and outputs from which on a copy of x pays; and where planes lie a multiple of 4 KiB
 * apart, so that all channels of a pixel share sets of the first cache. On one core of a Zen 3,
 * 1x1, with a copy beside without: 64->16 on 16x16: 1.35 of the speed, 24->24 on 32x32: 1.04,
 * 16->16: 0.99, two layers each of 16->64 and 64->16 on 32x32 in training: 1.09; but where the
 * planes lie otherwise, 24->24 on 28x28: 0.84. With AVX-512 it was not measured. */
enum { SWEEP_PACK_LEAST = 32, SWEEP_PACK_LEAST_ALIASED = VEC_REGISTERS >= 32 ? 32 : 16 };

static inline int64_t sweep_pack_least(int64_t x_channel)
{
	return x_channel * (int64_t)sizeof(lam_real) % 4096 == 0 ? SWEEP_PACK_LEAST_ALIASED
								 : SWEEP_PACK_LEAST;
}

/* Where pixels are copied with their channels side by side: the vectors from one pixel to the next,
 * one more than there are channels. These are often a multiple of 64, and pixels that lie a
 * multiple of 4 KiB apart share sets of the first cache. Three 1x1 layers, 64 samples, two threads
 * of a Zen 5, beside no room: 64 channels of 8x8: 1.16 of the speed, of 32x32: 1.11; 128 of
 * 8x8: 1.06; 256 of 16x16: 1.02; 48 and 512: 1.00. */
static inline int64_t sweep_pixel_step(int64_t channels)
{
	return channels + 1;
}

struct sweep {
	int64_t groups, channels, outputs; /* channels and outputs of one group */
	struct axis rows, columns;
	int64_t x_row, x_channel, y_row, y_channel; /* steps in values */
	/* [group][tile of outputs][channel][row tap][column tap][output of the tile] */
	const lam_real *packed;
	const lam_real *bias;
	struct finish finish;    /* of all outputs */
	struct tile_ahead ahead; /* of the tiles; sweep_run() fills it in */
	/* What the tiles of a 1x1 kernel prefetch (tile.h): of each channel a pixel for each tile
	 * of a line; NULL: nothing. sweep_run() fills it in. */
	const lam_real *fetch;
	int64_t fetch_channel;
};

/* Computes the given slices of y, from one block of x. `scratch` has sweep_scratch() bytes; NULL:
 * none, and the result is the same. */
#define sweep_run LAM_KERNEL(conv_sweep_run)
#define sweep_scratch LAM_KERNEL(conv_sweep_scratch)
void sweep_run(
	const struct sweep *, const lam_real *x, lam_real *y, lam_real *scratch, struct lam_slices);
int64_t sweep_scratch(const struct sweep *);

#pragma GCC visibility pop
#endif
