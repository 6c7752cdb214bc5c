/* SPDX-License-Identifier: MIT */
/* Operators on constants that move values. */
#include "exchange/onnx/fold.h"

#include "exchange/onnx/operators.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

lam_status lam_onnx_fold_constant(lam_onnx_import *im, const lam_onnx_node *node)
{
	static const int64_t none[1];
	lam_onnx_tensor *y = NULL;
	if (node->proto->n_attribute != 1)
		return lam_fail(LAM_ERR_FORMAT, "%zu attributes; expected its value",
			node->proto->n_attribute);
	const LaminaOnnx__Attribute *a = node->proto->attribute[0];
	const int64_t lengths[2] = {(int64_t)a->n_floats, (int64_t)a->n_ints};
	if (!strcmp(a->name, "value")) {
		y = lam_onnx_tensor_of(im->file, im->arena, a->t);
	} else if (!strcmp(a->name, "value_float")) {
		y = lam_onnx_tensor_new(im->arena, false, 0, none);
		if (y)
			y->reals[0] = (lam_real)a->f;
	} else if (!strcmp(a->name, "value_int")) {
		y = lam_onnx_tensor_new(im->arena, true, 0, none);
		if (y)
			y->numbers[0] = a->i;
	} else if (!strcmp(a->name, "value_floats")) {
		y = lam_onnx_tensor_new(im->arena, false, 1, &lengths[0]);
		for (int64_t i = 0; y && i < y->count; i++)
			y->reals[i] = (lam_real)a->floats[i];
	} else {
		y = lam_onnx_tensor_new(im->arena, true, 1, &lengths[1]);
		for (int64_t i = 0; y && i < y->count; i++)
			y->numbers[i] = a->ints[i];
	}
	return lam_onnx_give_constant(node, 0, y);
}

/* A list of whole numbers as dimensions. */
static lam_status dims_of(const lam_onnx_tensor *list, int64_t *dims, int *rank)
{
	if (!list->whole || list->rank > 1 || list->count > LAM_ONNX_MOST_RANK)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"its shape is no list of at most %d whole numbers", LAM_ONNX_MOST_RANK);
	*rank = (int)list->count;
	memcpy(dims, list->numbers, (size_t)list->count * sizeof *dims);
	return LAM_OK;
}

lam_status lam_onnx_fold_constant_of_shape(lam_onnx_import *im, const lam_onnx_node *node)
{
	const LaminaOnnx__Attribute *a = lam_onnx_attribute(node, "value");
	lam_onnx_tensor *list, *value = NULL;
	int64_t dims[LAM_ONNX_MOST_RANK];
	int rank = 0;
	lam_status status = lam_onnx_need(im, node, 0, "shape", &list);
	if (!status)
		status = dims_of(list, dims, &rank);
	if (!status && a) {
		value = lam_onnx_tensor_of(im->file, im->arena, a->t);
		status = value ? lam_onnx_tensor_decode(im->file, im->arena, value)
			       : lam_error_status();
		if (!status && value->count != 1)
			status = lam_fail(LAM_ERR_FORMAT, "its value is a list");
	}
	if (status)
		return status;
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, value && value->whole, rank, dims);
	for (int64_t i = 0; y && value && i < y->count; i++)
		lam_onnx_copy(y, i, value, 0);
	return lam_onnx_give_constant(node, 0, y);
}

/* The shape of anything, also of samples. */
lam_status lam_onnx_fold_shape(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x = lam_onnx_given(node, 0) ? node->in[0] : NULL;
	int64_t dims[LAM_ONNX_MOST_RANK];
	if (!x)
		return lam_fail(LAM_ERR_FORMAT, "it has no input");
	const bool constant = x->state == LAM_ONNX_CONSTANT;
	const int64_t rank = constant ? x->tensor->rank : x->rank;
	int64_t start = lam_onnx_int(node, "start", 0), end = lam_onnx_int(node, "end", rank);
	if (constant)
		memcpy(dims, x->tensor->dims, sizeof dims);
	else
		lam_onnx_dims(im, x, dims);
	start = start < -rank ? 0 : start < 0 ? start + rank : start > rank ? rank : start;
	end = end < -rank ? 0 : end < 0 ? end + rank : end > rank ? rank : end;
	const int64_t count = end > start ? end - start : 0;
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, true, 1, &count);
	for (int64_t i = 0; y && i < count; i++)
		y->numbers[i] = dims[start + i];
	return lam_onnx_give_constant(node, 0, y);
}

