/* SPDX-License-Identifier: MIT */
/* When a run meets a number that is not finite, the sentence names the layer, parameter and step,
 * and a replay shows every array. */
#include "tests/files/files.h"
#include "tests/train/fit_problem.h"

#include "framework/net/inside.h"

#include <lamina.h>

/* What a replay has reported. */
struct shown {
	/* The number of rows, and the first that is not finite, counted from 1. */
	int rows, at_first;
	lam_replay_row first;
	char layer[80], param[80], failure[400];
};

static bool look(const lam_replay_row *row, void *data)
{
	struct shown *shown = data;
	shown->rows++;
	check(row->size == sizeof *row && row->count > 0 && row->nans >= 0 && row->infinities >= 0
		&& row->nans + row->infinities <= row->count);
	if (row->nans + row->infinities < row->count)
		check(row->least <= row->mean * (1 + 1e-6) + 1e-6
				&& row->mean <= row->most * (1 + 1e-6) + 1e-6,
			"%g %g %g", row->least, row->mean, row->most);
	if (shown->at_first || row->nans + row->infinities == 0)
		return false;
	shown->at_first = shown->rows;
	shown->first = *row;
	snprintf(shown->layer, sizeof shown->layer, "%s", row->layer);
	snprintf(shown->param, sizeof shown->param, "%s", row->param ? row->param : "");
	snprintf(shown->failure, sizeof shown->failure, "%s", row->failure);
	return false;
}

/* A net with dropout and batch norm, whose random numbers and statistics a replay must repeat. */
static lam_net *net_of(int threads)
{
	return lam_net_create(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {3}, .name = "conv"),
			lam_batch_norm(), lam_relu(), lam_dropout(.p = (lam_real)0.3),
			lam_affine(.out = 16, .name = "hidden"), lam_tanh(),
			lam_affine(.out = CLASSES, .name = "last"), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32, .seed = 3, .threads = threads);
}

/* Changes a value or sets a flag before step `at`. */
struct spoiler {
	lam_net *net;
	const char *param;
	int64_t index;
	double value;
	int64_t at;
};

static bool spoil(const lam_progress *progress, void *data)
{
	const struct spoiler *s = data;
	if (progress->total_step == s->at - 1)
		lam_param_edit(lam_net_find(s->net, s->param))[s->index] = (lam_real)s->value;
	return false;
}

/* Trains until the run fails, and replays the bundle. */
static void fail_and_replay(struct spoiler *spoiler, const char *words, struct shown *shown)
{
	lam_dataset *data = striped();
	const char *path = file_path("bad.npz");
	lam_net *net = spoiler->net = net_of(2);
	require(data && net);
	check_fails(lam_fit(net, data, NULL, .epochs = 3,
			    .optimizer = lam_sgd(.lr = (lam_real)0.01), .augment = {.shift = 1},
			    .replay = path, .step_end = spoil, .step_end_data = spoiler),
		LAM_ERR_NUMERIC, words);
	char said[400];
	snprintf(said, sizeof said, "%s", lam_error());
	check(strstr(said, "bad.npz' replays it") != NULL, "%s", said);
	*shown = (struct shown){0};
	check(lam_replay(path, .row = look, .row_data = shown) == LAM_ERR_NUMERIC, "%s",
		lam_error());
	check(strstr(said, lam_error()) != NULL, "lam_fit said \"%s\", the replay \"%s\"", said,
		lam_error());
	check(strncmp(said, shown->failure, strlen(shown->failure)) == 0 && *shown->failure,
		"\"%s\"", shown->failure);
	check(shown->first.epoch == (spoiler->at - 1) / 7 + 1
			&& shown->first.step == (spoiler->at - 1) % 7 + 1,
		"step %d", (int)shown->first.step);
	lam_net_free(net);
	lam_dataset_free(data);
}

static void a_bad_parameter_is_named(void)
{
	struct shown shown;
	struct spoiler spoiler = {.param = "hidden.weight", .index = 5, .value = NAN, .at = 9};
	fail_and_replay(&spoiler,
		"lam_fit: epoch 2, step 2: a parameter of affine \"hidden\", \"hidden.weight\", is "
		"not finite",
		&shown);
	check(shown.first.what == LAM_REPLAY_PARAM && !strcmp(shown.param, "hidden.weight")
		&& shown.first.nans == 1 && shown.first.infinities == 0);
}

/* A finite weight so large that the layer's sum overflows. */
static void an_overflowing_layer_is_named(void)
{
	struct shown shown;
	double large = sizeof(lam_real) == 4 ? 3e38 : 1.5e308;
	struct spoiler spoiler = {.param = "conv.weight", .index = 4, .value = large, .at = 3};
	fail_and_replay(&spoiler,
		"lam_fit: epoch 1, step 3: the output of conv2d \"conv\" is not finite", &shown);
	check(shown.first.what == LAM_REPLAY_OUTPUT && shown.first.infinities > 0
			&& shown.at_first == 4 && shown.rows > 20,
		"row %d of %d", shown.at_first, shown.rows);
}

/* A layer whose gradient of one parameter is not finite while `poisoned`. */
static bool poisoned;
static double met; /* the sum of block 0 of its last input */

static lam_status poison_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	lam_plan_param(plan, "shift", LAM_SHAPE(2), (lam_param_options){.init = LAM_INIT_ZERO});
	return LAM_OK;
}

static lam_status poison_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memmove(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	double sum = 0;
	for (int64_t i = 0; i < pass->x->values; i++)
		sum += (double)pass->x->data[i];
	if (pass->block == 0)
		met = sum;
	return LAM_OK;
}

