/* SPDX-License-Identifier: MIT */
/* Average pooling, with d(i, j) the divisor of window (i, j):
 *
 *     y[c][i][j]  = sum of x over the window's taps inside the input / d(i, j)
 *     dx[c][h][w] = sum of dy[c][i][j] / d(i, j) over the windows that hold (h, w)
 *
 * d counts the taps inside the padded input, or with exclude_pad inside the input, as PyTorch. */
#include "framework/kernels/pool_parts.h"

/* counted() of output i, for which only the window's ends are needed. */
ALWAYS_INLINE int64_t counted_at(const struct lam_pool_geometry *g, int axis, int64_t i)
{
	const int64_t start = i * g->stride[axis] - g->pad[axis], last = start + g->kernel[axis],
		      end = g->exclude_pad ? g->in[axis] : g->in[axis] + g->pad[axis];
	return (last < end ? last : end) - (g->exclude_pad && start < 0 ? 0 : start);
}

/* Whether all windows have the same divisor, because none reaches beyond the far padding. */
static bool shares_are_equal(const struct lam_pool_geometry *g)
{
	for (int axis = 0; axis < 2; axis++)
		if ((g->exclude_pad && g->pad[axis])
			|| (g->out[axis] - 1) * g->stride[axis] + g->kernel[axis]
				> g->in[axis] + 2 * g->pad[axis])
			return false;
	return !g->exclude_pad
		|| (whole_windows(g, 0).end == g->out[0] && whole_windows(g, 1).end == g->out[1]);
}

/* 1 / divisor. For whole windows, which are most, it is a constant. */
ALWAYS_INLINE lam_real share_of(int64_t divisor, int64_t whole)
{
	return divisor > 0 && divisor != whole ? 1 / (lam_real)divisor : 1 / (lam_real)whole;
}

ALWAYS_INLINE lam_real share(const struct lam_pool_geometry *g, struct window vertical,
	struct window horizontal, int64_t whole)
{
	return share_of(counted(g, 0, vertical) * counted(g, 1, horizontal), whole);
}

/* The mean of a whole window. x points at its tap (0, 0). */
ALWAYS_INLINE void average_of(
	lam_real *y, const lam_real *x, int64_t row, int64_t height, int64_t width)
{
	const lam_real factor = 1 / (lam_real)(height * width);
#pragma GCC unroll 1
	for (int l = 0; l < LAM_LANES; l += VEC) {
		vec sum = {0};
#pragma GCC unroll 3
		for (int64_t p = 0; p < height; p++)
#pragma GCC unroll 3
			for (int64_t q = 0; q < width; q++)
				sum += vec_load(x + p * row + q * LAM_LANES + l);
		vec_store(y + l, sum * factor);
	}
}

/* The common case: whole windows of 2 x 2 or 1 x 2 side by side. The kernel is a constant. */
ALWAYS_INLINE void forward_tiles(lam_real *y, const lam_real *x, const struct lam_pool_geometry *g,
	int64_t height, int64_t width)
{
	const int64_t row = g->in[1] * LAM_LANES;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++)
			for (int64_t j = 0; j < g->out[1]; j++, y += LAM_LANES) {
				const lam_real *corner = x + i * height * row
					+ j * width * LAM_LANES;
				fetch_ahead(corner, row, height, width);
				average_of(y, corner, row, height, width);
			}
}

/* The mean of a window of many taps. */
static void average_long(lam_real *y, const lam_real *x, int64_t row, struct window vertical,
	struct window horizontal, lam_real factor)
{
	struct long_sum s = {.terms = 0};
	for (int64_t p = vertical.first; p < vertical.end; p++)
		for (int64_t q = horizontal.first; q < horizontal.end; q++) {
			for (int part = 0; part < PARTS; part++)
				s.sum[part] += vec_load(x + p * row + q * LAM_LANES + part * VEC);
			long_sum_next(&s);
		}
	long_sum_end(&s);
	for (int l = 0; l < LAM_LANES; l++)
		y[l] = (lam_real)(s.total[l] * (double)factor);
}

/* The mean of a window that may be clipped. It is one function for all kernels, and its loops are
 * not unrolled, because many copies of it would make the library much larger. */
