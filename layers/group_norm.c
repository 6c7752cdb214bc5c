/* SPDX-License-Identifier: MIT */
/* Group normalisation: the formulas are in norm_groups.c. */
#include "layers/classes.h"
#include "layers/norm_groups.h"

static const lam_option options[] = {
	LAM_OPTION(
		lam_group_norm_options, groups, INT, .least = 1, .most = INT_MAX, .required = true),
	LAM_OPTION(lam_group_norm_options, eps, REAL, .fallback = 1e-5, .most = INT_MAX,
		.above = true),
	LAM_OPTION(lam_group_norm_options, no_affine, BOOL),
	LAM_OPTIONS_END,
};

static lam_status init(lam_layer *self)
{
	struct norm_groups *norm = lam_layer_state(self);
	norm->eps = norm->options.group.eps;
	norm->affine = !norm->options.group.no_affine;
	return LAM_OK;
}

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct norm_groups *norm = lam_layer_state(self);
	const int groups = norm->options.group.groups;
	if (in->dim[0] % groups != 0)
		return lam_fail(LAM_ERR_SHAPE,
			"the input is %s; expected channels that are a multiple of the %d groups",
			lam_shape_text(*in).text, groups);
	return lam_norm_groups_check(norm, groups, in, out);
}

const lam_layer_class lam_group_norm_class = {
	LAM_LAYER_ABI,
	LAM_NORM_GROUPS_CLASS,
	.kind = "group_norm",
	.options = options,
	.init = init,
	.check = check,
};

lam_layer *lam_group_norm_new(const lam_group_norm_options *given)
{
	return lam_layer_new(&lam_group_norm_class, given);
}
