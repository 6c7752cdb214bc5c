/* SPDX-License-Identifier: MIT */
/* What the pooling sources share: the part of a window that lies inside the input, and the members
 * of pool.c's table that other files define. */
#ifndef LAM_POOL_PARTS_H
#define LAM_POOL_PARTS_H

#include "framework/kernels/pool.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/vector_math.h"

#pragma GCC visibility push(hidden)

void LAM_KERNEL(pool_max_forward)(
	lam_real *y, void *index, const lam_real *x, const struct lam_pool_geometry *);
void LAM_KERNEL(pool_max_backward)(
	lam_real *dx, const lam_real *dy, const void *index, const struct lam_pool_geometry *);
void LAM_KERNEL(pool_average_forward)(
	lam_real *y, const lam_real *x, const struct lam_pool_geometry *);
void LAM_KERNEL(pool_average_backward)(
	lam_real *dx, const lam_real *dy, const struct lam_pool_geometry *);

#pragma GCC visibility pop

/* The window of an output along one axis. Its tap 0 is at place `start`, and the taps [first, end)
 * lie inside the input. */
struct window {
	int64_t start, first, end;
};

static inline struct window window_of(const struct lam_pool_geometry *g, int axis, int64_t output)
{
	const int64_t dilation = g->dilation[axis];
	struct window w = {output * g->stride[axis] - g->pad[axis], 0, g->kernel[axis]};
	while (w.first < w.end && w.start + w.first * dilation < 0)
		w.first++;
	while (w.first < w.end && w.start + (w.end - 1) * dilation >= g->in[axis])
		w.end--;
	return w;
}


/* If windows overlap, backward goes cell by cell. Cell i of an axis is the `stride` inputs from i
 * stride - pad on. The windows that reach into it are i - CELL_WINDOWS(kernel, stride) + 1 to i.
 * Tap p of window i is at the same place as tap p + u stride of window i - u. So each input is
 * written once: the gradients of its windows are summed in registers, in the order of the
 * outputs. */
#define CELL_WINDOWS(kernel, stride) (((kernel) + (stride)-1) / (stride))

/* A range of outputs or of cells along one axis. */
struct span {
	int64_t first, end;
};

/* The outputs whose windows may hold the input at place `at`. */
static inline struct span windows_at(const struct lam_pool_geometry *g, int axis, int64_t at)
{
	const int64_t stride = g->stride[axis], place = at + g->pad[axis],
		      before = place - (g->kernel[axis] - 1) * g->dilation[axis],
		      last = place / stride + 1;
	return (struct span){before > 0 ? (before + stride - 1) / stride : 0,
		last < g->out[axis] ? last : g->out[axis]};
}

/* Whether a sum over the windows of an input may have more than SUM_TERMS terms. */
static inline bool windows_are_many(const struct lam_pool_geometry *g)
{
	int64_t windows = 1;
	for (int axis = 0; axis < 2; axis++) {
		const int64_t reach = CELL_WINDOWS(g->kernel[axis], g->stride[axis]);
		windows *= reach < g->out[axis] ? reach : g->out[axis];
	}
	return windows > SUM_TERMS;
}

/* A sum over any number of terms: `sum` has at most SUM_TERMS of them, `total` the others. */
struct long_sum {
	vec sum[PARTS];
	double total[LAM_LANES];
	int terms;
};

static inline __attribute__((always_inline)) void long_sum_end(struct long_sum *s)
{
	for (int l = 0; l < LAM_LANES; l++)
		s->total[l] += (double)s->sum[l / VEC][l % VEC];
	for (int part = 0; part < PARTS; part++)
		s->sum[part] = (vec){0};
	s->terms = 0;
}

/* Call it after a term was added to each sum[part]. */
static inline __attribute__((always_inline)) void long_sum_next(struct long_sum *s)
{
	if (++s->terms == SUM_TERMS)
		long_sum_end(s);
}

static inline bool spans(struct span s, int64_t i)
{
	return i >= s.first && i < s.end;
}

/* The outputs whose windows lie wholly inside the input. */
static inline struct span whole_windows(const struct lam_pool_geometry *g, int axis)
{
	const int64_t stride = g->stride[axis], out = g->out[axis];
	const int64_t room = g->in[axis] - 1 - (g->kernel[axis] - 1) * g->dilation[axis]
		+ g->pad[axis];
	struct span whole = {
		(g->pad[axis] + stride - 1) / stride, room < 0 ? 0 : room / stride + 1};
	whole.first = whole.first < out ? whole.first : out;
	whole.end = whole.end < out ? whole.end : out;
	whole.end = whole.end > whole.first ? whole.end : whole.first;
	return whole;
}