static __attribute__((noinline)) void average_anywhere(lam_real *y, const lam_real *x, int64_t row,
	struct window vertical, struct window horizontal, lam_real factor)
{
	const int64_t taps = (vertical.end - vertical.first) * (horizontal.end - horizontal.first);
	if (taps > SUM_TERMS) {
		average_long(y, x, row, vertical, horizontal, factor);
		return;
	}
#pragma GCC unroll 1
	for (int l = 0; l < LAM_LANES; l += VEC) {
		vec sum = {0};
		for (int64_t p = vertical.first; p < vertical.end; p++)
			for (int64_t q = horizontal.first; q < horizontal.end; q++)
				sum += vec_load(x + p * row + q * LAM_LANES + l);
		vec_store(y + l, sum * factor);
	}
}

#ifndef LAM_SMALL
ALWAYS_INLINE void forward_inside(lam_real *y, const lam_real *x, const struct lam_pool_geometry *g,
	int64_t height, int64_t width)
{
	const struct span rows = whole_windows(g, 0), columns = whole_windows(g, 1);
	const int64_t row = g->in[1] * LAM_LANES, step = g->stride[1] * LAM_LANES;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = window_of(g, 0, i);
			const bool inside = spans(rows, i);
			const lam_real *corner = x + vertical.start * row - g->pad[1] * LAM_LANES;
			int64_t j = 0;
			while (j < g->out[1])
				if (inside && spans(columns, j))
					for (; j < columns.end; j++, y += LAM_LANES, corner += step)
						average_of(y, corner, row, height, width);
				else {
					const struct window horizontal = window_of(g, 1, j);
					average_anywhere(y, corner, row, vertical, horizontal,
						share(g, vertical, horizontal, height * width));
					j++, y += LAM_LANES, corner += step;
				}
		}
}

#endif

/* The window of an output along one axis, adaptive or not. */
static struct window any_window(const struct lam_pool_geometry *g, int axis, int64_t i)
{
	const int64_t in = g->in[axis], out = g->out[axis], start = i * in / out;
	if (!g->adaptive)
		return window_of(g, axis, i);
	return (struct window){start, 0, ((i + 1) * in + out - 1) / out - start};
}

static void forward_any(lam_real *y, const lam_real *x, const struct lam_pool_geometry *g)
{
	const int64_t row = g->in[1] * LAM_LANES;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = any_window(g, 0, i);
			for (int64_t j = 0; j < g->out[1]; j++, y += LAM_LANES) {
				const struct window horizontal = any_window(g, 1, j);
				average_anywhere(y,
					x + vertical.start * row + horizontal.start * LAM_LANES,
					row, vertical, horizontal,
					share(g, vertical, horizontal,
						g->kernel[0] * g->kernel[1]));
			}
		}
}

void LAM_KERNEL(pool_average_forward)(
	lam_real *y, const lam_real *x, const struct lam_pool_geometry *g)
{
	const bool tiles = windows_are_tiles(g);
	if (g->adaptive)
		forward_any(y, x, g);
	else if (tiles && g->kernel[0] == 2 && g->kernel[1] == 2)
		forward_tiles(y, x, g, 2, 2);
	else if (tiles && g->kernel[0] == 1 && g->kernel[1] == 2)
		forward_tiles(y, x, g, 1, 2);
#ifndef LAM_SMALL
	else if (g->kernel[0] == 3 && g->kernel[1] == 3)
		forward_inside(y, x, g, 3, 3);
	else if (g->kernel[0] == 2 && g->kernel[1] == 2)
		forward_inside(y, x, g, 2, 2);
#endif
	else
		forward_any(y, x, g);
}

/* For windows that lie side by side. Each input belongs to one window, or lies beyond the last one,
 * and is written once. */
ALWAYS_INLINE void backward_tiles(lam_real *dx, const lam_real *dy,
	const struct lam_pool_geometry *g, int64_t height, int64_t width)
{
	const int64_t row = g->in[1] * LAM_LANES;
	const lam_real factor = 1 / (lam_real)(height * width);
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		for (int64_t i = 0; i < g->out[0]; i++) {
			lam_real *corner = dx + i * height * row;
			for (int64_t j = 0; j < g->out[1];
				j++, dy += LAM_LANES, corner += width * LAM_LANES) {
				fetch_ahead(corner, row, height, width);
#pragma GCC unroll 1
				for (int l = 0; l < LAM_LANES; l += VEC) {
					const vec d = vec_load(dy + l) * factor;
#pragma GCC unroll 2
					for (int64_t p = 0; p < height; p++)
#pragma GCC unroll 2
						for (int64_t q = 0; q < width; q++)
							vec_store(corner + p * row + q * LAM_LANES
									+ l,
								d);
				}
			}
			for (int64_t p = 0; p < height; p++)
				clear_positions(
					dx + (i * height + p) * row, g->out[1] * width, g->in[1]);
		}
		clear_positions(dx, g->out[0] * height * g->in[1], g->in[0] * g->in[1]);
	}
}

