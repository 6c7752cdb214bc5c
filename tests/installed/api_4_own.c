/* SPDX-License-Identifier: MIT */
/* A layer of one's own, checked: y = x sigmoid(x). */
#include <lamina.h>
#include <stdio.h>

struct swish {
	LAM_LAYER_OPTIONS;
};

static lam_status swish_forward(const lam_layer *self, const lam_pass *pass)
{
	const lam_real *x = pass->x->data;
	lam_real *y = pass->out->data;
	(void)self;
	lam_vec_sigmoid(y, x, (size_t)pass->out->values);
	for (int64_t i = 0; i < pass->out->values; i++)
		y[i] *= x[i];
	return LAM_OK;
}

static lam_status swish_backward(const lam_layer *self, const lam_pass *pass)
{
	const lam_real *x = pass->x->data, *dy = pass->dy->data;
	lam_real *dx = pass->dx->data;
	(void)self;
	lam_vec_sigmoid(dx, x, (size_t)pass->dx->values);
	for (int64_t i = 0; i < pass->dx->values; i++)
		dx[i] = dy[i] * dx[i] * (1 + x[i] * (1 - dx[i]));
	return LAM_OK;
}

static const lam_layer_class swish_class = {
	LAM_LAYER_ABI, .kind = "swish", .flags = LAM_KEEP_X, .state_size = sizeof(struct swish),
	.forward = swish_forward,
	.backward = swish_backward, /* .update: NULL = the optimizer's rule on every parameter */
};

int main(void)
{
	lam_layer *swish = lam_layer_new(&swish_class, NULL); /* or its options */
	lam_gradcheck_report r;
	lam_status s = lam_gradcheck(
		swish, LAM_SHAPE(3, 8, 8), &r, .batch = 4, .tolerance = 1e-3f, .seed = 1);
	/* r.max_error, r.worst: "input[17]: analytic 0.1234 numeric 0.1301"; s is LAM_ERR_NUMERIC
	 * when over the tolerance */
	printf("%g %s\n", r.max_error, r.worst);
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 3), lam_layer_new(&swish_class, NULL)),
		LAM_SHAPE(4));
	if (s || !net || lam_net_save(net, "own.npz")) {
		fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	lam_net *again = lam_net_load(
		"own.npz", .classes = (const lam_layer_class *const[]){&swish_class, NULL});
	if (!again)
		fprintf(stderr, "%s\n", lam_error());
	int failed = !again;
	lam_net_free(again);
	lam_net_free(net);
	return failed;
}
