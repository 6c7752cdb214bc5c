/* SPDX-License-Identifier: MIT */
/* Scores of outputs that are not finite, and of losses whose targets have another size than their
 * output. All weights are 0, so the answer is always class 0, which is right; one sample is NaN. */
#include "framework/lamina.h"

#include "tests/kit.h"

#include <inttypes.h>

enum { N = 5, IN = 2, OUT = 3, BAD = 3 };

static lam_real x[N * IN], targets[N * OUT];
static const int32_t zeros[N];

static lam_dataset *data_of(bool classes)
{
	memset(x, 0, sizeof x);
	memset(targets, 0, sizeof targets);
	x[BAD * IN] = (lam_real)NAN;
	lam_dataset *data = classes ? lam_dataset_arrays(x, LAM_SHAPE(IN), zeros, N, .classes = OUT)
				    : lam_dataset_arrays(x, LAM_SHAPE(IN), targets, N,
					    .targets = LAM_VALUES, .target_shape = LAM_SHAPE(OUT));
	check(data, "%s", lam_error());
	return data;
}

static void set_weights(lam_net *net, lam_real value)
{
	lam_real *weights = lam_param_edit(lam_net_param(net, 0));
	for (int i = 0; i < IN * OUT; i++)
		weights[i] = value;
}

static lam_net *net_of(lam_layer *loss)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = OUT), loss), LAM_SHAPE(IN), .max_batch = N);
	check(net, "%s", lam_error());
	if (net)
		set_weights(net, 0);
	return net;
}

static lam_layer *classes(void)
{
	return lam_softmax_cross_entropy();
}

static lam_layer *soft(void)
{
	return lam_softmax_cross_entropy(.soft = true);
}

static lam_layer *sigmoid(void)
{
	return lam_sigmoid_cross_entropy();
}

static lam_layer *binary(void)
{
	return lam_binary_cross_entropy();
}

static void check_score(lam_net *net, lam_dataset *data, double accuracy)
{
	lam_score score = {0};
	check_fails(lam_evaluate(net, data, &score), LAM_ERR_NUMERIC,
		"lam_evaluate: the loss over 5 samples is nan; expected a finite one");
	check(score.size == sizeof score && score.count == N && isnan(score.loss));
	check(fabs(score.accuracy - accuracy) < 1e-12, "accuracy %g, not %g", score.accuracy,
		accuracy);
	int64_t counted = 0;
	for (int64_t i = 0; i < score.classes * score.classes; i++)
		counted += score.confusion[i];
	check(!score.classes || counted == (int64_t)round(accuracy * N), "%" PRId64, counted);
}

static void nan_is_no_answer(void)
{
	static const struct {
		const char *name;
		lam_layer *(*loss)(void);
	} losses[] = {
		{"classes", classes}, {"soft", soft}, {"sigmoid", sigmoid}, {"binary", binary}};
	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
		test_begin("%s", losses[i].name);
		lam_dataset *data = data_of(losses[i].loss == classes);
		lam_net *net = net_of(losses[i].loss());
		check_score(net, data, (N - 1) / (double)N);
		set_weights(net, (lam_real)NAN);
		check_score(net, data, 0);
		set_weights(net, 0);
		x[BAD * IN] = 0;
		lam_score score;
		if (losses[i].loss != binary) /* of outputs of 0, its loss may not be finite */
			check_ok(lam_evaluate(net, data, &score));
		lam_net_free(net);
		lam_dataset_free(data);
		test_end();
	}
}

static lam_status calm_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (pass->loss)
		*pass->loss = 0;
	memmove(pass->out->data, pass->x->data, (size_t)pass->out->values * sizeof(lam_real));
	return LAM_OK;
}

static lam_status calm_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memset(pass->dx->data, 0, (size_t)pass->dx->values * sizeof(lam_real));
	return LAM_OK;
}

#define CALM(number) \
	{ \
		LAM_LAYER_ABI, .flags = LAM_LOSS, .kind = "calm", .metric = number, \
			       .forward = calm_forward, .backward = calm_backward \
	}

/* The loss is finite, whatever the outputs are; targets may be NaN, too. */
static void nan_is_never_right(void)
{
	static const lam_layer_class calm[] = {CALM(LAM_METRIC_CLASS), CALM(LAM_METRIC_BINARY)};
	for (int i = 0; i < 2; i++) {
		lam_dataset *data = data_of(false);
		lam_net *net = net_of(lam_layer_new(&calm[i], NULL));
		lam_score score;
		targets[0] = (lam_real)NAN;
		check_ok(lam_evaluate(net, data, &score));
		const double right = i ? N * OUT - OUT - 1 : N - 2, all = i ? N * OUT : N;
		check(fabs(score.accuracy - right / all) < 1e-12, "%g", score.accuracy);
		lam_net_free(net);
		lam_dataset_free(data);
	}
}

/* What the next loss says of itself. */
static lam_target_info said;
static lam_shape said_out;

static lam_status say_targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	(void)self, (void)in;
	*info = said;
	return LAM_OK;
}

static lam_status say_shape(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)self, (void)in, (void)inputs;
	*out = said_out;
	return LAM_OK;
}

static lam_status fixed_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (pass->loss)
		*pass->loss = 0;
	memset(pass->out->data, 0, (size_t)pass->out->values * sizeof(lam_real));
	return LAM_OK;
}

