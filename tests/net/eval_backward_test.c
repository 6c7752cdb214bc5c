/* SPDX-License-Identifier: MIT */
/* Gradients after a forward in evaluation: right, refused where a layer has none, and without an
 * effect on training. The battery compares those of each layer. */
#include <lamina.h>

#include "tests/kit.h"

#include <math.h>
#include <string.h>

enum { N = 19, IN = 2 * 6 * 6, CLASSES = 3 };

static lam_real x[N * IN];
static int32_t labels[N];

static void make_batch(void)
{
	for (int i = 0; i < N * IN; i++)
		x[i] = (lam_real)sin(1 + i * i % 97);
	for (int s = 0; s < N; s++)
		labels[s] = s % CLASSES;
}

static void check_same(const lam_real *actual, const lam_real *expected, size_t count)
{
	check(memcmp(actual, expected, count * sizeof *actual) == 0);
}

/* A net of layers that differ between training and evaluation, after one step of training, so that
 * its running statistics and packed copies are not those of the start. */
static lam_net *trained_net(lam_real dropped)
{
	make_batch();
	lam_layer *model = lam_sequential(lam_conv2d(.out = 4, .kernel = {3}), lam_batch_norm(),
		lam_silu(), lam_max_pool2d(.kernel = {2}), lam_dropout(.p = dropped),
		lam_affine(.out = 5), lam_tanh(), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
	lam_net *net = lam_net_create(
		model, LAM_SHAPE(2, 6, 6), .max_batch = N, .seed = 5, .input_grad = true);
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.05);
	check_ok(lam_net_step(net, &adam, x, labels, N));
	return net;
}

static double loss(lam_net *net)
{
	check_ok(lam_net_forward(net, LAM_EVAL, x, labels, N));
	return lam_net_loss(net);
}

/* The difference quotient of the evaluation's loss for one value. */
static double slope(lam_net *net, lam_real *value, lam_param *param)
{
	const double h = sizeof *value == 8 ? 1e-5 : 1e-2;
	const lam_real middle = *value, up = (lam_real)((double)middle + h),
		       down = (lam_real)((double)middle - h);
	*value = up;
	if (param)
		lam_param_edit(param);
	const double above = loss(net);
	*value = down;
	if (param)
		lam_param_edit(param);
	const double below = loss(net);
	*value = middle;
	if (param)
		lam_param_edit(param);
	return (above - below) / ((double)up - (double)down);
}

static void gradients_are_those_of_evaluation(void)
{
	const double tolerance = sizeof *x == 8 ? 1e-8 : 2e-3;
	lam_net *net = trained_net((lam_real)0.5);
	lam_real dx[N * IN];
	check_ok(lam_net_forward(net, LAM_EVAL, x, labels, N));
	check_ok(lam_net_backward(net));
	memcpy(dx, lam_net_input_grad(net), sizeof dx);
	for (int i = 0; i < N * IN; i += 13)
		check_near((double)dx[i], slope(net, &x[i], NULL), tolerance);
	for (int p = 0; p < lam_net_param_count(net); p++) {
		lam_param *param = lam_net_param(net, p);
		lam_real *value = lam_param_edit(param);
		check_ok(lam_net_forward(net, LAM_EVAL, x, labels, N));
		check_ok(lam_net_backward(net));
		const double analytic = (double)lam_param_grad(param)[0];
		check_near(analytic, slope(net, value, param), tolerance);
	}
	lam_net_free(net);
}

/* Dropout that is off is no dropout: the nets differ in nothing else. */
static void dropout_is_off(void)
{
	lam_net *net[2] = {trained_net((lam_real)0.5), trained_net(0)};
	for (int i = 0; i < lam_net_param_count(net[0]); i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(net[0], i));
		memcpy(lam_param_edit(lam_net_param(net[1], i)),
			lam_param_value(lam_net_param(net[0], i)),
			(size_t)lam_shape_count(&shape) * sizeof *x);
	}
	for (int k = 0; k < 2; k++) {
		check_ok(lam_net_forward(net[k], LAM_EVAL, x, labels, N));
		check_ok(lam_net_backward(net[k]));
	}
	check_same(lam_net_input_grad(net[0]), lam_net_input_grad(net[1]), N * IN);
	lam_net_free(net[0]);
	lam_net_free(net[1]);
}

/* Between two steps, evaluation and its gradients change nothing in a run. */
static void training_goes_on_as_if_it_had_not_been(void)
{
	lam_net *net[2] = {trained_net((lam_real)0.5), trained_net((lam_real)0.5)};
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.05);
	for (int step = 0; step < 3; step++) {
		check_ok(lam_net_forward(net[1], LAM_EVAL, x, labels, 1 + step));
		check_ok(lam_net_backward(net[1]));
		for (int k = 0; k < 2; k++)
			check_ok(lam_net_step(net[k], &adam, x, labels, N));
		check_same(lam_net_input_grad(net[1]), lam_net_input_grad(net[0]), N * IN);
	}
	for (int i = 0; i < lam_net_state_count(net[0]); i++)
		check_same(lam_param_value(lam_net_state(net[1], i)),
			lam_param_value(lam_net_state(net[0], i)), 4);
	lam_net_free(net[0]);
	lam_net_free(net[1]);
}

