/* SPDX-License-Identifier: MIT */
/* Parts of values, and values one after another. */
#include "exchange/onnx/fold.h"
#include "exchange/onnx/operators.h"
#include "exchange/onnx/window.h"

#include "layers/join.h"
#include "layers/rearrange.h"

#include <inttypes.h>

/* The order that brings an axis of a sample to the front, and back. */
static void to_front(int axis, int rank, int *axes, int *back)
{
	axes[0] = axis;
	for (int i = 0, at = 1; i < rank; i++)
		if (i != axis)
			axes[at++] = i;
	for (int i = 0; i < rank; i++)
		back[axes[i]] = i;
}

/* The values `begin` to `end` - 1 along an axis of a sample. */
static lam_status cut(
	lam_onnx_import *im, lam_onnx_flow *flow, int axis, int64_t begin, int64_t end)
{
	int axes[LAM_MAX_RANK], back[LAM_MAX_RANK];
	const lam_shape shape = flow->shape;
	if (begin == 0 && end == shape.dim[axis])
		return LAM_OK;
	if (begin < 0 || begin >= end || end > shape.dim[axis] || end > LAM_ONNX_MOST_DIMENSION)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"values %" PRId64 " to %" PRId64 " of %" PRId64
			"; expected at least one, and no others",
			begin, end - 1, shape.dim[axis]);
	if (axis > 0 && shape.rank < 4) {
		int before[2] = {0, 0}, after[2] = {0, 0};
		before[axis - 1] = (int)-begin;
		after[axis - 1] = (int)(end - shape.dim[axis]);
		return lam_onnx_zero_pad(im, flow, before, after);
	}
	to_front(axis, shape.rank, axes, back);
	lam_status status = lam_onnx_permute(im, flow, axes);
	if (!status)
		status = lam_onnx_apply(im, flow,
			lam_slice(.name = lam_onnx_layer_name(im, "slice"), .begin = (int)begin,
				.end = (int)end));
	return status ? status : lam_onnx_permute(im, flow, back);
}

lam_status lam_onnx_make_concat(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	int axis, axes[LAM_MAX_RANK], back[LAM_MAX_RANK], rank = 0;
	lam_onnx_flow *flows = lam_onnx_alloc(im->arena, (size_t)node->inputs, sizeof *flows);
	if (!flows)
		return LAM_ERR_MEMORY;
	for (int i = 0; i < node->inputs; i++) {
		lam_status status = lam_onnx_samples(node, i, "input", &x);
		if (!status && i && x->rank != rank)
			status = lam_fail(
				LAM_ERR_SHAPE, "inputs of %d and %d dimensions", rank, x->rank);
		rank = status ? rank : x->rank;
		if (!status && !i)
			status = lam_onnx_axis(lam_onnx_int(node, "axis", 1), rank, &axis);
		if (!status && axis == 0)
			status = lam_fail(
				LAM_ERR_UNSUPPORTED, "it joins samples to a larger batch");
		if (status)
			return status;
		flows[i] = x->flow;
		to_front(axis - 1, flows[i].shape.rank, axes, back);
		status = lam_onnx_permute(im, &flows[i], axes);
		if (status)
			return status;
	}
	lam_status status = LAM_OK;
	if (node->inputs > 1)
		status = lam_onnx_join(im, flows, node->inputs,
			lam_concat_new(&(lam_join_options){.size = sizeof(lam_join_options),
				.name = lam_onnx_name_of(im, node, NULL)}),
			&flows[0]);
	if (!status)
		status = lam_onnx_permute(im, &flows[0], back);
	lam_onnx_give(node, 0, flows[0], rank);
	return status;
}

/* One axis of a slice. */
static lam_status slice_axis(lam_onnx_import *im, lam_onnx_flow *flow, int axis, int64_t start,
	int64_t end, int64_t step)
{
	const int64_t size = axis ? flow->shape.dim[axis - 1] : im->batch;
	if (start < 0)
		start += size;
	if (end < 0)
		end += size;
	start = start < 0 ? 0 : start > size ? size : start;
	end = end < 0 ? 0 : end > size ? size : end;
	if (step != 1)
		return lam_fail(LAM_ERR_UNSUPPORTED, "a step of %" PRId64 "; expected 1", step);
	if (axis)
		return cut(im, flow, axis - 1, start, end);
	return start == 0 && end == size
		? LAM_OK
		: lam_fail(LAM_ERR_UNSUPPORTED, "it takes some samples of the batch");
}

