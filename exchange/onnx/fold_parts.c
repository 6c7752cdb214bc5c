/* SPDX-License-Identifier: MIT */
/* Operators on constants: parts, joins and sums. */
#include "exchange/onnx/fold.h"

#include "exchange/onnx/operators.h"

#include <inttypes.h>
#include <string.h>

/* The numbers of values before, along and behind an axis. */
static void around(const lam_onnx_tensor *x, int axis, int64_t *before, int64_t *behind)
{
	*before = *behind = 1;
	for (int i = 0; i < axis; i++)
		*before *= x->dims[i];
	for (int i = axis + 1; i < x->rank; i++)
		*behind *= x->dims[i];
}

/* Copies `count` indices from `from` on along an axis of x to those from `to` on of y. */
static void copy_part(lam_onnx_tensor *y, int64_t to, const lam_onnx_tensor *x, int64_t from,
	int64_t count, int axis)
{
	int64_t before, behind;
	around(x, axis, &before, &behind);
	for (int64_t a = 0; a < before; a++)
		for (int64_t i = 0; i < count; i++)
			for (int64_t b = 0; b < behind; b++)
				lam_onnx_copy(y, (a * y->dims[axis] + to + i) * behind + b, x,
					(a * x->dims[axis] + from + i) * behind + b);
}

lam_status lam_onnx_fold_concat(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *first = NULL, *x;
	int64_t dims[LAM_ONNX_MOST_RANK], at = 0;
	int axis = 0;
	for (int i = 0; i < node->inputs; i++) {
		lam_status status = lam_onnx_need(im, node, i, "input", &x);
		if (!status && !i) {
			first = x;
			memcpy(dims, x->dims, sizeof dims);
			status = lam_onnx_axis(lam_onnx_int(node, "axis", 1), x->rank, &axis);
		} else if (!status && (x->rank != first->rank || x->whole != first->whole)) {
			status = lam_fail(LAM_ERR_SHAPE, "inputs of two types or ranks");
		} else if (!status) {
			dims[axis] += x->dims[axis];
		}
		for (int d = 0; !status && d < x->rank; d++)
			if (d != axis && x->dims[d] != first->dims[d])
				status = lam_fail(LAM_ERR_SHAPE, "inputs of two shapes");
		if (status)
			return status;
	}
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, first->whole, first->rank, dims);
	for (int i = 0; y && i < node->inputs; i++) {
		x = node->in[i]->tensor;
		copy_part(y, at, x, 0, x->dims[axis], axis);
		at += x->dims[axis];
	}
	return lam_onnx_give_constant(node, 0, y);
}

lam_status lam_onnx_parts(lam_onnx_import *im, const lam_onnx_node *node, int64_t size,
	int64_t least, int64_t **parts)
{
	const int64_t *sizes, even = (size + node->outputs - 1) / node->outputs;
	int64_t rest = size;
	int count;
	lam_status status = lam_onnx_numbers(im, node, 1, "split", &sizes, &count);
	if (!status && count >= 0 && count != node->outputs)
		status = lam_fail(LAM_ERR_FORMAT, "%d parts for %d outputs", count, node->outputs);
	if (status)
		return status;
	*parts = lam_onnx_alloc(im->arena, (size_t)node->outputs, sizeof **parts);
	for (int i = 0; *parts && i < node->outputs; i++) {
		const int64_t part = count >= 0 ? sizes[i] : even < rest ? even : rest;
		if (part < least || part > rest)
			return lam_fail(LAM_ERR_SHAPE,
				"a part of %" PRId64 " of %" PRId64 " values", part, rest);
		(*parts)[i] = part;
		rest -= part;
	}
	if (*parts && rest)
		return lam_fail(LAM_ERR_SHAPE, "its parts leave %" PRId64 " of %" PRId64 " values",
			rest, size);
	return *parts ? LAM_OK : LAM_ERR_MEMORY;
}

lam_status lam_onnx_fold_split(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *x;
	int64_t dims[LAM_ONNX_MOST_RANK], *parts, from = 0;
	int axis;
	lam_status status = lam_onnx_need(im, node, 0, "input", &x);
	if (!status)
		status = lam_onnx_axis(lam_onnx_int(node, "axis", 0), x->rank, &axis);
	if (!status)
		status = lam_onnx_parts(im, node, x->dims[axis], 0, &parts);
	for (int i = 0; i < node->outputs && !status; i++) {
		memcpy(dims, x->dims, sizeof dims);
		dims[axis] = parts[i];
		lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, x->whole, x->rank, dims);
		if (y)
			copy_part(y, 0, x, from, parts[i], axis);
		status = lam_onnx_give_constant(node, i, y);
		from += parts[i];
	}
	return status;
}

