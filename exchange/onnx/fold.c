/* SPDX-License-Identifier: MIT */
/* Operators on constants, value by value. Whole numbers that overflow are refused: they were no
 * shapes. */
#include "exchange/onnx/fold.h"

#include "exchange/onnx/operators.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

lam_status lam_onnx_need(lam_onnx_import *im, const lam_onnx_node *node, int i, const char *what,
	lam_onnx_tensor **tensor)
{
	lam_status status = lam_onnx_constant(im, node, i, what, tensor);
	return status || *tensor ? status : lam_fail(LAM_ERR_FORMAT, "it has no %s", what);
}

void lam_onnx_strides(const lam_onnx_tensor *tensor, int rank, int64_t *strides)
{
	int64_t step = 1;
	for (int i = 0; i < rank; i++)
		strides[i] = 0;
	for (int i = tensor->rank - 1; i >= 0; i--) {
		strides[rank - tensor->rank + i] = tensor->dims[i] == 1 ? 0 : step;
		step *= tensor->dims[i];
	}
}

void lam_onnx_gather_values(
	lam_onnx_tensor *to, const lam_onnx_tensor *from, int64_t first, const int64_t *strides)
{
	for (int64_t i = 0; i < to->count; i++) {
		int64_t rest = i, at = first;
		for (int d = to->rank - 1; d >= 0; d--) {
			at += rest % to->dims[d] * strides[d];
			rest /= to->dims[d];
		}
		lam_onnx_copy(to, i, from, at);
	}
}

