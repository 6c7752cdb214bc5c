/* SPDX-License-Identifier: MIT */
/* Max pooling, backward:
 *
 *     dx[c][h][w] = sum of dy[c][i][j] over the windows (i, j) whose winner is (h, w)
 *
 * Each lane has a winner of its own, so every tap is compared with the index.
 *
 * Loops called `tiles` are for common kernels whose windows lie side by side, `cells` for common
 * kernels whose windows overlap (pool_parts.h), `any` for all others: it adds window by window. The
 * sides of common kernels are constants, so that loops over taps unroll. */
#include "framework/kernels/pool_index.h"
#include "framework/kernels/pool_parts.h"

/* For windows that lie side by side. A window writes all of its inputs, and no other window writes
 * them. */
ALWAYS_INLINE void backward_tiles(lam_real *dx, const lam_real *dy, const void *index,
	const struct lam_pool_geometry *g, int64_t kernel_height, int64_t kernel_width)
{
	const int64_t row = g->in[1] * LAM_LANES, out_width = g->out[1];
	const vec zero = {0};
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		for (int64_t i = 0; i < g->out[0]; i++) {
			lam_real *corner = dx + i * kernel_height * row;
			for (int64_t j = 0; j < out_width;
				j++, at += LAM_LANES, corner += kernel_width * LAM_LANES) {
				fetch_ahead(corner, row, kernel_height, kernel_width);
#pragma GCC unroll 1
				for (int l = 0; l < LAM_LANES; l += VEC) {
					const vec d = vec_load(dy + at + l);
					const vec_mask winner = index_load(index, at + l, 1);
#pragma GCC unroll 3
					for (int64_t p = 0; p < kernel_height; p++)
#pragma GCC unroll 3
						for (int64_t q = 0; q < kernel_width; q++) {
							const vec_mask won = winner
								== (int32_t)(p * kernel_width + q);
							vec_store(corner + p * row + q * LAM_LANES
									+ l,
								vec_select(won, d, zero));
						}
				}
			}
			for (int64_t p = 0; p < kernel_height; p++)
				clear_positions(dx + (i * kernel_height + p) * row,
					out_width * kernel_width, g->in[1]);
		}
		clear_positions(dx, g->out[0] * kernel_height * g->in[1], g->in[0] * g->in[1]);
	}
}

#ifndef LAM_SMALL
/* Sums one cell that lies inside the input and that only whole windows reach. dx points at its
 * first input; dy and `at` are the output with the cell's number. */
ALWAYS_INLINE void sum_cell(lam_real *dx, int64_t row, const lam_real *dy, const uint8_t *index,
	int64_t at, int64_t out_row, int64_t kernel, int64_t stride)
{
	const int64_t windows = CELL_WINDOWS(kernel, stride);
	const vec zero = {0};
#pragma GCC unroll 1
	for (int l = 0; l < LAM_LANES; l += VEC) {
		vec d[REACH][REACH];
		vec_mask winner[REACH][REACH];
#pragma GCC unroll 3
		for (int64_t u = 0; u < windows; u++)
#pragma GCC unroll 3
			for (int64_t v = 0; v < windows; v++) {
				const int64_t from = at - u * out_row - v * LAM_LANES + l;
				d[u][v] = vec_load(dy + from);
				winner[u][v] = index_load(index, from, 1);
			}
#pragma GCC unroll 2
		for (int64_t a = 0; a < stride; a++)
#pragma GCC unroll 2
			for (int64_t b = 0; b < stride; b++) {
				vec sum = zero;
#pragma GCC unroll 3
				for (int64_t u = windows - 1; u >= 0; u--)
#pragma GCC unroll 3
					for (int64_t v = windows - 1; v >= 0; v--) {
						const int64_t p = a + u * stride,
							      q = b + v * stride;
						if (p < kernel && q < kernel)
							sum += vec_select(winner[u][v]
									== (int32_t)(p * kernel
										+ q),
								d[u][v], zero);
					}
				vec_store(dx + a * row + b * LAM_LANES + l, sum);
			}
	}
}

