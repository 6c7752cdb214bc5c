/* SPDX-License-Identifier: MIT */
/* Transforms the windows that Winograd's kernels read. Each is read once for all outputs. */
#include "framework/kernels/winograd_transform.h"

/* Where all is made small, clang does not unroll some of these loops, and warns. */
#if defined __clang__ && defined LAM_SMALL
#undef UNROLL_FOR
#define UNROLL_FOR for
#endif

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

COLD struct winograd_grid winograd_grid_of(const lam_conv_geometry *g, lam_job job, int residue)
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

/* Loads a row of a window, whose values in columns [begin, end) lie in the source; the others are
 * zero. Most windows of small planes reach beyond the plane, so these must be fast, too. */
ALWAYS_INLINE void load_row(
	vec *d, const lam_real *from, int64_t step, int begin, int end, const int window)
{
	if (begin == 0 && end == window)
		UNROLL_FOR (int j = 0; j < window; j++)
			d[j] = *(const vec *)(from + j * step);
	else
		UNROLL_FOR (int j = 0; j < window; j++)
			d[j] = j >= begin && j < end ? *(const vec *)(from + j * step) : (vec){0};
}

/* The first of `window` positions from `first` on, `step` apart, that is at least `bound`. */
static inline int first_from(int64_t bound, int64_t first, int64_t step, int window)
{
	const int64_t count = first < bound ? ceil_divide(bound - first, step) : 0;

	return count < window ? (int)count : window;
}

/* Transforms one window of one channel's plane into the elements of V, v_element apart. Positions
 * outside the source are zero. Rows are mapped as they are loaded, columns as they are stored. */
ALWAYS_INLINE void transform_window(const struct winograd_grid *grid,
	const struct winograd_source *source, const lam_real *x, int64_t row, int64_t column,
	lam_real *v, int64_t v_element, const int taps)
{
	const bool high = grid->high;
	const int window = taps + WINOGRAD_OUT - 1, rows = high ? window : 1;
	const int64_t down = grid->row_step, aside = grid->column_step * grid->x_column;
	const int begin = first_from(0, column, grid->column_step, window),
		  end = first_from(source->w, column, grid->column_step, window);

	for (int part = 0; part < PARTS; part++, v += VEC) {
		vec half[WINOGRAD_MOST];

		for (int i = 0; i < rows; i++) {
			const int64_t p = row + i * down;
			const bool in = p >= 0 && p < source->h;
			vec d[WINOGRAD_IN];

			load_row(d, x + winograd_x_at(grid, source, p, column) + part * VEC, aside,
				in ? begin : 0, in ? end : 0, window);
			winograd_input(d, half + i * window, taps);
		}
		for (int q = 0; q < window; q++) {
			vec d[WINOGRAD_IN], mapped[WINOGRAD_IN];

			if (!high) {
				*(vec *)(v + q * v_element) = half[q];
				continue;
			}
			UNROLL_FOR (int i = 0; i < window; i++)
				d[i] = half[i * window + q];
			winograd_input(d, mapped, taps);
			UNROLL_FOR (int p = 0; p < window; p++)
				*(vec *)(v + (p * window + q) * v_element) = mapped[p];
		}
	}
}

/* Asks for the pixels of a window that the windows before it have not read. A plane's rows of one
 * group of tiles are a few pages, too short for the processor to foresee: the transforms of 16
 * channels waited for half of their time. Always inlined: gcc removes calls of a function that does
 * nothing else. */
ALWAYS_INLINE void fetch_window(const struct winograd_grid *grid,
	const struct winograd_source *source, const lam_real *x, int64_t row, int64_t column)
{
	const int window = grid->taps + WINOGRAD_OUT - 1, rows = grid->high ? window : 1;

	for (int i = 0; i < rows; i++) {
		const int64_t p = limit(row + i * grid->row_step, 0, source->h - 1);

		UNROLL_FOR (int j = 0; j < WINOGRAD_OUT; j++)
			__builtin_prefetch(x
				+ winograd_x_at(grid, source, p,
					limit(column + (j + 1) * grid->column_step, 0,
						source->w - 1)));
	}
}

void winograd_windows(const struct winograd_grid *grid, int index, const lam_real *x,
	int64_t channels, int64_t begin, int64_t end, lam_real *v, int64_t v_channel,
	int64_t v_element)
{
	const struct winograd_source *source = &grid->source[index];
	const lam_real *first = x;

	for (int64_t channel = 0; channel < channels; channel++, x += grid->x_plane, v += v_channel)
		for (int64_t tile = begin; tile < end; tile++) {
			lam_real *to = v + (tile - begin) * LAM_LANES;
			const lam_real *from = x + grid->x_plane;
			int64_t row, column, next_row, next_column;

			winograd_tile(grid, tile, &row, &column);
			next_row = row, next_column = column;
			/* Behind the last channel, the first one of the next group. Behind the last
			 * group it asks for what nobody needs, which does no harm. */
			if (channel + 1 == channels && tile + end - begin < grid->tiles) {
				winograd_tile(grid, tile + end - begin, &next_row, &next_column);
				from = first;
			}
			fetch_window(grid, source, from, next_row + source->top,
				next_column + source->left);
			WINOGRAD_CONSTANTS(grid, transform_window, grid, source, x,
				row + source->top, column + source->left, to, v_element);
		}
}