/* Sums one cell that lies inside the input and that only whole windows reach. dx points at its
 * first input, dy at the output with the cell's number. All windows have the same share. */
ALWAYS_INLINE void sum_cell(lam_real *dx, int64_t row, const lam_real *dy, int64_t out_row,
	int64_t kernel, int64_t stride, lam_real factor[REACH][REACH])
{
	const int64_t windows = CELL_WINDOWS(kernel, stride);
#pragma GCC unroll 1
	for (int l = 0; l < LAM_LANES; l += VEC) {
		vec d[REACH][REACH];
#pragma GCC unroll 3
		for (int64_t u = 0; u < windows; u++)
#pragma GCC unroll 3
			for (int64_t v = 0; v < windows; v++)
				d[u][v] = vec_load(dy - u * out_row - v * LAM_LANES + l)
					* factor[u][v];
#pragma GCC unroll 2
		for (int64_t a = 0; a < stride; a++)
#pragma GCC unroll 2
			for (int64_t b = 0; b < stride; b++) {
				vec sum = {0};
#pragma GCC unroll 3
				for (int64_t u = windows - 1; u >= 0; u--)
#pragma GCC unroll 3
					for (int64_t v = windows - 1; v >= 0; v--)
						if (a + u * stride < kernel
							&& b + v * stride < kernel)
							sum += d[u][v];
				vec_store(dx + a * row + b * LAM_LANES + l, sum);
			}
	}
}

/* Sums the part of a border cell that lies inside the input. factor[u][v] is the share of window (i
 * - u, j - v). */
static __attribute__((noinline)) void sum_edge_cell(lam_real *dx, int64_t row, const lam_real *dy,
	int64_t out_row, struct cell vertical, struct cell horizontal, int64_t kernel,
	int64_t stride, lam_real factor[REACH][REACH])
{
	for (int64_t a = vertical.at.first; a < vertical.at.end; a++)
		for (int64_t b = horizontal.at.first; b < horizontal.at.end; b++)
#pragma GCC unroll 1
			for (int l = 0; l < LAM_LANES; l += VEC) {
				vec sum = {0};
				for (int64_t u = vertical.by.end - 1; u >= vertical.by.first; u--)
					for (int64_t v = horizontal.by.end - 1;
						v >= horizontal.by.first; v--)
						if (a + u * stride < kernel
							&& b + v * stride < kernel)
							sum += vec_load(dy - u * out_row
								       - v * LAM_LANES + l)
								* factor[u][v];
				vec_store(dx + a * row + b * LAM_LANES + l, sum);
			}
}

/* The shares of the windows that reach into a cell. */
static void cell_factors(lam_real factor[REACH][REACH], const struct lam_pool_geometry *g,
	int64_t i, int64_t j, struct cell vertical, struct cell horizontal, int64_t kernel)
{
	int64_t height[REACH], width[REACH];
	for (int64_t k = 0; k < REACH; k++) {
		height[k] = spans(vertical.by, k) ? counted(g, 0, window_of(g, 0, i - k)) : 0;
		width[k] = spans(horizontal.by, k) ? counted(g, 1, window_of(g, 1, j - k)) : 0;
	}
	for (int64_t u = 0; u < REACH; u++)
		for (int64_t v = 0; v < REACH; v++)
			factor[u][v] = share_of(height[u] * width[v], kernel * kernel);
}

