/* SPDX-License-Identifier: MIT */
/* One dimension of a convolution, and how it is cut so that the dense loop meets no border.
 *
 * The forward of a convolution is one sweep over its axes. Its input gradient, with stride s, is s
 * sweeps along each axis, one for each residue r of the input's position. For the pixels u with
 * u = r (mod s) all meet the same taps of the kernel:
 *
 *   u = i s + p d - pad   <=>   p d = r + pad  (mod s)   <=>   p = p0, p0 + s/g, p0 + 2 s/g, …
 *
 * where g = gcd(s, d). From tap to tap the row of dy moves by -d/g. Taken in reverse order, that is
 * a dense correlation with stride 1 and dilation d/g. */
#ifndef LAM_CONV_AXIS_H
#define LAM_CONV_AXIS_H

#include "framework/kernels/sizes.h"

#include <stdbool.h>
#include <stdint.h>

/* One dimension of a sweep. Input positions are counted from the plane's first; positions outside
 * [0, size) contribute nothing. */
struct axis {
	int64_t outputs;     /* how many */
	int64_t first, step; /* output i is stored at first + i step */
	int64_t size;        /* of the input */
	/* tap t of output i reads origin + i stride + t spacing */
	int64_t taps, origin, stride, spacing;
	/* tap t has the weight's tap weight_first + t weight_step */
	int64_t weight_first, weight_step;
};

/* Outputs [begin, end) of an axis, all with the valid taps [tap_begin, tap_end), perhaps none. */
struct run {
	int64_t begin, end, tap_begin, tap_end;
};

static inline void valid_taps(const struct axis *axis, int64_t output, struct run *run)
{
	int64_t position = axis->origin + output * axis->stride;

	run->tap_begin = limit(ceil_divide(-position, axis->spacing), 0, axis->taps);
	run->tap_end = limit(
		ceil_divide(axis->size - position, axis->spacing), run->tap_begin, axis->taps);
	if (run->tap_begin == run->tap_end)
		run->tap_begin = run->tap_end = 0;
}

/* The run that begins at output `begin`; it ends at `end` at the latest. In the interior all taps
 * are valid, and the run ends where the last tap leaves the input. At the borders, where outputs
 * are few, outputs are compared one by one. */
static inline struct run find_run(const struct axis *axis, int64_t begin, int64_t end)
{
	struct run run = {.begin = begin, .end = begin + 1}, next;

	valid_taps(axis, begin, &run);
	if (run.tap_end - run.tap_begin == axis->taps && axis->taps > 0) {
		int64_t last_tap = axis->origin + (axis->taps - 1) * axis->spacing;

		run.end = limit(ceil_divide(axis->size - last_tap, axis->stride), run.end, end);
		return run;
	}
	for (; run.end < end; run.end++) {
		valid_taps(axis, run.end, &next);
		if (next.tap_begin != run.tap_begin || next.tap_end != run.tap_end)
			break;
	}
	return run;
}

/* An axis of a plane: values from one position to the next, of x and of y. */
struct plane_axis {
	const struct axis *axis;
	int64_t x_step, y_step;
};

/* Where lines of tiles lie that cover the outputs of two runs, in values. */
struct plane_lines {
	bool down;             /* along the columns */
	int64_t lines, pixels; /* of each line */
	int64_t x_line, x_pixel, y_line, y_pixel;
	int64_t x, y; /* from the plane's first value to that of the first tap and output */
};

/* They lie along the rows or down the columns, whichever takes fewer tiles of `widest` pixels. */
static inline struct plane_lines cover_runs(const struct plane_axis *rows,
	const struct plane_axis *columns, const struct run *row, const struct run *column,
	int64_t widest)
{
	const struct axis *r = rows->axis, *c = columns->axis;
	const int64_t height = row->end - row->begin, width = column->end - column->begin,
		      x_down = r->stride * rows->x_step, x_along = c->stride * columns->x_step,
		      y_down = r->step * rows->y_step, y_along = c->step * columns->y_step;
	const bool down = width * ceil_divide(height, widest) < height * ceil_divide(width, widest);

	return (struct plane_lines){
		.down = down,
		.lines = down ? width : height,
		.pixels = down ? height : width,
		.x_line = down ? x_along : x_down,
		.x_pixel = down ? x_down : x_along,
		.y_line = down ? y_along : y_down,
		.y_pixel = down ? y_down : y_along,
		.x = (r->origin + row->tap_begin * r->spacing) * rows->x_step + row->begin * x_down
			+ (c->origin + column->tap_begin * c->spacing) * columns->x_step
			+ column->begin * x_along,
		.y = r->first * rows->y_step + row->begin * y_down + c->first * columns->y_step
			+ column->begin * y_along,
	};
}

/* The pixels that the outputs and taps of an axis reach. */
static inline int64_t axis_reached(const struct axis *axis)
{
	return (axis->outputs - 1) * axis->stride + (axis->taps - 1) * axis->spacing + 1;
}

/* Whether some of them lie outside of the input. */
static inline bool axis_crosses_border(const struct axis *axis)
{
	return axis->origin < 0 || axis->origin + axis_reached(axis) > axis->size;
}

/* Outputs [begin, end) of an axis, as an axis of its own. */
static inline struct axis axis_part(const struct axis *axis, int64_t begin, int64_t end)
{
	struct axis part = *axis;

	part.outputs = end - begin;
	part.first += begin * axis->step;
	part.origin += begin * axis->stride;
	return part;
}

static inline int64_t greatest_common_divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static inline struct axis forward_axis(
	int64_t outputs, int64_t size, int64_t taps, int64_t stride, int64_t pad, int64_t dilation)
{
	return (struct axis){
		.outputs = outputs,
		.step = 1,
		.size = size,
		.taps = taps,
		.origin = -pad,
		.stride = stride,
		.spacing = dilation,
		.weight_step = 1,
	};
}

static inline struct axis residue_axis(int64_t residue, int64_t inputs, int64_t outputs,
	int64_t taps, int64_t stride, int64_t pad, int64_t dilation)
{
	int64_t divisor = greatest_common_divisor(stride, dilation), step = stride / divisor,
		first = 0, last;
	struct axis axis = {
		.outputs = (inputs - residue + stride - 1) / stride,
		.first = residue,
		.step = stride,
		.size = outputs,
		.stride = 1,
		.spacing = dilation / divisor,
		.weight_step = -step,
	};

	while (first < step && (residue + pad - first * dilation) % stride)
		first++;
	if (first == step || first >= taps)
		return axis;
	axis.taps = (taps - 1 - first) / step + 1;
	last = first + (axis.taps - 1) * step;
	axis.weight_first = last;
	axis.origin = (residue + pad - last * dilation) / stride;
	return axis;
}

#endif
