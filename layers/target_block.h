/* SPDX-License-Identifier: MIT */
/* What losses have in common: targets are converted from rows of values to lanes, samples have
 * weights, and the mean over a batch scales the gradient. Private to layers/. */
#ifndef LAM_TARGET_BLOCK_H
#define LAM_TARGET_BLOCK_H

#include "framework/kernels/kernels.h"
#include "framework/layer.h"

/* For .plan: declares scratch for one block of targets of shape `in`, in both jobs. */
static inline void lam_target_block_plan(lam_plan *plan, const lam_shape *in)
{
	int64_t bytes = lam_shape_count(in) * LAM_LANES * (int64_t)sizeof(lam_real);
	lam_plan_scratch(plan, LAM_FORWARD, bytes);
	lam_plan_scratch(plan, LAM_BACKWARD, bytes);
}

/* Converts this block's targets to [features][16] in scratch; idle lanes repeat the last row.
 * `view` has their shape. */
static inline const lam_real *lam_target_block(const lam_pass *pass, const lam_view *view)
{
	const lam_real *rows = (const lam_real *)pass->targets
		+ pass->block * LAM_LANES * view->features;
	lam_kernel()->transpose.rows_to_block(pass->scratch, rows, (size_t)view->features,
		(size_t)view->features, (int)pass->real);
	return pass->scratch;
}

/* The weights of this block's samples, for a forward kernel; NULL: 1. */
static inline const lam_real *lam_block_weights(const lam_pass *pass)
{
	const int64_t samples = pass->x->layout == LAM_BATCH_LANES ? LAM_LANES : 1;
	return pass->weights ? pass->weights + pass->block * samples : NULL;
}

/* The factor of a gradient in the mean over the batch, for a backward kernel: `part` / count. If
 * samples have weights, lam_weigh_gradient() divides by the count. */
static inline lam_real lam_gradient_scale(const lam_pass *pass, double part)
{
	return (lam_real)(pass->weights ? part : pass->count > 0 ? part / pass->count : 0);
}

/* The same for the mean over a sample's `elements` too: `factor` / (elements count). */
static inline lam_real lam_element_scale(const lam_pass *pass, double elements, double factor)
{
	const double divisor = pass->weights ? elements : elements * pass->count;
	return (lam_real)(divisor > 0 ? factor * (1 / divisor) : 0);
}

/* For .forward of a loss whose output is its input. */
static inline void lam_pass_through(const lam_pass *pass)
{
	if (pass->out->data != pass->x->data)
		lam_kernel()->map.copy(pass->out->data, pass->x->data, (size_t)pass->out->values);
}

/* Multiplies [features][16] of the gradient that a backward kernel has written, of this block, by
 * the samples' weights / count. */
static inline void lam_weigh_gradient(const lam_pass *pass, lam_real *dx, int64_t features)
{
	const lam_real *weights = pass->weights + pass->block * LAM_LANES;
	lam_real factors[LAM_LANES] __attribute__((aligned(LAM_ALIGN))) = {0};
	for (int64_t l = 0; l < pass->real && pass->count > 0; l++)
		factors[l] = (lam_real)((double)weights[l] / pass->count);
	lam_kernel()->reduce.scale_lanes(dx, factors, (size_t)features);
}

#endif
