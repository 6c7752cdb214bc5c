/* SPDX-License-Identifier: MIT */
#include "framework/shape.h"

#include "framework/memory.h"

#include <inttypes.h>
#include <stdio.h>

int64_t lam_shape_count(const lam_shape *shape)
{
	if (!shape || shape->rank < 1 || shape->rank > LAM_MAX_RANK)
		return -1;
	int64_t count = 1;
	for (int i = 0; i < shape->rank; i++)
		if (shape->dim[i] < 1 || __builtin_mul_overflow(count, shape->dim[i], &count)
			|| count > LAM_MAX_COUNT)
			return -1;
	return count;
}

bool lam_shape_valid(const lam_shape *shape)
{
	return lam_shape_count(shape) > 0;
}

bool lam_shape_equal(const lam_shape *a, const lam_shape *b)
{
	if (!a || !b || a->rank != b->rank)
		return false;
	for (int i = 0; i < a->rank; i++)
		if (a->dim[i] != b->dim[i])
			return false;
	return true;
}

lam_shape_string lam_shape_text(lam_shape shape)
{
	lam_shape_string out = {"(no shape)"};
	if (shape.rank < 1 || shape.rank > LAM_MAX_RANK)
		return out;
	int at = 0;
	for (int i = 0; i < shape.rank; i++)
		at += snprintf(out.text + at, sizeof out.text - (size_t)at, "%s%" PRId64,
			i ? "x" : "", shape.dim[i]);
	return out;
}