lam_status lam_onnx_fold_gather(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *x, *indices;
	int64_t dims[2 * LAM_ONNX_MOST_RANK], before, behind;
	int axis, rank = 0;
	lam_status status = lam_onnx_need(im, node, 0, "input", &x);
	if (!status)
		status = lam_onnx_need(im, node, 1, "indices", &indices);
	if (!status)
		status = lam_onnx_axis(lam_onnx_int(node, "axis", 0), x->rank, &axis);
	if (!status && !indices->whole)
		status = lam_fail(LAM_ERR_FORMAT, "its indices are no whole numbers");
	if (status)
		return status;
	for (int i = 0; i < axis; i++)
		dims[rank++] = x->dims[i];
	for (int i = 0; i < indices->rank; i++)
		dims[rank++] = indices->dims[i];
	for (int i = axis + 1; i < x->rank; i++)
		dims[rank++] = x->dims[i];
	around(x, axis, &before, &behind);
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, x->whole, rank, dims);
	for (int64_t a = 0, to = 0; y && a < before; a++)
		for (int64_t i = 0; i < indices->count; i++) {
			int64_t at = indices->numbers[i];
			at += at < 0 ? x->dims[axis] : 0;
			if (at < 0 || at >= x->dims[axis])
				return lam_fail(LAM_ERR_FORMAT, "index %" PRId64 " of %" PRId64,
					indices->numbers[i], x->dims[axis]);
			for (int64_t b = 0; b < behind; b++)
				lam_onnx_copy(y, to++, x, (a * x->dims[axis] + at) * behind + b);
		}
	return lam_onnx_give_constant(node, 0, y);
}

/* One axis of a slice: the first index, the step, and how many there are. */
static lam_status slice_axis(
	int64_t size, int64_t start, int64_t end, int64_t step, int64_t *first, int64_t *count)
{
	if (!step || step < -LAM_ONNX_MOST_DIMENSION || step > LAM_ONNX_MOST_DIMENSION)
		return lam_fail(LAM_ERR_FORMAT, "a step of %" PRId64, step);
	start += start < 0 ? size : 0;
	end += end < 0 ? size : 0;
	const int64_t least = step > 0 ? 0 : -1, most = step > 0 ? size : size - 1;
	start = start < 0 ? 0 : start > most ? most : start;
	end = end < least ? least : end > size ? size : end;
	*first = start;
	*count = step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step;
	*count = *count > 0 && size > 0 ? *count : 0;
	return LAM_OK;
}

lam_status lam_onnx_slice_lists(lam_onnx_import *im, const lam_onnx_node *node, int rank,
	const int64_t *lists[4], int counts[4])
{
	static const char *const names[4] = {"starts", "ends", "axes", "steps"};
	for (int i = 0; i < 4; i++) {
		lam_status status = lam_onnx_numbers(
			im, node, i + 1, names[i], &lists[i], &counts[i]);
		if (status)
			return status;
		if (counts[0] < 0 || (counts[i] != counts[0] && (i < 2 || counts[i] >= 0)))
			return lam_fail(LAM_ERR_FORMAT, "%d starts and %d %s; expected as many",
				counts[0], counts[i], names[i]);
	}
	return counts[2] >= 0 || counts[0] <= rank
		? LAM_OK
		: lam_fail(LAM_ERR_FORMAT, "%d axes of %d", counts[0], rank);
}

lam_status lam_onnx_fold_slice(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *x;
	const int64_t *lists[4];
	int64_t dims[LAM_ONNX_MOST_RANK], strides[LAM_ONNX_MOST_RANK], first = 0;
	int counts[4];
	lam_status status = lam_onnx_need(im, node, 0, "input", &x);
	if (!status)
		status = lam_onnx_slice_lists(im, node, x->rank, lists, counts);
	if (status)
		return status;
	memcpy(dims, x->dims, sizeof dims);
	lam_onnx_strides(x, x->rank, strides);
	bool is_cut[LAM_ONNX_MOST_RANK] = {false};
	for (int i = 0; i < counts[0]; i++) {
		int axis = i;
		int64_t start = 0, step = counts[3] >= 0 ? lists[3][i] : 1;
		if (counts[2] >= 0)
			status = lam_onnx_axis(lists[2][i], x->rank, &axis);
		if (!status && is_cut[axis])
			status = lam_fail(LAM_ERR_FORMAT, "axis %d is cut twice", axis);
		if (!status
			&& (lam_onnx_is_open(im, (double)lists[0][i])
				|| lam_onnx_is_open(im, (double)lists[1][i])))
			status = lam_fail(
				LAM_ERR_UNSUPPORTED, "it cuts a constant at the number of samples");
		if (!status)
			status = slice_axis(
				x->dims[axis], lists[0][i], lists[1][i], step, &start, &dims[axis]);
		if (status)
			return status;
		is_cut[axis] = true;
		first += start * strides[axis];
		strides[axis] *= step;
	}
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, x->whole, x->rank, dims);
	if (y)
		lam_onnx_gather_values(y, x, first, strides);
	return lam_onnx_give_constant(node, 0, y);
}

