/* SPDX-License-Identifier: MIT */
/* Convolutions and pooling. */
#include "exchange/onnx/export.h"

#include <math.h>

/* A window over one or two axes: the places behind the channels. */
struct window {
	int axes;
	int64_t kernel[2], stride[2], dilation[2], pad[4]; /* begins, then ends */
	int64_t in[2], out[2];
};

static struct window window_of(const lam_layer *self, const lam_onnx *onnx)
{
	const lam_shape in = lam_onnx_shape_of(onnx, 0), out = lam_onnx_shape_of(onnx, -1);
	struct window w = {.axes = in.rank - 1};
	for (int d = 0; d < w.axes; d++) {
		w.kernel[d] = (int64_t)lam_onnx_option(self, "kernel", d);
		w.stride[d] = (int64_t)lam_onnx_option(self, "stride", d);
		w.dilation[d] = (int64_t)lam_onnx_option(self, "dilation", d);
		w.pad[d] = w.pad[w.axes + d] = (int64_t)lam_onnx_option(self, "pad", d);
		w.dilation[d] = w.dilation[d] ? w.dilation[d] : 1;
		w.stride[d] = w.stride[d] ? w.stride[d] : 1;
		w.in[d] = in.dim[d + 1];
		w.out[d] = out.dim[d + 1];
	}
	return w;
}

static void attributes(lam_onnx *onnx, const struct window *w, bool dilated)
{
	lam_onnx_set_ints(onnx, "kernel_shape", w->kernel, w->axes);
	lam_onnx_set_ints(onnx, "strides", w->stride, w->axes);
	lam_onnx_set_ints(onnx, "pads", w->pad, 2 * w->axes);
	if (dilated)
		lam_onnx_set_ints(onnx, "dilations", w->dilation, w->axes);
}

/* A node with weight, and bias if it has one. */
static const char *convolution(
	const lam_layer *self, lam_onnx *onnx, const char *type, const struct window *w, bool bias)
{
	const char *y = lam_onnx_add_node(onnx, type, lam_onnx_input_name(onnx, 0),
		lam_onnx_param_name(onnx, 0), bias ? lam_onnx_param_name(onnx, 1) : NULL, NULL);
	attributes(onnx, w, true);
	const int64_t groups = (int64_t)lam_onnx_option(self, "groups", 0);
	lam_onnx_set_int(onnx, "group", groups ? groups : 1);
	return y;
}

lam_status lam_onnx_emit_conv(const lam_layer *self, lam_onnx *onnx)
{
	const struct window w = window_of(self, onnx);
	convolution(self, onnx, "Conv", &w, lam_onnx_option(self, "no_bias", 0) == 0);
	return LAM_OK;
}

/* Output padding of a stride or more, which a dilation allows and runtimes compute wrongly, takes
 * away from the padding at the end; what is left of it are places that no input reaches, and that
 * have the bias alone. */
static void far_padding(
	const lam_layer *self, lam_onnx *onnx, struct window *w, const int64_t *output_pad)
{
	int64_t more[2 * (LAM_MAX_RANK + 1)] = {0};
	const int rank = w->axes + 2;
	for (int d = 0; d < w->axes; d++) {
		const int64_t left = w->pad[w->axes + d] - output_pad[d];
		w->pad[w->axes + d] = left > 0 ? left : 0;
		more[rank + 2 + d] = left < 0 ? -left : 0;
	}
	const char *y = convolution(self, onnx, "ConvTranspose", w, false);
	y = lam_onnx_add_pad(onnx, y, more, rank, 0);
	if (lam_onnx_option(self, "no_bias", 0) != 0)
		return;
	const lam_shape out = lam_onnx_shape_of(onnx, -1);
	lam_onnx_add_node(onnx, "Add", y,
		lam_onnx_param_as(onnx, 1, lam_onnx_channel_shape(out.dim[0], &out)), NULL);
}

lam_status lam_onnx_emit_transposed(const lam_layer *self, lam_onnx *onnx)
{
	struct window w = window_of(self, onnx);
	int64_t pads[2];
	bool far = false;
	for (int d = 0; d < w.axes; d++) {
		pads[d] = (int64_t)lam_onnx_option(self, "output_pad", d);
		far |= pads[d] >= w.stride[d];
	}
	if (far) {
		far_padding(self, onnx, &w, pads);
		return LAM_OK;
	}
	convolution(self, onnx, "ConvTranspose", &w, lam_onnx_option(self, "no_bias", 0) == 0);
	lam_onnx_set_ints(onnx, "output_padding", pads, w.axes);
	return LAM_OK;
}

/* The window of a pooling, whose ends are padded as far as the last window reaches: with that,
 * ceil_mode needs no attribute, which runtimes do not agree on. Returns whether some window reaches
 * beyond the padding that the layer has. */
static bool pool_of(const lam_layer *self, const lam_onnx *onnx, struct window *w)
{
	bool beyond = false;
	*w = window_of(self, onnx);
	for (int d = 0; d < w->axes; d++) {
		if (lam_onnx_option(self, "stride", d) == 0)
			w->stride[d] = w->kernel[d];
		const int64_t reach = (w->out[d] - 1) * w->stride[d]
			+ (w->kernel[d] - 1) * w->dilation[d] + 1,
			      end = reach - w->pad[d] - w->in[d];
		beyond |= end > w->pad[d];
		w->pad[w->axes + d] = end > 0 ? end : 0;
	}
	return beyond;
}

/* Padding of as many values as the kernel has, which a dilated one may need and runtimes refuse,
 * gets a node of its own. */
