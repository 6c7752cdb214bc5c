/* SPDX-License-Identifier: MIT */
/* A generator and a discriminator, which has a training replica: 20 steps agree with PyTorch
 * (tests/reference/gan.txt, written by make_gan.py). */
#include "tests/files/files.h"

#include <lamina.h>

enum { STEPS = 20, BATCH = 6, NOISE = 5, SIDE = 6, PIXELS = SIDE * SIDE };

static const double TOLERANCE = sizeof(lam_real) == 8 ? 1e-6 : 2e-3;

static double value(int64_t i, double seed, double scale)
{
	return scale * sin(seed + 1.7 * (double)i);
}

static void fill(lam_net *net, double seed)
{
	for (int k = 0; k < lam_net_param_count(net); k++) {
		lam_param *param = lam_net_param(net, k);
		const lam_shape shape = lam_param_shape(param);
		lam_real *w = lam_param_edit(param);
		for (int64_t i = 0; i < lam_shape_count(&shape); i++)
			w[i] = (lam_real)value(i, seed + k, 0.3);
	}
}

static double weighted_sum(lam_net *net)
{
	double sum = 0;
	for (int k = 0; k < lam_net_param_count(net); k++) {
		const lam_param *param = lam_net_param(net, k);
		const lam_shape shape = lam_param_shape(param);
		for (int64_t i = 0; i < lam_shape_count(&shape); i++)
			sum += (double)lam_param_value(param)[i] * cos(0.9 * (double)i);
	}
	return sum;
}

/* The nets: `through` trains on the discriminator's parameters, but none of its own, and hands its
 * input's gradient on to the generator. */
struct gan {
	lam_net *generator, *discriminator, *through;
	lam_optimizer adam;
};

static bool make(struct gan *gan, int threads)
{
	gan->adam = lam_adam(.lr = (lam_real)0.01, .beta1 = (lam_real)0.5);
	gan->generator = lam_net_create(
		lam_sequential(lam_affine(.out = 36), lam_leaky_relu(.slope = (lam_real)0.2),
			lam_reshape(.shape = LAM_SHAPE(4, 3, 3)),
			lam_transposed_conv2d(.out = 1, .kernel = {4}, .stride = {2}, .pad = {1}),
			lam_tanh()),
		LAM_SHAPE(NOISE), .max_batch = BATCH, .threads = threads);
	gan->discriminator = lam_net_create(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {4}, .stride = {2}, .pad = {1}),
			lam_leaky_relu(.slope = (lam_real)0.2), lam_flatten(), lam_affine(.out = 1),
			lam_sigmoid_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = BATCH, .threads = threads);
	gan->through = gan->discriminator
		? lam_net_replica(gan->discriminator, .train = true, .input_grad = true)
		: NULL;
	if (!gan->generator || !gan->through)
		return false;
	for (int i = 0; i < lam_net_param_count(gan->through); i++)
		lam_param_set_trainable(lam_net_param(gan->through, i), false);
	fill(gan->generator, 1);
	fill(gan->discriminator, 20);
	return lam_net_accumulate(gan->discriminator, true) == LAM_OK;
}

static void free_gan(struct gan *gan)
{
	lam_net_free(gan->through);
	lam_net_free(gan->discriminator);
	lam_net_free(gan->generator);
}

/* One step; the three losses are those of real samples, generated ones, and the generator's. */
static lam_status step(struct gan *gan, int number, double losses[3])
{
	lam_real real[BATCH * PIXELS], noise[BATCH * NOISE], fake[BATCH * PIXELS], ones[BATCH],
		zeros[BATCH] = {0};
	for (int i = 0; i < BATCH; i++)
		ones[i] = 1;
	for (int i = 0; i < BATCH * PIXELS; i++)
		real[i] = (lam_real)value(i, 100.0 + number, 1);
	for (int i = 0; i < BATCH * NOISE; i++)
		noise[i] = (lam_real)value(i, 200.0 + number, 1);
	lam_net *g = gan->generator, *d = gan->discriminator, *through = gan->through;
	lam_status status = lam_net_forward_values(g, LAM_TRAIN, noise, NULL, BATCH);
	if (status)
		return status;
	memcpy(fake, lam_net_output(g), sizeof fake);
	if ((status = lam_net_forward_values(d, LAM_TRAIN, real, ones, BATCH))
		|| (status = lam_net_backward(d)))
		return status;
	losses[0] = lam_net_loss(d);
	if ((status = lam_net_forward_values(d, LAM_TRAIN, fake, zeros, BATCH))
		|| (status = lam_net_backward(d)) || (status = lam_net_update(d, &gan->adam)))
		return status;
	losses[1] = lam_net_loss(d);
	if ((status = lam_net_forward_values(through, LAM_TRAIN, fake, ones, BATCH))
		|| (status = lam_net_backward(through)))
		return status;
	losses[2] = lam_net_loss(through);
	if ((status = lam_net_backward_from(g, lam_net_input_grad(through))))
		return status;
	return lam_net_update(g, &gan->adam);
}

static void agrees_with_pytorch(void)
{
	char path[4096];
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof path, "%s/tests/reference/gan.txt", top ? top : ".");
	FILE *file = fopen(path, "r");
	require(file, "%s cannot be opened", path);
	struct gan gan;
	require(make(&gan, 2), "%s", lam_error());
	for (int number = 0; number < STEPS; number++) {
		double expected[5], got[5] = {0};
		for (int i = 0; i < 5; i++)
			require(fscanf(file, "%lf", &expected[i]) == 1);
		check_ok(step(&gan, number, got));
		got[3] = weighted_sum(gan.generator);
		got[4] = weighted_sum(gan.discriminator);
		for (int i = 0; i < 5; i++)
			check(fabs(got[i] - expected[i]) <= TOLERANCE,
				"step %d, number %d: %.12g, not %.12g", number, i, got[i],
				expected[i]);
	}
	fclose(file);
	free_gan(&gan);
}

static void any_threads_same_bits(void)
{
	static const int threads[] = {1, 2, 3, 8};
	double first[5] = {0};
	for (size_t t = 0; t < 4; t++) {
		struct gan gan;
		double got[5] = {0};
		require(make(&gan, threads[t]), "%s", lam_error());
		for (int number = 0; number < STEPS; number++)
			check_ok(step(&gan, number, got));
		got[3] = weighted_sum(gan.generator);
		got[4] = weighted_sum(gan.discriminator);
		check(t == 0 || !memcmp(first, got, sizeof first), "%d threads", threads[t]);
		memcpy(first, got, sizeof first);
		free_gan(&gan);
	}
}

/* A file that the replica saved holds the discriminator. */
static void replicas_are_saved(void)
{
	struct gan gan;
	double losses[3];
	require(make(&gan, 1), "%s", lam_error());
	check_ok(step(&gan, 0, losses));
	const char *path = file_path("d.npz");
	check_ok(lam_net_save(gan.through, path));
	lam_net *loaded = lam_net_load(path, .max_batch = BATCH);
	require(loaded != NULL, "%s", lam_error());
	check(weighted_sum(loaded) == weighted_sum(gan.discriminator));
	lam_net_free(loaded);
	free_gan(&gan);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(agrees_with_pytorch),
		TEST(any_threads_same_bits),
		TEST(replicas_are_saved),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
