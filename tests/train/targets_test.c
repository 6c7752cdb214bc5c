/* SPDX-License-Identifier: MIT */
/* Targets of the wrong type or range are refused by every function that takes targets. The sentence
 * gives the sample, the value and what was expected. */
#include "framework/lamina.h"

#include "tests/kit.h"

enum { N = 3, IN = 2 };

static const lam_real x[N * IN] = {1, 2, (lam_real)0.5, -1, 3, 0};
static const int32_t labels[N] = {0, 2, 1};
static const lam_real values[N] = {0, 1, (lam_real)0.25}, bytes[N] = {0, 255, 1};

static lam_net *net_of(lam_layer *loss, int out)
{
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = out), loss), LAM_SHAPE(IN),
		.max_batch = N, .seed = 3);
	check(net, "%s", lam_error());
	return net;
}

/* A user's loss with targets in -1 to 1. */
static lam_status angle_targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	(void)self;
	*info = (lam_target_info){.type = LAM_VALUES, .shape = *in, .least = -1, .most = 1};
	return LAM_OK;
}

static lam_status angle_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (pass->loss)
		*pass->loss = 0;
	memmove(pass->out->data, pass->x->data, (size_t)pass->out->values * sizeof(lam_real));
	return LAM_OK;
}

static lam_status angle_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memset(pass->dx->data, 0, (size_t)pass->dx->values * sizeof(lam_real));
	return LAM_OK;
}

static const lam_layer_class angle_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LOSS,
	.kind = "angle",
	.targets = angle_targets,
	.forward = angle_forward,
	.backward = angle_backward,
};

static lam_layer *mean_squared_error(void)
{
	return lam_mean_squared_error();
}

static lam_layer *l1_loss(void)
{
	return lam_l1_loss();
}

static lam_layer *huber_loss(void)
{
	return lam_huber_loss();
}

static lam_layer *sigmoid_cross_entropy(void)
{
	return lam_sigmoid_cross_entropy();
}

static lam_layer *binary_cross_entropy(void)
{
	return lam_sequential(lam_sigmoid(), lam_binary_cross_entropy());
}

static lam_layer *soft_cross_entropy(void)
{
	return lam_softmax_cross_entropy(.soft = true);
}

static lam_layer *angle(void)
{
	return lam_layer_new(&angle_class, NULL);
}

static const struct loss {
	const char *name;
	lam_layer *(*make)(void);
	lam_real least, most; /* both 0: any */
} losses[] = {
	{"mean_squared_error", mean_squared_error, 0, 0},
	{"l1_loss", l1_loss, 0, 0},
	{"huber_loss", huber_loss, 0, 0},
	{"sigmoid_cross_entropy", sigmoid_cross_entropy, 0, 1},
	{"binary_cross_entropy", binary_cross_entropy, 0, 1},
	{"softmax_cross_entropy", soft_cross_entropy, 0, 1},
	{"angle", angle, -1, 1},
};
enum { LOSSES = sizeof losses / sizeof *losses };

static void classes_are_no_values(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	for (int i = 0; i < LOSSES; i++) {
		test_begin("%s", losses[i].name);
		lam_net *net = net_of(losses[i].make(), 1);
		const char *words = "int32_t classes";
		check_fails(lam_net_step(net, &sgd, x, labels, N), LAM_ERR_ARGUMENT, words);
		check_fails(lam_net_forward(net, LAM_EVAL, x, labels, N), LAM_ERR_ARGUMENT, words);
		check_fails(lam_net_step_classes(net, &sgd, x, labels, N), LAM_ERR_ARGUMENT, words);
		check_fails(lam_net_forward_classes(net, LAM_TRAIN, x, labels, N), LAM_ERR_ARGUMENT,
			losses[i].name);
		check_fails(lam_net_step(net, &sgd, x, (const void *)labels, N), LAM_ERR_ARGUMENT,
			"the targets read as int32_t classes (sample 1: 2); the loss ");
		check_fails(lam_net_forward(net, LAM_EVAL, x, (const void *)labels, N),
			LAM_ERR_ARGUMENT, "expected lam_real values of shape 1");
		check_ok(lam_net_step(net, &sgd, x, values, N));
		check_ok(lam_net_step(net, &sgd, x, (const void *)values, N));
		check_ok(lam_net_step_values(net, &sgd, x, values, N));
		check_ok(lam_net_forward_values(net, LAM_EVAL, x, values, N));
		lam_net_free(net);
	}
}

