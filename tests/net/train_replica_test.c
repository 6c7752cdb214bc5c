/* SPDX-License-Identifier: MIT */
/* Replicas that train on their net's parameters (.train), also with inputs of another size. */
#include "tests/files/files.h"

#include <lamina.h>

enum { SMALL = 8, LARGE = 12, N = 17, CLASSES = 4 };

static lam_real small_x[N * 2 * SMALL * SMALL], large_x[N * 2 * LARGE * LARGE];
static int32_t classes[N];

static void make_data(void)
{
	for (size_t i = 0; i < sizeof large_x / sizeof *large_x; i++)
		large_x[i] = (lam_real)((i * 7919) % 1013) / 1013 - (lam_real)0.4;
	memcpy(small_x, large_x, sizeof small_x);
	for (int i = 0; i < N; i++)
		classes[i] = i * 3 % CLASSES;
}

/* A fully convolutional net with statistics and a layer that is used twice. */
static lam_layer *model(void)
{
	lam_layer *twice = lam_conv2d(.out = 6, .kernel = {3}, .pad = {1}, .name = "twice");
	lam_layer *again = lam_share(twice);
	return lam_sequential(lam_conv2d(.out = 6, .kernel = {3}), lam_batch_norm(), lam_relu(),
		twice, lam_relu(), lam_residual(again), lam_max_pool2d(.kernel = {2}),
		lam_conv2d(.out = CLASSES, .kernel = {1}), lam_global_avg_pool(),
		lam_softmax_cross_entropy());
}

static lam_net *make(int side, int threads)
{
	return lam_net_create(
		model(), LAM_SHAPE(2, side, side), .max_batch = N, .seed = 6, .threads = threads);
}

static lam_param *param_at(lam_net *net, int i)
{
	const int params = lam_net_param_count(net);
	return i < params ? lam_net_param(net, i) : lam_net_state(net, i - params);
}

static int param_count(lam_net *net)
{
	return lam_net_param_count(net) + lam_net_state_count(net);
}

static size_t param_bytes(const lam_param *param)
{
	const lam_shape shape = lam_param_shape(param);
	return (size_t)lam_shape_count(&shape) * sizeof(lam_real);
}

static bool same_params(lam_net *a, lam_net *b)
{
	bool same = param_count(a) == param_count(b);
	for (int i = 0; same && i < param_count(a); i++)
		same = !memcmp(lam_param_value(param_at(a, i)), lam_param_value(param_at(b, i)),
			param_bytes(param_at(a, i)));
	return same;
}

static void copy_params(lam_net *to, lam_net *from)
{
	for (int i = 0; i < param_count(to); i++)
		memcpy(lam_param_edit(param_at(to, i)), lam_param_value(param_at(from, i)),
			param_bytes(param_at(to, i)));
}

/* Two sizes in turn: as two nets between which a loop copies parameters and statistics. */
static void sizes_in_turn(void)
{
	static const int threads[] = {1, 2, 3, 8};
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.02);
	make_data();
	for (size_t t = 0; t < 4; t++) {
		test_begin("%d threads", threads[t]);
		lam_net *net = make(SMALL, threads[t]), *loop[2] = {make(SMALL, 1), make(LARGE, 1)};
		require(net && loop[0] && loop[1], "%s", lam_error());
		lam_net *replica = lam_net_replica(
			net, .train = true, .shape = LAM_SHAPE(2, LARGE, LARGE));
		require(replica != NULL, "%s", lam_error());
		for (int step = 0; step < 8; step++) {
			const int large = step % 3 == 1, n = N - step % 2;
			const lam_real *x = large ? large_x : small_x;
			copy_params(loop[large], loop[!large]);
			check_ok(lam_net_step_classes(large ? replica : net, &adam, x, classes, n));
			check_ok(lam_net_step_classes(loop[large], &adam, x, classes, n));
			copy_params(loop[!large], loop[large]);
			check(lam_net_loss(large ? replica : net) == lam_net_loss(loop[large]),
				"step %d", step);
			check(same_params(net, loop[0]) && same_params(replica, loop[0]), "step %d",
				step);
		}
		lam_real y[N * CLASSES], z[N * CLASSES];
		check_ok(lam_net_predict(net, small_x, N, y));
		check_ok(lam_net_predict(loop[0], small_x, N, z));
		check(!memcmp(y, z, sizeof y));
		check_ok(lam_net_predict(replica, large_x, N, y));
		check_ok(lam_net_predict(loop[1], large_x, N, z));
		check(!memcmp(y, z, sizeof y));
		lam_net_free(replica);
		lam_net_free(net);
		lam_net_free(loop[0]);
		lam_net_free(loop[1]);
	}
}