/* Where the taps of a window lie: `row` and `column` are the steps, in values, from one tap to the
 * next down and along. `width` is the number of taps in a row. */
struct taps {
	int64_t row, column, width;
};

/* The most windows that reach into a cell along one axis, for kernels that go cell by cell. */
enum { REACH = 3 };

static inline int64_t cells_of(const struct lam_pool_geometry *g, int axis)
{
	return (g->in[axis] + g->pad[axis] + g->stride[axis] - 1) / g->stride[axis];
}

/* The cells that lie inside the input and that only whole windows reach. */
static inline struct span whole_cells(const struct lam_pool_geometry *g, int axis)
{
	struct span cells = whole_windows(g, axis);
	const int64_t inside = (g->in[axis] + g->pad[axis]) / g->stride[axis];
	cells.first += CELL_WINDOWS(g->kernel[axis], g->stride[axis]) - 1;
	cells.end = cells.end < inside ? cells.end : inside;
	cells.end = cells.end > cells.first ? cells.end : cells.first;
	if (cells.first > cells_of(g, axis))
		cells.first = cells.end = cells_of(g, axis);
	return cells;
}

/* The part of cell i that exists: its inputs in `at`, of 0 ... stride - 1, and the windows i - u
 * for u in `by`. */
struct cell {
	struct span at, by;
	int64_t start; /* the place of input 0 */
};

static inline struct cell cell_of(const struct lam_pool_geometry *g, int axis, int64_t i)
{
	const int64_t stride = g->stride[axis], windows = CELL_WINDOWS(g->kernel[axis], stride);
	struct cell cell = {{0, stride}, {0, windows}, i * stride - g->pad[axis]};
	if (cell.start < 0)
		cell.at.first = -cell.start;
	if (cell.start + stride > g->in[axis])
		cell.at.end = g->in[axis] - cell.start;
	if (i >= g->out[axis])
		cell.by.first = i - g->out[axis] + 1;
	if (i + 1 < windows)
		cell.by.end = i + 1;
	return cell;
}

/* Whether the windows lie side by side like tiles and wholly inside the input: no clipping, no
 * overlap, each input is read once. Rows and columns beyond the last tile belong to no window. */
static inline bool windows_are_tiles(const struct lam_pool_geometry *g)
{
	for (int axis = 0; axis < 2; axis++)
		if (g->stride[axis] != g->kernel[axis] || g->pad[axis] != 0
			|| (g->kernel[axis] > 1 && g->dilation[axis] != 1)
			|| g->out[axis] * g->kernel[axis] > g->in[axis])
			return false;
	return true;
}

/* Whether both axes have this kernel and this stride, and taps side by side. */
static inline bool is_square(const struct lam_pool_geometry *g, int64_t kernel, int64_t stride)
{
	for (int axis = 0; axis < 2; axis++)
		if (g->kernel[axis] != kernel || g->stride[axis] != stride
			|| g->dilation[axis] != 1)
			return false;
	return true;
}

/* Prefetches the tile three rows of tiles ahead into the second cache. The loop alternates between
 * the rows of a tile, which the processor's own prefetching does not follow. */
static inline __attribute__((always_inline)) void fetch_ahead(
	const lam_real *corner, int64_t row, int64_t height, int64_t width)
{
#pragma GCC unroll 3
	for (int64_t p = 3 * height; p < 4 * height; p++)
#pragma GCC unroll 3
		for (int64_t q = 0; q < width; q++)
#pragma GCC unroll 2
			for (int64_t line = 0; line < LAM_LANES;
				line += LAM_ALIGN / (int)sizeof(lam_real))
				__builtin_prefetch(corner + p * row + q * LAM_LANES + line, 0, 2);
}

/* Writes zero to the positions `from` to `to` - 1 of one row. */
static inline void clear_positions(lam_real *row, int64_t from, int64_t to)
{
	const vec zero = {0};
	for (int64_t i = from * LAM_LANES; i < to * LAM_LANES; i += VEC)
		vec_store(row + i, zero);
}

#endif