static void values_are_no_classes(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	lam_net *net = net_of(lam_softmax_cross_entropy(), 3);
	const char *words = "the targets are lam_real values; the loss softmax_cross_entropy";
	check_fails(lam_net_step(net, &sgd, x, values, N), LAM_ERR_ARGUMENT, words);
	check_fails(lam_net_step_values(net, &sgd, x, values, N), LAM_ERR_ARGUMENT, words);
	check_fails(lam_net_forward(net, LAM_EVAL, x, values, N), LAM_ERR_ARGUMENT, words);
	check_fails(lam_net_forward_values(net, LAM_EVAL, x, values, N), LAM_ERR_ARGUMENT, words);
	/* Read as int32_t, N numbers of eight bytes are the first N / 2, of which one must not be
	 * 0. */
	const lam_real *reals = values + (sizeof(lam_real) > sizeof(float));
	check_fails(lam_net_step(net, &sgd, x, (const void *)reals, N - 1), LAM_ERR_ARGUMENT,
		sizeof(lam_real) == sizeof(float)
			? "of sample 1 is class 1065353216, the bits of the real number 1; "
			  "expected int32_t classes, 0 to 2"
			: "the bits of the real number ");
	check_fails(lam_net_step(net, &sgd, x, ((const int32_t[]){0, 1, 3}), N), LAM_ERR_ARGUMENT,
		"the target of sample 2 is class 3; expected 0 to 2");
	check_ok(lam_net_step(net, &sgd, x, labels, N));
	check_ok(lam_net_step_classes(net, &sgd, x, labels, N));
	check_ok(lam_net_forward_classes(net, LAM_EVAL, x, labels, N));
	lam_net_free(net);
}

static void values_keep_to_their_range(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.001);
	for (int i = 0; i < LOSSES; i++) {
		test_begin("%s", losses[i].name);
		const bool ranged = losses[i].least < losses[i].most;
		lam_net *net = net_of(losses[i].make(), 1);
		lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(IN), bytes, N,
			.targets = LAM_VALUES, .target_shape = LAM_SHAPE(1));
		require(data, "%s", lam_error());
		if (!ranged) {
			check_ok(lam_net_step(net, &sgd, x, bytes, N));
			check_ok(lam_fit(net, data, NULL, .epochs = 1, .optimizer = sgd));
		} else {
			const char *words = "the target of sample 1 is 255 (value 0); the loss";
			lam_score score;
			check_fails(lam_net_step(net, &sgd, x, bytes, N), LAM_ERR_ARGUMENT, words);
			check_fails(lam_net_forward(net, LAM_EVAL, x, (const void *)bytes, N),
				LAM_ERR_ARGUMENT, words);
			check_fails(lam_net_step_values(net, &sgd, x, bytes, N), LAM_ERR_ARGUMENT,
				losses[i].least < 0 ? "expected -1 to 1" : "expected 0 to 1");
			words = "data set \"arrays\": the target of sample 1 is 255";
			check_fails(
				lam_fit(net, data, NULL, .epochs = 1, .batch = 1, .optimizer = sgd),
				LAM_ERR_ARGUMENT, words);
			check_fails(lam_evaluate(net, data, &score), LAM_ERR_ARGUMENT, words);
			const lam_real wrong[N] = {0, (lam_real)NAN, 0},
				       low[N] = {1, 0, losses[i].least - (lam_real)0.001},
				       ends[N] = {losses[i].least, losses[i].most, 1};
			check_fails(lam_net_step(net, &sgd, x, wrong, N), LAM_ERR_ARGUMENT,
				"of sample 1 is ");
			check_fails(lam_net_step(net, &sgd, x, low, N), LAM_ERR_ARGUMENT,
				"of sample 2 is ");
			check_ok(lam_net_step(net, &sgd, x, ends, N));
		}
		lam_dataset_free(data);
		lam_net_free(net);
	}
}

/* An error takes any number, but no infinity and no NaN. */
static void check_finite(lam_layer *loss)
{
	static const lam_real wrong[] = {(lam_real)NAN, (lam_real)INFINITY, (lam_real)-INFINITY};
	static const char *const shown[] = {"nan", "inf", "-inf"};
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.001);
	lam_net *net = net_of(loss, 1);
	const lam_real before = lam_param_value(lam_net_param(net, 0))[0];
	for (int i = 0; i < 3; i++) {
		const lam_real t[N] = {0, wrong[i], 1};
		char words[100];
		lam_score score;
		lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(IN), t, N,
			.targets = LAM_VALUES, .target_shape = LAM_SHAPE(1));
		require(data, "%s", lam_error());
		snprintf(words, sizeof words, "the target of sample 1 is %s (value 0); the loss",
			shown[i]);
		check_fails(lam_net_step(net, &sgd, x, t, N), LAM_ERR_ARGUMENT, words);
		check_fails(lam_net_forward(net, LAM_EVAL, x, (const void *)t, N), LAM_ERR_ARGUMENT,
			"expected finite numbers");
		check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = sgd),
			LAM_ERR_ARGUMENT, words);
		check_fails(lam_evaluate(net, data, &score), LAM_ERR_ARGUMENT,
			"expected finite numbers");
		lam_dataset_free(data);
	}
	check(lam_param_value(lam_net_param(net, 0))[0] == before);
	const lam_real largest = sizeof before == 4 ? (lam_real)1e18 : (lam_real)1e150;
	check_ok(lam_net_forward(net, LAM_EVAL, x, ((const lam_real[N]){largest, -1, 0}), N));
	lam_net_free(net);
}

