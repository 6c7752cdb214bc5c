/* SPDX-License-Identifier: MIT */
/* Convolution of lane blocks: any stride, pad, dilation and groups. 1-D is h = kh = 1.
 *
 *   forward           y[o][i][j]     = b[o] + sum over c, p, q of w[o][c][p][q] x[c][u][v]
 *   input gradient    dx[c][u][v]    = sum over o, p, q, i, j of w[o][c][p][q] dy[o][i][j]
 *   weight gradient   dw[o][c][p][q] = sum over samples, i, j of dy[o][i][j] x[c][u][v]
 *   bias gradient     db[o]          = sum over samples, i, j of dy[o][i][j]
 *
 *   where  u = i sh + p dh - ph  and  v = j sw + q dw - pw  throughout
 *
 * Terms outside the planes are left out, and c runs over the channels of o's group. One block of x
 * is [in][h][w][16], of y [out][oh][ow][16]. The weight is [out][in/groups][kh][kw], as PyTorch's.
 * The input gradient is the job LAM_BACKWARD, the weight gradient LAM_GRADIENT.
 *
 * A transposed convolution is the same geometry read backwards: `in`, h and w are its output. Its
 * forward is the input gradient, with bias and epilogue. Its input gradient is forward. Its weight
 * gradient takes its own dy as x and its own x as dy. Its weight, [its in][its out/groups][kh][kw],
 * then lies in the order above.
 *
 * Slices: a call may be cut into any number of slices, run in any order on any threads. Each slice
 * writes its own part of the result, and the bits are the same for every number of slices. The
 * members that count slices return a number that pays and that follows from the geometry alone.
 *
 * Sizes are the caller's to check: every product of them must fit LAM_MAX_COUNT. */
#ifndef LAM_CONV_H
#define LAM_CONV_H

#include "framework/epilogue.h"
#include "framework/job.h"
#include "framework/kernels/sizes.h"
#include "framework/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lam_conv_geometry {
	int64_t groups, in, out; /* channels in total; groups divides both */
	int64_t h, w, oh, ow;    /* planes of x and y */
	int64_t kh, kw, sh, sw, ph, pw, dh, dw;
	const struct lam_conv_algorithm *algorithm[LAM_JOBS]; /* how to do each job: by `choose` */
} lam_conv_geometry;

/* Which algorithms a geometry may get. Winograd's (winograd.h) takes as little as a quarter of the
 * products, for two to ten taps a side (twenty of a signal) with stride 1 and any dilation, or
 * three to ten with stride 2, and one group. But it rounds more: within 1e-4 of the largest value,
 * where the direct algorithm stays within 1e-5 (both against sums in double). Windows with an
 * infinity or an outlier are computed directly (winograd_outlier.c). */
typedef enum lam_conv_choice {
	LAM_CONV_BY_SHAPE = 0, /* the one that takes fewer operations; the shapes alone decide */
	LAM_CONV_DIRECT,
	LAM_CONV_WINOGRAD /* wherever it is possible, even if it is slower: for tests */
} lam_conv_choice;

/* The arguments of forward or input gradient, for one block. */
struct lam_conv_call {
	const lam_real *packed; /* the copy of the weight that `pack` made for this job */
	/* The weight itself, which Winograd's algorithm needs for windows with an infinity or an
	 * outlier (winograd_outlier.c). NULL: such windows are computed as all others. */
	const lam_real *weight;
	const lam_real *bias; /* one number for each channel of `to`; NULL: none */
	lam_epilogue epilogue;
	const lam_finish *finish; /* before and after the epilogue; NULL: nothing */
	const lam_real *from;     /* x; the input gradient: dy */
	lam_real *to;             /* y; the input gradient: dx. All of it is written */
	void *scratch;
	struct lam_slices slices;
};

/* The arguments of one phase of the weight gradient, for all blocks. Lanes without a sample must
 * hold zero in dy and a finite number in x. */