lam_status lam_onnx_make_slice(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	const int64_t *lists[4];
	int counts[4];
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_slice_lists(im, node, x->rank, lists, counts);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	for (int i = 0; i < counts[0] && !status; i++) {
		int axis = i;
		if (counts[2] >= 0)
			status = lam_onnx_axis(lists[2][i], x->rank, &axis);
		if (!status)
			status = slice_axis(im, &flow, axis, lists[0][i], lists[1][i],
				counts[3] >= 0 ? lists[3][i] : 1);
	}
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

lam_status lam_onnx_make_split(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	int64_t *parts, begin = 0;
	int axis;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_axis(lam_onnx_int(node, "axis", 0), x->rank, &axis);
	if (!status && axis == 0)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it splits the batch");
	if (!status)
		status = lam_onnx_parts(im, node, x->flow.shape.dim[axis - 1], 1, &parts);
	for (int i = 0; i < node->outputs && !status; i++) {
		lam_onnx_flow flow = x->flow;
		if (node->out[i] && node->out[i]->readers) {
			status = cut(im, &flow, axis - 1, begin, begin + parts[i]);
			lam_onnx_give(node, i, flow, x->rank);
		}
		begin += parts[i];
	}
	return status;
}

/* Indices that are constants and follow each other. */
lam_status lam_onnx_make_gather(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_onnx_tensor *indices;
	int axis;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_constant(im, node, 1, "indices", &indices);
	if (!status)
		status = lam_onnx_axis(lam_onnx_int(node, "axis", 0), x->rank, &axis);
	if (!status && axis == 0)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it takes some samples of the batch");
	if (!status && (!indices || !indices->whole || indices->rank > 1 || indices->count < 1))
		status = lam_fail(LAM_ERR_UNSUPPORTED, "its indices are no list of whole numbers");
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	const int64_t size = flow.shape.dim[axis - 1],
		      begin = indices->numbers[0] + (indices->numbers[0] < 0 ? size : 0);
	for (int64_t i = 1; i < indices->count; i++)
		if (indices->numbers[i] != indices->numbers[0] + i)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"its indices do not follow each other: %" PRId64
				" and then %" PRId64,
				indices->numbers[i - 1], indices->numbers[i]);
	if (begin < 0 || begin > size - indices->count)
		return lam_fail(
			LAM_ERR_SHAPE, "index %" PRId64 " of %" PRId64, indices->numbers[0], size);
	status = cut(im, &flow, axis - 1, begin, begin + indices->count);
	int rank = x->rank;
	if (!status && !indices->rank) {
		lam_shape shape = {
			.rank = flow.shape.rank > 1 ? flow.shape.rank - 1 : 1, .dim = {1}};
		for (int i = 0, at = 0; i < flow.shape.rank; i++)
			if (i != axis - 1)
				shape.dim[at++] = flow.shape.dim[i];
		status = lam_onnx_reshape(im, &flow, shape);
		rank--;
	}
	lam_onnx_give(node, 0, flow, rank);
	return status;
}

lam_status lam_onnx_take_pads(
	lam_onnx_import *im, const lam_onnx_node *node, int rank, int *before, int *after)
{
	const int64_t *pads, *axes;
	int count, of_axes;
	lam_status status = lam_onnx_numbers(im, node, 1, "pads", &pads, &count);
	if (!status)
		status = lam_onnx_numbers(im, node, 3, NULL, &axes, &of_axes);
	if (status)
		return status;
	const int listed = of_axes >= 0 ? of_axes : rank;
	if (count != 2 * listed)
		return lam_fail(LAM_ERR_FORMAT, "%d pads for %d axes", count, listed);
	for (int i = 0; i < listed; i++) {
		int axis = i;
		if (of_axes >= 0)
			status = lam_onnx_axis(axes[i], rank, &axis);
		if (status)
			return status;
		for (int side = 0; side < 2; side++) {
			const int64_t pad = pads[i + side * listed];
			if (pad < -LAM_ONNX_MOST_WINDOW || pad > LAM_ONNX_MOST_WINDOW)
				return lam_fail(LAM_ERR_UNSUPPORTED, "a pad of %" PRId64, pad);
			if (!axis && pad)
				return lam_fail(LAM_ERR_UNSUPPORTED, "it pads the batch");
			if (axis)
				(side ? after : before)[axis - 1] = (int)pad;
		}
	}
	return LAM_OK;
}

lam_status lam_onnx_pad(lam_onnx_import *im, const lam_onnx_node *node)
{
	static const int swapped[3] = {1, 0, 2};
	const lam_onnx_value *x;
	double value = lam_onnx_real(node, "value", 0);
	int before[LAM_MAX_RANK] = {0}, after[LAM_MAX_RANK] = {0};
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status && !lam_onnx_is(node, "mode", "constant", "constant"))
		status = lam_fail(
			LAM_ERR_UNSUPPORTED, "it repeats or mirrors values; lamina pads zeros");
	if (!status)
		status = lam_onnx_single(im, node, 2, "value", &value);
	if (!status && value != 0)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it pads with %g; lamina pads zeros", value);
	if (!status)
		status = lam_onnx_take_pads(im, node, x->rank, before, after);
	if (!status && x->rank > 4)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "an input of %d dimensions", x->rank);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	const int64_t features = flow.shape.dim[0];
	const bool flat = flow.shape.rank == 1;
	if (before[0] || after[0]) {
		status = flat ? lam_onnx_reshape(im, &flow, LAM_SHAPE(1, features))
			      : lam_onnx_permute(im, &flow, swapped);
		const int of_channels[2][2] = {{before[0], 0}, {after[0], 0}};
		if (!status)
			status = lam_onnx_zero_pad(im, &flow, of_channels[0], of_channels[1]);
		const int64_t more = features + before[0] + after[0];
		if (!status)
			status = flat ? lam_onnx_reshape(im, &flow, LAM_SHAPE(more))
				      : lam_onnx_permute(im, &flow, swapped);
	}
	if (!status && !flat)
		status = lam_onnx_zero_pad(im, &flow, before + 1, after + 1);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}
