/* SPDX-License-Identifier: MIT */
#include "framework/kernels/pool_window.h"
#include "framework/kernels/thresholds.h"

struct window window_of(const struct lam_pool_geometry *g, int axis, int64_t output)
{
	const int64_t dilation = g->dilation[axis];
	struct window w = {output * g->stride[axis] - g->pad[axis], 0, g->kernel[axis]};
	while (w.first < w.end && w.start + w.first * dilation < 0)
		w.first++;
	while (w.first < w.end && w.start + (w.end - 1) * dilation >= g->in[axis])
		w.end--;
	return w;
}

struct span windows_at(const struct lam_pool_geometry *g, int axis, int64_t at)
{
	const int64_t stride = g->stride[axis], place = at + g->pad[axis],
		      before = place - (g->kernel[axis] - 1) * g->dilation[axis],
		      last = place / stride + 1;
	return (struct span){before > 0 ? (before + stride - 1) / stride : 0,
		last < g->out[axis] ? last : g->out[axis]};
}

struct span whole_windows(const struct lam_pool_geometry *g, int axis)
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

bool windows_are_tiles(const struct lam_pool_geometry *g)
{
	for (int axis = 0; axis < 2; axis++)
		if (g->stride[axis] != g->kernel[axis] || g->pad[axis] != 0
			|| (g->kernel[axis] > 1 && g->dilation[axis] != 1)
			|| g->out[axis] * g->kernel[axis] > g->in[axis])
			return false;
	return true;
}

bool windows_are_many(const struct lam_pool_geometry *g)
{
	int64_t windows = 1;
	for (int axis = 0; axis < 2; axis++) {
		const int64_t reach = CELL_WINDOWS(g->kernel[axis], g->stride[axis]);
		windows *= reach < g->out[axis] ? reach : g->out[axis];
	}
	return windows > SUM_TERMS;
}

bool is_square(const struct lam_pool_geometry *g, int64_t kernel, int64_t stride)
{
	for (int axis = 0; axis < 2; axis++)
		if (g->kernel[axis] != kernel || g->stride[axis] != stride
			|| g->dilation[axis] != 1)
			return false;
	return true;
}

struct cell cell_of(const struct lam_pool_geometry *g, int axis, int64_t i)
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

int64_t cells_of(const struct lam_pool_geometry *g, int axis)
{
	return (g->in[axis] + g->pad[axis] + g->stride[axis] - 1) / g->stride[axis];
}

struct span whole_cells(const struct lam_pool_geometry *g, int axis)
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
