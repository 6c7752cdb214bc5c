/* SPDX-License-Identifier: MIT */
/* The affine map of lane blocks. One block of x is [in][16], of y [out][16]; the weight is
 * [out][in] (PyTorch's).
 *
 *   forward          y[o]     = b[o] + sum over i of w[o][i] x[i]
 *   input gradient   dx[i]    = sum over o of w[o][i] dy[o]
 *   weight gradient  dw[o][i] = sum over samples of dy[o] x[i]
 *   bias gradient    db[o]    = sum over samples of dy[o]
 *
 * The weight gradient wants dy with samples as rows, in panels of a few vectors of outputs (those
 * beyond `out` zero): a phase of its own (`transpose`) writes them into memory that all slices
 * share.
 *
 * Slices: a caller may cut a call into any number of slices and run them in any order on any
 * threads; slice s of n writes its own part of the result, and the bits are the same for every n,
 * and for a sample whatever the other blocks are. `slices` names a number that depends on the sizes
 * alone and is worth the trouble. */
#ifndef LAM_AFFINE_H
#define LAM_AFFINE_H

#include "framework/epilogue.h"
#include "framework/job.h"
#include "framework/real.h"

#include <stddef.h>
#include <stdint.h>

typedef struct lam_affine_geometry {
	int64_t in, out;
} lam_affine_geometry;

struct lam_affine_kernels {
	/* Values in the packed copy of the weight that a job reads; 0 for the weight gradient,
	 * which reads none. */
	int64_t (*packed_size)(const lam_affine_geometry *, lam_job);

	/* Bytes of scratch, aligned to LAM_ALIGN, that each thread brings to a job (0: pass NULL).
	 */
	size_t (*scratch_size)(const lam_affine_geometry *, lam_job);

	/* Slices worth cutting a call into, at least 1. */
	int64_t (*slices)(const lam_affine_geometry *, lam_job);
	int64_t (*pack_slices)(const lam_affine_geometry *);

	/* The copy that `job` (forward or input gradient) reads, from PyTorch's layout. */
	void (*pack)(const lam_affine_geometry *, lam_job job, const lam_real *w, lam_real *packed,
		int64_t slice, int64_t slices);

	/* y from x for any number of blocks (best all at once). `bias` [out] may be NULL. */
	void (*forward)(const lam_affine_geometry *, const lam_real *packed, const lam_real *bias,
		lam_epilogue, const lam_real *x, int64_t x_block, lam_real *y, int64_t y_block,
		int64_t blocks, int64_t slice, int64_t slices);

	/* dx, written whole, from dy. */
	void (*input_gradient)(const lam_affine_geometry *, const lam_real *packed,
		const lam_real *dy, int64_t dy_block, lam_real *dx, int64_t dx_block,
		int64_t blocks, int64_t slice, int64_t slices);

	/* Block `block` of all rows, from its dy; transposed_size is the number of values in the
	 * rows of `blocks`. */
	int64_t (*transposed_size)(const lam_affine_geometry *, int64_t blocks);
	void (*transpose)(const lam_affine_geometry *, const lam_real *dy, int64_t block,
		int64_t blocks, lam_real *rows);

	/* dw is overwritten; samples in order, those from `samples` on are not read. */
	void (*weight_gradient)(const lam_affine_geometry *, const lam_real *x, int64_t x_block,
		const lam_real *rows, int64_t samples, lam_real *dw, void *scratch, int64_t slice,
		int64_t slices);

	/* db[o] for o in [begin, end), overwritten, from the same rows. */
	void (*bias_gradient)(const lam_affine_geometry *, const lam_real *rows, int64_t samples,
		lam_real *db, int64_t begin, int64_t end);
};

#endif
