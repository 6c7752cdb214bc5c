/* SPDX-License-Identifier: MIT */
/* Convolutions, and the windows that pooling shares with them. */
#include "exchange/onnx/operators.h"
#include "exchange/onnx/window.h"

#include "layers/conv.h"
#include "layers/transposed_conv.h"
#include "layers/zero_pad.h"

#include <inttypes.h>

/* Copies a list of one or two numbers from `least` on; without the list they stay. */
static lam_status take_list(
	const lam_onnx_node *node, const char *name, int sides, int least, int *to)
{
	const int64_t *list;
	const int count = lam_onnx_ints(node, name, &list);
	if (!count)
		return LAM_OK;
	if (count != sides)
		return lam_fail(LAM_ERR_FORMAT, "attribute %s has %d numbers; expected %d", name,
			count, sides);
	for (int i = 0; i < sides; i++) {
		if (list[i] < least || list[i] > LAM_ONNX_MOST_WINDOW)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"attribute %s has a %" PRId64 "; expected %d to %d", name, list[i],
				least, LAM_ONNX_MOST_WINDOW);
		to[i] = (int)list[i];
	}
	return LAM_OK;
}

static lam_status take_pads(const lam_onnx_node *node, lam_onnx_window *w)
{
	int pads[4] = {0};
	lam_status status = take_list(node, "pads", 2 * w->sides, 0, pads);
	for (int i = 0; i < w->sides && !status; i++) {
		w->before[i] = pads[i];
		w->after[i] = pads[w->sides + i];
	}
	return status;
}

/* Pads so that there is an output for each stride. */
static lam_status pad_same(lam_onnx_window *w, const lam_shape *in, bool upper)
{
	for (int i = 0; i < w->sides; i++) {
		const int64_t size = in->dim[1 + i],
			      outputs = (size + w->stride[i] - 1) / w->stride[i];
		const int64_t covered = (outputs - 1) * w->stride[i]
			+ (int64_t)(w->kernel[i] - 1) * w->dilation[i] + 1;
		if (covered - size > LAM_ONNX_MOST_WINDOW)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"its window takes padding of %" PRId64 "; expected at most %d",
				covered - size, LAM_ONNX_MOST_WINDOW);
		const int total = covered > size ? (int)(covered - size) : 0;
		w->before[i] = upper ? total / 2 : total - total / 2;
		w->after[i] = total - w->before[i];
	}
	return LAM_OK;
}

bool lam_onnx_is_same(const lam_onnx_node *node)
{
	return lam_onnx_is(node, "auto_pad", "SAME_UPPER", "")
		|| lam_onnx_is(node, "auto_pad", "SAME_LOWER", "");
}

lam_status lam_onnx_window_of(
	const lam_onnx_node *node, const lam_shape *in, const int64_t *kernel, lam_onnx_window *w)
{
	*w = (lam_onnx_window){
		.sides = in->rank - 1, .stride = {1, 1}, .dilation = {1, 1}, .kernel = {0, 0}};
	if (w->sides < 1 || w->sides > 2)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"an input of %d dimensions; expected 3 (signals) or 4 (images), with the "
			"batch",
			in->rank + 1);
	for (int i = 0; i < w->sides && kernel; i++) {
		if (kernel[i] < 1 || kernel[i] > LAM_ONNX_MOST_WINDOW)
			return lam_fail(LAM_ERR_UNSUPPORTED, "a kernel of %" PRId64, kernel[i]);
		w->kernel[i] = (int)kernel[i];
	}
	lam_status status = take_list(node, "strides", w->sides, 1, w->stride);
	if (!status)
		status = take_list(node, "dilations", w->sides, 1, w->dilation);
	if (!status && !lam_onnx_is_same(node) && !lam_onnx_is(node, "auto_pad", "VALID", "")) {
		if (!lam_onnx_is(node, "auto_pad", "NOTSET", "NOTSET"))
			return lam_fail(LAM_ERR_FORMAT, "attribute auto_pad has an unknown text");
		status = take_pads(node, w);
	}
	int given[2] = {w->kernel[0], w->kernel[1]};
	if (!status)
		status = take_list(node, "kernel_shape", w->sides, 1, given);
	if (status)
		return status;
	for (int i = 0; i < w->sides; i++) {
		if (!given[i])
			return lam_fail(LAM_ERR_FORMAT, "attribute kernel_shape is missing");
		if (kernel && given[i] != w->kernel[i])
			return lam_fail(LAM_ERR_FORMAT,
				"attribute kernel_shape has a %d; its weight has %d taps there",
				given[i], w->kernel[i]);
		w->kernel[i] = given[i];
	}
	if (lam_onnx_is_same(node))
		status = pad_same(w, in, lam_onnx_is(node, "auto_pad", "SAME_UPPER", ""));
	return status;
}

