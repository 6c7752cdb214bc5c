/* SPDX-License-Identifier: MIT */
/* The tiles that Winograd's kernels cut a plane into, and the window that each tile is computed
 * from. */
#ifndef LAM_WINOGRAD_GRID_H
#define LAM_WINOGRAD_GRID_H

#include "framework/kernels/conv.h"
#include "framework/kernels/vector.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* Along one side: the outputs of a tile, the most values of a window, and the most taps. */
enum { WINOGRAD_OUT = 4, WINOGRAD_IN = 8, WINOGRAD_TAPS = 5 };
enum { WINOGRAD_MOST = WINOGRAD_IN * WINOGRAD_IN }; /* values of a window */

/* The tiles of a plane of y, and their windows in a plane of x. For three taps a tile has 4 x 4
 * values and a window 6 x 6; in planes of height 1 they have 1 x 4 and 1 x 6. */
struct winograd_grid {
	int64_t h, w, oh, ow; /* planes of x and y */
	/* Where the window of the first tile begins in x; it may begin outside. */
	int64_t top, left;
	int taps;              /* 3 or 5 */
	bool high;             /* whether there are taps down, too */
	int64_t elements;      /* of a window */
	int64_t across, tiles; /* tiles in a row, and in all; numbered row by row */
};

/* The grid of a job. For the input gradient x and y are dy and dx. */
#define winograd_grid_of LAM_KERNEL(winograd_grid_of)
struct winograd_grid winograd_grid_of(const lam_conv_geometry *, lam_job);

/* Where tile `tile` begins in y. */
static inline void winograd_tile(
	const struct winograd_grid *grid, int64_t tile, int64_t *row, int64_t *column)
{
	*row = tile / grid->across * (grid->high ? WINOGRAD_OUT : 1);
	*column = tile % grid->across * WINOGRAD_OUT;
}

/* v[element][channel][tile] = B' d for the windows of the tiles [begin, end), in lane vectors.
 * Steps are in values. */
#define winograd_windows LAM_KERNEL(winograd_windows)
void winograd_windows(const struct winograd_grid *, const lam_real *x, int64_t channels,
	int64_t begin, int64_t end, lam_real *v, int64_t v_channel, int64_t v_element);

#pragma GCC visibility pop
#endif
