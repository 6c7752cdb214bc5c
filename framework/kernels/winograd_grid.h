/* SPDX-License-Identifier: MIT */
/* The tiles that Winograd's kernels cut a plane into, and the window that each tile is computed
 * from. */
#ifndef LAM_WINOGRAD_GRID_H
#define LAM_WINOGRAD_GRID_H

#include "framework/kernels/conv.h"
#include "framework/kernels/sizes.h"
#include "framework/kernels/vector.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* Along one side: the outputs of a tile, the most values of a window, and the most taps. */
enum { WINOGRAD_OUT = 4, WINOGRAD_IN = 8, WINOGRAD_TAPS = 5 };
enum { WINOGRAD_MOST = WINOGRAD_IN * WINOGRAD_IN }; /* values of a window */

/* The tiles of a plane of y, and their windows in a plane of x. For three taps a tile has 4 x 4
 * values and a window 6 x 6; in planes of height 1 they have 1 x 4 and 1 x 6. With a dilation d,
 * neighbours in a tile or window lie d pixels apart: outputs of the same residue by d see the same
 * taps of each other's inputs. */
struct winograd_grid {
	int64_t h, w, oh, ow; /* planes of x and y */
	/* Where the window of the first tile begins in x; it may begin outside. */
	int64_t top, left;
	int64_t row_step, column_step; /* the dilation */
	int taps;                      /* 3 or 5 */
	bool high;                     /* whether there are taps down, too */
	int64_t elements;              /* of a window */
	int64_t across, tiles;         /* tiles in a row, and in all; numbered row by row */
};

/* The tiles along one side, and where one begins. Tiles of neighbouring residues are neighbours. */
static inline int64_t winograd_side_tiles(int64_t outputs, int64_t step)
{
	return least(outputs, step) * ceil_divide(ceil_divide(outputs, step), WINOGRAD_OUT);
}

static inline int64_t winograd_side(int64_t tile, int64_t outputs, int64_t step)
{
	const int64_t residues = least(outputs, step);

	return step == 1 ? tile * WINOGRAD_OUT
			 : tile / residues * WINOGRAD_OUT * step + tile % residues;
}

/* How many of a tile's outputs along one side lie in the plane, from the first one at `begin` on.
 */
static inline int64_t winograd_inside(int64_t begin, int64_t outputs, int64_t step)
{
	return limit(ceil_divide(outputs - begin, step), 0, WINOGRAD_OUT);
}

/* The grid of a job. For the input gradient x and y are dy and dx. */
#define winograd_grid_of LAM_KERNEL(winograd_grid_of)
struct winograd_grid winograd_grid_of(const lam_conv_geometry *, lam_job);

/* Where tile `tile` begins in y. */
static inline void winograd_tile(
	const struct winograd_grid *grid, int64_t tile, int64_t *row, int64_t *column)
{
	*row = tile / grid->across;
	if (grid->high)
		*row = winograd_side(*row, grid->oh, grid->row_step);
	*column = winograd_side(tile % grid->across, grid->ow, grid->column_step);
}

/* v[element][channel][tile] = B' d for the windows of the tiles [begin, end), in lane vectors.
 * Steps are in values. */
#define winograd_windows LAM_KERNEL(winograd_windows)
void winograd_windows(const struct winograd_grid *, const lam_real *x, int64_t channels,
	int64_t begin, int64_t end, lam_real *v, int64_t v_channel, int64_t v_element);

#pragma GCC visibility pop
#endif
