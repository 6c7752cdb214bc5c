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

/* The pixels of a plane of x that one set of taps reads: all of them; with stride 2 those of one
 * residue. */
struct winograd_source {
	int64_t first;     /* where they begin in the plane, in values */
	int64_t h, w;      /* how many there are */
	int64_t top, left; /* where the window of the first tile begins; it may begin outside */
	int down, across;  /* the taps of the set along each side: at most those of the grid */
	/* Where they lie among those of a weight: tap [i][j] at tap + i tap_row + j tap_column. For
	 * the input gradient they are in reverse order. */
	int64_t tap, tap_row, tap_column;
};

/* The most sets of taps along a side of a square kernel, and in all, which a line may have. */
enum { WINOGRAD_MOST_SETS = 2, WINOGRAD_SOURCES = WINOGRAD_MOST_SETS * WINOGRAD_MOST_SETS };
enum { WINOGRAD_STRIDE = 2 }; /* the greatest */

/* The tiles of a plane of y, and their windows in a plane of x. For three taps a tile has 4 x 4
 * values and a window 6 x 6; in planes of height 1 they have 1 x 4 and 1 x 6. With a dilation d,
 * neighbours in a tile or window lie d pixels apart: outputs of the same residue by d see the same
 * taps of each other's inputs.
 *
 * With stride s, tap p = t s + r of output i reads x[(i + t) s + r - pad]: the taps of residue r
 * read, with stride 1, the pixels of one residue. Forward and the weight gradient have all of them
 * as sources. The input gradient has a grid for each residue of its outputs.
 *
 * A larger kernel with stride 1 is cut into sets of neighbouring taps, each of which reads all
 * pixels, from another one on: seven taps into five and two. What the last set lacks is a tap of
 * 0. All jobs have all sets as sources. */
struct winograd_grid {
	struct winograd_source source[WINOGRAD_SOURCES];
	int sources;
	/* Steps in values from plane to plane, and from pixel to pixel of a source. */
	int64_t x_plane, x_row, x_column;
	/* The same of y; where its pixels begin in a plane, and how many there are. */
	int64_t y_plane, y_row, y_column, y_first, oh, ow;
	int64_t row_step, column_step; /* the dilation */
	int taps;                      /* of a set along one side: 2, 3 or 5 */
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

/* The outputs of a tile. */
#define WINOGRAD_PIXELS(grid) ((grid)->high ? WINOGRAD_OUT * WINOGRAD_OUT : WINOGRAD_OUT)

/* How many of a tile's outputs along one side lie in the plane, from the first one at `begin` on.
 */
static inline int64_t winograd_inside(int64_t begin, int64_t outputs, int64_t step)
{
	return limit(ceil_divide(outputs - begin, step), 0, WINOGRAD_OUT);
}

/* The residues by the stride, 1, 2 or 4: sources of a grid, or grids of the input gradient. */
static inline int winograd_residues(const lam_conv_geometry *g)
{
	return (int)(g->sw * (g->kh > 1 ? g->sh : 1));
}

/* The taps of a set along a side with stride 1, the same for all sets of a kernel: those for which
 * all have the fewest elements, and then the fewest sets; and how many sets there are. */
static inline int64_t winograd_set_taps(int64_t taps)
{
	return taps == 2 ? 2 : taps == 3 || taps == 6 ? 3 : 5;
}

static inline int64_t winograd_set_count(int64_t taps)
{
	return ceil_divide(taps, winograd_set_taps(taps));
}

/* The sets of taps of a weight: residues by the stride, or parts of the kernel. */
static inline int winograd_sources(const lam_conv_geometry *g)
{
	return g->sw > 1
		? winograd_residues(g)
		: (int)(winograd_set_count(g->kw) * (g->kh > 1 ? winograd_set_count(g->kh) : 1));
}

/* The grids of a job: with stride 2 the input gradient has one for each residue of its outputs. */
static inline int winograd_grids(const lam_conv_geometry *g, lam_job job)
{
	return job == LAM_BACKWARD && g->sw > 1 ? winograd_residues(g) : 1;
}

/* The grid of a job, of a convolution that winograd_serves(). For the input gradient x and y are dy
 * and dx, of one residue. */
struct winograd_grid lam_winograd_grid(const lam_conv_geometry *, lam_job, int residue);

static inline int64_t winograd_x_at(const struct winograd_grid *grid,
	const struct winograd_source *source, int64_t row, int64_t column)
{
	return source->first + row * grid->x_row + column * grid->x_column;
}

/* Tap [i][j] of a source, from a weight's first tap on. */
static inline int64_t winograd_tap_at(const struct winograd_source *source, int64_t i, int64_t j)
{
	return source->tap + i * source->tap_row + j * source->tap_column;
}

static inline int64_t winograd_y_at(const struct winograd_grid *grid, int64_t row, int64_t column)
{
	return grid->y_first + row * grid->y_row + column * grid->y_column;
}

static inline bool winograd_reads(const struct winograd_source *source, int64_t row, int64_t column)
{
	return row >= 0 && row < source->h && column >= 0 && column < source->w;
}

/* Where tile `tile` begins in y. */
static inline void winograd_tile(
	const struct winograd_grid *grid, int64_t tile, int64_t *row, int64_t *column)
{
	*row = tile / grid->across;
	if (grid->high)
		*row = winograd_side(*row, grid->oh, grid->row_step);
	*column = winograd_side(tile % grid->across, grid->ow, grid->column_step);
}

/* v[element][channel][tile] = B' d for the windows of the tiles [begin, end) in source `source`, in
 * lane vectors. Steps are in values. */
#define winograd_windows LAM_KERNEL(winograd_windows)
void winograd_windows(const struct winograd_grid *, int source, const lam_real *x, int64_t channels,
	int64_t begin, int64_t end, lam_real *v, int64_t v_channel, int64_t v_element);

#pragma GCC visibility pop
#endif
