/* SPDX-License-Identifier: MIT */
/* The weight gradient of an affine map: an outer product per sample, with samples of dy as rows. */
#ifndef LAM_AFFINE_WEIGHT_H
#define LAM_AFFINE_WEIGHT_H

#include "framework/kernels/affine.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

/* The members of struct lam_affine_kernels that affine_weight.c defines. */
#define affine_turns LAM_KERNEL(affine_turns)
bool affine_turns(const lam_affine_geometry *);
#define affine_transposed_size LAM_KERNEL(affine_transposed_size)
int64_t affine_transposed_size(const lam_affine_geometry *, int64_t blocks);
#define affine_transpose LAM_KERNEL(affine_transpose)
void affine_transpose(const lam_affine_geometry *, const lam_real *dy, int64_t block,
	int64_t blocks, lam_real *rows);
#define affine_weight_gradient LAM_KERNEL(affine_weight_gradient)
void affine_weight_gradient(const lam_affine_geometry *, const struct lam_affine_gradient_call *);
#define affine_bias_gradient LAM_KERNEL(affine_bias_gradient)
void affine_bias_gradient(const lam_affine_geometry *, const lam_real *rows, int64_t samples,
	lam_real *db, int64_t begin, int64_t end);

#pragma GCC visibility pop
#endif
