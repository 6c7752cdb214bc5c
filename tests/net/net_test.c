/* SPDX-License-Identifier: MIT */
/* The net: its states, sums of several readers' gradients, accumulation, freezing and clipping; and
 * that a prediction does not depend on the other samples of the batch. The battery tests the
 * arithmetic of the layers. */
#include "tests/kit.h"

#include "framework/net/inside.h"
#include "framework/net/run.h"

#include <lamina.h>

#include <malloc.h>
#include <stdlib.h>

enum { FEATURES = 3 * 6 * 6, MOST = 40 };

static lam_real x[MOST * FEATURES], y[MOST * 16], z[MOST * 16];
static int32_t labels[MOST];

static void fill(void)
{
	for (int i = 0; i < MOST * FEATURES; i++)
		x[i] = (lam_real)lam_random_normal(5, (uint64_t)i);
	for (int i = 0; i < MOST; i++)
		labels[i] = i * 7 % 5;
}

static lam_layer *branching(void)
{
	return lam_sequential(lam_conv2d(.out = 4, .kernel = {3}, .pad = {1}), lam_batch_norm(),
		lam_relu(),
		lam_residual(lam_sequential(lam_conv2d(.out = 4, .kernel = {3}, .pad = {1}),
			lam_relu(), lam_residual(lam_tanh()))),
		lam_residual(lam_conv2d(.out = 8, .kernel = {1}, .stride = {2}),
			.shortcut = lam_sequential(lam_avg_pool2d(.kernel = {2}),
				lam_conv2d(.out = 8, .kernel = {1}))),
		lam_relu(), lam_max_pool2d(.kernel = {2}), lam_dropout(.p = (lam_real)0.2),
		lam_affine(.out = 5), lam_softmax_cross_entropy());
}

static lam_net *branching_net(int threads)
{
	lam_net *net = lam_net_create(branching(), LAM_SHAPE(3, 6, 6), .max_batch = MOST,
		.seed = 11, .threads = threads, .input_grad = true);
	check(net != NULL, "%s", lam_error());
	return net;
}

static void a_step_is_forward_backward_update(void)
{
	lam_net *a = branching_net(2), *b = branching_net(1);
	lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	for (int step = 0; step < 4; step++) {
		check_ok(lam_net_step(a, &adam, x, labels, 33));
		check_ok(lam_net_forward(b, LAM_TRAIN, x, labels, 33));
		check_ok(lam_net_backward(b));
		check_ok(lam_net_update(b, &adam));
		check(lam_net_loss(a) == lam_net_loss(b), "step %d: %.17g and %.17g", step,
			lam_net_loss(a), lam_net_loss(b));
	}
	for (int i = 0; i < lam_net_param_count(a); i++)
		check(!memcmp(lam_param_value(lam_net_param(a, i)),
			      lam_param_value(lam_net_param(b, i)),
			      (size_t)lam_net_param(a, i)->count * sizeof(lam_real)),
			"%s", lam_param_name(lam_net_param(a, i)));
	lam_net_free(a);
	lam_net_free(b);
}

static void memorises_noise(void)
{
	lam_net *net = branching_net(2);
	lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	for (int step = 0; step < 400; step++)
		check_ok(lam_net_step(net, &adam, x, labels, MOST));
	/* Random guesses give a loss of log 5 = 1.61. The samples are noise, so the net can only
	 * memorise them. */
	check_ok(lam_net_forward(net, LAM_EVAL, x, labels, MOST));
	check(lam_net_loss(net) < 0.8, "loss %g", lam_net_loss(net));
	lam_net_free(net);
}

static void the_batch_does_not_change_a_prediction(void)
{
	lam_net *net = branching_net(2);
	check_ok(lam_net_predict(net, x, MOST, y));
	for (int n = 1; n <= 18; n++) {
		check_ok(lam_net_predict(net, x + n * FEATURES, n, z));
		check(!memcmp(z, y + n * 5, (size_t)n * 5 * sizeof *z), "a batch of %d", n);
	}
	lam_net_free(net);
}

