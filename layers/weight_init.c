/* SPDX-License-Identifier: MIT */
/* The initialisation of weights: its names, its check, and the parameters' declaration. */
#include "layers/weight_init.h"

#include "framework/base/number.h"

const char *const lam_weight_inits[] = {[LAM_INIT_DEFAULT] = "default",
	[LAM_INIT_HE] = "he",
	[LAM_INIT_XAVIER] = "xavier",
	[LAM_INIT_FAN_IN] = "fan_in",
	[LAM_INIT_ZERO] = "zero",
	[LAM_INIT_NORMAL] = "normal",
	[LAM_INIT_DIRAC] = "dirac",
	NULL};

lam_status lam_weight_init_check(lam_init init, lam_real init_scale)
{
	if (init == LAM_INIT_NORMAL && init_scale == 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"init normal without init_scale; expected the standard deviation");
	if (init != LAM_INIT_NORMAL && init_scale != 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"init_scale %s with init %s; it applies to init normal alone",
			lam_real_text(init_scale).text, lam_weight_inits[init]);
	return LAM_OK;
}

void lam_weight_init_plan(
	lam_plan *plan, lam_shape weight, lam_param_options start, bool bias, int64_t out)
{
	lam_plan_param(plan, "weight", weight, start);
	if (bias)
		lam_plan_param(
			plan, "bias", LAM_SHAPE(out), (lam_param_options){.init = LAM_INIT_ZERO});
}
