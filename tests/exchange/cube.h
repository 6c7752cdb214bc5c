/* SPDX-License-Identifier: MIT */
/* A layer of one's own, w x^3 + 1/4: what its classes with a form in C and in ONNX share. */
#ifndef LAM_TESTS_CUBE_H
#define LAM_TESTS_CUBE_H

#include <lamina.h>

static lam_status cube_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t i = 0; i < pass->out->values; i++) {
		const lam_real x = pass->x->data[i], w = pass->w[0][i / LAM_LANES];
		pass->out->data[i] = w * x * x * x + (lam_real)0.25;
	}
	return LAM_OK;
}

static lam_status cube_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	lam_plan_param(plan, "weight", *in, (lam_param_options){.init = LAM_INIT_ONE});
	return LAM_OK;
}

#endif
