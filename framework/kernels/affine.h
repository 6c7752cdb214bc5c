/* SPDX-License-Identifier: MIT */
/* The affine map of lane blocks. One block of x is [in][16], of y [out][16]. The weight is
 * [out][in], as PyTorch's.
 *
 *   forward           y[o]     = b[o] + sum over i of w[o][i] x[i]
 *   input gradient    dx[i]    = sum over o of w[o][i] dy[o]
 *   weight gradient   dw[o][i] = sum over samples of dy[o] x[i]
 *   bias gradient     db[o]    = sum over samples of dy[o]
 *
 * The input gradient is the job LAM_BACKWARD.
 *
 * The weight gradient reads dy with samples as rows, in panels of a few vectors of outputs; outputs
 * beyond `out` are zero there. A phase of its own, `transpose`, writes these rows into memory that
 * all slices share. Of a large weight it reads x so, too (`turns`, `turn`), and writes dw as it
 * lies, not a line of each of many pages.
 *
 * A net that trains keeps no packed copy for a job whose calls pack panels as fast as they would
 * read one (`streams`): forward from middle-sized weights on, the input gradient of large ones.
 *
 * Slices are as in conv.h. A sample's bits do not depend on the other blocks either. */
#ifndef LAM_AFFINE_H
#define LAM_AFFINE_H

#include "framework/epilogue.h"
#include "framework/job.h"
#include "framework/kernels/sizes.h"
#include "framework/kernels/taker.h"
#include "framework/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lam_affine_geometry {
	int64_t in, out;
} lam_affine_geometry;

/* The arguments of forward or input gradient. A call may have any number of blocks; it is fastest
 * with all of them. */
struct lam_affine_call {
	const lam_real *packed; /* the copy of the weight that `pack` made for this job; NULL: */
	const lam_real *weight; /* the weight itself, whose panels the call packs into `scratch` */
	void *scratch;
	const lam_real *bias; /* one number for each feature of `to`; NULL: none */
	lam_epilogue epilogue;
	const lam_finish *finish; /* before and after the epilogue; NULL: nothing */
	const lam_real *from;     /* x; the input gradient: dy */
	lam_real *to;             /* y; the input gradient: dx. All of it is written */
	int64_t from_block, to_block,
		blocks; /* values from one block to the next; how many blocks */
	struct lam_slices slices;
};

struct lam_affine_gradient_call {
	const lam_real *x;    /* not read if `turned` */
	int64_t x_block;      /* values from one block to the next */
	const lam_real *rows; /* dy, by `transpose` */
	bool turned;          /* the rows are x and dy, by `turn` */
	int64_t samples;      /* read in order; later lanes are not read */
	lam_real *dw;         /* overwritten */
	/* of dw; NULL: none. Only with `turned`, and without shards: others take nothing */
	const struct lam_taker *taker;
	struct lam_slices slices;
	const struct lam_affine_shards *shards; /* instead of samples; NULL: there is one */
};

enum {
	LAM_AFFINE_LEVELS = 8, /* of the tree of the most shards of a call */
	LAM_AFFINE_SHARDS = 1 << LAM_AFFINE_LEVELS,
	LAM_AFFINE_SHARD_SAMPLES = 256, /* of each: one sum, SUM_TERMS */
};

/* Samples that are several shards, each from a lane block of its own on. Their gradients are added
 * in a binary tree, ((g0 + g1) + (g2 + g3)) + … */
struct lam_affine_shards {
	int count;              /* a power of two */
	const int64_t *samples; /* [count], at least 1 */
	int64_t blocks;         /* of all */
};

struct lam_affine_kernels {
	/* The number of slices that a call, or packing, is worth; at least 1. */
	int64_t (*slices)(const lam_affine_geometry *);
	int64_t (*pack_slices)(const lam_affine_geometry *);

	/* Packs PyTorch's weight into the copy that `job` (forward or input gradient) reads. The
	 * copy has in x out values. */
	void (*pack)(const lam_affine_geometry *, lam_job job, const lam_real *w, lam_real *packed,
		struct lam_slices);

	/* Whether the weight is so large that a net for training should keep no packed copy for
	 * this job, but calls should pack its panels; and the bytes of scratch that they need for
	 * that. */
	bool (*streams)(const lam_affine_geometry *, lam_job);
	int64_t (*stream_scratch)(void);

	/* Forward or input gradient. */
	void (*run)(const lam_affine_geometry *, lam_job, const struct lam_affine_call *);

	/* transpose() writes the rows of block `block` from its dy. transposed_size() is the number
	 * of values in the rows of `blocks` blocks. */
	int64_t (*transposed_size)(const lam_affine_geometry *, int64_t blocks);
	void (*transpose)(const lam_affine_geometry *, const lam_real *dy, int64_t block,
		int64_t blocks, lam_real *rows);

	/* Whether the weight gradient should read x with samples as rows, too; and the same two for
	 * that. */
	bool (*turns)(const lam_affine_geometry *);
	int64_t (*turned_size)(const lam_affine_geometry *, int64_t blocks);
	void (*turn)(const lam_affine_geometry *, const lam_real *x, const lam_real *dy,
		int64_t block, int64_t blocks, lam_real *rows);

	/* The weight gradient. */
	void (*gradient)(const lam_affine_geometry *, const struct lam_affine_gradient_call *);

	/* Writes db[o] for o in [begin, end), from the rows that transpose(), or turn(), has made,
	 * of samples, or of shards if that is not NULL. The bits are the same. */
	void (*bias_gradient)(const lam_affine_geometry *, bool turned, const lam_real *rows,
		int64_t samples, const struct lam_affine_shards *, lam_real *db, int64_t begin,
		int64_t end);
};

#endif