lam_status lam_onnx_zero_pad(
	lam_onnx_import *im, lam_onnx_flow *flow, const int *before, const int *after)
{
	const int sides = flow->shape.rank - 1;
	if (!before[0] && !after[0] && (sides == 1 || (!before[1] && !after[1])))
		return LAM_OK;
	const char *name = lam_onnx_layer_name(im, "pad");
	if (sides == 1)
		return lam_onnx_apply(
			im, flow, lam_zero_pad1d(.name = name, .pad = {before[0], after[0]}));
	return lam_onnx_apply(im, flow,
		lam_zero_pad2d(.name = name, .pad = {before[1], after[1], before[0], after[0]}));
}

/* Writes a pair as options have it: a second 0 would repeat the first number. */
static void pair(int to[2], const int from[2])
{
	to[0] = from[0];
	to[1] = from[1] ? from[1] : LAM_ZERO;
}

/* The weight and the bias of a convolution: [.., .., kernel] and [outputs]. */
static lam_status take_weights(lam_onnx_import *im, const lam_onnx_node *node,
	const lam_onnx_value *x, lam_onnx_tensor **weight, lam_onnx_tensor **bias)
{
	lam_status status = lam_onnx_constant(im, node, 1, "weight", weight);
	if (!status)
		status = lam_onnx_constant(im, node, 2, "bias", bias);
	if (status)
		return status;
	if (!*weight || (*weight)->whole || (*weight)->rank != x->rank)
		return lam_fail(LAM_ERR_SHAPE,
			"its weight has %d dimensions; expected real numbers of %d",
			*weight ? (*weight)->rank : 0, x->rank);
	if ((*weight)->dims[0] < 1 || (*weight)->dims[1] < 1
		|| (*weight)->dims[0] > LAM_ONNX_MOST_DIMENSION
		|| (*weight)->dims[1] > LAM_ONNX_MOST_DIMENSION)
		return lam_fail(LAM_ERR_SHAPE, "its weight is %" PRId64 " x %" PRId64 " x …",
			(*weight)->dims[0], (*weight)->dims[1]);
	return LAM_OK;
}

static lam_status check_bias(const lam_onnx_tensor *bias, int64_t outputs)
{
	if (!bias || (!bias->whole && bias->count == outputs))
		return LAM_OK;
	return lam_fail(LAM_ERR_SHAPE,
		"its bias has %" PRId64 " values; expected %" PRId64 " real numbers", bias->count,
		outputs);
}

static lam_layer *conv_layer(const lam_onnx_window *w, const int *pad, const char *name, int out,
	int groups, bool no_bias)
{
	if (w->sides == 1)
		return lam_conv1d(.name = name, .out = out, .kernel = w->kernel[0],
			.stride = w->stride[0], .dilation = w->dilation[0], .pad = pad[0],
			.groups = groups, .no_bias = no_bias);
	lam_conv2d_options o = {
		.size = sizeof o, .name = name, .out = out, .groups = groups, .no_bias = no_bias};
	pair(o.kernel, w->kernel);
	pair(o.stride, w->stride);
	pair(o.dilation, w->dilation);
	pair(o.pad, pad);
	return lam_conv2d_new(&o);
}

static lam_status take_groups(const lam_onnx_node *node, int *groups)
{
	const int64_t found = lam_onnx_int(node, "group", 1);
	if (found < 1 || found > LAM_ONNX_MOST_DIMENSION)
		return lam_fail(LAM_ERR_FORMAT,
			"attribute group is %" PRId64 "; expected 1 or more", found);
	*groups = (int)found;
	return LAM_OK;
}

lam_status lam_onnx_conv(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_onnx_tensor *weight = NULL, *bias = NULL;
	lam_onnx_window w;
	int groups = 1;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = take_weights(im, node, x, &weight, &bias);
	if (!status)
		status = check_bias(bias, weight->dims[0]);
	if (!status)
		status = take_groups(node, &groups);
	if (!status)
		status = lam_onnx_window_of(node, &x->flow.shape, weight->dims + 2, &w);
	if (!status && x->flow.shape.dim[0] != weight->dims[1] * groups)
		status = lam_fail(LAM_ERR_SHAPE,
			"its input has %" PRId64 " channels; its weight has %" PRId64
			" for each of %d groups",
			x->flow.shape.dim[0], weight->dims[1], groups);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	const bool even = w.before[0] == w.after[0] && w.before[1] == w.after[1];
	const int none[2] = {0, 0};
	if (!even)
		status = lam_onnx_zero_pad(im, &flow, w.before, w.after);
	const char *name = lam_onnx_name_of(im, node, weight);
	bool tied = false;
	lam_layer *layer = status
		? NULL
		: conv_layer(&w, even ? w.before : none, name, (int)weight->dims[0], groups, !bias);
	if (!status)
		status = lam_onnx_tie(im, &layer, weight, bias, false, &tied);
	if (!status)
		status = lam_onnx_apply(im, &flow, layer);
	if (!status && !tied)
		status = lam_onnx_weigh_both(im, name, weight, bias);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* The cut-off sides of a transposed convolution that is to have this output shape. */
static lam_status pad_to_shape(
	const lam_onnx_node *node, const lam_shape *in, lam_onnx_window *w, const int *more)
{
	const int64_t *shape;
	const int count = lam_onnx_ints(node, "output_shape", &shape);
	const bool same = lam_onnx_is_same(node);
	const bool lower = !lam_onnx_is(node, "auto_pad", "SAME_UPPER", "");
	if (count && count != w->sides && count != w->sides + 2)
		return lam_fail(LAM_ERR_FORMAT,
			"attribute output_shape has %d numbers; expected %d", count, w->sides);
	for (int i = 0; i < w->sides && (count || same); i++) {
		const int64_t wanted = count ? shape[count - w->sides + i]
					     : in->dim[1 + i] * w->stride[i];
		const int64_t whole = (in->dim[1 + i] - 1) * w->stride[i]
			+ (int64_t)(w->kernel[i] - 1) * w->dilation[i] + 1 + more[i];
		if (wanted < 1 || wanted > LAM_ONNX_MOST_DIMENSION
			|| whole > 2 * LAM_ONNX_MOST_DIMENSION)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"its output would have a side of %" PRId64, wanted);
		const int64_t total = whole - wanted;
		if (total < 0 && (!count || -total >= w->stride[i]))
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"its output would have a side of %" PRId64
				", and its taps reach only %" PRId64,
				wanted, whole);
		/* What is missing is added at the far end, as output padding. */
		w->before[i] = total < 0 ? 0 : (int)(lower ? total - total / 2 : total / 2);
		w->after[i] = (int)total - w->before[i];
	}
	return LAM_OK;
}