lam_status lam_onnx_reduced_axes(
	lam_onnx_import *im, const lam_onnx_node *node, int rank, bool *reduced)
{
	const int64_t *axes;
	int count;
	lam_status status = lam_onnx_numbers(
		im, node, node->inputs > 1 ? 1 : -1, "axes", &axes, &count);
	for (int i = 0; i < rank && count < 1; i++)
		reduced[i] = !lam_onnx_int(node, "noop_with_empty_axes", 0);
	for (int i = 0; i < count && !status; i++) {
		int axis;
		status = lam_onnx_axis(axes[i], rank, &axis);
		if (!status)
			reduced[axis] = true;
	}
	return status;
}

/* Adds one more value to a sum, a product, a maximum or a minimum. */
static bool gather_one(
	char what, const lam_onnx_tensor *x, int64_t i, lam_onnx_tensor *y, int64_t to, bool first)
{
	if (first) {
		lam_onnx_copy(y, to, x, i);
		return true;
	}
	if (x->whole) {
		int64_t *sum = &y->numbers[to];
		const int64_t value = x->numbers[i];
		return what == 'P' ? !__builtin_mul_overflow(*sum, value, sum)
			: what == 'S' || what == 'M'
			? !__builtin_add_overflow(*sum, value, sum)
			: (*sum = (what == 'x') == (value > *sum) ? value : *sum, true);
	}
	lam_real *sum = &y->reals[to];
	const lam_real value = x->reals[i];
	if (what == 'P')
		*sum *= value;
	else if (what == 'S' || what == 'M')
		*sum += value;
	else
		*sum = (what == 'x') == (value > *sum) ? value : *sum;
	return true;
}

/* ReduceSum, ReduceMean, ReduceProd, ReduceMax and ReduceMin. */
lam_status lam_onnx_fold_reduce(lam_onnx_import *im, const lam_onnx_node *node)
{
	const char *type = node->proto->op_type + strlen("Reduce");
	const char what = !strcmp(type, "Max") ? 'x' : !strcmp(type, "Min") ? 'n' : type[0];
	lam_onnx_tensor *x;
	bool reduced[LAM_ONNX_MOST_RANK] = {false};
	int64_t dims[LAM_ONNX_MOST_RANK], strides[LAM_ONNX_MOST_RANK], step = 1;
	int rank = 0;
	lam_status status = lam_onnx_need(im, node, 0, "input", &x);
	if (!status)
		status = lam_onnx_reduced_axes(im, node, x->rank, reduced);
	if (status)
		return status;
	for (int i = 0; i < x->rank; i++)
		if (!reduced[i] || lam_onnx_int(node, "keepdims", 1))
			dims[rank++] = reduced[i] ? 1 : x->dims[i];
	for (int i = x->rank - 1; i >= 0; i--) {
		strides[i] = reduced[i] ? 0 : step;
		step *= reduced[i] ? 1 : x->dims[i];
	}
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, x->whole, rank, dims);
	if (!y || !x->count)
		return y ? lam_fail(LAM_ERR_UNSUPPORTED, "it reduces no values")
			 : lam_error_status();
	const int64_t terms = x->count / y->count;
	for (int64_t i = 0; i < x->count; i++) {
		int64_t rest = i, to = 0;
		bool first = true;
		for (int d = x->rank - 1; d >= 0; rest /= x->dims[d--]) {
			to += rest % x->dims[d] * strides[d];
			first = first && (!reduced[d] || rest % x->dims[d] == 0);
		}
		if (!gather_one(what, x, i, y, to, first))
			return lam_fail(LAM_ERR_UNSUPPORTED, "its numbers become too large");
	}
	for (int64_t i = 0; i < y->count && what == 'M'; i++) {
		if (x->whole)
			y->numbers[i] /= terms;
		else
			y->reals[i] /= (lam_real)terms;
	}
	return lam_onnx_give_constant(node, 0, y);
}