struct lam_conv_gradient_call {
	int phase;
	const lam_real *x, *dy;
	int64_t x_block, dy_block, blocks; /* values from one block to the next; how many blocks */
	lam_real *dw;                      /* overwritten when the last phase is done */
	void *shared, *scratch;
	struct lam_slices slices;
};

struct lam_conv_count {
	double products, transformed;
};

/* An algorithm: its functions for each job. */
struct lam_conv_algorithm {
	/* The number of values in the packed copy of the weight, for forward or for the input
	 * gradient. */
	int64_t (*packed_size)(const lam_conv_geometry *);

	/* Packs PyTorch's weight into the copy that `job` (forward or input gradient) reads. */
	void (*pack)(const lam_conv_geometry *, lam_job job, const lam_real *w, lam_real *packed,
		struct lam_slices);

	/* The bytes of scratch, aligned to LAM_ALIGN, that each thread needs for a job. If 0, NULL
	 * is passed. */
	size_t (*scratch_size)(const lam_conv_geometry *, lam_job);

	/* Forward or input gradient. */
	void (*run)(const lam_conv_geometry *, lam_job, const struct lam_conv_call *);

	/* The weight gradient runs in phases; each begins when the one before it is done.
	 * gradient_slices() is the number of slices that phase `phase` is worth, 0 if there is no
	 * such phase. gradient_shared() is the number of bytes that all slices of all phases share,
	 * for any number of blocks. */
	int64_t (*gradient_slices)(const lam_conv_geometry *, int64_t blocks, int phase);
	size_t (*gradient_shared)(const lam_conv_geometry *);
	void (*gradient)(const lam_conv_geometry *, const struct lam_conv_gradient_call *);

	/* The work of a job for one block, in vectors of LAM_LANES: the multiply-adds of its
	 * products, and the values that it transforms before and after them (0 for the direct
	 * algorithm). The counts are for models of a job's time. A profile shows those of the
	 * direct algorithm. */
	struct lam_conv_count (*count)(const lam_conv_geometry *, lam_job);
};

/* What it takes to compute a 1x1 convolution together with the depthwise one before it, its front
 * (conv_front.c, channel_front.c): bytes of scratch for each thread, and the slices that a block,
 * or sample, is worth. 0 slices: it cannot be, or does not pay. */
struct lam_front_needs {
	size_t scratch;
	int64_t slices;
	bool whole; /* each call computes the whole front, whatever its slices are */
};

/* Whether `front` is depthwise, and the other reads its output as a dense 1x1 convolution, whose
 * plane is one row. */
static inline bool lam_conv_separable(const lam_conv_geometry *g, const lam_conv_geometry *front)
{
	return g->groups == 1 && g->kh == 1 && g->kw == 1 && g->sh == 1 && g->sw == 1 && g->h == 1
		&& g->oh == 1 && g->ow == g->w && front->groups == front->in
		&& front->groups == front->out && front->out == g->in
		&& front->oh * front->ow == g->w;
}

struct lam_conv_kernels {
	/* Completes a geometry before its algorithms are used: it chooses the algorithm of each
	 * job. For 1x1 kernels without stride or pad it also treats a plane as one row, as there
	 * are no borders. */
	void (*choose)(lam_conv_geometry *, lam_conv_choice);

	/* The number of slices that one block of forward or input gradient is worth; and the number
	 * for packing. */
	int64_t (*slices)(const lam_conv_geometry *);
	int64_t (*pack_slices)(const lam_conv_geometry *);

	/* Writes db[c] for c in [begin, end): the sum of the `pixels` x 16 values of channel c in
	 * every block. */
	void (*bias_gradient)(int64_t pixels, const lam_real *dy, int64_t dy_block, int64_t blocks,
		lam_real *db, int64_t begin, int64_t end);

	/* Forward of a 1x1 convolution together with a depthwise front, which is read where the
	 * call's `from` would be. The call's scratch serves both. */
	struct lam_front_needs (*front_needs)(
		const lam_conv_geometry *, const lam_conv_geometry *front);
	void (*front)(const lam_conv_geometry *, const struct lam_conv_call *,
		const lam_conv_geometry *front, const struct lam_conv_call *front_call);
};

#endif
