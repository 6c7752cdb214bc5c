/* SPDX-License-Identifier: MIT */
/* A bias padded with zeros to whole lane blocks, for products with outputs in the lanes. Private to
 * layers/. */
#ifndef LAM_LANE_BIAS_H
#define LAM_LANE_BIAS_H

#include "framework/kernels/sizes.h"
#include "framework/layer.h"

#include <string.h>

/* For .plan: declares the packed copy of parameter `param`, [count]. */
static inline void lam_lane_bias_plan(lam_plan *plan, int param, int64_t count)
{
	lam_plan_packed(
		plan, param, lane_blocks(count) * LAM_LANES * (int64_t)sizeof(lam_real), 1, false);
}

/* For .pack: writes the copy, with 0 in lanes without a channel. */
static inline void lam_lane_bias_pack(const lam_real *bias, void *packed, int64_t count)
{
	memset(packed, 0, (size_t)(lane_blocks(count) * LAM_LANES) * sizeof *bias);
	memcpy(packed, bias, (size_t)count * sizeof *bias);
}

#endif
