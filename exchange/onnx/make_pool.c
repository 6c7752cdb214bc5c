/* SPDX-License-Identifier: MIT */
/* Pooling, and means and maxima of whole axes. */
#include "exchange/onnx/fold.h"
#include "exchange/onnx/operators.h"
#include "exchange/onnx/spread.h"
#include "exchange/onnx/window.h"

#include "layers/activation.h"
#include "layers/pool.h"

#include <inttypes.h>
#include <string.h>

static int64_t covered(const lam_onnx_window *w, int i)
{
	return (int64_t)(w->kernel[i] - 1) * w->dilation[i] + 1;
}

/* How many windows a side has. */
static int64_t windows(
	const lam_onnx_window *w, int i, int64_t size, int before, int after, bool ceil)
{
	const int64_t room = size + before + after - covered(w, i);
	int64_t count = room < 0 ? 0 : room / w->stride[i] + 1;
	/* One more, if it begins inside the input or the padding before it. */
	if (ceil && room >= 0 && room % w->stride[i] && count * w->stride[i] < size + before)
		count++;
	return count;
}

static void pair(int to[2], const int from[2])
{
	to[0] = from[0];
	to[1] = from[1] ? from[1] : LAM_ZERO;
}

/* A pooling with the padding `pad` at either end. */
static lam_layer *pool_layer(const lam_onnx_window *w, const int *pad, bool max, bool ceil,
	bool exclude, const char *name)
{
	if (w->sides == 1 && max)
		return lam_max_pool1d(.name = name, .kernel = w->kernel[0], .stride = w->stride[0],
			.dilation = w->dilation[0], .pad = pad[0], .ceil_mode = ceil);
	if (w->sides == 1)
		return lam_avg_pool1d(.name = name, .kernel = w->kernel[0], .stride = w->stride[0],
			.pad = pad[0], .ceil_mode = ceil, .exclude_pad = exclude);
	lam_max_pool2d_options m = {.size = sizeof m, .name = name, .ceil_mode = ceil};
	lam_avg_pool2d_options a = {
		.size = sizeof a, .name = name, .ceil_mode = ceil, .exclude_pad = exclude};
	pair(m.kernel, w->kernel);
	pair(m.stride, w->stride);
	pair(m.dilation, w->dilation);
	pair(m.pad, pad);
	memcpy(a.kernel, m.kernel, sizeof a.kernel);
	memcpy(a.stride, m.stride, sizeof a.stride);
	memcpy(a.pad, m.pad, sizeof a.pad);
	return max ? lam_max_pool2d_new(&m) : lam_avg_pool2d_new(&a);
}

/* Uneven padding that counts for nothing. Windows begin where they do with the padding before at
 * either end; those that are too many at the far end are cropped, and one more comes by
 * .ceil_mode. Or they begin with the larger padding, and those that come before are cropped. */
static lam_status pool_uneven(lam_onnx_import *im, lam_onnx_flow *flow, const lam_onnx_window *w,
	bool max, bool ceil, const char *name)
{
	int crop[2] = {0, 0}, skip[2] = {0, 0}, pad[2];
	bool more = false;
	for (int i = 0; i < w->sides; i++) {
		const int64_t size = flow->shape.dim[1 + i];
		const int64_t wanted = windows(w, i, size, w->before[i], w->after[i], ceil);
		pad[i] = w->before[i];
		if (windows(w, i, size, pad[i], pad[i], true) < wanted
			&& (w->after[i] - w->before[i]) % w->stride[i] == 0) {
			pad[i] = w->after[i];
			skip[i] = (w->before[i] - w->after[i]) / w->stride[i];
		}
		more = more || windows(w, i, size, pad[i], pad[i], false) + skip[i] < wanted;
	}
	for (int i = 0; i < w->sides; i++) {
		const int64_t size = flow->shape.dim[1 + i];
		const int64_t wanted = windows(w, i, size, w->before[i], w->after[i], ceil),
			      found = windows(w, i, size, pad[i], pad[i], more) + skip[i];
		if (found < wanted || wanted < 1)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"its padding of %d and %d is too uneven for lamina's pooling",
				w->before[i], w->after[i]);
		crop[i] = (int)(wanted - found);
	}
	lam_status status = lam_onnx_apply(im, flow, pool_layer(w, pad, max, more, !max, name));
	return status ? status : lam_onnx_zero_pad(im, flow, skip, crop);
}

