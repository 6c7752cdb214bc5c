/* SPDX-License-Identifier: MIT */
/* lam_fit() and lam_evaluate() with bad arguments and with numbers that are not finite; and nets
 * whose loss has no classes. */
#include "tests/files/files.h"
#include "tests/train/fit_problem.h"

static void stops_at_numbers_that_are_not_finite(void)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(2, 1);
	lam_report report;
	lam_real before[PARAMS], after[PARAMS];
	copy_params(net, before);
	images[100 * PIXELS] = (lam_real)NAN;
	check_fails(lam_fit(net, data, &report, .epochs = 2, .no_shuffle = true,
			    .optimizer = lam_sgd(.lr = (lam_real)1e-30)),
		LAM_ERR_NUMERIC,
		"lam_fit: epoch 1, step 4: the input of conv2d \"0\" is not finite");
	copy_params(net, after);
	for (int i = 0; i < PARAMS; i++)
		check_near((double)after[i], (double)before[i], 1e-20);
	check(report.stop == LAM_STOP_ERROR && report.steps == 3 && report.epochs == 0);
	lam_dataset_free(data);
	data = striped();
	const lam_real wild = sizeof(lam_real) == 4 ? (lam_real)1e30 : (lam_real)1e250;
	check_fails(lam_fit(net, data, NULL, .epochs = 50, .optimizer = lam_sgd(.lr = wild)),
		LAM_ERR_NUMERIC, "is not finite");
	lam_net_free(net);
	lam_dataset_free(data);
}

/* No loss is less than NaN: the run would exhaust its patience and seem to have ended well. */
static void stops_at_a_validation_loss_that_is_not_finite(void)
{
	static lam_real bad[2 * PIXELS] = {(lam_real)NAN};
	static const int32_t classes[2] = {0, 2};
	lam_dataset *data = striped(),
		    *validation = lam_dataset_arrays(bad, LAM_SHAPE(1, SIDE, SIDE), classes, 2);
	lam_net *net = small_net(1, 1);
	const char *path = file_path("validated.npz");
	lam_report report;
	require(data && validation && net, "%s", lam_error());
	check_fails(
		lam_fit(net, data, &report, .epochs = 5, .validation = validation, .patience = 3,
			.optimizer = lam_sgd(.lr = (lam_real)0.01), .checkpoint = path),
		LAM_ERR_NUMERIC,
		"lam_fit: epoch 1: the validation loss is nan; expected a finite one");
	check(report.stop == LAM_STOP_ERROR && report.epochs == 0 && report.best_epoch == 0
		&& !file_exists(path));
	lam_net_free(net);
	lam_dataset_free(validation);
	lam_dataset_free(data);
}

/* The last update overflows, and no later step would notice it. */
static bool stop_now(const lam_progress *progress, void *data)
{
	(void)data;
	return progress->total_step > 0;
}

static void keeps_no_parameters_that_are_not_finite(void)
{
	const lam_real largest = sizeof(lam_real) == 4 ? (lam_real)3e38 : (lam_real)1e308;
	for (int i = 0; i < COUNT * PIXELS; i++)
		images[i] = 100 * (lam_real)(i % 7);
	lam_dataset *data = lam_dataset_arrays(images, LAM_SHAPE(1, SIDE, SIDE), labels, 32);
	lam_net *net = small_net(1, 1);
	const char *path = file_path("finite.npz");
	lam_report report;
	require(data && net, "%s", lam_error());
	check_ok(lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = (lam_real)1e-6),
		.checkpoint = path));
	struct bytes good = file_read(path), after;
	check_fails(lam_fit(net, data, &report, .epochs = 1, .optimizer = lam_sgd(.lr = largest),
			    .checkpoint = path),
		LAM_ERR_NUMERIC, "lam_fit: step 1 left value ");
	check(strstr(lam_error(), "of parameter \"0.weight\" at ")
			&& strstr(lam_error(), "inf; expected finite ones"),
		"%s", lam_error());
	check(report.stop == LAM_STOP_ERROR);
	after = file_read(path);
	check(after.count == good.count && memcmp(after.data, good.data, good.count) == 0,
		"the good checkpoint is gone");
	free(after.data);
	free(good.data);
	/* The run is stopped within an epoch, first without a checkpoint, then with one that is due
	 * before the next step. */
	lam_net_free(net);
	net = small_net(1, 1);
	check_fails(lam_fit(net, data, NULL, .epochs = 2, .batch = 16,
			    .optimizer = lam_sgd(.lr = largest), .step_end = stop_now),
		LAM_ERR_NUMERIC, "step 1 left");
	lam_net_free(net);
	net = small_net(1, 1);
	path = file_path("due.npz");
	check_fails(lam_fit(net, data, NULL, .epochs = 2, .batch = 16,
			    .optimizer = lam_sgd(.lr = largest), .checkpoint = path,
			    .checkpoint_every = 1),
		LAM_ERR_NUMERIC, "step 1 left");
	check(!file_exists(path));
	lam_net_free(net);
	lam_dataset_free(data);
}

