/* What the pooling sources share: the part of a window that lies inside the input, and the pieces of pool.c's table. */
#ifndef LAM_POOL_PARTS_H
#define LAM_POOL_PARTS_H

#include "framework/kernels/pool.h"
#include "framework/kernels/vector_math.h"

#pragma GCC visibility push(hidden)

void LAM_KERNEL(pool_max_forward)(lam_real *y, void *index, const lam_real *x, const struct lam_pool_geometry *);
void LAM_KERNEL(pool_max_backward)(lam_real *dx, const lam_real *dy, const void *index, const struct lam_pool_geometry *);
void LAM_KERNEL(pool_average_forward)(lam_real *y, const lam_real *x, const struct lam_pool_geometry *);
void LAM_KERNEL(pool_average_backward)(lam_real *dx, const lam_real *dy, const struct lam_pool_geometry *);

#pragma GCC visibility pop

/* Along one axis, the taps first <= tap < end of an output's window lie inside the input; `start` is tap 0's place. */
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

/* Whether the windows lie side by side like tiles and wholly inside the input: no clipping, no overlap, each input is read once.
 * Rows and columns beyond the last tile belong to no window. */
static inline bool windows_are_tiles(const struct lam_pool_geometry *g)
{
	for (int axis = 0; axis < 2; axis++)
		if (g->stride[axis] != g->kernel[axis] || g->pad[axis] != 0 || (g->kernel[axis] > 1 && g->dilation[axis] != 1)
			|| g->out[axis] * g->kernel[axis] > g->in[axis])
			return false;
	return true;
}

/* Zero in the positions from..to - 1 of one row. */
static inline void clear_positions(lam_real *row, int64_t from, int64_t to)
{
	const vec zero = {0};
	for (int64_t i = from * LAM_LANES; i < to * LAM_LANES; i += VEC)
		vec_store(row + i, zero);
}

#endif