lam_status lam_onnx_common(
	const lam_onnx_tensor *a, const lam_onnx_tensor *b, int *rank, int64_t *dims)
{
	*rank = a->rank > b->rank ? a->rank : b->rank;
	for (int i = 0; i < *rank; i++) {
		const int of_a = i - (*rank - a->rank), of_b = i - (*rank - b->rank);
		const int64_t x = of_a >= 0 ? a->dims[of_a] : 1, y = of_b >= 0 ? b->dims[of_b] : 1;
		if (x != y && x != 1 && y != 1)
			return lam_fail(LAM_ERR_SHAPE,
				"constants of %" PRId64 " and %" PRId64 " values along an axis", x,
				y);
		dims[i] = x == 1 ? y : x;
	}
	return LAM_OK;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* a operation b of whole numbers; false: it cannot be computed. */
static bool of_numbers(const char *operation, int64_t a, int64_t b, bool c_modulo, int64_t *y)
{
	const bool divides = b && !(b == -1 && a == INT64_MIN);
	if (!strcmp(operation, "Add"))
		return !__builtin_add_overflow(a, b, y);
	if (!strcmp(operation, "Sub"))
		return !__builtin_sub_overflow(a, b, y);
	if (!strcmp(operation, "Mul"))
		return !__builtin_mul_overflow(a, b, y);
	if (!strcmp(operation, "Div"))
		*y = divides ? a / b : 0;
	else if (!strcmp(operation, "Mod"))
		*y = !divides ? 0 : c_modulo ? a % b : a - floor_divide(a, b) * b;
	else if (!strcmp(operation, "Max"))
		*y = a > b ? a : b;
	else if (!strcmp(operation, "Min"))
		*y = a < b ? a : b;
	else if (!strcmp(operation, "Equal"))
		*y = a == b;
	else if (!strcmp(operation, "Greater"))
		*y = a > b;
	else if (!strcmp(operation, "Less"))
		*y = a < b;
	else if (!strcmp(operation, "And"))
		*y = a && b;
	else if (!strcmp(operation, "Or"))
		*y = a || b;
	else
		return false;
	return divides || (strcmp(operation, "Div") != 0 && strcmp(operation, "Mod") != 0);
}

static bool of_reals(const char *operation, double a, double b, double *y)
{
	if (!strcmp(operation, "Add"))
		*y = a + b;
	else if (!strcmp(operation, "Sub"))
		*y = a - b;
	else if (!strcmp(operation, "Mul"))
		*y = a * b;
	else if (!strcmp(operation, "Div"))
		*y = a / b;
	else if (!strcmp(operation, "Pow"))
		*y = pow(a, b);
	else if (!strcmp(operation, "Max"))
		*y = fmax(a, b);
	else if (!strcmp(operation, "Min"))
		*y = fmin(a, b);
	else if (!strcmp(operation, "Equal"))
		*y = a == b;
	else if (!strcmp(operation, "Greater"))
		*y = a > b;
	else if (!strcmp(operation, "Less"))
		*y = a < b;
	else
		return false;
	return true;
}

static bool compares(const char *operation)
{
	return !strcmp(operation, "Equal") || !strcmp(operation, "Greater")
		|| !strcmp(operation, "Less");
}

/* Whether a number that is not known depends on which of two is larger, or equal. */
static bool compares_batch(const lam_onnx_import *im, const char *operation, int64_t a, int64_t b)
{
	static const char *const operations[] = {"Max", "Min", "Mod", "Equal", "Greater", "Less"};
	if (a < 1 || b < 1 || lam_onnx_is_open(im, (double)a) == lam_onnx_is_open(im, (double)b))
		return false;
	const bool one = a == 1 || b == 1; /* no batch is smaller */
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
		if (!strcmp(operations[i], operation) && !(one && i < 2))
			return true;
	return false;
}

/* Whether an operator on one number gives one that is still as large as the number of samples. */
static bool keeps_size(const char *operation)
{
	static const char *const operations[] = {"Abs", "Ceil", "Floor", "Neg", "Round"};
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
		if (!strcmp(operations[i], operation))
			return true;
	return false;
}

/* Two constants to one. */
static lam_onnx_tensor *combine(lam_onnx_import *im, const lam_onnx_node *node,
	const lam_onnx_tensor *a, const lam_onnx_tensor *b)
{
	const char *operation = !strcmp(node->proto->op_type, "Sum") ? "Add" : node->proto->op_type;
	int64_t dims[LAM_ONNX_MOST_RANK], of_a[LAM_ONNX_MOST_RANK], of_b[LAM_ONNX_MOST_RANK];
	int rank = 0;
	if (lam_onnx_common(a, b, &rank, dims))
		return NULL;
	const bool whole = a->whole && b->whole;
	if (a->whole && !b->whole && !strcmp(operation, "Pow")) {
		lam_fail(LAM_ERR_UNSUPPORTED, "a power of whole numbers to real ones");
		return NULL;
	}
	lam_onnx_tensor *y = lam_onnx_tensor_new(
		im->arena, whole || compares(operation), rank, dims);
	lam_onnx_strides(a, rank, of_a);
	lam_onnx_strides(b, rank, of_b);
	for (int64_t i = 0; y && i < y->count; i++) {
		int64_t rest = i, p = 0, q = 0;
		for (int d = rank - 1; d >= 0; rest /= dims[d--]) {
			p += rest % dims[d] * of_a[d];
			q += rest % dims[d] * of_b[d];
		}
		double real = 0;
		const double second = lam_onnx_number(b, q);
		if (whole ? compares_batch(im, operation, a->numbers[p], b->numbers[q])
			  : !strcmp(operation, "Div") && lam_onnx_is_open(im, second)) {
			lam_fail(LAM_ERR_UNSUPPORTED, "it depends on the number of samples");
			return NULL;
		}
		const bool can = whole ? of_numbers(operation, a->numbers[p], b->numbers[q],
					 lam_onnx_int(node, "fmod", 0) != 0, &y->numbers[i])
				       : of_reals(operation, lam_onnx_number(a, p), second, &real);
		if (!can) {
			lam_fail(LAM_ERR_UNSUPPORTED, "it cannot be computed from its constants");
			return NULL;
		}
		if (!whole && y->whole)
			y->numbers[i] = real != 0;
		else if (!whole)
			y->reals[i] = (lam_real)real;
	}
	return y;
}

lam_status lam_onnx_fold_binary(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *a, *b;
	lam_status status = lam_onnx_need(im, node, 0, "first input", &a);
	for (int i = 1; i < node->inputs && !status; i++) {
		status = lam_onnx_need(im, node, i, "second input", &b);
		if (status)
			return status;
		a = combine(im, node, a, b);
		status = a ? LAM_OK : lam_error_status();
	}
	return status ? status : lam_onnx_give_constant(node, 0, a);
}

static bool of_one(const char *operation, double x, double *y)
{
	static const struct {
		const char *name;
		double (*function)(double);
	} functions[] = {{"Abs", fabs}, {"Ceil", ceil}, {"Cos", cos}, {"Erf", erf}, {"Exp", exp},
		{"Floor", floor}, {"Log", log}, {"Round", rint}, {"Sin", sin}, {"Sqrt", sqrt},
		{"Tanh", tanh}};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (!strcmp(functions[i].name, operation)) {
			*y = functions[i].function(x);
			return true;
		}
	if (!strcmp(operation, "Neg"))
		*y = -x;
	else if (!strcmp(operation, "Reciprocal"))
		*y = 1 / x;
	else if (!strcmp(operation, "Not"))
		*y = x == 0;
	else if (!strcmp(operation, "Relu"))
		*y = x > 0 ? x : 0;
	else if (!strcmp(operation, "Sigmoid"))
		*y = 1 / (1 + exp(-x));
	else
		return false;
	return true;
}

lam_status lam_onnx_fold_unary(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *x;
	lam_status status = lam_onnx_need(im, node, 0, "input", &x);
	if (status)
		return status;
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, x->whole, x->rank, x->dims);
	for (int64_t i = 0; y && i < y->count; i++) {
		double real;
		if (lam_onnx_is_open(im, lam_onnx_number(x, i))
			&& !keeps_size(node->proto->op_type))
			return lam_fail(LAM_ERR_UNSUPPORTED, "it depends on the number of samples");
		if (!of_one(node->proto->op_type, lam_onnx_number(x, i), &real)
			|| (x->whole && !(fabs(real) < 0x1p53)))
			return lam_fail(
				LAM_ERR_UNSUPPORTED, "it cannot be computed from its constant");
		if (x->whole)
			y->numbers[i] = (int64_t)real;
		else
			y->reals[i] = (lam_real)real;
	}
	return lam_onnx_give_constant(node, 0, y);
}