/* A variance or a moment that overflows makes steps of size 0, which no loss and no gradient would
 * ever show. */
static void keeps_no_statistics_that_are_not_finite(void)
{
	const lam_real large = sizeof(lam_real) == 4 ? (lam_real)1e25 : (lam_real)1e200;
	for (int i = 0; i < COUNT * PIXELS; i++)
		images[i] = large * (lam_real)(i % 7);
	lam_dataset *data = lam_dataset_arrays(images, LAM_SHAPE(1, SIDE, SIDE), labels, 32);
	const char *path = file_path("statistics.npz");
	lam_net *net = lam_net_create(
		lam_sequential(lam_batch_norm(), lam_affine(.out = 4), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32);
	require(data && net, "%s", lam_error());
	check_fails(lam_fit(net, data, NULL, .epochs = 1,
			    .optimizer = lam_sgd(.lr = (lam_real)1e-6), .checkpoint = path),
		LAM_ERR_NUMERIC,
		"lam_fit: step 1 left value 0 of statistic \"0.running_var\" at inf; expected "
		"finite ones");
	check(!file_exists(path));
	lam_net_free(net);
	/* The weights are zero, so their gradient is as large as the image of a single sample. */
	net = lam_net_create(lam_sequential(lam_affine(.out = 4), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 2);
	require(net, "%s", lam_error());
	memset(lam_param_edit(lam_net_param(net, 0)), 0, 4 * PIXELS * sizeof(lam_real));
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .batch = 2,
			    .optimizer = lam_adam(.lr = (lam_real)1e-30), .checkpoint = path,
			    .checkpoint_every = 1),
		LAM_ERR_NUMERIC,
		" of moment 2 of parameter \"0.weight\" at inf; expected finite ones");
	check(!file_exists(path));
	lam_net_free(net);
	lam_dataset_free(data);
}

/* An autoencoder has no accuracy; a net with a binary loss has. */
static void scores_other_losses(void)
{
	lam_dataset_free(striped());
	for (int i = 0; i < COUNT * PIXELS; i++)
		images[i] = images[i] > (lam_real)0.7;
	lam_dataset *data = lam_dataset_arrays(
		images, LAM_SHAPE(1, SIDE, SIDE), NULL, COUNT, .targets = LAM_INPUT);
	lam_report report;
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = PIXELS),
			lam_reshape(.shape = LAM_SHAPE(1, SIDE, SIDE)), lam_mean_squared_error()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 20);
	require(net && data, "%s", lam_error());
	check_ok(lam_fit(net, data, &report, .epochs = 2, .validation = data,
		.optimizer = lam_adam(.lr = (lam_real)0.01), .augment = {.shift = 1}));
	check(isnan(report.validation.accuracy) && report.validation.confusion == NULL
		&& report.validation.loss < 1);
	lam_net_free(net);
	net = lam_net_create(lam_sequential(lam_affine(.out = PIXELS),
				     lam_reshape(.shape = LAM_SHAPE(1, SIDE, SIDE)),
				     lam_sigmoid_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 20);
	require(net, "%s", lam_error());
	check_ok(lam_fit(net, data, &report, .epochs = 20, .validation = data,
		.optimizer = lam_adam(.lr = (lam_real)0.05)));
	check(report.validation.accuracy > 0.95 && report.validation.accuracy <= 1, "%g",
		report.validation.accuracy);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* The options of a run that would train, and what else the caller says. */
#define FIT(...) \
	(lam_fit_options) \
	{ \
		.size = sizeof(lam_fit_options), .epochs = 1, .optimizer = lam_sgd(.lr = 1), \
		__VA_ARGS__ \
	}

static void refuses(lam_fit_options options, lam_status status, const char *words)
{
	check_fails(lam_fit_with(&options), status, words);
}

static void refuses_options_that_make_no_sense(void)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 1);
	require(data && net, "%s", lam_error());
	const lam_status wrong = LAM_ERR_ARGUMENT;
	lam_fit_options none = FIT(.net = net, .train = data);
	none.epochs = 0;
	refuses(none, wrong, "lam_fit: .epochs is 0; expected at least 1");
	none = FIT(.net = net, .train = data);
	none.optimizer = (lam_optimizer){0};
	refuses(none, wrong, "no optimizer");
	refuses(FIT(.train = data), wrong, "lam_fit: the net is NULL");
	refuses(FIT(.net = net), wrong, "lam_fit: the training set is NULL");
	refuses(FIT(.net = net, .train = data, .batch = 33), wrong,
		".batch is 33; expected 1 to 32");
	refuses(FIT(.net = net, .train = data, .batch = -1), wrong, ".batch is -1");
	refuses(FIT(.net = net, .train = data, .clip = -1), wrong, ".clip is -1");
	refuses(FIT(.net = net, .train = data, .patience = -1), wrong, ".patience is -1");
	refuses(FIT(.net = net, .train = data, .resume = true), wrong,
		".resume without .checkpoint");
	refuses(FIT(.net = net, .train = data, .checkpoint_every = 5), wrong,
		".checkpoint_every without");
	refuses(FIT(.net = net, .train = data, .checkpoint = "one.npz", .replay = "one.npz"), wrong,
		"lam_fit: .checkpoint and .replay are both 'one.npz'; expected two files");
	refuses(FIT(.net = net, .train = data, .checkpoint = "one.npz",
			.replay = "one.npz.previous"),
		wrong,
		"lam_fit: .checkpoint is 'one.npz' and .replay 'one.npz.previous'; expected two "
		"files");
	refuses(FIT(.net = net, .train = data, .checkpoint = "one.npz.tmp", .replay = "one.npz"),
		wrong,
		"lam_fit: .checkpoint is 'one.npz.tmp' and .replay 'one.npz'; expected two files");
	refuses(FIT(.net = net, .train = data, .augment = {.shift = 9}), wrong, ".shift is 9");
	refuses(FIT(.net = net, .train = data, .schedule = {.kind = 50}), wrong,
		"schedule kind 50");
	check_fails(lam_fit_with(NULL), wrong, "size");
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = -1)),
		LAM_ERR_ARGUMENT, "sgd: option lr is -1");
	lam_net_free(net);
	lam_dataset_free(data);
}

