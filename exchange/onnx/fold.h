/* SPDX-License-Identifier: MIT */
/* Arithmetic on constants. Private to exchange/onnx/. */
#ifndef LAM_ONNX_FOLD_H
#define LAM_ONNX_FOLD_H

#include "exchange/onnx/import.h"

#pragma GCC visibility push(hidden)

/* A constant input, which must be there. */
lam_status lam_onnx_need(lam_onnx_import *im, const lam_onnx_node *node, int i, const char *what,
	lam_onnx_tensor **tensor);

/* Value `i` of one tensor to value `k` of another of the same kind. */
static inline void lam_onnx_copy(
	lam_onnx_tensor *to, int64_t k, const lam_onnx_tensor *from, int64_t i)
{
	if (to->whole)
		to->numbers[k] = from->numbers[i];
	else
		to->reals[k] = from->reals[i];
}

/* The distances of neighbours along each axis; 0 along axes of one value, which then repeat.
 * `rank` is at least the tensor's, whose axes are the last ones. */
void lam_onnx_strides(const lam_onnx_tensor *tensor, int rank, int64_t *strides);

/* Writes to a tensor the values of another, `first` being that of all indices 0. */
void lam_onnx_gather_values(
	lam_onnx_tensor *to, const lam_onnx_tensor *from, int64_t first, const int64_t *strides);

/* The shape of two constants together. */
lam_status lam_onnx_common(
	const lam_onnx_tensor *a, const lam_onnx_tensor *b, int *rank, int64_t *dims);

#pragma GCC visibility pop
#endif
