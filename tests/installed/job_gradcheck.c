/* SPDX-License-Identifier: MIT */
/* A newcomer's job: which layer of a net has a wrong backward? */
#include <lamina.h>
#include <stdio.h>
#include <string.h>

static lam_status square(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t i = 0; i < pass->x->values; i++)
		pass->out->data[i] = pass->x->data[i] * pass->x->data[i];
	return LAM_OK;
}

static lam_status square_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t i = 0; i < pass->x->values; i++)
		pass->dx->data[i] = pass->dy->data[i] * pass->x->data[i]; /* the 2 is missing */
	return LAM_OK;
}

static const lam_layer_class square_class = {LAM_LAYER_ABI, .flags = LAM_KEEP_X | LAM_EVAL_BACKWARD,
	.kind = "square", .forward = square, .backward = square_backward};

int main(void)
{
	lam_gradcheck_report r;
	lam_status s = lam_gradcheck(
		lam_sequential(lam_affine(.out = 4), lam_layer_new(&square_class, NULL),
			lam_affine(.out = 2), lam_mean_squared_error()),
		LAM_SHAPE(3), &r);
	printf("%s\n%s: %s\n", lam_error(), r.layer, r.worst);
	return s != LAM_ERR_NUMERIC || strcmp(r.layer, "square \"1\"") != 0;
}
