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

/* What nodes say about axes, of constants and of samples. */

/* How many values along an axis of `size` go to each output of a Split: [outputs], at least `least`
 * each. */
lam_status lam_onnx_parts(lam_onnx_import *im, const lam_onnx_node *node, int64_t size,
	int64_t least, int64_t **parts);

/* Starts, ends, axes and steps of a Slice, as many of each; counts of -1 for axes and steps that
 * are not there. */
lam_status lam_onnx_slice_lists(lam_onnx_import *im, const lam_onnx_node *node, int rank,
	const int64_t *lists[4], int counts[4]);

/* Which axes are reduced; without a list all. `reduced` is [rank], and false. */
lam_status lam_onnx_reduced_axes(
	lam_onnx_import *im, const lam_onnx_node *node, int rank, bool *reduced);

#pragma GCC visibility pop
#endif