/* Sums the part of a border cell that lies inside the input. dy and index point at the output of
 * window (0, 0). It is one function for all kernels, and its loops are not unrolled: such cells are
 * few, and many copies of it would make the library much larger. */
static __attribute__((noinline)) void sum_edge_cell(lam_real *dx, int64_t row, const lam_real *dy,
	const uint8_t *index, int64_t out_row, struct cell vertical, struct cell horizontal,
	int64_t kernel, int64_t stride)
{
	const vec zero = {0};
	for (int64_t a = vertical.at.first; a < vertical.at.end; a++)
		for (int64_t b = horizontal.at.first; b < horizontal.at.end; b++)
#pragma GCC unroll 1
			for (int l = 0; l < LAM_LANES; l += VEC) {
				vec sum = zero;
				for (int64_t u = vertical.by.end - 1; u >= vertical.by.first; u--)
					for (int64_t v = horizontal.by.end - 1;
						v >= horizontal.by.first; v--) {
						const int64_t p = a + u * stride,
							      q = b + v * stride,
							      from = -u * out_row - v * LAM_LANES
							+ l;
						if (p < kernel && q < kernel)
							sum += vec_select(index_load(index, from, 1)
									== (int32_t)(p * kernel
										+ q),
								vec_load(dy + from), zero);
					}
				vec_store(dx + a * row + b * LAM_LANES + l, sum);
			}
}

/* For square kernels and strides, dilation 1 and indices of one byte. */
ALWAYS_INLINE void backward_cells(lam_real *dx, const lam_real *dy, const void *index,
	const struct lam_pool_geometry *g, int64_t kernel, int64_t stride)
{
	const struct span rows = whole_cells(g, 0), columns = whole_cells(g, 1);
	const int64_t row = g->in[1] * LAM_LANES, out_row = g->out[1] * LAM_LANES;
	const int64_t height = cells_of(g, 0), width = cells_of(g, 1);
	int64_t plane = 0;
	for (int64_t c = 0; c < g->channels;
		c++, dx += g->in[0] * row, plane += g->out[0] * out_row)
		for (int64_t i = 0; i < height; i++) {
			const struct cell vertical = cell_of(g, 0, i);
			const bool inside = spans(rows, i);
			lam_real *corner = dx + vertical.start * row - g->pad[1] * LAM_LANES;
			int64_t at = plane + i * out_row;
			int64_t j = 0;
			while (j < width)
				if (inside && spans(columns, j))
					for (; j < columns.end;
						j++, at += LAM_LANES, corner += stride * LAM_LANES)
						sum_cell(corner, row, dy, index, at, out_row,
							kernel, stride);
				else {
					sum_edge_cell(corner, row, dy + at, index + at, out_row,
						vertical, cell_of(g, 1, j), kernel, stride);
					j++, at += LAM_LANES, corner += stride * LAM_LANES;
				}
		}
}

#endif

/* Adds the gradient of one output to the input that was its maximum. */
static void reward(lam_real *corner, const lam_real *dy, const void *index, int64_t at, int bytes,
	struct taps taps, struct window vertical, struct window horizontal)
{
	const vec zero = {0};
#pragma GCC unroll 1
	for (int l = 0; l < LAM_LANES; l += VEC) {
		const vec d = vec_load(dy + at + l);
		const vec_mask winner = index_load(index, at + l, bytes);
		for (int64_t p = vertical.first; p < vertical.end; p++)
			for (int64_t q = horizontal.first; q < horizontal.end; q++) {
				lam_real *tap = corner + p * taps.row + q * taps.column + l;
				const vec_mask won = winner == (int32_t)(p * taps.width + q);
				vec_store(tap, vec_load(tap) + vec_select(won, d, zero));
			}
	}
}

