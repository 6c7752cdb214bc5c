/* SPDX-License-Identifier: MIT */
/* The direct algorithm: every product of the textbook, whatever the stride, pad, dilation and
 * groups. */
#ifndef LAM_CONV_DIRECT_H
#define LAM_CONV_DIRECT_H

#include "framework/kernels/conv.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

/* As their namesakes in conv.h; run is forward and input gradient. */
#define conv_direct_packed_size LAM_KERNEL(conv_direct_packed_size)
int64_t conv_direct_packed_size(const lam_conv_geometry *);
#define conv_direct_pack LAM_KERNEL(conv_direct_pack)
void conv_direct_pack(const lam_conv_geometry *, lam_job, const lam_real *w, lam_real *packed,
	int64_t slice, int64_t slices);
#define conv_direct_run LAM_KERNEL(conv_direct_run)
void conv_direct_run(const lam_conv_geometry *, lam_job, const lam_real *packed,
	const lam_real *bias, lam_epilogue, const lam_real *x, lam_real *y, int64_t slice,
	int64_t slices);

/* Slices worth cutting the products of `blocks` blocks into. */
#define conv_direct_slices LAM_KERNEL(conv_direct_slices)
int64_t conv_direct_slices(const lam_conv_geometry *, int64_t blocks);

#pragma GCC visibility pop
#endif
