/* SPDX-License-Identifier: MIT */
/* Transforms the windows that Winograd's kernels read. Each is read once for all outputs. */
#include "framework/kernels/winograd_transform.h"

/* Where all is made small, clang does not unroll some of these loops, and warns. */
#if defined __clang__ && defined LAM_SMALL
#undef UNROLL_FOR
#define UNROLL_FOR for
#endif

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
