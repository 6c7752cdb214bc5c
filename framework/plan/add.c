/* SPDX-License-Identifier: MIT */
/* The sum of two slots, y = a + b, for residual blocks. As dL/da = dL/db = dL/dy, backward computes
 * nothing, and both gradients share dy's buffer wherever their lifetimes allow. */
#include "framework/kernels/kernels.h"
#include "framework/plan/classes.h"

static lam_status add_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)self;
	if (inputs != 2)
		return lam_fail(LAM_ERR_ARGUMENT, "%d inputs; expected 2", inputs);
	if (!lam_shape_equal(&in[0], &in[1]))
		return lam_fail(LAM_ERR_SHAPE, "cannot add %s and %s; expected equal shapes",
			lam_shape_text(in[0]).text, lam_shape_text(in[1]).text);
	*out = in[0];
	return LAM_OK;
}

static lam_status add_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	lam_kernel()->map.add(
		pass->out->data, pass->x[0].data, pass->x[1].data, (size_t)pass->out->values);
	return LAM_OK;
}

const lam_layer_class lam_add_class = {
	LAM_LAYER_ABI,
	.flags = LAM_PASSES_DY | LAM_LOOKS_THROUGH | LAM_ELEMENTWISE,
	.kind = "add",
	.check = add_check,
	.forward = add_forward,
};