static void backward_any(
	lam_real *dx, const lam_real *dy, const void *index, const struct lam_pool_geometry *g)
{
	const int bytes = (int)lam_pool_index_bytes(g->kernel);
	const int64_t row = g->in[1] * LAM_LANES;
	const struct taps taps = {g->dilation[0] * row, g->dilation[1] * LAM_LANES, g->kernel[1]};
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		clear_positions(dx, 0, g->in[0] * g->in[1]);
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = window_of(g, 0, i);
			for (int64_t j = 0; j < g->out[1]; j++, at += LAM_LANES) {
				const struct window horizontal = window_of(g, 1, j);
				reward(dx + vertical.start * row + horizontal.start * LAM_LANES, dy,
					index, at, bytes, taps, vertical, horizontal);
			}
		}
	}
}

/* The tap of window i that is the input at place `at`, or -1. */
static int64_t tap_at(const struct lam_pool_geometry *g, int axis, int64_t i, int64_t at)
{
	const int64_t distance = at + g->pad[axis] - i * g->stride[axis];
	return distance % g->dilation[axis] ? -1 : distance / g->dilation[axis];
}

/* For windows of which many hold an input: input by input, window by window. */
COLD static void backward_many(
	lam_real *dx, const lam_real *dy, const void *index, const struct lam_pool_geometry *g)
{
	const int bytes = (int)lam_pool_index_bytes(g->kernel);
	const int64_t plane = g->out[0] * g->out[1];
	const vec zero = {0};
	for (int64_t c = 0; c < g->channels; c++)
		for (int64_t at = 0; at < g->in[0] * g->in[1]; at++, dx += LAM_LANES) {
			const struct span rows = windows_at(g, 0, at / g->in[1]),
					  columns = windows_at(g, 1, at % g->in[1]);
			struct long_sum s = {.terms = 0};
			for (int64_t i = rows.first; i < rows.end; i++) {
				const int64_t p = tap_at(g, 0, i, at / g->in[1]);
				for (int64_t j = columns.first; p >= 0 && j < columns.end; j++) {
					const int64_t q = tap_at(g, 1, j, at % g->in[1]);
					if (q < 0)
						continue;
					const int64_t from = (c * plane + i * g->out[1] + j)
						* LAM_LANES;
					const int32_t tap = (int32_t)(p * g->kernel[1] + q);
					for (int part = 0; part < PARTS; part++)
						s.sum[part] += vec_select(
							index_load(index, from + part * VEC, bytes)
								== tap,
							vec_load(dy + from + part * VEC), zero);
					long_sum_next(&s);
				}
			}
			long_sum_end(&s);
			for (int l = 0; l < LAM_LANES; l++)
				dx[l] = (lam_real)s.total[l];
		}
}

void LAM_KERNEL(pool_max_backward)(
	lam_real *dx, const lam_real *dy, const void *index, const struct lam_pool_geometry *g)
{
	const int64_t height = g->kernel[0], width = g->kernel[1];
	const bool tiles = windows_are_tiles(g);
	if (tiles && height == 2 && width == 2)
		backward_tiles(dx, dy, index, g, 2, 2);
	else if (tiles && height == 1 && width == 2)
		backward_tiles(dx, dy, index, g, 1, 2);
	else if (tiles && height == 3 && width == 3)
		backward_tiles(dx, dy, index, g, 3, 3);
#ifndef LAM_SMALL
	else if (is_square(g, 3, 2))
		backward_cells(dx, dy, index, g, 3, 2);
	else if (is_square(g, 3, 1))
		backward_cells(dx, dy, index, g, 3, 1);
	else if (is_square(g, 2, 1))
		backward_cells(dx, dy, index, g, 2, 1);
#endif
	else if (windows_are_many(g))
		backward_many(dx, dy, index, g);
	else
		backward_any(dx, dy, index, g);
}
