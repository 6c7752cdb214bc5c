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

/* Transforms one window of one channel's plane into the elements of V, v_element apart. Positions
 * outside the plane are zero. */
ALWAYS_INLINE void transform_window(const struct winograd_grid *grid, const lam_real *x,
	int64_t row, int64_t column, lam_real *v, int64_t v_element, const int taps,
	const bool high)
{
	const int window = taps + WINOGRAD_OUT - 1, rows = high ? window : 1,
		  elements = rows * window;
	const int64_t down = grid->row_step, aside = grid->column_step;
	bool inside = row >= 0 && row + (rows - 1) * down < grid->h && column >= 0
		&& column + (window - 1) * aside < grid->w;

	for (int part = 0; part < PARTS; part++) {
		vec d[WINOGRAD_MOST], element[WINOGRAD_MOST];

		if (inside) {
			const lam_real *from = x + (row * grid->w + column) * LAM_LANES
				+ part * VEC;

			for (int i = 0; i < rows; i++)
				UNROLL_FOR (int j = 0; j < window; j++)
					d[i * window + j] = *(const vec *)(from
						+ (i * down * grid->w + j * aside) * LAM_LANES);
		} else {
			for (int i = 0; i < rows; i++)
				for (int j = 0; j < window; j++) {
					const int64_t p = row + i * down, q = column + j * aside;
					bool in = p >= 0 && p < grid->h && q >= 0 && q < grid->w;
					const lam_real *from = x + (p * grid->w + q) * LAM_LANES
						+ part * VEC;

					d[i * window + j] = in ? *(const vec *)from : (vec){0};
				}
		}
		winograd_input_tile(d, element, taps, high);
		for (int e = 0; e < elements; e++)
			*(vec *)(v + e * v_element + part * VEC) = element[e];
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