lam_status lam_onnx_fold_size(lam_onnx_import *im, const lam_onnx_node *node)
{
	static const int64_t none[1];
	const lam_onnx_value *x = lam_onnx_given(node, 0) ? node->in[0] : NULL;
	if (!x)
		return lam_fail(LAM_ERR_FORMAT, "it has no input");
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, true, 0, none);
	if (y && x->state == LAM_ONNX_CONSTANT)
		y->numbers[0] = x->tensor->count;
	else if (y
		&& __builtin_mul_overflow(
			im->batch, lam_shape_count(&x->flow.shape), &y->numbers[0]))
		return lam_fail(LAM_ERR_UNSUPPORTED, "it counts the values of a batch");
	return lam_onnx_give_constant(node, 0, y);
}

lam_status lam_onnx_fold_identity(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *x;
	lam_status status = lam_onnx_need(im, node, 0, "input", &x);
	return status ? status : lam_onnx_give_constant(node, 0, x);
}

/* The same values with other dimensions. */
static lam_status give_with(lam_onnx_import *im, const lam_onnx_node *node,
	const lam_onnx_tensor *x, const int64_t *dims, int rank)
{
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, x->whole, rank, dims);
	if (y && y->count != x->count)
		return lam_fail(LAM_ERR_SHAPE,
			"%" PRId64 " values do not fit its shape of %" PRId64, x->count, y->count);
	for (int64_t i = 0; y && i < y->count; i++)
		lam_onnx_copy(y, i, x, i);
	return lam_onnx_give_constant(node, 0, y);
}

/* Squeeze and Unsqueeze. */
static lam_status fold_squeeze(
	lam_onnx_import *im, const lam_onnx_node *node, const lam_onnx_tensor *x, bool adds)
{
	const int64_t *axes;
	int64_t dims[LAM_ONNX_MOST_RANK];
	bool listed[LAM_ONNX_MOST_RANK] = {false};
	int count, rank = 0;
	lam_status status = lam_onnx_numbers(
		im, node, node->inputs > 1 ? 1 : -1, "axes", &axes, &count);
	const int all = adds ? x->rank + count : x->rank;
	if (!status && (all > LAM_ONNX_MOST_RANK || (adds && count < 0)))
		status = lam_fail(LAM_ERR_UNSUPPORTED, "a constant of %d dimensions", all);
	for (int i = 0; i < count && !status; i++) {
		int axis;
		status = lam_onnx_axis(axes[i], all, &axis);
		if (!status)
			listed[axis] = true;
	}
	for (int i = 0, from = 0; i < all && !status; i++) {
		if (adds)
			dims[rank++] = listed[i] || from >= x->rank ? 1 : x->dims[from++];
		else if (!(listed[i] || (count < 0 && x->dims[i] == 1)))
			dims[rank++] = x->dims[i];
	}
	return status ? status : give_with(im, node, x, dims, rank);
}

/* Reshape, Squeeze and Unsqueeze. */
lam_status lam_onnx_fold_reshape(lam_onnx_import *im, const lam_onnx_node *node)
{
	const char *operation = node->proto->op_type;
	lam_onnx_tensor *x, *list;
	int64_t dims[LAM_ONNX_MOST_RANK], rest = 1;
	int rank = 0, open = -1;
	lam_status status = lam_onnx_need(im, node, 0, "input", &x);
	if (status || operation[0] == 'S' || operation[0] == 'U')
		return status ? status : fold_squeeze(im, node, x, operation[0] == 'U');
	status = lam_onnx_need(im, node, 1, "shape", &list);
	if (!status)
		status = dims_of(list, dims, &rank);
	for (int i = 0; i < rank && !status; i++) {
		if (dims[i] == 0 && i < x->rank && !lam_onnx_int(node, "allowzero", 0))
			dims[i] = x->dims[i];
		if (dims[i] == -1 && open < 0)
			open = i;
		else if (dims[i] < 0 || __builtin_mul_overflow(rest, dims[i], &rest))
			status = lam_fail(LAM_ERR_FORMAT, "its shape has a %" PRId64, dims[i]);
	}
	if (status)
		return status;
	if (open >= 0)
		dims[open] = rest ? x->count / rest : 0;
	return give_with(im, node, x, dims, rank);
}