#define CLASSES_OF(number) \
	{ \
		.type = LAM_CLASSES, .classes = (number) \
	}
#define VALUES_OF(...) \
	{ \
		.type = LAM_VALUES, .shape = { __VA_ARGS__ } \
	}

static void targets_fit_the_output(void)
{
	static const struct {
		const char *sentence; /* NULL: the loss is right */
		lam_metric metric;
		lam_target_info targets;
		lam_shape out;
	} table[] = {
		{"own \"1\": it scores outputs of shape 3 by targets of shape 7", LAM_METRIC_CLASS,
			VALUES_OF(1, {7}), {1, {3}}},
		{"outputs of shape 3 by targets of shape 7", LAM_METRIC_BINARY, VALUES_OF(1, {7}),
			{1, {3}}},
		{"outputs of shape 3 by targets of shape 1", LAM_METRIC_CLASS, VALUES_OF(1, {1}),
			{1, {3}}},
		{"outputs of shape 1 by targets of shape 3", LAM_METRIC_BINARY, VALUES_OF(1, {3}),
			{1, {1}}},
		{"outputs of shape 3 by 5 classes", LAM_METRIC_CLASS, CLASSES_OF(5), {1, {3}}},
		{"outputs of shape 3x4 by 3 classes", LAM_METRIC_CLASS, CLASSES_OF(3), {2, {3, 4}}},
		{"its targets are classes, and its .metric is LAM_METRIC_BINARY", LAM_METRIC_BINARY,
			CLASSES_OF(3), {1, {3}}},
		{"one of 0 classes; expected at least 1", LAM_METRIC_NONE, CLASSES_OF(0), {1, {3}}},
		{"one of -3 classes", LAM_METRIC_CLASS, CLASSES_OF(-3), {1, {3}}},
		{"the shape 0, which is not possible", LAM_METRIC_NONE, VALUES_OF(1, {0}),
			{1, {3}}},
		{"the type of its targets is 9", LAM_METRIC_NONE, {.type = (lam_target_type)9},
			{1, {3}}},
		{"its .metric is 9; expected a lam_metric", (lam_metric)9, VALUES_OF(1, {3}),
			{1, {3}}},
		{NULL, LAM_METRIC_NONE, VALUES_OF(1, {3}), {1, {1}}},
		{NULL, LAM_METRIC_NONE, CLASSES_OF(3), {2, {3, 4}}},
		{NULL, LAM_METRIC_CLASS, VALUES_OF(1, {3}), {2, {3, 1}}},
		{NULL, LAM_METRIC_CLASS, CLASSES_OF(3), {1, {3}}},
		{NULL, LAM_METRIC_BINARY, VALUES_OF(1, {3}), {1, {3}}},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const lam_layer_class own = {LAM_LAYER_ABI, .flags = LAM_LOSS, .kind = "own",
			.metric = table[i].metric, .check = say_shape, .targets = say_targets,
			.forward = fixed_forward, .backward = calm_backward};
		said = table[i].targets;
		said_out = table[i].out;
		test_begin("row %zu", i);
		lam_net *net = lam_net_create(
			lam_sequential(lam_affine(.out = OUT), lam_layer_new(&own, NULL)),
			LAM_SHAPE(IN), .max_batch = N);
		if (table[i].sentence) {
			check(!net && strstr(lam_error(), table[i].sentence), "%s", lam_error());
		} else {
			lam_dataset *data = data_of(said.type == LAM_CLASSES);
			lam_score score;
			check_ok(lam_evaluate(net, data, &score));
			check(isnan(score.accuracy) == (table[i].metric == LAM_METRIC_NONE));
			check(!score.confusion
				== (table[i].metric != LAM_METRIC_CLASS
					|| said.type != LAM_CLASSES));
			lam_dataset_free(data);
		}
		lam_net_free(net);
		test_end();
	}
}

/* A loss that says something else each time: arrays have the sizes of the first answer. */
static void a_loss_is_asked_once(void)
{
	static const lam_layer_class own = {LAM_LAYER_ABI, .flags = LAM_LOSS, .kind = "own",
		.metric = LAM_METRIC_CLASS, .check = say_shape, .targets = say_targets,
		.forward = fixed_forward, .backward = calm_backward};
	said = (lam_target_info)CLASSES_OF(OUT);
	said_out = (lam_shape){1, {OUT}};
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = OUT), lam_layer_new(&own, NULL)), LAM_SHAPE(IN),
		.max_batch = N);
	lam_dataset *data = data_of(true);
	lam_target_info info;
	lam_score score;
	require(net && data, "%s", lam_error());
	check_ok(lam_evaluate(net, data, &score));
	for (int type = 0; type < 2; type++) {
		said = type ? (lam_target_info)VALUES_OF(1, {5000})
			    : (lam_target_info)CLASSES_OF(5000);
		check_ok(lam_net_targets(net, &info));
		check(info.type == LAM_CLASSES && info.classes == OUT);
		check_ok(lam_evaluate(net, data, &score));
		check(score.classes == OUT);
	}
	lam_dataset_free(data);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(nan_is_no_answer), TEST(nan_is_never_right),
		TEST(targets_fit_the_output), TEST(a_loss_is_asked_once)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
