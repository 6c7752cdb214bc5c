/* SPDX-License-Identifier: MIT */
/* Where the windows of pooling lie. Functions, so that each kind of loop does not have a copy. */
#ifndef LAM_POOL_WINDOW_H
#define LAM_POOL_WINDOW_H

#include "framework/kernels/pool.h"
#include "framework/kernels/vector.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* A range of outputs or of cells along one axis. */
struct span {
	int64_t first, end;
};

static inline bool spans(struct span s, int64_t i)
{
	return i >= s.first && i < s.end;
}

/* The window of an output along one axis. Its tap 0 is at place `start`, and the taps [first, end)
 * lie inside the input. */
struct window {
	int64_t start, first, end;
};

#define window_of LAM_KERNEL(pool_window_of)
struct window window_of(const struct lam_pool_geometry *, int axis, int64_t output);

/* The taps of a window along one axis that count in the divisor of an average. */
ALWAYS_INLINE int64_t counted(const struct lam_pool_geometry *g, int axis, struct window w)
{
	if (g->exclude_pad)
		return w.end - w.first;
	const int64_t end = g->in[axis] + g->pad[axis], last = w.start + g->kernel[axis];
	return (last < end ? last : end) - w.start;
}

/* The outputs whose windows may hold the input at place `at`. */
#define windows_at LAM_KERNEL(pool_windows_at)
struct span windows_at(const struct lam_pool_geometry *, int axis, int64_t at);

/* The outputs whose windows lie wholly inside the input. */
#define whole_windows LAM_KERNEL(pool_whole_windows)
struct span whole_windows(const struct lam_pool_geometry *, int axis);

/* Whether the windows lie side by side like tiles and wholly inside the input: no clipping, no
 * overlap, each input is read once. Rows and columns beyond the last tile belong to no window. */
#define windows_are_tiles LAM_KERNEL(pool_windows_are_tiles)
bool windows_are_tiles(const struct lam_pool_geometry *);

/* Whether a sum over the windows of an input may have more than SUM_TERMS terms. */
#define windows_are_many LAM_KERNEL(pool_windows_are_many)
bool windows_are_many(const struct lam_pool_geometry *);

/* Whether both axes have this kernel and this stride, and taps side by side. */
#define is_square LAM_KERNEL(pool_is_square)
bool is_square(const struct lam_pool_geometry *, int64_t kernel, int64_t stride);

/* If windows overlap, backward goes cell by cell. Cell i of an axis is the `stride` inputs from i
 * stride - pad on. The windows that reach into it are i - CELL_WINDOWS(kernel, stride) + 1 to i.
 * Tap p of window i is at the same place as tap p + u stride of window i - u. So each input is
 * written once: the gradients of its windows are summed in registers, in the order of the
 * outputs. */
#define CELL_WINDOWS(kernel, stride) (((kernel) + (stride)-1) / (stride))

/* The part of cell i that exists: its inputs in `at`, of 0 ... stride - 1, and the windows i - u
 * for u in `by`. */
struct cell {
	struct span at, by;
	int64_t start; /* the place of input 0 */
};

#define cell_of LAM_KERNEL(pool_cell_of)
struct cell cell_of(const struct lam_pool_geometry *, int axis, int64_t i);

/* The number of cells along an axis. */
#define cells_of LAM_KERNEL(pool_cells_of)
int64_t cells_of(const struct lam_pool_geometry *, int axis);

/* The cells that lie inside the input and that only whole windows reach. */
#define whole_cells LAM_KERNEL(pool_whole_cells)
struct span whole_cells(const struct lam_pool_geometry *, int axis);

#pragma GCC visibility pop
#endif
