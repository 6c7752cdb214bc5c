/* SPDX-License-Identifier: MIT */
/* Converts targets from rows of values to lanes, for losses. Private to layers/. */
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

#endif