static lam_status poison_gradient(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (pass->dw[0])
		pass->dw[0][0] = poisoned ? (lam_real)INFINITY : 0;
	return LAM_OK;
}

static lam_status poison_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memmove(pass->dx->data, pass->dy->data, (size_t)pass->dy->values * sizeof(lam_real));
	return LAM_OK;
}

static const lam_layer_class poison_class = {LAM_LAYER_ABI, .kind = "poison", .plan = poison_plan,
	.forward = poison_forward, .backward = poison_backward, .gradient = poison_gradient};

static bool poison_later(const lam_progress *progress, void *data)
{
	(void)data;
	poisoned = progress->total_step >= 4;
	return false;
}

/* The loss is finite but a gradient is not. The step leaves the parameters unchanged. */
static void a_bad_gradient_is_named(void)
{
	const char *path = file_path("bad.npz");
	lam_dataset *data = striped();
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 8, .name = "first"),
			lam_dropout(.p = (lam_real)0.5), lam_layer_new(&poison_class, NULL),
			lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32);
	require(data && net, "%s", lam_error());
	poisoned = false;
	check_fails(
		lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_adam(.lr = (lam_real)0.01),
			.replay = path, .step_end = poison_later),
		LAM_ERR_NUMERIC,
		"lam_fit: epoch 1, step 5: the gradient of a parameter of poison \"2\", "
		"\"2.shift\", is not finite");
	for (int i = 0; i < lam_net_param_count(net); i++)
		check(isfinite(lam_param_value(lam_net_param(net, i))[0]));
	struct shown shown = {0};
	const double first_met = met;
	met = 0;
	check_fails(lam_replay(path, .row = look, .row_data = &shown, .threads = 1,
			    .classes = (const lam_layer_class *const[]){&poison_class, NULL}),
		LAM_ERR_NUMERIC, "the gradient of a parameter of poison \"2\"");
	check(shown.first.what == LAM_REPLAY_PARAM_GRADIENT && !strcmp(shown.param, "2.shift")
		&& shown.first.infinities == 1);
	check(met == first_met && met != 0, "dropout drops otherwise: %.17g, not %.17g", met,
		first_met);
	check_fails(lam_replay(path), LAM_ERR_FORMAT, "poison");
	lam_net_free(net);
	lam_dataset_free(data);
}

/* The input gradient is huge but finite while `poisoned`: two of them add up to infinity. */
static lam_status huge_backward(const lam_layer *self, const lam_pass *pass)
{
	const lam_real huge = (lam_real)(sizeof(lam_real) == 4 ? 2e38 : 1e308);
	(void)self;
	for (int64_t i = 0; i < pass->dy->values; i++)
		pass->dx->data[i] = poisoned ? huge : pass->dy->data[i];
	return LAM_OK;
}

static const lam_layer_class huge_class = {
	LAM_LAYER_ABI, .kind = "huge", .forward = poison_forward, .backward = huge_backward};

/* Each part of the gradient is finite: the sentence must name the sum, not the layer after it. */
static void a_bad_sum_of_gradients_is_named(void)
{
	const lam_layer_class *const classes[] = {&huge_class, NULL};
	const char *path = file_path("bad.npz");
	lam_dataset *data = striped();
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 8, .name = "first"),
			lam_residual(lam_layer_new(&huge_class, NULL),
				.shortcut = lam_layer_new(&huge_class, NULL)),
			lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32);
	require(data && net, "%s", lam_error());
	poisoned = false;
	check_fails(
		lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = (lam_real)0.01),
			.replay = path, .step_end = poison_later),
		LAM_ERR_NUMERIC,
		"lam_fit: epoch 1, step 5: the gradient of the input of huge \"1.body\", summed "
		"over all layers that read it, is not finite");
	struct shown shown = {0};
	check_fails(lam_replay(path, .row = look, .row_data = &shown, .classes = classes),
		LAM_ERR_NUMERIC, "summed over all layers");
	check(shown.first.what == LAM_REPLAY_SUMMED_GRADIENT
			&& shown.first.infinities == shown.first.count,
		"%d", (int)shown.first.what);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* A bundle also holds targets that are values. A replay without a row function only gives the
 * sentence. */
static void a_bundle_holds_any_targets(void)
{
	const char *path = file_path("bad.npz");
	lam_dataset_free(striped());
	lam_dataset *data = lam_dataset_arrays(
		images, LAM_SHAPE(1, SIDE, SIDE), NULL, COUNT, .targets = LAM_INPUT);
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = PIXELS),
			lam_reshape(.shape = LAM_SHAPE(1, SIDE, SIDE)), lam_mean_squared_error()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 20);
	require(net && data, "%s", lam_error());
	images[30 * PIXELS + 3] = (lam_real)(sizeof *images == 4 ? 1e30 : 1e200);
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .no_shuffle = true,
			    .optimizer = lam_sgd(.lr = (lam_real)0.01), .replay = path),
		LAM_ERR_NUMERIC,
		"lam_fit: epoch 1, step 2: the loss mean_squared_error \"2\" is not finite; '");
	check_fails(lam_replay(path), LAM_ERR_NUMERIC,
		"the loss mean_squared_error \"2\" is not finite");
	lam_net_free(net);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_bad_parameter_is_named),
		TEST(an_overflowing_layer_is_named),
		TEST(a_bad_gradient_is_named),
		TEST(a_bad_sum_of_gradients_is_named),
		TEST(a_bundle_holds_any_targets),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
