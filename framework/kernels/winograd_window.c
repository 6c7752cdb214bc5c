/* SPDX-License-Identifier: MIT */
/* Transforms the windows that Winograd's kernels read. Each is read once for all outputs. */
#include "framework/kernels/winograd_transform.h"

struct winograd_grid winograd_grid_of(const lam_conv_geometry *g, lam_job job)
{
	bool back = job == LAM_BACKWARD, high = g->kh > 1;
	int64_t window = g->kw + WINOGRAD_OUT - 1;
	struct winograd_grid grid = {
		.h = back ? g->oh : g->h,
		.w = back ? g->ow : g->w,
		.oh = back ? g->h : g->oh,
		.ow = back ? g->w : g->ow,
		.top = back ? g->ph - (g->kh - 1) * g->dh : -g->ph,
		.left = back ? g->pw - (g->kw - 1) * g->dw : -g->pw,
		.row_step = g->dh,
		.column_step = g->dw,
		.taps = (int)g->kw,
		.high = high,
		.elements = high ? window * window : window,
	};

	grid.across = winograd_side_tiles(grid.ow, grid.column_step);
	grid.tiles = (high ? winograd_side_tiles(grid.oh, grid.row_step) : grid.oh) * grid.across;
	return grid;
}

/* Loads a row of a window, whose values in columns [begin, end) lie in the plane; the others are
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
 * outside the plane are zero. Rows are mapped as they are loaded, columns as they are stored. */
ALWAYS_INLINE void transform_window(const struct winograd_grid *grid, const lam_real *x,
	int64_t row, int64_t column, lam_real *v, int64_t v_element, const int taps,
	const bool high)
{
	const int window = taps + WINOGRAD_OUT - 1, rows = high ? window : 1;
	const int64_t down = grid->row_step, aside = grid->column_step * LAM_LANES;
	const int begin = first_from(0, column, grid->column_step, window),
		  end = first_from(grid->w, column, grid->column_step, window);

	for (int part = 0; part < PARTS; part++, v += VEC) {
		vec half[WINOGRAD_MOST];

		for (int i = 0; i < rows; i++) {
			const int64_t p = row + i * down;
			const bool in = p >= 0 && p < grid->h;
			vec d[WINOGRAD_IN];

			load_row(d, x + (p * grid->w + column) * LAM_LANES + part * VEC, aside,
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

void winograd_windows(const struct winograd_grid *grid, const lam_real *x, int64_t channels,
	int64_t begin, int64_t end, lam_real *v, int64_t v_channel, int64_t v_element)
{
	for (int64_t channel = 0; channel < channels;
		channel++, x += grid->h * grid->w * LAM_LANES, v += v_channel)
		for (int64_t tile = begin; tile < end; tile++) {
			lam_real *to = v + (tile - begin) * LAM_LANES;
			int64_t row, column;

			winograd_tile(grid, tile, &row, &column);
			WINOGRAD_CONSTANTS(grid, transform_window, grid, x, row + grid->top,
				column + grid->left, to, v_element);
		}
}