/* The update takes the gradients of evaluation; the running statistics stay. */
static void an_update_may_follow(void)
{
	lam_net *net = trained_net((lam_real)0.5);
	lam_param *weight = lam_net_param(net, 0), *mean = lam_net_state(net, 0);
	const lam_real before = lam_param_value(weight)[0], statistic = lam_param_value(mean)[0];
	const lam_optimizer sgd = lam_sgd(.lr = 1);
	check_ok(lam_net_forward(net, LAM_EVAL, x, labels, N));
	check_ok(lam_net_backward(net));
	const lam_real step = lam_param_grad(weight)[0];
	check_ok(lam_net_update(net, &sgd));
	check(step != 0 && lam_param_value(weight)[0] == before - step);
	check(lam_param_value(mean)[0] == statistic);
	lam_net_free(net);
}

/* Other runs of the net leave nothing to differentiate; the caller's targets may go at once. */
static void a_backward_needs_its_forward(void)
{
	lam_net *net = trained_net((lam_real)0.5);
	lam_real p[N * CLASSES], dx[N * IN];
	int32_t targets[N];
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(2, 6, 6), labels, N);
	lam_score score;
	require(data, "%s", lam_error());
	for (int after = 0; after < 3; after++) {
		check_ok(lam_net_forward(net, LAM_EVAL, x, labels, N));
		if (after == 0)
			check_ok(lam_net_predict(net, x, 2, p));
		else if (after == 1)
			check_ok(lam_evaluate(net, data, &score));
		else
			check_ok(lam_net_backward(net));
		check_fails(lam_net_backward(net), LAM_ERR_STATE,
			"backward without a forward just before it");
	}
	memcpy(dx, lam_net_input_grad(net), sizeof dx);
	memcpy(targets, labels, sizeof targets);
	check_ok(lam_net_forward(net, LAM_EVAL, x, targets, N));
	memset(targets, 0, sizeof targets);
	check_ok(lam_net_backward(net));
	check_same(lam_net_input_grad(net), dx, N * IN);
	lam_dataset_free(data);
	lam_net_free(net);
}

/* A layer of one's own, y = x, which records whether its forward was told to save. */
static bool told;

static lam_status copy_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	told = pass->backward_may_follow;
	memcpy(pass->out->data, pass->x->data, (size_t)pass->out->values * sizeof *x);
	return LAM_OK;
}

static lam_status copy_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memcpy(pass->dx->data, pass->dy->data, (size_t)pass->dx->values * sizeof *x);
	return LAM_OK;
}

static const lam_layer_class copy_class =
				     {
					     LAM_LAYER_ABI,
					     .kind = "copy",
					     .forward = copy_forward,
					     .backward = copy_backward,
},
			     eval_class = {
				     LAM_LAYER_ABI,
				     .kind = "copy",
				     .flags = LAM_EVAL_BACKWARD,
				     .forward = copy_forward,
				     .backward = copy_backward,
};

static void a_layer_says_whether_it_can(void)
{
	make_batch();
	lam_real dy[2 * 4] = {1};
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 4), lam_layer_new(&copy_class, NULL)),
		LAM_SHAPE(4), .max_batch = 2);
	require(net, "%s", lam_error());
	check_ok(lam_net_forward(net, LAM_EVAL, x, NULL, 2));
	check_fails(lam_net_backward_from(net, dy), LAM_ERR_UNSUPPORTED,
		"copy \"1\" has no backward after a forward in evaluation (its class lacks "
		"LAM_EVAL_BACKWARD); expected lam_net_forward(net, LAM_TRAIN, …) first");
	check_ok(lam_net_forward(net, LAM_TRAIN, x, NULL, 2));
	check_ok(lam_net_backward_from(net, dy));
	lam_net_free(net);
	/* Where its backward does not run, it is not needed. */
	net = lam_net_create(lam_sequential(lam_layer_new(&copy_class, NULL), lam_affine(.out = 4)),
		LAM_SHAPE(4), .max_batch = 2);
	require(net, "%s", lam_error());
	check_ok(lam_net_forward(net, LAM_EVAL, x, NULL, 2));
	check_ok(lam_net_backward_from(net, dy));
	lam_net_free(net);
	net = lam_net_create(lam_sequential(lam_affine(.out = 4), lam_layer_new(&eval_class, NULL)),
		LAM_SHAPE(4), .max_batch = 2);
	require(net, "%s", lam_error());
	check_ok(lam_net_forward(net, LAM_EVAL, x, NULL, 2));
	check_ok(lam_net_backward_from(net, dy));
	lam_net_free(net);
}

static void forward_is_told_whether_to_save(void)
{
	make_batch();
	lam_real y[2 * 4], t[2 * 4] = {0};
	lam_score score;
	lam_dataset *data = lam_dataset_arrays(
		x, LAM_SHAPE(4), t, 2, .targets = LAM_VALUES, .target_shape = LAM_SHAPE(4));
	require(data, "%s", lam_error());
	for (int inference = 0; inference < 2; inference++) {
		lam_net *net = lam_net_create(
			lam_sequential(lam_layer_new(&eval_class, NULL), lam_mean_squared_error()),
			LAM_SHAPE(4), .max_batch = 16, .inference = inference);
		require(net, "%s", lam_error());
		check_ok(lam_net_forward(net, LAM_EVAL, x, t, 2));
		check(told == !inference);
		check_ok(lam_net_predict(net, x, 2, y));
		check(!told);
		told = true;
		check_ok(lam_evaluate(net, data, &score));
		check(!told);
		if (!inference)
			check_ok(lam_net_forward(net, LAM_TRAIN, x, t, 2));
		check(told == !inference);
		lam_net_free(net);
	}
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(gradients_are_those_of_evaluation),
		TEST(dropout_is_off),
		TEST(training_goes_on_as_if_it_had_not_been),
		TEST(an_update_may_follow),
		TEST(a_backward_needs_its_forward),
		TEST(a_layer_says_whether_it_can),
		TEST(forward_is_told_whether_to_save),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
