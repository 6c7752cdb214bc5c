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
		.top = back ? g->ph - (g->kh - 1) : -g->ph,
		.left = back ? g->pw - (g->kw - 1) : -g->pw,
		.taps = (int)g->kw,
		.high = high,
		.elements = high ? window * window : window,
	};

	grid.across = ceil_divide(grid.ow, WINOGRAD_OUT);
	grid.tiles = (high ? ceil_divide(grid.oh, WINOGRAD_OUT) : grid.oh) * grid.across;
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
	bool inside = row >= 0 && row + rows <= grid->h && column >= 0
		&& column + window <= grid->w;

	for (int part = 0; part < PARTS; part++) {
		vec d[WINOGRAD_MOST], element[WINOGRAD_MOST];

		if (inside) {
			const lam_real *from = x + (row * grid->w + column) * LAM_LANES
				+ part * VEC;

			for (int i = 0; i < rows; i++)
				UNROLL_FOR (int j = 0; j < window; j++)
					d[i * window + j] = *(
						const vec *)(from + (i * grid->w + j) * LAM_LANES);
		} else {
			for (int i = 0; i < rows; i++)
				for (int j = 0; j < window; j++) {
					bool in = row + i >= 0 && row + i < grid->h
						&& column + j >= 0 && column + j < grid->w;
					const lam_real *from = x
						+ ((row + i) * grid->w + column + j) * LAM_LANES
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
