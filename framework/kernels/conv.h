/* SPDX-License-Identifier: MIT */
/* Convolution of lane blocks: any stride, pad, dilation and groups; 1-D is h = kh = 1.
 *
 *   forward          y[o][i][j]     = b[o] + sum over c, p, q of w[o][c][p][q] x[c][i sh + p dh -
 *                    ph][j sw + q dw - pw]
 *   input gradient   dx[c][u][v]    = sum over o, p, q of w[o][c][p][q] dy[o][i][j],
 *                    u = i sh + p dh - ph, v = j sw + q dw - pw
 *   weight gradient  dw[o][c][p][q] = sum over samples, i, j of dy[o][i][j] x[c][i sh + p dh -
 *                    ph][j sw + q dw - pw]
 *   bias gradient    db[o]          = sum over samples, i, j of dy[o][i][j]
 *
 * with terms outside the planes left out, and c within o's group. One block of x is [in][h][w][16],
 * of y [out][oh][ow][16], the weight [out][in/groups][kh][kw] (PyTorch's).
 *
 * A transposed convolution is the same geometry read backwards, `in` and h, w being its output: its
 * forward is input_gradient (with bias and epilogue), its input gradient is forward, its weight
 * gradient is weight_gradient with its own dy passed as x and its own x passed as dy. Its weight
 * [its in][its out/groups][kh][kw] is then already in the order above.
 *
 * Slices: a caller may cut a call into any number of slices and run them in any order on any
 * threads; slice s of n writes its own part of the result, and the bits are the same for every n.
 * `slices` names a number that depends on the geometry alone and is worth the trouble. Sizes are
 * the caller's to check: every product of them must fit LAM_MAX_COUNT. */
#ifndef LAM_CONV_H
#define LAM_CONV_H

#include "framework/epilogue.h"
#include "framework/job.h"
#include "framework/real.h"

#include <stddef.h>
#include <stdint.h>

/* How a job is computed. Winograd's algorithm (winograd.h) takes down to a quarter of the products
 * for three taps with stride and dilation 1, at the price of larger rounding errors: against sums
 * in double the direct algorithm stays within 1e-5 of the largest value, Winograd's within 1e-4;
 * and of windows that hold an infinity it makes NaN. */
typedef enum lam_conv_algorithm {
	LAM_CONV_BY_SHAPE = 0, /* whichever takes fewer operations, by shapes alone */
	LAM_CONV_DIRECT,
	LAM_CONV_WINOGRAD /* wherever it can, even if it does not pay: for tests */
} lam_conv_algorithm;

typedef struct lam_conv_geometry {
	int64_t groups, in, out; /* channels in total; groups divides both */
	int64_t h, w, oh, ow;    /* planes of x and y */
	int64_t kh, kw, sh, sw, ph, pw, dh, dw;
	lam_conv_algorithm algorithm;
} lam_conv_geometry;

struct lam_conv_count {
	double products, transformed;
};

struct lam_conv_kernels {
	/* Values in the packed copy of the weight that a job reads; 0 for the weight gradient,
	 * which reads none. */
	int64_t (*packed_size)(const lam_conv_geometry *, lam_job);

	/* Bytes of scratch, aligned to LAM_ALIGN, that each thread brings to a job (0: pass NULL).
	 */
	size_t (*scratch_size)(const lam_conv_geometry *, lam_job);

	/* Slices worth cutting a call into, at least 1. Forward and input gradient: of one block.
	 */
	int64_t (*slices)(const lam_conv_geometry *, lam_job);
	int64_t (*pack_slices)(const lam_conv_geometry *);

	/* The weight gradient runs in phases, each when the one before it is done: how many slices
	 * phase `phase` is worth, 0 when there is no such phase. And the bytes that all slices of
	 * all phases share, for any number of blocks. */
	int64_t (*weight_slices)(const lam_conv_geometry *, int64_t blocks, int phase);
	size_t (*weight_shared)(const lam_conv_geometry *);

	/* What the algorithm of a job does to one block, in vectors of all its lanes: multiply-adds
	 * of its products, and values that it transforms before and behind them (0: it is direct).
	 * Counts for models of a job's time; the profile's are the direct ones. */
	struct lam_conv_count (*count)(const lam_conv_geometry *, lam_job);

	/* The copy that `job` (forward or input gradient) reads, from PyTorch's layout. */
	void (*pack)(const lam_conv_geometry *, lam_job job, const lam_real *w, lam_real *packed,
		int64_t slice, int64_t slices);

	/* One block: y from x. `bias` [out] may be NULL. */
	void (*forward)(const lam_conv_geometry *, const lam_real *packed, const lam_real *bias,
		lam_epilogue, const lam_real *x, lam_real *y, void *scratch, int64_t slice,
		int64_t slices);

	/* One block: dx, written whole, from dy. `bias` [in] may be NULL. */
	void (*input_gradient)(const lam_conv_geometry *, const lam_real *packed,
		const lam_real *bias, lam_epilogue, const lam_real *dy, lam_real *dx, void *scratch,
		int64_t slice, int64_t slices);

	/* One phase over all blocks, in order: after the last dw is overwritten. x_block, dy_block:
	 * values from one block to the next. Lanes without a sample must hold zero in dy and a
	 * finite number in x. */
	void (*weight_gradient)(const lam_conv_geometry *, int phase, const lam_real *x,
		int64_t x_block, const lam_real *dy, int64_t dy_block, int64_t blocks, lam_real *dw,
		void *shared, void *scratch, int64_t slice, int64_t slices);

	/* db[c] for c in [begin, end), overwritten: the sum over `pixels` x 16 values of channel c
	 * in every block. */
	void (*bias_gradient)(int64_t pixels, const lam_real *dy, int64_t dy_block, int64_t blocks,
		lam_real *db, int64_t begin, int64_t end);
};

#endif