static lam_layer *transposed_layer(const lam_onnx_window *w, const int *pad, const int *more,
	const char *name, int out, int groups, bool no_bias)
{
	if (w->sides == 1)
		return lam_transposed_conv1d(.name = name, .out = out, .kernel = w->kernel[0],
			.stride = w->stride[0], .dilation = w->dilation[0], .pad = pad[0],
			.output_pad = more[0], .groups = groups, .no_bias = no_bias);
	lam_transposed_conv2d_options o = {
		.size = sizeof o, .name = name, .out = out, .groups = groups, .no_bias = no_bias};
	pair(o.kernel, w->kernel);
	pair(o.stride, w->stride);
	pair(o.dilation, w->dilation);
	pair(o.pad, pad);
	pair(o.output_pad, more);
	return lam_transposed_conv2d_new(&o);
}

/* Puts the layer there, and what its options do not say: sides that are cut off unevenly. Zeros at
 * the far end stand for outputs without a tap, where a bias would be. */
static lam_status apply_transposed(lam_onnx_import *im, lam_onnx_flow *flow, lam_onnx_window *w,
	const int *more, const char *name, int out, int groups, bool no_bias)
{
	static const int none[2];
	bool even = true;
	for (int i = 0; i < w->sides; i++)
		even = even && w->before[i] == w->after[i] && w->before[i] >= 0
			&& (more[i] < w->stride[i] || more[i] < w->dilation[i]);
	if (even)
		return lam_onnx_apply(
			im, flow, transposed_layer(w, w->before, more, name, out, groups, no_bias));
	lam_status status = lam_onnx_apply(
		im, flow, transposed_layer(w, none, none, name, out, groups, no_bias));
	for (int i = 0; i < w->sides && !status; i++) {
		w->before[i] = -w->before[i];
		w->after[i] = more[i] - w->after[i];
		if (!no_bias && (w->before[i] > 0 || w->after[i] > 0))
			status = lam_fail(LAM_ERR_UNSUPPORTED,
				"its output reaches beyond the last tap, where only the bias "
				"would stand");
	}
	return status ? status : lam_onnx_zero_pad(im, flow, w->before, w->after);
}

lam_status lam_onnx_conv_transpose(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_onnx_tensor *weight = NULL, *bias = NULL;
	lam_onnx_window w;
	int groups = 1, more[2] = {0, 0};
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = take_weights(im, node, x, &weight, &bias);
	if (!status)
		status = take_groups(node, &groups);
	if (!status)
		status = lam_onnx_window_of(node, &x->flow.shape, weight->dims + 2, &w);
	if (!status)
		status = take_list(node, "output_padding", w.sides, 0, more);
	if (!status)
		status = pad_to_shape(node, &x->flow.shape, &w, more);
	if (!status
		&& (x->flow.shape.dim[0] != weight->dims[0]
			|| weight->dims[1] > LAM_ONNX_MOST_DIMENSION / groups))
		status = lam_fail(LAM_ERR_SHAPE,
			"its input has %" PRId64 " channels; its weight has %" PRId64,
			x->flow.shape.dim[0], weight->dims[0]);
	if (!status)
		status = check_bias(bias, weight->dims[1] * groups);
	const char *name = status ? NULL : lam_onnx_name_of(im, node, weight);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	status = apply_transposed(
		im, &flow, &w, more, name, (int)weight->dims[1] * groups, groups, !bias);
	if (!status)
		status = lam_onnx_weigh_both(im, name, weight, bias);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}