static void errors_are_of_finite_numbers(void)
{
	check_finite(lam_mean_squared_error());
	check_finite(lam_l1_loss());
	check_finite(lam_huber_loss());
}

/* The next number above an end of the range is not shown as the end. */
static void sentences_have_all_digits(void)
{
	lam_net *net = net_of(lam_sigmoid_cross_entropy(), 1);
	const lam_real above = sizeof above == 4 ? (lam_real)nextafterf(1, 2)
						 : (lam_real)nextafter(1, 2);
	check_fails(lam_net_forward(net, LAM_EVAL, x, ((const lam_real[N]){0, above, 0}), N),
		LAM_ERR_ARGUMENT,
		sizeof above == 4 ? "of sample 1 is 1.0000001 (" : "1.0000000000000002 (");
	check(!lam_dropout(.p = above)
			&& strstr(lam_error(),
				sizeof above == 4 ? "is 1.0000001;" : "is 1.0000000000000002;"),
		"%s", lam_error());
	lam_net_free(net);
}

/* Samples that are their own targets, as for an autoencoder, are checked, too. */
static void samples_that_are_targets_keep_to_it_too(void)
{
	lam_net *net = net_of(lam_sigmoid_cross_entropy(), IN);
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(IN), NULL, N, .targets = LAM_INPUT);
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .no_shuffle = true,
			    .optimizer = lam_sgd(.lr = 1)),
		LAM_ERR_ARGUMENT,
		"the target of sample 0 is 2 (value 1); the loss expected 0 to 1");
	lam_dataset_free(data);
	lam_net_free(net);
}

static void arrays_know_their_type(void)
{
	const int32_t many[N] = {0, 1 << 20, 1};
	const lam_real *reals = values + (sizeof(lam_real) > sizeof(float));
	check(!lam_dataset_arrays(x, LAM_SHAPE(IN), reals, N - 1)
			&& strstr(lam_error(), "real number") && strstr(lam_error(), "LAM_VALUES"),
		"%s", lam_error());
	check(!lam_dataset_arrays(x, LAM_SHAPE(IN), labels, N, .targets = LAM_VALUES,
		      .target_shape = LAM_SHAPE(1))
			&& strstr(lam_error(), "read as int32_t classes (sample 1: 2)"),
		"%s", lam_error());
	check(!lam_dataset_arrays(x, LAM_SHAPE(IN), many, N)
			&& strstr(lam_error(), "sample 1 has class 1048576"),
		"%s", lam_error());
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(IN), many, N, .classes = 1 << 21);
	check(data, "%s", lam_error());
	lam_dataset_free(data);
}

/* A mask of bytes, which C reads as tiny reals, is none: with zeros in front, too. */
static void masks_of_bytes_are_no_values(void)
{
	static const _Alignas(8) uint8_t masks[][N * 4 * sizeof(lam_real)] = {
		{1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1}};
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	for (int i = 0; i < 2; i++) {
		const void *mask = masks[i];
		lam_net *net = net_of(
			i ? lam_mean_squared_error() : lam_sigmoid_cross_entropy(), 4);
		check(!lam_dataset_arrays(x, LAM_SHAPE(IN), mask, N, .targets = LAM_VALUES,
			      .target_shape = LAM_SHAPE(4))
				&& strstr(lam_error(), "bytes of 0 and 1, as of uint8_t or bool"),
			"%s", lam_error());
		check_fails(lam_net_step(net, &sgd, x, mask, N), LAM_ERR_ARGUMENT,
			"bytes of 0 and 1, as of uint8_t or bool; the loss ");
		lam_net_free(net);
	}
	const lam_real zeros[N * 4] = {0}, last[N * 4] = {[N * 4 - 1] = 1};
	lam_net *net = net_of(lam_sigmoid_cross_entropy(), 4);
	check_ok(lam_net_step(net, &sgd, x, (const void *)zeros, N));
	check_ok(lam_net_step(net, &sgd, x, (const void *)last, N));
	lam_net_free(net);
}

static void the_gradient_check_keeps_to_the_range(void)
{
	lam_gradcheck_report report;
	check_ok(lam_gradcheck(lam_layer_new(&angle_class, NULL), LAM_SHAPE(3), &report));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(classes_are_no_values),
		TEST(values_are_no_classes),
		TEST(values_keep_to_their_range),
		TEST(errors_are_of_finite_numbers),
		TEST(sentences_have_all_digits),
		TEST(samples_that_are_targets_keep_to_it_too),
		TEST(arrays_know_their_type),
		TEST(masks_of_bytes_are_no_values),
		TEST(the_gradient_check_keeps_to_the_range),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