/* The bits of a type of whole numbers, negative if it has a sign; 0: any of lamina's fit. */
static int bits_of(int64_t type)
{
	return type == LAM_ONNX_UINT8     ? 8
		: type == LAM_ONNX_INT8   ? -7
		: type == LAM_ONNX_UINT16 ? 16
		: type == LAM_ONNX_INT16  ? -15
		: type == LAM_ONNX_UINT32 ? 32
		: type == LAM_ONNX_INT32  ? -31
					  : 0;
}

static bool holds(int64_t type, double value)
{
	const int bits = bits_of(type);
	if (!bits)
		return fabs(value) < 0x1p62;
	return value > (bits < 0 ? -ldexp(1, -bits) - 1 : -1.0) && value < ldexp(1, abs(bits));
}

lam_status lam_onnx_fold_cast(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *x;
	const int64_t to = lam_onnx_int(node, "to", LAM_ONNX_FLOAT);
	lam_status status = lam_onnx_need(im, node, 0, "input", &x);
	if (!status && to == LAM_ONNX_STRING)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it makes texts");
	if (status)
		return status;
	const bool whole = to < 0 || to > INT32_MAX || !lam_onnx_is_real((int)to);
	lam_onnx_tensor *y = lam_onnx_tensor_new(im->arena, whole, x->rank, x->dims);
	for (int64_t i = 0; y && i < y->count; i++) {
		const double value = lam_onnx_number(x, i);
		if (!whole)
			y->reals[i] = (lam_real)value;
		else if (to == LAM_ONNX_BOOL)
			y->numbers[i] = value != 0;
		else if (x->whole && (!bits_of(to) || holds(to, value) || fabs(value) >= 0x1p39))
			y->numbers[i] = x->numbers[i];
		else if (!x->whole && holds(to, value))
			y->numbers[i] = (int64_t)value;
		else
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"%g as a whole number of type %" PRId64, value, to);
	}
	return lam_onnx_give_constant(node, 0, y);
}

lam_status lam_onnx_fold_where(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *condition, *a, *b, *y;
	int64_t dims[LAM_ONNX_MOST_RANK], strides[LAM_ONNX_MOST_RANK];
	int rank = 0;
	lam_status status = lam_onnx_need(im, node, 0, "condition", &condition);
	if (!status)
		status = lam_onnx_need(im, node, 1, "second input", &a);
	if (!status)
		status = lam_onnx_need(im, node, 2, "third input", &b);
	if (!status && a->whole != b->whole)
		status = lam_fail(LAM_ERR_FORMAT, "inputs of two types");
	if (!status)
		status = lam_onnx_common(a, b, &rank, dims);
	lam_onnx_tensor shape = {.rank = rank};
	if (status)
		return status;
	memcpy(shape.dims, dims, sizeof dims);
	status = lam_onnx_common(condition, &shape, &rank, dims);
	y = status ? NULL : lam_onnx_tensor_new(im->arena, a->whole, rank, dims);
	lam_onnx_tensor *other = y ? lam_onnx_tensor_new(im->arena, a->whole, rank, dims) : NULL;
	lam_onnx_tensor *choice = other
		? lam_onnx_tensor_new(im->arena, condition->whole, rank, dims)
		: NULL;
	if (!choice)
		return lam_error_status();
	lam_onnx_strides(a, rank, strides);
	lam_onnx_gather_values(y, a, 0, strides);
	lam_onnx_strides(b, rank, strides);
	lam_onnx_gather_values(other, b, 0, strides);
	lam_onnx_strides(condition, rank, strides);
	lam_onnx_gather_values(choice, condition, 0, strides);
	for (int64_t i = 0; i < y->count; i++)
		if (lam_onnx_number(choice, i) == 0)
			lam_onnx_copy(y, i, other, i);
	return lam_onnx_give_constant(node, 0, y);
}
