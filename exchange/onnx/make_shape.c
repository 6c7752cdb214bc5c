/* SPDX-License-Identifier: MIT */
/* Other shapes for the same values. */
#include "exchange/onnx/operators.h"

#include <inttypes.h>
#include <string.h>

/* Gives the node's first input with these dimensions, of which the first is the batch. */
static lam_status give_shape(lam_onnx_import *im, const lam_onnx_node *node,
	const lam_onnx_value *x, const int64_t *dims, int rank)
{
	lam_shape shape;
	lam_onnx_flow flow = x->flow;
	lam_status status = lam_onnx_sample_shape(dims, rank, &shape);
	if (!status && lam_shape_count(&shape) != lam_shape_count(&flow.shape))
		status = lam_fail(LAM_ERR_SHAPE, "%s values of a sample do not fit %s",
			lam_shape_text(flow.shape).text, lam_shape_text(shape).text);
	if (!status)
		status = lam_onnx_reshape(im, &flow, shape);
	lam_onnx_give(node, 0, flow, rank);
	return status;
}

lam_status lam_onnx_resolve(const lam_onnx_import *im, const int64_t *dims, int from,
	bool keep_zero, int64_t *target, int rank)
{
	int64_t rest = 1, count = 1;
	int open = -1;
	for (int i = 1; i < from; i++)
		count *= dims[i];
	for (int i = 0; i < rank; i++) {
		if (target[i] == 0 && !keep_zero && i < from)
			target[i] = dims[i];
		if (target[i] == -1) {
			if (open >= 0)
				return lam_fail(LAM_ERR_FORMAT, "its shape has two -1");
			open = i;
		} else if (i > 0) {
			if (target[i] < 1 || __builtin_mul_overflow(rest, target[i], &rest))
				return lam_fail(
					LAM_ERR_UNSUPPORTED, "its shape has a %" PRId64, target[i]);
		}
	}
	if (open == 0 && rest == count)
		target[0] = im->batch;
	else if (open > 0 && count % rest == 0)
		target[open] = count / rest;
	/* A batch of 1 that was written into a model whose batch is open. */
	if (target[0] == 1 && im->batch == LAM_ONNX_BATCH && (open > 0 || rest == count))
		target[0] = im->batch;
	if (!lam_onnx_is_batch(im, target[0]))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"it moves values between the batch and other dimensions: samples of "
			"%" PRId64 " values",
			count);
	return LAM_OK;
}

lam_status lam_onnx_make_reshape(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	const int64_t *list;
	int64_t target[LAM_ONNX_MOST_RANK], dims[LAM_MAX_RANK + 1];
	int count;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_numbers(im, node, 1, "shape", &list, &count);
	if (!status && (count < 1 || count > LAM_ONNX_MOST_RANK))
		status = lam_fail(LAM_ERR_UNSUPPORTED,
			"its shape has %d dimensions; expected 1 to %d", count, LAM_MAX_RANK + 1);
	if (status)
		return status;
	memcpy(target, list, (size_t)count * sizeof *target);
	lam_onnx_dims(im, x, dims);
	status = lam_onnx_resolve(
		im, dims, x->rank, lam_onnx_int(node, "allowzero", 0) != 0, target, count);
	return status ? status : give_shape(im, node, x, target, count);
}

bool lam_onnx_reshapes_to(lam_onnx_import *im, const lam_onnx_value *shape, const int64_t *dims,
	int from, const int64_t *expected, int rank)
{
	int64_t target[LAM_ONNX_MOST_RANK];
	lam_onnx_tensor *list = shape->tensor;
	if (lam_onnx_tensor_decode(im->file, im->arena, list) || !list->whole
		|| list->count != rank)
		return false;
	memcpy(target, list->numbers, (size_t)rank * sizeof *target);
	return !lam_onnx_resolve(im, dims, from, false, target, rank)
		&& !memcmp(target, expected, (size_t)rank * sizeof *target);
}

