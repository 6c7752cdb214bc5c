/* SPDX-License-Identifier: MIT */
/* A layer of one's own: swish with a slope that is learned. It is checked by numeric
 * differentiation, trained on two spirals, saved and loaded like any other layer.
 *
 *     own_layer [file]        the net is saved to file; default own_layer.npz
 *
 * The layer works for any shape. With its parameter w [1], its option beta and the sigmoid s:
 *
 *     b = beta w,   y = x s(b x)
 *     dL/dx = dL/dy (s + b x s (1 - s))
 *     dL/dw = sum of dL/dy beta x^2 s (1 - s)          over samples and features */
#include <lamina.h>

#include "usage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The layer's state: its options, and after them whatever .check computes. */
struct swish {
	LAM_LAYER_OPTIONS;
	lam_real beta;
};

static const lam_option swish_options[] = {
	LAM_OPTION(struct swish, beta, REAL, .fallback = 1, .least = 0, .most = 100),
	LAM_OPTIONS_END,
};

/* Called once, when a net is made: declares the parameter, and memory for s of one block. */
static lam_status swish_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	lam_plan_param(plan, "weight", LAM_SHAPE(1), (lam_param_options){.init = LAM_INIT_ONE});
	lam_plan_scratch(
		plan, LAM_BACKWARD, lam_shape_count(in) * LAM_LANES * (int64_t)sizeof(lam_real));
	return LAM_OK;
}

/* s = sigmoid(b x) for one block, which has `values` numbers: 16 samples of each feature. */
static void sigmoid_of(lam_real *s, lam_real b, const lam_real *x, int64_t values)
{
	for (int64_t i = 0; i < values; i++)
		s[i] = b * x[i];
	lam_vec_sigmoid(s, s, (size_t)values);
}

/* Computes one block of samples; other threads may compute other blocks meanwhile. */
static lam_status swish_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct swish *swish = lam_layer_state(self);
	const lam_real *x = pass->x->data;
	lam_real *y = pass->out->data;
	sigmoid_of(y, swish->beta * pass->w[0][0], x, pass->x->values);
	for (int64_t i = 0; i < pass->x->values; i++)
		y[i] *= x[i];
	return LAM_OK;
}

/* Computes all blocks, because dw is a sum over them. Idle lanes have dy = 0 and add nothing. */
static lam_status swish_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct swish *swish = lam_layer_state(self);
	const lam_real beta = swish->beta, b = beta * pass->w[0][0];
	lam_real *s = pass->scratch;
	double sum = 0;
	for (int64_t block = 0; block < pass->blocks; block++) {
		const lam_real *x = pass->x->data + block * pass->x->block;
		const lam_real *dy = pass->dy->data + block * pass->dy->block;
		sigmoid_of(s, b, x, pass->x->values);
		for (int64_t i = 0; i < pass->x->values; i++)
			sum += (double)(dy[i] * beta * x[i] * x[i] * s[i] * (1 - s[i]));
		if (!pass->dx->data) /* not wanted */
			continue;
		lam_real *dx = pass->dx->data + block * pass->dx->block;
		for (int64_t i = 0; i < pass->x->values; i++)
			dx[i] = dy[i] * (s[i] + b * x[i] * s[i] * (1 - s[i]));
	}
	if (pass->dw[0]) /* NULL: the parameter is frozen */
		pass->dw[0][0] = (lam_real)sum;
	return LAM_OK;
}

static const lam_layer_class swish_class = {
	LAM_LAYER_ABI,
	.flags = LAM_KEEP_X | LAM_RECTIFIES | LAM_EVAL_BACKWARD,
	.kind = "swish",
	.state_size = sizeof(struct swish),
	.options = swish_options,
	.plan = swish_plan,
	.forward = swish_forward,
	.backward = swish_backward,
};

#define swish(...) \
	lam_layer_new(&swish_class, &(struct swish){.size = sizeof(struct swish), __VA_ARGS__})

enum { POINTS = 400, STEPS = 400 };

/* Makes two spirals of one turn and a half: x [POINTS][2], label [POINTS]. */
static void make_spirals(lam_real *x, int32_t *label)
{
	for (int i = 0; i < POINTS; i++) {
		double radius = (i / 2 + 1.0) / (POINTS / 2), angle = 3 * 3.14159265 * radius;
		double side = i % 2 ? 1 : -1;
		x[2 * i] = (lam_real)(side * 2 * radius * cos(angle));
		x[2 * i + 1] = (lam_real)(side * 2 * radius * sin(angle));
		label[i] = i % 2;
	}
}

static lam_status check(void)
{
	lam_gradcheck_report report;
	lam_status status = lam_gradcheck(swish(.beta = 1.5f), LAM_SHAPE(3, 8, 8), &report,
		.batch = 4, .tolerance = 1e-3f, .seed = 1);
	if (status == LAM_OK)
		printf("gradients of %lld values agree within %.1e\n", (long long)report.checked,
			report.max_error);
	return status;
}

static lam_status train(lam_net *net, const lam_real *x, const int32_t *label)
{
	lam_optimizer adam = lam_adam(.lr = 0.01f);
	for (int step = 0; step < STEPS; step++) {
		lam_status status = lam_net_step(net, &adam, x, label, POINTS);
		if (status)
			return status;
		if (step % 100 == 0 || step == STEPS - 1)
			printf("step %3d  loss %.4f  swish weights %.3f %.3f\n", step,
				lam_net_loss(net),
				(double)*lam_param_value(lam_net_find(net, "1.weight")),
				(double)*lam_param_value(lam_net_find(net, "3.weight")));
	}
	return LAM_OK;
}

/* Loads the file into a second net, whose predictions must be bit-identical. */
static lam_status compare(lam_net *net, const char *path, const lam_real *x)
{
	static lam_real before[2 * POINTS], after[2 * POINTS];
	lam_net *loaded = lam_net_load(path, .inference = true, .max_batch = POINTS,
		.classes = (const lam_layer_class *const[]){&swish_class, NULL});
	lam_status status = loaded ? LAM_OK : LAM_ERR_IO;
	if (!status)
		status = lam_net_predict(net, x, POINTS, before);
	if (!status)
		status = lam_net_predict(loaded, x, POINTS, after);
	if (!status)
		printf("%s predicts %s\n", path,
			memcmp(before, after, sizeof before) ? "something else" : "the same bits");
	lam_net_free(loaded);
	return status;
}

int main(int argc, char **argv)
{
	usage(argc, argv, 0, 1,
		"Usage: own_layer [FILE]\n"
		"Trains a net with a layer of this program's own, and saves it (default:\n"
		"own_layer.npz).\n");
	const char *path = argc > 1 ? argv[1] : "own_layer.npz";
	static lam_real x[2 * POINTS];
	static int32_t label[POINTS];
	make_spirals(x, label);

	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 32), swish(.beta = 2), lam_affine(.out = 32),
			swish(), lam_affine(.out = 2), lam_softmax_cross_entropy()),
		LAM_SHAPE(2), .max_batch = POINTS, .seed = 1);
	lam_status status = net ? check() : LAM_ERR_ARGUMENT;
	if (!status)
		status = train(net, x, label);
	if (!status)
		status = lam_net_save(net, path);
	if (!status)
		status = compare(net, path, x);
	if (status)
		fprintf(stderr, "%s\n", lam_error());
	lam_net_free(net);
	return status != LAM_OK;
}