/* The layers of a window over x. */
static lam_status pool_by(lam_onnx_import *im, const lam_onnx_node *node, const lam_onnx_value *x,
	const lam_onnx_window *w, bool max)
{
	const bool ceil = lam_onnx_int(node, "ceil_mode", 0) != 0,
		   exclude = lam_onnx_int(node, "count_include_pad", 0) == 0;
	if (!max && (w->dilation[0] != 1 || w->dilation[1] != 1))
		return lam_fail(LAM_ERR_UNSUPPORTED, "its windows have gaps (dilations)");
	if (max && node->outputs > 1 && node->out[1] && node->out[1]->readers)
		return lam_fail(LAM_ERR_UNSUPPORTED, "its indices are read");
	lam_onnx_flow flow = x->flow;
	const char *name = lam_onnx_name_of(im, node, NULL);
	static const int none[2];
	const bool even = w->before[0] == w->after[0] && w->before[1] == w->after[1],
		   half = w->before[0] <= w->kernel[0] / 2 && w->before[1] <= w->kernel[1] / 2;
	lam_status status;
	if (even && (half || max || exclude)) {
		status = lam_onnx_apply(
			im, &flow, pool_layer(w, w->before, max, ceil, exclude && !max, name));
	} else if (max || exclude) {
		status = pool_uneven(im, &flow, w, max, ceil, name);
	} else {
		status = lam_onnx_zero_pad(im, &flow, w->before, w->after);
		if (!status)
			status = lam_onnx_apply(
				im, &flow, pool_layer(w, none, false, ceil, false, name));
	}
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

static lam_status pool(lam_onnx_import *im, const lam_onnx_node *node, bool max)
{
	const lam_onnx_value *x;
	lam_onnx_window w;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_window_of(node, &x->flow.shape, NULL, &w);
	/* Runtimes differ: some crop the input, so that the windows lie in its middle. */
	for (int i = 0; !status && i < w.sides && lam_onnx_is_same(node); i++) {
		const int64_t size = x->flow.shape.dim[1 + i],
			      last = (size - 1) / w.stride[i] * w.stride[i];
		if (last + covered(&w, i) < size - 1)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"its strides are larger than its windows, with auto_pad");
	}
	return status ? status : pool_by(im, node, x, &w, max);
}

lam_status lam_onnx_max_pool(lam_onnx_import *im, const lam_onnx_node *node)
{
	return pool(im, node, true);
}

/* Padding with values that are never the maximum is the window's own. */
bool lam_onnx_fits_lowest_padding(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_node *pad = lam_onnx_inner(node, 'P');
	double value = lam_onnx_real(pad, "value", 0);
	return lam_onnx_is(node, "auto_pad", "NOTSET", "NOTSET")
		&& lam_onnx_is(pad, "mode", "constant", "constant")
		&& !lam_onnx_single(im, pad, 2, "value", &value) && value < -3e38;
}

lam_status lam_onnx_max_pool_padded(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x = lam_onnx_letter(node, 'x');
	int before[LAM_MAX_RANK] = {0}, after[LAM_MAX_RANK] = {0};
	lam_onnx_window w;
	lam_status status = lam_onnx_window_of(node, &x->flow.shape, NULL, &w);
	if (!status)
		status = lam_onnx_take_pads(im, lam_onnx_inner(node, 'P'), x->rank, before, after);
	if (!status && (before[0] || after[0]))
		status = lam_fail(LAM_ERR_UNSUPPORTED, "channels are padded before it");
	for (int i = 0; i < 2 && !status; i++) {
		const int64_t b = (int64_t)w.before[i] + before[i + 1],
			      a = (int64_t)w.after[i] + after[i + 1];
		if (before[i + 1] < 0 || after[i + 1] < 0 || b > LAM_ONNX_MOST_WINDOW
			|| a > LAM_ONNX_MOST_WINDOW)
			return lam_fail(LAM_ERR_UNSUPPORTED, "padding of %d and %d before it",
				before[i + 1], after[i + 1]);
		w.before[i] = (int)b;
		w.after[i] = (int)a;
	}
	return status ? status : pool_by(im, node, x, &w, true);
}