static void refuses_sets_and_nets_that_do_not_fit(void)
{
	static const lam_real wide[2 * 49];
	static const int32_t classes[2] = {0, 7};
	lam_dataset *data = striped(),
		    *wider = lam_dataset_arrays(wide, LAM_SHAPE(1, 7, 7), classes, 2),
		    *more = lam_dataset_arrays(wide, LAM_SHAPE(1, SIDE, SIDE), classes, 2),
		    *values = lam_dataset_arrays(
			    wide, LAM_SHAPE(1, SIDE, SIDE), NULL, 2, .targets = LAM_INPUT);
	lam_net *net = small_net(1, 1), *served = lam_net_replica(net),
		*open = lam_net_create(lam_affine(.out = 3), LAM_SHAPE(1, SIDE, SIDE));
	require(data && wider && more && values && net && served && open, "%s", lam_error());
	refuses(FIT(.net = net, .train = wider), LAM_ERR_SHAPE,
		"the training set has samples of shape 1x7x7; expected the net's input 1x6x6");
	refuses(FIT(.net = net, .train = data, .validation = wider), LAM_ERR_SHAPE,
		"the validation set has samples of");
	refuses(FIT(.net = net, .train = more), LAM_ERR_ARGUMENT,
		"has 8 classes; the loss softmax_cross_entropy \"4\" expected at most 3");
	refuses(FIT(.net = net, .train = values), LAM_ERR_ARGUMENT,
		"has the samples themselves as targets; the loss");
	refuses(FIT(.net = served, .train = data), LAM_ERR_STATE,
		"lam_fit: the net was made for inference");
	refuses(FIT(.net = open, .train = data), LAM_ERR_STATE, "a net without a loss");
	lam_score score;
	check_fails(lam_evaluate(net, wider, &score), LAM_ERR_SHAPE, "1x7x7");
	check_fails(lam_evaluate(net, data, NULL), LAM_ERR_ARGUMENT, "the score is NULL");
	check_fails(lam_evaluate(net, data, &score, .batch = 33), LAM_ERR_ARGUMENT, ".batch is 33");
	check_ok(lam_evaluate(served, data, &score));
	lam_net_free(open);
	lam_net_free(served);
	lam_net_free(net);
	lam_dataset_free(values);
	lam_dataset_free(more);
	lam_dataset_free(wider);
	lam_dataset_free(data);
}

/* A checkpoint that cannot be written is refused before the first step, not after an epoch. */
static void a_checkpoint_needs_a_place(void)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 1);
	require(data && net, "%s", lam_error());
	lam_real before[PARAMS], after[PARAMS];
	copy_params(net, before);
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = 1),
			    .checkpoint = "/nonexistent/q.npz"),
		LAM_ERR_IO,
		"lam_fit: .checkpoint '/nonexistent/q.npz': cannot open the folder '/nonexistent'");
	/* The names of the previous and of the temporary file are longer than its own. */
	char name[251];
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = 1),
			    .checkpoint = file_path(name)),
		LAM_ERR_IO, "its name of 250 bytes is too long");
	copy_params(net, after);
	check(memcmp(before, after, sizeof before) == 0);
	lam_net_free(net);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(stops_at_numbers_that_are_not_finite),
		TEST(stops_at_a_validation_loss_that_is_not_finite),
		TEST(keeps_no_parameters_that_are_not_finite),
		TEST(keeps_no_statistics_that_are_not_finite),
		TEST(scores_other_losses),
		TEST(refuses_options_that_make_no_sense),
		TEST(refuses_sets_and_nets_that_do_not_fit),
		TEST(a_checkpoint_needs_a_place),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
