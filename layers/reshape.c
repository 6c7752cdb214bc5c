/* SPDX-License-Identifier: MIT */
/* Identity, flatten and reshape: y is x, and dL/dx is dL/dy, with another shape. Row-major values
 * have the same order in any shape, and so has each lane of a block, so there is nothing to
 * compute. */
#include "layers/reshape.h"
#include "layers/classes.h"

const lam_layer_class lam_identity_class = {
	LAM_LAYER_ABI,
	.flags = LAM_VIEW | LAM_LOOKS_THROUGH,
	.kind = "identity",
	.state_size = sizeof(lam_identity_options),
};

lam_layer *lam_identity_new(const lam_identity_options *given)
{
	return lam_layer_new(&lam_identity_class, given);
}

static lam_status flatten_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)self, (void)inputs;
	*out = LAM_SHAPE(lam_shape_count(in));
	return LAM_OK;
}

const lam_layer_class lam_flatten_class = {
	LAM_LAYER_ABI,
	.flags = LAM_VIEW | LAM_LOOKS_THROUGH,
	.kind = "flatten",
	.state_size = sizeof(lam_flatten_options),
	.check = flatten_check,
};

lam_layer *lam_flatten_new(const lam_flatten_options *given)
{
	return lam_layer_new(&lam_flatten_class, given);
}

static const lam_option reshape_options[] = {
	LAM_OPTION(lam_reshape_options, shape, SHAPE, .required = true),
	LAM_OPTIONS_END,
};

static lam_status reshape_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	const lam_reshape_options *options = lam_layer_state(self);
	if (lam_shape_count(in) != lam_shape_count(&options->shape))
		return lam_fail(LAM_ERR_SHAPE,
			"the input %s has %lld values, option shape %s has %lld; expected as many",
			lam_shape_text(*in).text, (long long)lam_shape_count(in),
			lam_shape_text(options->shape).text,
			(long long)lam_shape_count(&options->shape));
	*out = options->shape;
	return LAM_OK;
}

const lam_layer_class lam_reshape_class = {
	LAM_LAYER_ABI,
	.flags = LAM_VIEW | LAM_LOOKS_THROUGH,
	.kind = "reshape",
	.state_size = sizeof(lam_reshape_options),
	.options = reshape_options,
	.check = reshape_check,
};

lam_layer *lam_reshape_new(const lam_reshape_options *given)
{
	return lam_layer_new(&lam_reshape_class, given);
}
