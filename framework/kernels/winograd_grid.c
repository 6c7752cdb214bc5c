/* SPDX-License-Identifier: MIT */
/* Which windows a job of Winograd's algorithm reads and which tiles it writes: by shapes alone, so
 * that this is compiled once for all instruction sets, as sweep_shape.c. */
#include "framework/kernels/winograd_grid.h"

/* One side of a source of forward: the pixels of x that the taps of residue `residue` read. */
struct side {
	int64_t first, size, begin;
};

static struct side read_side(int64_t residue, int64_t stride, int64_t pad, int64_t size)
{
	const int64_t at = residue - pad, begin = -ceil_divide(-at, stride),
		      first = at - begin * stride;

	return (struct side){first, ceil_divide(size - first, stride), begin};
}

/* The taps of a kernel's side from `first` on, a stride apart. */
static int64_t residue_taps(int64_t kernel, int64_t first, int64_t stride)
{
	return ceil_divide(kernel - first, stride);
}

/* The first tap, without dilation, of the input gradient at pixels of residue `residue`. */
static int64_t first_tap(int64_t residue, int64_t stride, int64_t pad)
{
	return (residue + pad) % stride;
}

/* One side of the input gradient: the pixels of residue `residue`, and where the window of the
 * first one begins in dy. */
static struct side written_side(const lam_conv_geometry *g, int64_t residue, bool across)
{
	const int64_t stride = across ? g->sw
		: g->kh > 1           ? g->sh
				      : 1,
		      pad = across ? g->pw : g->ph, size = across ? g->w : g->h,
		      first = first_tap(residue, stride, pad);
	const int64_t taps = residue_taps(across ? g->kw : g->kh, first, stride),
		      dilation = across ? g->dw : g->dh, last = (residue + pad - first) / stride;

	return (struct side){
		residue, ceil_divide(size - residue, stride), last - (taps - 1) * dilation};
}

/* The taps of one set along one side. */
static int64_t set_taps(const lam_conv_geometry *g)
{
	return winograd_set_taps(g->sw > 1 ? ceil_divide(g->kw, g->sw) : g->kw);
}

/* Moves a source, which has all pixels, to set `set` of a kernel with stride 1. */
static void take_set(
	struct winograd_source *source, const lam_conv_geometry *g, bool back, int64_t set)
{
	const int64_t sets = winograd_set_count(g->kw), row = set / sets * set_taps(g),
		      column = set % sets * set_taps(g), step = back ? -1 : 1;

	source->top += row * g->dh;
	source->left += column * g->dw;
	source->down = (int)least(set_taps(g), g->kh - row);
	source->across = (int)least(set_taps(g), g->kw - column);
	source->tap_row = step * g->kw;
	source->tap_column = step;
	source->tap = (back ? g->kh * g->kw - 1 : 0) + row * source->tap_row + column * step;
}

/* Gives a source the taps of residue `residue`, with stride 2. */
static void take_residue(
	struct winograd_source *source, const lam_conv_geometry *g, bool back, int64_t residue)
{
	const int64_t down = g->kh > 1 ? g->sh : 1, i = residue / g->sw, j = residue % g->sw,
		      row = back ? first_tap(i, down, g->ph) : i,
		      column = back ? first_tap(j, g->sw, g->pw) : j,
		      rows = residue_taps(g->kh, row, down),
		      columns = residue_taps(g->kw, column, g->sw), step = back ? -1 : 1;

	source->down = (int)rows;
	source->across = (int)columns;
	source->tap_row = step * down * g->kw;
	source->tap_column = step * g->sw;
	source->tap = row * g->kw + column
		- (back ? (rows - 1) * source->tap_row + (columns - 1) * source->tap_column : 0);
}

struct winograd_grid lam_winograd_grid(const lam_conv_geometry *g, lam_job job, int residue)
{
	const bool back = job == LAM_BACKWARD, high = g->kh > 1, strides = g->sw > 1;
	const int64_t down = high ? g->sh : 1, wide_row = g->w * LAM_LANES,
		      narrow_row = g->ow * LAM_LANES, taps = set_taps(g),
		      window = taps + WINOGRAD_OUT - 1;
	struct winograd_grid grid = {
		.sources = winograd_sources(g) / winograd_grids(g, job),
		.row_step = g->dh,
		.column_step = g->dw,
		.taps = (int)taps,
		.high = high,
		.elements = high ? window * window : window,
	};

	if (back) {
		const struct side row = written_side(g, residue / g->sw, false),
				  column = written_side(g, residue % g->sw, true);

		for (int k = 0; k < grid.sources; k++)
			grid.source[k] = (struct winograd_source){
				.h = g->oh, .w = g->ow, .top = row.begin, .left = column.begin};
		grid.oh = row.size;
		grid.ow = column.size;
		grid.y_first = row.first * wide_row + column.first * LAM_LANES;
	}
	for (int k = 0; k < grid.sources && !back; k++) {
		const struct side row = read_side(strides ? k / g->sw : 0, down, g->ph, g->h),
				  column = read_side(k % g->sw, g->sw, g->pw, g->w);

		grid.source[k] = (struct winograd_source){
			.first = row.first * wide_row + column.first * LAM_LANES,
			.h = row.size,
			.w = column.size,
			.top = row.begin,
			.left = column.begin,
		};
		grid.oh = g->oh;
		grid.ow = g->ow;
	}
	for (int k = 0; k < grid.sources; k++) {
		if (strides)
			take_residue(&grid.source[k], g, back, residue + k);
		else
			take_set(&grid.source[k], g, back, k);
	}
	grid.x_plane = back ? g->oh * narrow_row : g->h * wide_row;
	grid.x_row = back ? narrow_row : down * wide_row;
	grid.x_column = back ? LAM_LANES : g->sw * LAM_LANES;
	grid.y_plane = back ? g->h * wide_row : g->oh * narrow_row;
	grid.y_row = back ? down * wide_row : narrow_row;
	grid.y_column = back ? g->sw * LAM_LANES : LAM_LANES;
	grid.across = winograd_side_tiles(grid.ow, grid.column_step);
	grid.tiles = (high ? winograd_side_tiles(grid.oh, grid.row_step) : grid.oh) * grid.across;
	return grid;
}
