/* SPDX-License-Identifier: MIT */
/* The options `.init` and `.init_scale` of the layers that have a weight. Private to layers/. */
#ifndef LAM_WEIGHT_INIT_H
#define LAM_WEIGHT_INIT_H

#include "framework/layer.h"

#pragma GCC visibility push(hidden)

/* The names of `.init`, in the order of lam_init; ends with NULL. */
extern const char *const lam_weight_inits[];

/* Checks that the two fit: a scale is allowed only, and required, for LAM_INIT_NORMAL. */
lam_status lam_weight_init_check(lam_init init, lam_real init_scale);

/* Declares "weight" of this shape as parameter 0 and, with `bias`, "bias" [out] as parameter 1,
 * which begins at 0. */
void lam_weight_init_plan(
	lam_plan *plan, lam_shape weight, lam_param_options start, bool bias, int64_t out);

/* The rows of these two options in an option table, for the options struct `struct_type`. */
#define LAM_WEIGHT_INIT_OPTIONS(struct_type) \
	LAM_OPTION(struct_type, init, CHOICE, .choices = lam_weight_inits), \
		LAM_OPTION(struct_type, init_scale, REAL, .most = 1e30, .above = true)

#pragma GCC visibility pop
#endif
