/* SPDX-License-Identifier: MIT */
/* A tile of an affine weight's gradient: products of a few values of one side with vectors of the
 * other, summed over samples. */
#ifndef LAM_AFFINE_OUTER_H
#define LAM_AFFINE_OUTER_H

#include "framework/kernels/affine_weight.h"
#include "framework/kernels/taker.h"

#pragma GCC visibility push(hidden)

struct outer {
	const lam_real *values, *rows; /* of one side numbers, of the other vectors */
	int64_t block;                 /* of `values`: from one block of lanes to the next */
	int64_t row;                   /* the values of a row, in whole vectors */
	int64_t samples;
	vec *sums; /* written */
	/* In affine_turned.c its arrays are fetched meanwhile, from value `fetch` on; or NULL. */
	const struct lam_taker *taker;
	int64_t fetch;
};

/* Writes the sums of at most SUM_TERMS samples. */
typedef void outer_function(const struct outer *);

/* Writes `count` sums, at most OUTER_SUMS: of all samples, or of the shards instead, if that is not
 * NULL. */
#define outer_sum LAM_KERNEL(outer_sum)
void outer_sum(outer_function *, const struct outer *, const struct lam_affine_shards *, int count);

#pragma GCC visibility pop
#endif