static void gradients_add_up_when_asked(void)
{
	lam_layer *model = lam_sequential(lam_affine(.out = 5), lam_tanh(), lam_affine(.out = 5),
		lam_softmax_cross_entropy());
	lam_net *net = lam_net_create(model, LAM_SHAPE(FEATURES), .max_batch = 20, .seed = 2);
	int64_t count;
	lam_real *grads = lam_net_gradients(net, &count);
	lam_real *first = malloc((size_t)count * sizeof *first),
		 *second = malloc((size_t)count * sizeof *second);
	check_ok(lam_net_forward(net, LAM_TRAIN, x, labels, 20));
	check_ok(lam_net_backward(net));
	memcpy(first, grads, (size_t)count * sizeof *first);
	check_ok(lam_net_forward(net, LAM_TRAIN, x + 20 * FEATURES, labels + 20, 20));
	check_ok(lam_net_backward(net));
	memcpy(second, grads, (size_t)count * sizeof *second);
	check_ok(lam_net_accumulate(net, true));
	for (int round = 0; round < 2; round++) {
		check_ok(lam_net_forward(net, LAM_TRAIN, x, labels, 20));
		check_ok(lam_net_backward(net));
		check_ok(lam_net_forward(net, LAM_TRAIN, x + 20 * FEATURES, labels + 20, 20));
		check_ok(lam_net_backward(net));
		for (int64_t i = 0; i < count; i++)
			check(grads[i] == first[i] + second[i], "round %d, %d: %g, not %g", round,
				(int)i, (double)grads[i], (double)(first[i] + second[i]));
		/* A learning rate near 0: the parameters stay, the accumulation begins anew. */
		lam_optimizer sgd = lam_sgd(.lr = (lam_real)1e-30);
		check_ok(lam_net_update(net, &sgd));
	}
	free(first);
	free(second);
	lam_net_free(net);
}

static void frozen_parameters_stay(void)
{
	lam_net *net = branching_net(2);
	lam_param *frozen = lam_net_find(net, "3.body.0.weight"),
		  *other = lam_net_find(net, "3.body.0.bias");
	require(frozen && other);
	size_t bytes = (size_t)frozen->count * sizeof(lam_real);
	lam_real *value = malloc(bytes), bias = lam_param_value(other)[0];
	memcpy(value, lam_param_value(frozen), bytes);
	lam_param_set_trainable(frozen, false);
	lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1, .weight_decay = (lam_real)0.1,
		.momentum = (lam_real)0.5);
	for (int step = 0; step < 3; step++)
		check_ok(lam_net_step(net, &sgd, x, labels, 20));
	check(!memcmp(value, lam_param_value(frozen), bytes), "a frozen parameter changed");
	check(lam_param_value(other)[0] != bias, "its neighbour did not");
	lam_param_set_trainable(frozen, true);
	check_ok(lam_net_step(net, &sgd, x, labels, 20));
	check(memcmp(value, lam_param_value(frozen), bytes),
		"it does not move when it is trainable again");
	free(value);
	lam_net_free(net);
}

/* With plain SGD of learning rate 1 the update is the clipped gradient. */
static void clipping_clips_to_the_threshold(void)
{
	for (int tight = 0; tight < 2; tight++) {
		lam_net *net = lam_net_create(
			lam_sequential(lam_affine(.out = 300), lam_tanh(), lam_affine(.out = 5),
				lam_softmax_cross_entropy()),
			LAM_SHAPE(FEATURES), .max_batch = 20, .seed = 2, .threads = 1 + tight);
		int64_t count;
		lam_real *grads = lam_net_gradients(net, &count);
		lam_real *before = malloc((size_t)count * sizeof *before);
		memcpy(before, net->values, (size_t)count * sizeof *before);
		lam_optimizer sgd = lam_sgd(.lr = 1);
		double norm = 0, seen, moved = 0, clip = tight ? 0.01 : 1e6;
		check_ok(lam_net_run(net,
			&(lam_run){.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD | LAM_RUN_UPDATE,
				.mode = LAM_TRAIN,
				.n = 20,
				.inputs = &(lam_run_input){.rows = x},
				.targets = &(
					lam_run_target){.data = labels, .given = LAM_GIVEN_CLASSES},
				.optimizer = &sgd,
				.clip = clip,
				.grad_norm = &seen}));
		for (int64_t i = 0; i < count; i++) {
			norm += (double)grads[i] * (double)grads[i];
			moved += pow((double)before[i] - (double)net->values[i], 2);
		}
		check_near(seen, sqrt(norm), 1e-6 * sqrt(norm));
		check(sqrt(norm) > 0.01 && sqrt(norm) < 1e6, "norm %g", sqrt(norm));
		check_near(sqrt(moved), tight ? clip : sqrt(norm), 1e-3 * sqrt(moved));
		free(before);
		lam_net_free(net);
	}
}

