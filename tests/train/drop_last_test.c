/* SPDX-License-Identifier: MIT */
/* The last batch of an epoch: .drop_last leaves it out, in the loader and in lam_fit(). A last
 * batch with too few samples for a layer is refused before the first step. A run with .drop_last is
 * another run than one without. */
#include "tests/files/files.h"
#include "tests/train/fit_problem.h"


#include <inttypes.h>

/* COUNT = 210: 13 x 16 + 2, 11 x 19 + 1, 7 x 30. */

static void the_loader_leaves_out_the_rest(void)
{
	lam_dataset *data = striped();
	lam_loader *loader = lam_loader_new(data, .batch = 16, .seed = 3, .drop_last = true);
	require(loader, "%s", lam_error());
	check(lam_loader_batches(loader) == 13);
	for (int64_t i = 0; i < 30; i++) {
		const lam_batch *batch = lam_loader_next(loader);
		require(batch, "%s", lam_error());
		check(batch->n == 16 && batch->epoch == i / 13 && batch->index == i % 13,
			"batch %" PRId64 ": %" PRId64 " samples", i, batch->n);
	}
	check_fails(lam_loader_seek(loader, 0, 13), LAM_ERR_ARGUMENT, "expected 0 to 12");
	check_ok(lam_loader_seek(loader, 5, 12));
	lam_loader_free(loader);
	/* Nothing is left to leave out. */
	loader = lam_loader_new(data, .batch = 30, .drop_last = true);
	check(lam_loader_batches(loader) == 7);
	lam_loader_free(loader);
	loader = lam_loader_new(data, .batch = COUNT, .drop_last = true);
	check(lam_loader_batches(loader) == 1);
	lam_loader_free(loader);
	check(!lam_loader_new(data, .batch = COUNT + 1, .drop_last = true)
			&& strstr(lam_error(), ".drop_last leaves nothing of 210 samples"),
		"%s", lam_error());
	lam_dataset_free(data);
}

/* Batch norm of features, in a container, or none. */
static lam_net *normed_net(bool normed)
{
	return lam_net_create(
		lam_sequential(lam_affine(.out = 8),
			lam_sequential(normed ? lam_batch_norm() : lam_relu(), lam_relu()),
			lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 256, .threads = 1);
}

static bool count_steps(const lam_progress *progress, void *data)
{
	(void)progress;
	++*(int *)data;
	return false;
}

/* Returns how many steps were made. */
static lam_status fit(lam_net *net, int64_t batch, bool drop_last, int *steps)
{
	lam_dataset *data = striped();
	*steps = 0;
	lam_status status = lam_fit(net, data, NULL, .epochs = 2, .batch = batch,
		.drop_last = drop_last, .optimizer = lam_adam(.lr = (lam_real)0.01),
		.step_end = count_steps, .step_end_data = steps);
	lam_dataset_free(data);
	return status;
}

static void a_last_batch_of_one_is_refused_before_the_run(void)
{
	lam_net *net = normed_net(true), *other = normed_net(false);
	int steps;
	require(net && other, "%s", lam_error());
	check_fails(fit(net, 19, false, &steps), LAM_ERR_ARGUMENT,
		"lam_fit: 210 samples = 11 x 19 + 1: the last batch has one sample, but batch_norm "
		"\"1.0\" needs at least 2 to train; expected another .batch, or .drop_last");
	check(steps == 0);
	check_fails(
		fit(net, 1, false, &steps), LAM_ERR_ARGUMENT, "in batches of 1, but batch_norm");
	check_fails(fit(net, 1, true, &steps), LAM_ERR_ARGUMENT, "in batches of 1, but batch_norm");
	check_fails(fit(net, 209, false, &steps), LAM_ERR_ARGUMENT, "210 samples = 1 x 209 + 1");
	check(steps == 0);
	check_ok(fit(net, 19, true, &steps));
	check(steps == 2 * 11, "%d steps", steps);
	check_ok(fit(net, 16, false, &steps));
	check(steps == 2 * 14, "%d steps", steps);
	check_ok(fit(net, 16, true, &steps));
	check(steps == 2 * 13, "%d steps", steps);
	check_ok(fit(net, 30, true, &steps));
	check(steps == 2 * 7, "%d steps", steps);
	check_fails(
		fit(net, 211, true, &steps), LAM_ERR_ARGUMENT, ".drop_last leaves nothing of 210");
	/* Who needs no second sample is not refused. */
	check_ok(fit(other, 19, false, &steps));
	check(steps == 2 * 12, "%d steps", steps);
	check_ok(fit(other, 1, false, &steps));
	lam_net_free(net);
	lam_net_free(other);
}

/* Over several places one sample has a variance. */
static void images_have_a_variance_of_their_own(void)
{
	lam_net *net = lam_net_create(lam_sequential(lam_batch_norm(), lam_affine(.out = CLASSES),
					      lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32);
	int steps;
	require(net, "%s", lam_error());
	check_ok(fit(net, 19, false, &steps));
	check(steps == 2 * 12, "%d steps", steps);
	lam_net_free(net);
}

/* A layer of one's own says it by the same declaration. */
static lam_status pairs_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	(void)in;
	lam_plan_least_samples(plan, 3);
	return LAM_OK;
}

static lam_status pairs_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memcpy(pass->out->data, pass->x->data, (size_t)pass->out->values * sizeof(lam_real));
	return LAM_OK;
}