lam_status lam_onnx_average_pool(lam_onnx_import *im, const lam_onnx_node *node)
{
	return pool(im, node, false);
}

/* `C x …` to C means, maxima (x), minima (n) or sums: means times the number of values. */
static lam_status reduce_places(
	lam_onnx_import *im, const lam_onnx_node *node, lam_onnx_flow *flow, char what)
{
	const int64_t channels = flow->shape.dim[0],
		      count = lam_shape_count(&flow->shape) / channels;
	const char *name = lam_onnx_name_of(im, node, NULL);
	lam_status status = LAM_OK;
	if (flow->shape.rank == 1 || flow->shape.rank > 3)
		status = lam_onnx_reshape(im, flow, LAM_SHAPE(channels, count));
	if (!status && what == 'n')
		status = lam_onnx_scale_by(im, flow, -1);
	if (!status)
		status = lam_onnx_apply(im, flow,
			what == 'x' || what == 'n' ? lam_global_max_pool(.name = name)
						   : lam_global_avg_pool(.name = name));
	if (!status && what == 'n')
		status = lam_onnx_scale_by(im, flow, -1);
	if (!status && what == 's' && count > 1)
		status = lam_onnx_apply(im, flow,
			lam_scale(.name = lam_onnx_layer_name(im, "sum"),
				.factor = (lam_real)count));
	return status;
}

lam_status lam_onnx_global_pool(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	lam_shape shape = x->flow.shape;
	for (int i = 1; i < shape.rank; i++)
		shape.dim[i] = 1;
	status = reduce_places(
		im, node, &flow, strcmp(node->proto->op_type, "GlobalMaxPool") ? 'm' : 'x');
	if (!status)
		status = lam_onnx_reshape(im, &flow, shape);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* The kept axes first, then the others as one, which is reduced. */
lam_status lam_onnx_reduce(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	bool with_batch[LAM_MAX_RANK + 1] = {false}, *reduced = with_batch + 1;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_reduced_axes(im, node, x->rank, with_batch);
	if (!status && with_batch[0])
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it reduces over the batch");
	if (status)
		return status;
	const bool keep = lam_onnx_int(node, "keepdims", 1) != 0;
	const char *type = node->proto->op_type + 6;
	lam_onnx_flow flow = x->flow;
	lam_shape shape = {0};
	int axes[LAM_MAX_RANK], kept = 0, at = 0;
	int64_t count = 1;
	for (int i = 0; i < flow.shape.rank; i++) {
		if (!reduced[i]) {
			axes[kept++] = i;
			count *= flow.shape.dim[i];
		}
		if (!reduced[i] || keep)
			shape.dim[shape.rank++] = reduced[i] ? 1 : flow.shape.dim[i];
	}
	at = kept;
	for (int i = 0; i < flow.shape.rank; i++)
		if (reduced[i])
			axes[at++] = i;
	const int rank = shape.rank + 1;
	if (!shape.rank)
		shape = LAM_SHAPE(1);
	const int64_t rest = lam_shape_count(&flow.shape) / count;
	if (kept < flow.shape.rank && x->rank > 1) {
		status = lam_onnx_permute(im, &flow, axes);
		if (!status)
			status = lam_onnx_reshape(im, &flow, LAM_SHAPE(count, rest));
		if (!status)
			status = reduce_places(im, node, &flow,
				!strcmp(type, "Mean")          ? 'm'
					: !strcmp(type, "Max") ? 'x'
					: !strcmp(type, "Min") ? 'n'
							       : 's');
	}
	if (!status)
		status = lam_onnx_reshape(im, &flow, shape);
	lam_onnx_give(node, 0, flow, rank);
	return status;
}