static void calls_at_the_wrong_time_are_refused(void)
{
	lam_net *net = branching_net(1);
	lam_optimizer sgd = lam_sgd(.lr = 1);
	check_fails(lam_net_backward(net), LAM_ERR_STATE, "without a forward");
	check_fails(lam_net_update(net, &sgd), LAM_ERR_STATE, "without gradients");
	check(lam_net_output(net) == NULL && lam_net_input_grad(net) == NULL
		&& isnan(lam_net_loss(net)));
	check_ok(lam_net_forward(net, LAM_TRAIN, x, labels, 3));
	check_ok(lam_net_predict(net, x, 2, y));
	check_fails(lam_net_backward(net), LAM_ERR_STATE, "without a forward");
	check_ok(lam_net_forward(net, LAM_TRAIN, x, NULL, 3));
	check_fails(lam_net_backward(net), LAM_ERR_STATE, "without targets");
	check_ok(lam_net_forward(net, LAM_TRAIN, x, labels, 3));
	check_ok(lam_net_backward(net));
	check_fails(lam_net_backward(net), LAM_ERR_STATE, "without a forward");
	check(lam_net_input_grad(net) != NULL);
	check_fails(lam_net_forward(net, LAM_TRAIN, x, labels, MOST + 1), LAM_ERR_ARGUMENT,
		"expected 1 to 40");
	check_fails(
		lam_net_forward(net, LAM_TRAIN, x, labels, 0), LAM_ERR_ARGUMENT, "a batch of 0");
	check_fails(lam_net_forward(net, LAM_TRAIN, NULL, labels, 1), LAM_ERR_ARGUMENT,
		"the input is NULL");
	check_fails(lam_net_step(net, &sgd, x, NULL, 1), LAM_ERR_ARGUMENT, "the targets are NULL");
	check_fails(
		lam_net_step(net, NULL, x, labels, 1), LAM_ERR_ARGUMENT, "the optimizer is NULL");
	int32_t wrong[2] = {4, 5};
	check_fails(lam_net_forward(net, LAM_TRAIN, x, wrong, 2), LAM_ERR_ARGUMENT,
		"the target of sample 1 is class 5; expected 0 to 4");
	lam_net_free(net);

	net = lam_net_create(branching(), LAM_SHAPE(3, 6, 6), .max_batch = 4, .inference = true);
	check_fails(lam_net_forward(net, LAM_TRAIN, x, labels, 1), LAM_ERR_STATE, "inference");
	check_fails(lam_net_backward(net), LAM_ERR_STATE, "inference");
	check_fails(lam_net_update(net, &sgd), LAM_ERR_STATE, "inference");
	check_fails(lam_net_accumulate(net, true), LAM_ERR_STATE, "inference");
	lam_net_free(net);
}

/* The summary's total is what the net holds, apart from a few tables. */
static size_t allocated;

static void *count_allocate(void *data, size_t align, size_t bytes)
{
	(void)data;
	void *memory = NULL;
	if (posix_memalign(&memory, align, bytes))
		return NULL;
	allocated += malloc_usable_size(memory);
	return memory;
}

static void count_release(void *data, void *memory)
{
	(void)data;
	allocated -= malloc_usable_size(memory);
	free(memory);
}