static void layers_of_ones_own_say_it(void)
{
	static const lam_layer_class pairs = {LAM_LAYER_ABI, .kind = "pairs",
		.flags = LAM_PASSES_DY | LAM_IN_PLACE, .plan = pairs_plan,
		.forward = pairs_forward};
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = CLASSES), lam_layer_new(&pairs, NULL),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32);
	int steps;
	require(net, "%s", lam_error());
	check_fails(fit(net, 16, false, &steps), LAM_ERR_ARGUMENT,
		"210 samples = 13 x 16 + 2: the last batch has too few, but pairs \"1\" needs at "
		"least 3");
	check(steps == 0);
	lam_net_free(net);
}

/* A step that is refused has changed nothing: not the statistics of a layer before, either. */
static void a_step_of_one_changes_nothing(void)
{
	static const lam_real x[PIXELS] = {1, 2, 3};
	static const int32_t label[1] = {1};
	lam_net *net = lam_net_create(lam_sequential(lam_batch_norm(), lam_affine(.out = CLASSES),
					      lam_batch_norm(), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 4);
	const lam_optimizer sgd = lam_sgd(.lr = 1);
	require(net, "%s", lam_error());
	check_fails(lam_net_step(net, &sgd, x, label, 1), LAM_ERR_ARGUMENT,
		"a training batch of 1 sample, but batch_norm \"2\" needs at least 2");
	check(lam_param_value(lam_net_state(net, 0))[0] == 0, "the running mean has moved");
	check_ok(lam_net_forward(net, LAM_EVAL, x, label, 1));
	lam_net_free(net);
}

static lam_status run(const char *path, int epochs, bool drop_last, bool resume, lam_real *params)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 1);
	lam_status status = lam_fit(net, data, NULL, .epochs = epochs, .batch = 16,
		.drop_last = drop_last, .optimizer = lam_sgd(.lr = (lam_real)0.01),
		.checkpoint = path, .resume = resume);
	copy_params(net, params);
	lam_net_free(net);
	lam_dataset_free(data);
	return status;
}

static void it_is_part_of_the_run(void)
{
	static lam_real whole[PARAMS], resumed[PARAMS];
	char path[300];
	snprintf(path, sizeof path, "%s", file_path("run.npz"));
	require(check_ok(run(path, 4, true, false, whole)));
	require(check_ok(run(path, 2, true, false, resumed)));
	require(check_ok(run(path, 4, true, true, resumed)));
	check(memcmp(whole, resumed, sizeof whole) == 0);
	check_fails(run(path, 4, false, true, resumed), LAM_ERR_ARGUMENT,
		"its drop_last is 1; expected 0");
	require(check_ok(run(path, 2, false, false, resumed)));
	check_fails(run(path, 4, true, true, resumed), LAM_ERR_ARGUMENT,
		"its drop_last is 0; expected 1");
	require(check_ok(run(path, 4, false, true, resumed)));
	require(check_ok(run(path, 4, false, false, whole)));
	check(memcmp(whole, resumed, sizeof whole) == 0);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(the_loader_leaves_out_the_rest),
		TEST(a_last_batch_of_one_is_refused_before_the_run),
		TEST(images_have_a_variance_of_their_own),
		TEST(layers_of_ones_own_say_it),
		TEST(a_step_of_one_changes_nothing),
		TEST(it_is_part_of_the_run),
	};
	const int result = test_main(tests, sizeof tests / sizeof *tests, argc, argv);
	files_remove();
	return result;
}