lam_status lam_onnx_flatten(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	int64_t axis = lam_onnx_int(node, "axis", 1), before = 1;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (status)
		return status;
	if (axis < 0)
		axis += x->rank;
	for (int i = 1; i < axis && i < x->rank; i++)
		before *= x->flow.shape.dim[i - 1];
	if (axis < 1 || axis > x->rank || before != 1)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"it joins the batch with other dimensions (axis %" PRId64 ")",
			lam_onnx_int(node, "axis", 1));
	const int64_t dims[2] = {im->batch, lam_shape_count(&x->flow.shape)};
	return give_shape(im, node, x, dims, 2);
}

/* Squeeze and Unsqueeze. */
lam_status lam_onnx_squeeze(lam_onnx_import *im, const lam_onnx_node *node)
{
	const bool adds = node->proto->op_type[0] == 'U';
	const lam_onnx_value *x;
	const int64_t *axes;
	int64_t dims[LAM_ONNX_MOST_RANK], to[LAM_ONNX_MOST_RANK];
	bool listed[LAM_ONNX_MOST_RANK] = {false};
	int count, rank = 0;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_numbers(
			im, node, node->inputs > 1 ? 1 : -1, "axes", &axes, &count);
	if (!status && adds && (count < 1 || count > 2))
		status = lam_fail(LAM_ERR_UNSUPPORTED, "%d axes; expected 1 or 2", count);
	if (status)
		return status;
	const int all = adds ? x->rank + count : x->rank;
	lam_onnx_dims(im, x, dims);
	for (int i = 0; i < count; i++) {
		int axis;
		status = lam_onnx_axis(axes[i], all, &axis);
		if (!status && listed[axis])
			status = lam_fail(LAM_ERR_FORMAT, "axis %d is listed twice", axis);
		if (status)
			return status;
		listed[axis] = true;
	}
	for (int i = 1; i < all && count < 0; i++)
		listed[i] = dims[i] == 1;
	if (listed[0])
		return lam_fail(LAM_ERR_UNSUPPORTED,
			adds ? "it puts a dimension before the batch" : "it removes the batch");
	for (int i = 0, from = 0; i < all; i++) {
		if (!adds && listed[i] && dims[i] != 1)
			return lam_fail(LAM_ERR_SHAPE, "dimension %d is %" PRId64 "; expected 1", i,
				dims[i]);
		if (adds)
			to[rank++] = listed[i] ? 1 : dims[from++];
		else if (!listed[i])
			to[rank++] = dims[i];
	}
	return give_shape(im, node, x, to, rank);
}

lam_status lam_onnx_make_transpose(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	const int64_t *perm;
	int axes[LAM_MAX_RANK];
	const int count = lam_onnx_ints(node, "perm", &perm);
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status && count && count != x->rank)
		status = lam_fail(
			LAM_ERR_FORMAT, "attribute perm has %d axes; expected %d", count, x->rank);
	if (!status && (count ? perm[0] != 0 : x->rank > 1))
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it moves the batch to another place");
	for (int i = 1; i < x->rank && !status; i++) {
		if (perm[i] < 1 || perm[i] >= x->rank)
			status = lam_fail(LAM_ERR_FORMAT, "attribute perm has a %" PRId64, perm[i]);
		else
			axes[i - 1] = (int)perm[i] - 1;
	}
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	if (x->rank > 1)
		status = lam_onnx_permute(im, &flow, axes);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* Only where it changes nothing. */
lam_status lam_onnx_make_expand(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	const int64_t *list;
	int64_t dims[LAM_MAX_RANK + 1];
	int count;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_numbers(im, node, 1, "shape", &list, &count);
	if (status)
		return status;
	lam_onnx_dims(im, x, dims);
	bool same = count <= x->rank;
	for (int i = 0; i < count && same; i++)
		same = list[i] == 1 || list[i] == dims[x->rank - count + i];
	return same ? lam_onnx_identity(im, node)
		    : lam_fail(LAM_ERR_UNSUPPORTED, "it repeats values of samples");
}
