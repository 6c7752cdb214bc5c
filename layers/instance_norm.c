/* SPDX-License-Identifier: MIT */
/* Instance normalisation: a group for each channel. The formulas are in norm_groups.c. */
#include "layers/classes.h"
#include "layers/norm_groups.h"

static const lam_option options[] = {
	LAM_OPTION(lam_instance_norm_options, eps, REAL, .fallback = 1e-5, .most = INT_MAX,
		.above = true),
	LAM_OPTION(lam_instance_norm_options, no_affine, BOOL),
	LAM_OPTIONS_END,
};

static lam_status init(lam_layer *self)
{
	struct norm_groups *norm = lam_layer_state(self);
	norm->eps = norm->options.instance.eps;
	norm->affine = !norm->options.instance.no_affine;
	return LAM_OK;
}

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	return lam_norm_groups_check(lam_layer_state(self), in->dim[0], in, out);
}

const lam_layer_class lam_instance_norm_class = {
	LAM_LAYER_ABI,
	LAM_NORM_GROUPS_CLASS,
	.kind = "instance_norm",
	.options = options,
	.init = init,
	.check = check,
};

lam_layer *lam_instance_norm_new(const lam_instance_norm_options *given)
{
	return lam_layer_new(&lam_instance_norm_class, given);
}
