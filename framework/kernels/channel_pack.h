/* SPDX-License-Identifier: MIT */
/* Packing of weights for channels in the lanes. */
#ifndef LAM_CHANNEL_PACK_H
#define LAM_CHANNEL_PACK_H

#include "framework/kernels/channel_sweep.h"

#pragma GCC visibility push(hidden)

/* The arguments of packing one tile of units of a convolution. */
struct channel_packing {
	const lam_conv_geometry *g;
	lam_job job;
	const struct channel_sweep *sweep;
	const lam_real *w; /* in PyTorch's layout */
	int64_t group, first,
		units; /* the group, the first unit and the number of units of the tile */
};

/* Writes the tile's part of `packed`, the copy of the whole sweep. */
#define channel_pack_tile LAM_KERNEL(channel_pack_tile)
void channel_pack_tile(const struct channel_packing *, lam_real *packed);

/* to[k][a] = w[a][k] for `used` rows w[a] of `terms` values each, and 0 for the rows from there to
 * `width`, a number of whole lane blocks. */
#define channel_pack_rows LAM_KERNEL(channel_pack_rows)
void channel_pack_rows(const lam_real *w, int64_t terms, int64_t used, int64_t width, lam_real *to);

#pragma GCC visibility pop
#endif