lam_status lam_onnx_fold_transpose(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *x;
	const int64_t *perm;
	int64_t dims[LAM_ONNX_MOST_RANK], of_x[LAM_ONNX_MOST_RANK], strides[LAM_ONNX_MOST_RANK];
	const int count = lam_onnx_ints(node, "perm", &perm);
	bool seen[LAM_ONNX_MOST_RANK] = {false};
	lam_status status = lam_onnx_need(im, node, 0, "input", &x);
	if (!status && count && count != x->rank)
		status = lam_fail(
			LAM_ERR_FORMAT, "attribute perm has %d axes; expected %d", count, x->rank);
	if (status)
		return status;
	lam_onnx_strides(x, x->rank, of_x);
	for (int i = 0; i < x->rank; i++) {
		const int64_t from = count ? perm[i] : x->rank - 1 - i;
		if (from < 0 || from >= x->rank || seen[from])
			return lam_fail(LAM_ERR_FORMAT, "attribute perm has a %" PRId64, from);
		seen[from] = true;
		dims[i] = x->dims[from];
		strides[i] = of_x[from];
	}
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, x->whole, x->rank, dims);
	if (y)
		lam_onnx_gather_values(y, x, 0, strides);
	return lam_onnx_give_constant(node, 0, y);
}

lam_status lam_onnx_fold_expand(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *x, *list, shape = {.rank = 0};
	int64_t dims[LAM_ONNX_MOST_RANK], strides[LAM_ONNX_MOST_RANK];
	int rank = 0;
	lam_status status = lam_onnx_need(im, node, 0, "input", &x);
	if (!status)
		status = lam_onnx_need(im, node, 1, "shape", &list);
	if (!status)
		status = dims_of(list, shape.dims, &shape.rank);
	if (!status)
		status = lam_onnx_common(x, &shape, &rank, dims);
	if (status)
		return status;
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, x->whole, rank, dims);
	lam_onnx_strides(x, rank, strides);
	if (y)
		lam_onnx_gather_values(y, x, 0, strides);
	return lam_onnx_give_constant(node, 0, y);
}

lam_status lam_onnx_fold_range(lam_onnx_import *im, const lam_onnx_node *node)
{
	static const char *const names[3] = {"start", "limit", "step"};
	lam_onnx_tensor *t[3];
	double v[3];
	for (int i = 0; i < 3; i++) {
		lam_status status = lam_onnx_need(im, node, i, names[i], &t[i]);
		if (!status && t[i]->count != 1)
			status = lam_fail(LAM_ERR_FORMAT, "its %s is a list", names[i]);
		if (status)
			return status;
		v[i] = lam_onnx_number(t[i], 0);
	}
	const double steps = ceil((v[1] - v[0]) / v[2]);
	if (!(steps < LAM_ONNX_MOST_NODES))
		return lam_fail(LAM_ERR_UNSUPPORTED, "a range of %g numbers", steps);
	const int64_t count = steps > 0 ? (int64_t)steps : 0;
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, t[0]->whole, 1, &count);
	for (int64_t i = 0; y && i < count; i++) {
		const double number = v[0] + (double)i * v[2];
		if (y->whole && !(fabs(number) < 0x1p53))
			return lam_fail(LAM_ERR_UNSUPPORTED, "%g in a range", number);
		if (y->whole)
			y->numbers[i] = (int64_t)number;
		else
			y->reals[i] = (lam_real)number;
	}
	return lam_onnx_give_constant(node, 0, y);
}
