/* SPDX-License-Identifier: MIT */
/* What both forms of layer norm share. Private to layers/. */
#ifndef LAM_LAYER_NORM_STATE_H
#define LAM_LAYER_NORM_STATE_H

#include "framework/kernels/kernels.h"
#include "layers/channels.h"
#include "layers/norm.h"

#pragma GCC visibility push(hidden)

enum { LAYER_NORM_WEIGHT, LAYER_NORM_BIAS }; /* parameters */

struct layer_norm {
	lam_layer_norm_options options;
	int64_t channels, places; /* set by .check */
};

static inline int64_t lam_layer_norm_values(const struct layer_norm *norm)
{
	return norm->channels * norm->places;
}

/* Places first to end - 1, for the kernels. */
static inline struct lam_norm_places lam_layer_norm_places(const struct layer_norm *norm,
	const lam_pass *pass, const lam_real *w, const lam_real *b, struct lam_slices slices)
{
	return (struct lam_norm_places){w, b, norm->options.eps, (size_t)norm->channels,
		(size_t)norm->places, (size_t)slices_begin(slices, norm->places),
		(size_t)slices_end(slices, norm->places), pass->scratch};
}

/* For one sample at a time (layer_norm_sample.c), and the memory that it needs instead of that for
 * a batch. */
extern const lam_sample_form lam_layer_norm_sample_form;
void lam_layer_norm_sample_plan(const struct layer_norm *norm, lam_plan *plan);

#pragma GCC visibility pop
#endif
