/* SPDX-License-Identifier: MIT */
/* Direct sums of the tiles that winograd_outlier.c has found. Once a gradient's pixels differ by
 * more than 256 times, as where a net is sure of most pixels, these may be most tiles; so it is
 * a dense loop: all products of a tile's row with one weight after another.
 *
 *   sum[a][i][j] = sum over sources and channels c of
 *                  sum over p, q of w[a][c][p][q] window[c][i + p][j + q]
 *
 * where p, q are the taps that a source has: one that it lacks reads nothing. */
#include "framework/kernels/vector.h"
#include "framework/kernels/winograd.h"

/* Where the window of the tile at `row`, `column` has its value (i, j), from the first value of a
 * plane of the source on; -1 outside of the plane, where it is 0. */
ALWAYS_INLINE int64_t window_at(const struct winograd_grid *grid,
	const struct winograd_source *source, int64_t row, int64_t column, int64_t i, int64_t j)
{
	const int64_t p = row + source->top + i * grid->row_step,
		      q = column + source->left + j * grid->column_step;

	return winograd_reads(source, p, q) ? winograd_x_at(grid, source, p, q) : -1;
}

/* Adds the products of one plane to the sums of one output. */
HOT static void add_plane(const struct winograd_grid *grid, const struct winograd_source *source,
	const vec *window, const lam_real *first, lam_real *sum)
{
	const int64_t width = grid->taps + WINOGRAD_OUT - 1;

	for (int64_t i = 0; i < (grid->high ? WINOGRAD_OUT : 1); i++) {
		vec of_plane[WINOGRAD_OUT] = {{0}};

		for (int64_t p = 0; p < source->down; p++)
			for (int64_t q = 0; q < source->across; q++) {
				const vec weight = vec_splat(first[winograd_tap_at(source, p, q)]),
					  *from = window + (i + p) * width + q;

				UNROLL_FOR (int j = 0; j < WINOGRAD_OUT; j++)
					of_plane[j] += from[j] * weight;
			}
		UNROLL_FOR (int j = 0; j < WINOGRAD_OUT; j++)
			*(vec *)(sum + (i * WINOGRAD_OUT + j) * LAM_LANES) += of_plane[j];
	}
}

COLD void winograd_direct_tile(const struct winograd_grid *grid, const struct winograd_weight *w,
	int64_t outputs, int64_t channels, const lam_real *x, int64_t tile, const vec_mask *direct,
	lam_real *sum)
{
	const int64_t step = WINOGRAD_PIXELS(grid) * LAM_LANES,
		      width = grid->taps + WINOGRAD_OUT - 1, height = grid->high ? width : 1;
	int64_t row, column, at[WINOGRAD_MOST];
	vec window[WINOGRAD_MOST];

	winograd_tile(grid, tile, &row, &column);
	for (int64_t i = 0; i < outputs * step; i++)
		sum[i] = 0;
	for (int part = 0; part < PARTS; part++)
		for (int k = 0; k < grid->sources && vec_any(direct[part]); k++) {
			const struct winograd_source *source = &grid->source[k];

			for (int64_t i = 0; i < height; i++)
				for (int64_t j = 0; j < width; j++)
					at[i * width + j] = window_at(
						grid, source, row, column, i, j);
			for (int64_t c = 0; c < channels; c++) {
				const lam_real *from = x + c * grid->x_plane + part * VEC;

				for (int64_t e = 0; e < grid->elements; e++)
					window[e] = at[e] < 0 ? (vec){0}
							      : *(const vec *)(from + at[e]);
				for (int64_t a = 0; a < outputs; a++)
					add_plane(grid, source, window,
						w->first + a * w->output + c * w->channel,
						sum + a * step + part * VEC);
			}
		}
}

void winograd_direct_channel(const struct winograd_grid *grid, const struct winograd_source *source,
	const lam_real *w, const lam_real *x, int64_t tile, lam_real *sum)
{
	const int64_t taps = grid->taps, width = taps + WINOGRAD_OUT - 1,
		      height = grid->high ? width : 1;
	int64_t row, column;
	lam_real window[WINOGRAD_MOST];

	winograd_tile(grid, tile, &row, &column);
	for (int64_t i = 0; i < height; i++)
		for (int64_t j = 0; j < width; j++) {
			const int64_t at = window_at(grid, source, row, column, i, j);

			window[i * width + j] = at < 0 ? 0 : x[at];
		}
	for (int64_t i = 0; i < (grid->high ? WINOGRAD_OUT : 1) * PARTS; i++) {
		const int64_t line = i / PARTS, part = i % PARTS * VEC;
		lam_real *to = sum + line * WINOGRAD_OUT * LAM_LANES + part;
		vec of_channel[WINOGRAD_OUT] = {{0}};

		for (int64_t p = 0; p < source->down; p++)
			for (int64_t q = 0; q < source->across; q++) {
				const vec weight = *(
					const vec *)(w + (p * taps + q) * LAM_LANES + part);
				const lam_real *from = window + (line + p) * width + q;

				UNROLL_FOR (int j = 0; j < WINOGRAD_OUT; j++)
					of_channel[j] += vec_splat(from[j]) * weight;
			}
		UNROLL_FOR (int j = 0; j < WINOGRAD_OUT; j++)
			*(vec *)(to + j * LAM_LANES) += of_channel[j];
	}
}
