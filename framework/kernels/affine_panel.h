/* SPDX-License-Identifier: MIT */
/* Panels of an affine map: of at most AFFINE_PANEL terms, for the outputs of a tile. */
#ifndef LAM_AFFINE_PANEL_H
#define LAM_AFFINE_PANEL_H

#include "framework/kernels/affine.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/tile.h"

#include <string.h>

#pragma GCC visibility push(hidden)

/* The sum of the terms [begin, end) of the tile of `outputs` outputs that begins at `first`. */
ALWAYS_INLINE struct tile panel_tile(const struct lam_affine_call *call, int64_t first,
	int64_t outputs, int64_t begin, int64_t end, int64_t terms)
{
	struct tile tile = {
		.channels = 1,
		.rows = 1,
		.columns = end - begin,
		.x_column = LAM_LANES,
		.x_pixel = call->from_block,
		.w_column = outputs,
		.y_output = LAM_LANES,
		.y_pixel = call->to_block,
		.bias = call->bias ? call->bias + first : NULL,
		.resume = begin > 0,
	};

	if (end == terms)
		tile.finish = finish_from(finish_of(call->finish, call->epilogue, call->to), first);
	return tile;
}

/* What the loop over the terms of a panel prefetches: a value for each term; NULL: nothing. */
struct fetch {
	const lam_real *from;
	int64_t blocks; /* beside the first blocks, the same for each */
	int64_t rows, columns;
	int64_t row, column; /* from one to the next, in values */
};

/* `packed` are the weights of these terms. */
#define affine_add_panel LAM_KERNEL(affine_add_panel)
void affine_add_panel(const struct lam_affine_call *, int64_t first, int64_t outputs, int64_t begin,
	int64_t end, int64_t terms, struct fetch, const lam_real *packed);

/* to[k][a] = w[a step + k], for `outputs` rows of w. */
#define affine_pack_rows LAM_KERNEL(affine_pack_rows)
void affine_pack_rows(
	const lam_real *w, int64_t step, lam_real *to, int64_t outputs, int64_t terms);

/* to[a] = w[a] */
ALWAYS_INLINE void copy_outputs(const lam_real *w, lam_real *to, int64_t outputs)
{
	if (outputs == TILE_OUTPUTS)
		memcpy(to, w, TILE_OUTPUTS * sizeof *to);
	else
		for (int64_t a = 0; a < outputs; a++)
			to[a] = w[a];
}

/* What affine_stream.c defines: members of struct lam_affine_kernels, and a part of `run`. */
#define affine_streams LAM_KERNEL(affine_streams)
bool affine_streams(const lam_affine_geometry *, lam_job);
#define affine_stream_scratch LAM_KERNEL(affine_stream_scratch)
int64_t affine_stream_scratch(void);
#define affine_run_streamed LAM_KERNEL(affine_run_streamed)
void affine_run_streamed(const lam_affine_geometry *, lam_job, const struct lam_affine_call *);

#pragma GCC visibility pop
#endif