static void the_summary_states_the_bytes(void)
{
	lam_set_allocator(&(lam_allocator){count_allocate, count_release, NULL});
	allocated = 0;
	lam_net *net = branching_net(2);
	lam_net_memory memory;
	lam_net_memory_of(net, &memory, sizeof memory);
	check((size_t)memory.total <= allocated
			&& (double)allocated < 1.05 * (double)memory.total + 30000,
		"states %lld bytes of %zu", (long long)memory.total, allocated);
	lam_net_free(net);
	lam_set_allocator(NULL);
}

/* A layer one of whose functions fails without a sentence, after an older failure of the same
 * status. */
static const char *mute_in;

static lam_status mute(const char *function)
{
	return strcmp(function, mute_in) ? LAM_OK : LAM_ERR_FORMAT;
}

static lam_status mute_init(lam_layer *self)
{
	(void)self;
	return mute(".init");
}

static lam_status mute_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)self, (void)inputs;
	*out = *in;
	return mute(".check");
}

static lam_status mute_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	lam_plan_packed(plan, lam_plan_param(plan, "weight", LAM_SHAPE(2), (lam_param_options){0}),
		64, 1, false);
	return mute(".plan");
}

static lam_status mute_pack(const lam_layer *self, int index, const lam_real *w, void *packed,
	int64_t slice, int64_t slices)
{
	(void)self, (void)index, (void)w, (void)packed, (void)slice, (void)slices;
	return mute(".pack");
}

static lam_status mute_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memset(pass->out->data, 0, (size_t)pass->out->values * sizeof(lam_real));
	return mute(".forward");
}

static lam_status mute_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self, (void)pass;
	return mute(".backward");
}

static lam_status mute_gradient(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (pass->dw[0])
		pass->dw[0][0] = pass->dw[0][1] = 0;
	return mute(".gradient");
}

static lam_status mute_update(const lam_layer *self, const lam_update *update)
{
	(void)self, (void)update;
	return mute(".update");
}

static lam_status run_mute(const lam_layer_class *layer_class)
{
	static const lam_real zeros[2 * 3];
	lam_optimizer sgd = lam_sgd(.lr = 1);
	lam_fail(LAM_ERR_FORMAT, "before");
	lam_layer *layer = lam_layer_new(layer_class, NULL);
	lam_net *net = layer ? lam_net_create(lam_sequential(layer), LAM_SHAPE(3), .max_batch = 2,
			       .input_grad = true)
			     : NULL;
	if (!net)
		return lam_error_status();
	lam_status status = lam_net_forward(net, LAM_TRAIN, zeros, NULL, 2);
	if (!status)
		status = lam_net_backward_from(net, zeros);
	if (!status)
		status = lam_net_update(net, &sgd);
	lam_net_free(net);
	return status;
}

static void a_failure_without_a_sentence_is_named(void)
{
	static const lam_layer_class layer_class = {
		LAM_LAYER_ABI,
		.kind = "mute",
		.init = mute_init,
		.check = mute_check,
		.plan = mute_plan,
		.pack = mute_pack,
		.forward = mute_forward,
		.backward = mute_backward,
		.gradient = mute_gradient,
		.update = mute_update,
	};
	static const char *const functions[] = {".init", ".check", ".plan", ".pack", ".forward",
		".backward", ".gradient", ".update"};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		char sentence[100];
		mute_in = functions[i];
		snprintf(sentence, sizeof sentence,
			"mute%s: its %s failed (format) and left no sentence", i ? " \"0\"" : "",
			mute_in);
		check_fails(run_mute(&layer_class), LAM_ERR_FORMAT, sentence);
	}
	mute_in = "";
	check_ok(run_mute(&layer_class));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_step_is_forward_backward_update),
		TEST(memorises_noise),
		TEST(the_batch_does_not_change_a_prediction),
		TEST(gradients_add_up_when_asked),
		TEST(frozen_parameters_stay),
		TEST(clipping_clips_to_the_threshold),
		TEST(calls_at_the_wrong_time_are_refused),
		TEST(the_summary_states_the_bytes),
		TEST(a_failure_without_a_sentence_is_named),
	};
	fill();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