/* Gradients, flags and moments are a replica's own; each in its own loop gives the same numbers. */
static void flags_and_gradients_are_its_own(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	make_data();
	lam_net *net = make(SMALL, 1);
	lam_net *replica = net ? lam_net_replica(net, .train = true, .input_grad = true) : NULL;
	require(replica != NULL, "%s", lam_error());
	for (int i = 0; i < lam_net_param_count(replica); i++)
		lam_param_set_trainable(lam_net_param(replica, i), false);
	check(lam_param_trainable(lam_net_param(net, 0)));
	check_ok(lam_net_forward_classes(net, LAM_EVAL, small_x, classes, N));
	check_ok(lam_net_backward(net));
	int64_t count;
	const lam_real *gradients = lam_net_gradients(net, &count);
	lam_real *before = malloc((size_t)count * sizeof *before);
	memcpy(before, gradients, (size_t)count * sizeof *before);
	check_ok(lam_net_forward_classes(replica, LAM_EVAL, small_x, classes, N - 3));
	check_ok(lam_net_backward(replica));
	check(lam_net_input_grad(replica) && !lam_net_input_grad(net));
	check(!memcmp(before, gradients, (size_t)count * sizeof *before));
	free(before);
	lam_net *other = make(SMALL, 1);
	require(other != NULL);
	check_ok(lam_net_update(net, &sgd));
	check_ok(lam_net_forward_classes(other, LAM_EVAL, small_x, classes, N));
	check_ok(lam_net_backward(other));
	check_ok(lam_net_update(other, &sgd));
	check(same_params(net, other));
	check_ok(lam_net_step_classes(replica, &sgd, small_x, classes, N));
	bool moved = false;
	for (int i = 0; i < lam_net_param_count(net); i++)
		moved = moved
			|| memcmp(lam_param_value(lam_net_param(net, i)),
				   lam_param_value(lam_net_param(other, i)),
				   param_bytes(lam_net_param(net, i)))
				!= 0;
	check(!moved);
	check(!same_params(net, other)); /* the training forward has moved statistics */
	lam_net_free(replica);
	lam_net_free(net);
	lam_net_free(other);
}

/* A layer that steps another net on the same parameters. */
static lam_net *to_step;
static lam_status stepped;
static char said[256];

static lam_status step_other(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	lam_net *net = to_step;
	if (net) {
		to_step = NULL;
		stepped = lam_net_step_values(net, &sgd, small_x, small_x, 2);
		snprintf(said, sizeof said, "%s", lam_error());
	}
	memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	return LAM_OK;
}

static const lam_layer_class stepping_class = {
	LAM_LAYER_ABI, .kind = "stepping", .flags = LAM_PASSES_DY, .forward = step_other};

static void steps_at_once_are_refused(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	make_data();
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 3), lam_layer_new(&stepping_class, NULL),
			lam_affine(.out = 2), lam_mean_squared_error()),
		LAM_SHAPE(3), .max_batch = 4, .threads = 1);
	require(net != NULL, "%s", lam_error());
	lam_net *a = lam_net_replica(net, .train = true), *b = lam_net_replica(a, .train = true);
	require(a && b, "%s", lam_error());
	lam_net *const pairs[][2] = {{net, a}, {a, net}, {a, b}};
	for (size_t i = 0; i < 3; i++) {
		to_step = pairs[i][1];
		stepped = LAM_OK;
		check_ok(lam_net_step_values(pairs[i][0], &sgd, small_x, small_x, 2));
		check(stepped == LAM_ERR_STATE
				&& strstr(said, "another net trains on the same parameters"),
			"%zu: %s", i, said);
		check_ok(lam_net_step_values(pairs[i][1], &sgd, small_x, small_x, 2));
	}
	lam_net_free(b);
	lam_net_free(a);
	lam_net_free(net);
}

static lam_net *owner;
static int callbacks;

static bool train_owner(const lam_progress *progress, void *data)
{
	(void)progress, (void)data;
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	lam_real y[N * CLASSES];
	callbacks++;
	check_fails(lam_net_step_classes(owner, &sgd, small_x, classes, 4), LAM_ERR_STATE,
		"lam_fit() trains another net on the same parameters");
	check_ok(lam_net_predict(owner, small_x, N, y));
	return false;
}

/* lam_fit() of a replica does what it does with the net; a resumed run equals one never stopped. */
static void replicas_are_fitted(void)
{
	make_data();
	lam_dataset *data = lam_dataset_arrays(small_x, LAM_SHAPE(2, SMALL, SMALL), classes, N);
	lam_net *net = make(SMALL, 2), *other = make(SMALL, 2), *third = make(SMALL, 2);
	require(net && other && third && data);
	lam_net *replica = lam_net_replica(net, .train = true);
	lam_net *late = lam_net_replica(third, .train = true);
	require(replica && late, "%s", lam_error());
	owner = net;
	const char *path = file_path("replica.npz");
	lam_report report;
	check_ok(lam_fit(replica, data, &report, .epochs = 3, .batch = 5,
		.optimizer = lam_adam(.lr = (lam_real)0.01), .epoch_end = train_owner));
	check(callbacks == 3);
	check_ok(lam_fit(other, data, &report, .epochs = 3, .batch = 5,
		.optimizer = lam_adam(.lr = (lam_real)0.01)));
	check(same_params(net, other));
	for (int epochs = 2; epochs <= 3; epochs++)
		check_ok(lam_fit(late, data, &report, .epochs = epochs, .batch = 5,
			.optimizer = lam_adam(.lr = (lam_real)0.01), .checkpoint = path,
			.resume = epochs == 3));
	check(same_params(third, other));
	lam_net_free(replica);
	lam_net_free(late);
	lam_net_free(net);
	lam_net_free(other);
	lam_net_free(third);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(sizes_in_turn),
		TEST(flags_and_gradients_are_its_own),
		TEST(steps_at_once_are_refused),
		TEST(replicas_are_fitted),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
