/* SPDX-License-Identifier: MIT */
/* The direct algorithm: every product of the textbook, whatever the stride, pad, dilation and
 * groups. */
#ifndef LAM_CONV_DIRECT_H
#define LAM_CONV_DIRECT_H

#include "framework/kernels/conv.h"
#include "framework/kernels/sizes.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

#define conv_direct_algorithm LAM_KERNEL(conv_direct_algorithm)
extern const struct lam_conv_algorithm conv_direct_algorithm;

/* The number of weights. */
static inline int64_t conv_direct_weights(const lam_conv_geometry *g)
{
	return g->out * (g->in / g->groups) * g->kh * g->kw;
}

/* The number of products for one lane block; it may be more than 64 bits can count. */
static inline double conv_direct_products(const lam_conv_geometry *g)
{
	return (double)conv_direct_weights(g) * (double)(g->oh * g->ow);
}

/* The number of slices that the products of `blocks` blocks are worth. */
static inline int64_t conv_direct_slices(const lam_conv_geometry *g, int64_t blocks)
{
	return slices_worth(
		conv_direct_products(g) * (double)blocks, CONV_SLICE_PRODUCTS, CONV_SLICES);
}

#pragma GCC visibility pop
#endif