ALWAYS_INLINE void backward_cells(lam_real *dx, const lam_real *dy,
	const struct lam_pool_geometry *g, int64_t kernel, int64_t stride)
{
	const struct span rows = whole_cells(g, 0), columns = whole_cells(g, 1);
	const int64_t row = g->in[1] * LAM_LANES, out_row = g->out[1] * LAM_LANES;
	const int64_t height = cells_of(g, 0), width = cells_of(g, 1);
	const bool equal = shares_are_equal(g);
	lam_real full[REACH][REACH], factor[REACH][REACH];
	cell_factors(full, g, 0, 0, (struct cell){.start = 0}, (struct cell){.start = 0}, kernel);
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row, dy += g->out[0] * out_row)
		for (int64_t i = 0; i < height; i++) {
			const struct cell vertical = cell_of(g, 0, i);
			const bool inside = spans(rows, i);
			lam_real *corner = dx + vertical.start * row - g->pad[1] * LAM_LANES;
			const lam_real *from = dy + i * out_row;
			int64_t j = 0;
			while (j < width)
				if (inside && spans(columns, j))
					for (; j < columns.end; j++, from += LAM_LANES,
						corner += stride * LAM_LANES)
						sum_cell(corner, row, from, out_row, kernel, stride,
							full);
				else {
					const struct cell horizontal = cell_of(g, 1, j);
					if (!equal)
						cell_factors(factor, g, i, j, vertical, horizontal,
							kernel);
					sum_edge_cell(corner, row, from, out_row, vertical,
						horizontal, kernel, stride, equal ? full : factor);
					j++, from += LAM_LANES, corner += stride * LAM_LANES;
				}
		}
}

static void backward_any(lam_real *dx, const lam_real *dy, const struct lam_pool_geometry *g)
{
	const int64_t row = g->in[1] * LAM_LANES;
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		clear_positions(dx, 0, g->in[0] * g->in[1]);
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = any_window(g, 0, i);
			for (int64_t j = 0; j < g->out[1]; j++, dy += LAM_LANES) {
				const struct window horizontal = any_window(g, 1, j);
				const lam_real factor = share(
					g, vertical, horizontal, g->kernel[0] * g->kernel[1]);
				for (int64_t p = vertical.first; p < vertical.end; p++)
					for (int64_t q = horizontal.first; q < horizontal.end; q++)
						for (int l = 0; l < LAM_LANES; l += VEC) {
							lam_real *tap = dx
								+ (vertical.start + p) * row
								+ (horizontal.start + q) * LAM_LANES
								+ l;
							vec_store(tap,
								vec_load(tap)
									+ vec_load(dy + l)
										* factor);
						}
			}
		}
	}
}

/* For windows of which many hold an input: input by input, window by window. */
COLD static void backward_many(lam_real *dx, const lam_real *dy, const struct lam_pool_geometry *g)
{
	const int64_t whole = g->kernel[0] * g->kernel[1], plane = g->out[0] * g->out[1];
	for (int64_t c = 0; c < g->channels; c++, dy += plane * LAM_LANES)
		for (int64_t at = 0; at < g->in[0] * g->in[1]; at++, dx += LAM_LANES) {
			const struct span rows = windows_at(g, 0, at / g->in[1]),
					  columns = windows_at(g, 1, at % g->in[1]);
			struct long_sum s = {.terms = 0};
			for (int64_t i = rows.first; i < rows.end; i++) {
				const int64_t height = counted_at(g, 0, i);
				const lam_real *from = dy + i * g->out[1] * LAM_LANES;
				for (int64_t j = columns.first; j < columns.end; j++) {
					const lam_real factor = share_of(
						height * counted_at(g, 1, j), whole);
					for (int part = 0; part < PARTS; part++)
						s.sum[part] += vec_load(from + j * LAM_LANES
								       + part * VEC)
							* factor;
					long_sum_next(&s);
				}
			}
			long_sum_end(&s);
			for (int l = 0; l < LAM_LANES; l++)
				dx[l] = (lam_real)s.total[l];
		}
}

void LAM_KERNEL(pool_average_backward)(
	lam_real *dx, const lam_real *dy, const struct lam_pool_geometry *g)
{
	const bool tiles = windows_are_tiles(g);
	if (g->adaptive)
		backward_any(dx, dy, g);
	else if (tiles && g->kernel[0] == 2 && g->kernel[1] == 2)
		backward_tiles(dx, dy, g, 2, 2);
	else if (tiles)
		backward_tiles(dx, dy, g, g->kernel[0], g->kernel[1]);
	else if (is_square(g, 3, 2))
		backward_cells(dx, dy, g, 3, 2);
	else if (is_square(g, 3, 1))
		backward_cells(dx, dy, g, 3, 1);
	else if (windows_are_many(g))
		backward_many(dx, dy, g);
	else
		backward_any(dx, dy, g);
}
