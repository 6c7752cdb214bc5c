/* SPDX-License-Identifier: MIT */
/* The sum of several slots, y = x_0 + x_1 + …, for residual blocks and lam_add(). As every
 * dL/dx_k = dL/dy, backward computes nothing, and the gradients share dy's buffer wherever their
 * lifetimes allow. */
#include "framework/kernels/kernels.h"
#include "framework/layer/inside.h"
#include "framework/plan/classes.h"

/* The state of a sum, without its branches. */
struct add {
	LAM_LAYER_OPTIONS;
};

static lam_status add_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)self;
	for (int k = 1; k < inputs; k++)
		if (!lam_shape_equal(&in[0], &in[k]))
			return lam_fail(LAM_ERR_SHAPE,
				"cannot add %s and %s; expected equal shapes",
				lam_shape_text(in[0]).text, lam_shape_text(in[k]).text);
	*out = in[0];
	return LAM_OK;
}

static lam_status add_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	const size_t values = (size_t)pass->out->values;
	lam_kernel()->map.add(pass->out->data, pass->x[0].data, pass->x[1].data, values);
	for (int k = 2; k < pass->inputs; k++)
		lam_kernel()->map.accumulate(pass->out->data, pass->x[k].data, values);
	return LAM_OK;
}

const lam_layer_class lam_add_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_PASSES_DY | LAM_LOOKS_THROUGH | LAM_ELEMENTWISE
		| LAM_ELEMENTWISE_TRAINING,
	.kind = "add",
	.state_size = sizeof(struct add),
	.min_inputs = 2,
	.max_inputs = INT_MAX,
	.max_children = LAM_MOST_LAYERS,
	.check = add_check,
	.forward = add_forward,
};