static const char *wide_padding(lam_onnx *onnx, struct window *w)
{
	int64_t pads[2 * (LAM_MAX_RANK + 1)] = {0};
	const int rank = w->axes + 2;
	bool wide = false;
	for (int d = 0; d < w->axes; d++)
		if (w->pad[w->axes + d] >= w->kernel[d]) {
			wide = true;
			pads[rank + 2 + d] = w->pad[w->axes + d];
			w->pad[w->axes + d] = 0;
		}
	const char *x = lam_onnx_input_name(onnx, 0);
	if (!wide)
		return x;
	return lam_onnx_add_pad(onnx, x, pads, rank, -(double)INFINITY);
}

lam_status lam_onnx_emit_max_pool(const lam_layer *self, lam_onnx *onnx)
{
	struct window w;
	pool_of(self, onnx, &w);
	lam_status status = w.dilation[0] > 1 || (w.axes > 1 && w.dilation[1] > 1)
		? lam_onnx_expect_opset(onnx, 10, "its dilation")
		: LAM_OK;
	if (status)
		return status;
	lam_onnx_add_node(onnx, "MaxPool", wide_padding(onnx, &w), NULL);
	attributes(onnx, &w, lam_onnx_opset(onnx) >= 10);
	return LAM_OK;
}

/* How many values of window `i` along axis `d` lie within the layer's own padding. */
static int64_t counted(const struct window *w, int64_t pad, int d, int64_t i)
{
	const int64_t first = i * w->stride[d], end = first + w->kernel[d],
		      most = w->in[d] + 2 * pad;
	return (end < most ? end : most) - first;
}

/* Where a window reaches beyond the layer's padding, the mean has fewer values than the kernel:
 * each place is multiplied by the kernel's size over its own count. */
static void correct(const lam_layer *self, lam_onnx *onnx, const struct window *w, const char *mean)
{
	const int64_t rows = w->axes > 1 ? w->out[0] : 1, columns = w->out[w->axes - 1];
	double *plane = lam_onnx_alloc(&onnx->arena, (size_t)(rows * columns), sizeof *plane);
	onnx->failed |= !plane;
	for (int64_t i = 0; plane && i < rows * columns; i++) {
		const int64_t at[2] = {w->axes > 1 ? i / columns : i, i % columns};
		plane[i] = 1;
		for (int d = 0; d < w->axes; d++) {
			const int64_t pad = (int64_t)lam_onnx_option(self, "pad", d);
			plane[i] *= (double)w->kernel[d] / (double)counted(w, pad, d, at[d]);
		}
	}
	lam_shape shape = lam_onnx_shape_of(onnx, -1);
	shape.dim[0] = 1;
	if (plane)
		lam_onnx_add_node(onnx, "Mul", mean, lam_onnx_add_reals(onnx, plane, shape), NULL);
}

lam_status lam_onnx_emit_avg_pool(const lam_layer *self, lam_onnx *onnx)
{
	struct window w;
	const bool exclude = lam_onnx_option(self, "exclude_pad", 0) != 0;
	const bool beyond = pool_of(self, onnx, &w);
	const char *mean = lam_onnx_add_node(
		onnx, "AveragePool", lam_onnx_input_name(onnx, 0), NULL);
	attributes(onnx, &w, false);
	lam_onnx_set_int(onnx, "count_include_pad", !exclude);
	if (beyond && !exclude)
		correct(self, onnx, &w, mean);
	return LAM_OK;
}

/* The mean of each window of an adaptive pooling along place axis `axis`. */
static const char *means(lam_onnx *onnx, const char *x, const struct window *w, int axis)
{
	const int64_t in = w->in[axis], out = w->out[axis];
	double *matrix = lam_onnx_alloc(&onnx->arena, (size_t)(in * out), sizeof *matrix);
	onnx->failed |= !matrix;
	if (!matrix)
		return "";
	for (int64_t i = 0; i < out; i++) {
		const int64_t first = i * in / out, end = ((i + 1) * in + out - 1) / out;
		for (int64_t k = first; k < end; k++)
			matrix[k * out + i] = 1.0 / (double)(end - first);
	}
	const lam_shape shape = lam_onnx_shape_of(onnx, 0);
	return lam_onnx_add_product(onnx, x, &shape, axis, matrix, out);
}

lam_status lam_onnx_emit_adaptive(const lam_layer *self, lam_onnx *onnx)
{
	struct window w = window_of(self, onnx);
	bool whole = true;
	for (int d = 0; d < w.axes; d++) {
		whole &= w.in[d] % w.out[d] == 0;
		w.kernel[d] = w.stride[d] = w.in[d] / w.out[d];
		w.pad[d] = w.pad[w.axes + d] = 0;
	}
	const char *x = lam_onnx_input_name(onnx, 0);
	if (whole) {
		lam_onnx_add_node(onnx, "AveragePool", x, NULL);
		attributes(onnx, &w, false);
		return LAM_OK;
	}
	for (int d = 0; d < w.axes; d++)
		x = means(onnx, x, &w, d);
	return LAM_OK;
}

static void global(lam_onnx *onnx, const char *type)
{
	const char *x = lam_onnx_input_name(onnx, 0);
	if (lam_onnx_shape_of(onnx, 0).rank < 2)
		return;
	x = lam_onnx_add_node(onnx, type, x, NULL);
	lam_onnx_add_node(onnx, "Flatten", x, NULL);
	lam_onnx_set_int(onnx, "axis", 1);
}

lam_status lam_onnx_emit_global_avg(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	global(onnx, "GlobalAveragePool");
	return LAM_OK;
}

lam_status lam_onnx_emit_global_max(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	global(onnx, "GlobalMaxPool");
	return LAM_OK;
}
