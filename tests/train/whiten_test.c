/* SPDX-License-Identifier: MIT */
/* lam_whiten() beside its definition: the filters' outputs are uncorrelated over all patches, the
 * layers before the convolution count, and what it cannot do is refused. */
#include "tests/kit.h"

#include "framework/random.h"
#include "layers/layers.h"

#include <lamina.h>
#include <math.h>

enum { COUNT = 90, SIDE = 9, PIXELS = 3 * SIDE * SIDE, SIGNALS = 3, LENGTH = SIDE * SIDE };

static lam_real images[COUNT * PIXELS];
static int32_t labels[COUNT];

/* Images whose neighbouring pixels and channels resemble each other. */
static lam_dataset *smooth(lam_shape shape)
{
	for (int i = 0; i < COUNT * PIXELS; i++) {
		const double noise = lam_random_normal(lam_random_key(5, 0, 0), (uint64_t)i);
		images[i] = (lam_real)(0.3 * noise + 0.2 + (i > 0 ? 0.6 * (double)images[i - 1] : 0)
			+ (i % PIXELS >= SIDE * SIDE ? 0.3 * (double)images[i - SIDE * SIDE] : 0));
	}
	return lam_dataset_arrays(images, shape, labels, COUNT);
}

/* The mean products of the outputs of a convolution without padding, over all samples and places:
 * of filters i and j at [i * filters + j]. */
static void products_of(lam_net *net, int filters, int samples, double *products)
{
	static lam_real y[COUNT * 32 * SIDE * SIDE];
	const lam_shape out = lam_net_output_shape(net);
	const int64_t plane = lam_shape_count(&out) / filters;
	require(samples * lam_shape_count(&out) <= (int64_t)(sizeof y / sizeof *y));
	check_ok(lam_net_predict(net, images, samples, y));
	for (int i = 0; i < filters; i++)
		for (int j = 0; j < filters; j++) {
			double sum = 0;
			for (int64_t n = 0; n < samples; n++)
				for (int64_t p = 0; p < plane; p++)
					sum += (double)y[(n * filters + i) * plane + p]
						* (double)y[(n * filters + j) * plane + p];
			products[i * filters + j] = sum / (double)(samples * plane);
		}
}

/* Filter i answers with mean square v_i / (v_i + eps), and with no other filter of the first half.
 * The second half is the first with a minus. Norms tell v_i: |w_i|^2 = 1 / (v_i + eps). */
static void check_white(lam_net *net, const char *path, const lam_dataset *dataset, int samples,
	lam_real eps, int filters)
{
	static double products[32 * 32];
	char name[64];
	snprintf(name, sizeof name, "%s%sweight", path, *path ? "." : "");
	check_ok(lam_whiten(net, path, dataset, .samples = samples, .eps = eps));
	const lam_param *weight = lam_net_find(net, name);
	require(weight, "%s", name);
	const lam_shape shape = lam_param_shape(weight);
	const int terms = (int)(lam_shape_count(&shape) / filters);
	const lam_real *w = lam_param_value(weight);
	double before = INFINITY;
	products_of(net, filters, samples ? samples : COUNT, products);
	for (int i = 0; i < filters && i < terms; i++) {
		double norm = 0, largest = 0;
		for (int k = 0; k < terms; k++) {
			const double value = (double)w[i * terms + k];
			norm += value * value;
			largest = fabs(value) > fabs(largest) ? value : largest;
			check(i + terms >= filters
				|| w[(i + terms) * terms + k] == -w[i * terms + k]);
		}
		const double value = 1 / norm - (eps > 0 ? (double)eps : 5e-4);
		check(largest > 0 && value <= before * 1.00001, "filter %d: %g after %g", i, value,
			before);
		before = value;
		for (int j = 0; j < filters && j < terms; j++)
			check_near(products[i * filters + j], i == j ? value * norm : 0, 2e-4);
	}
}

static void outputs_are_white(void)
{
	lam_dataset *set = smooth(LAM_SHAPE(3, SIDE, SIDE));
	static const struct {
		int filters, samples, max_batch;
		lam_real eps;
	} rows[] = {{24, 0, 128, 0}, {24, 70, 128, (lam_real)0.01}, {12, 0, 4, (lam_real)0.1},
		{5, 1, 128, 0}, {17, 20, 1, (lam_real)1e-3}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("row %zu", i);
		lam_net *net = lam_net_create(
			lam_conv2d(.out = rows[i].filters, .kernel = {2}, .direct = true),
			LAM_SHAPE(3, SIDE, SIDE), .max_batch = rows[i].max_batch, .seed = 1);
		require(set && net, "%s", lam_error());
		check_white(net, "", set, rows[i].samples, rows[i].eps, rows[i].filters);
		lam_net_free(net);
		test_end();
	}
	lam_dataset_free(set);
}

/* The convolution reads what the layers before it make, in nets of few samples too; a residual
 * block, a pool and layers of one's own names are such. */
static void layers_before_it_count(void)
{
	lam_dataset *set = smooth(LAM_SHAPE(3, SIDE, SIDE));
	for (int batch = 1; batch <= 40; batch += 13) {
		test_begin("of a batch of %d", batch);
		lam_net *net = lam_net_create(
			lam_sequential(
				lam_standardize(.mean = {(lam_real)0.2}, .std = {(lam_real)0.5}),
				lam_residual(lam_sequential(lam_conv2d(.out = 3, .kernel = {3},
								    .pad = {1}, .direct = true),
					lam_tanh())),
				lam_sequential(lam_avg_pool2d(.kernel = {2}, .stride = {1}),
					lam_conv2d(.out = 24, .kernel = {2}, .direct = true,
						.name = "white"))),
			LAM_SHAPE(3, SIDE, SIDE), .max_batch = batch, .seed = 1);
		require(set && net, "%s", lam_error());
		check_white(net, "2.white", set, 0, 0, 24);
		lam_net_free(net);
		test_end();
	}
	for (int before = 0; before < 2; before++) {
		lam_net *net = lam_net_create(
			lam_sequential(
				before ? lam_residual(lam_sequential(lam_tanh())) : lam_gelu(),
				lam_conv2d(.out = 24, .kernel = {2}, .direct = true)),
			LAM_SHAPE(3, SIDE, SIDE), .max_batch = 30, .seed = 1);
		require(net, "%s", lam_error());
		check_white(net, "1", set, 0, 0, 24);
		lam_net_free(net);
	}
	lam_dataset_free(set);
}

static void signals_are_whitened(void)
{
	lam_dataset *set = smooth(LAM_SHAPE(SIGNALS, LENGTH));
	lam_net *net = lam_net_create(lam_conv1d(.out = 30, .kernel = 5, .direct = true),
		LAM_SHAPE(SIGNALS, LENGTH), .max_batch = 32);
	require(set && net, "%s", lam_error());
	check_white(net, "", set, 60, 0, 30);
	lam_net_free(net);
	lam_dataset_free(set);
}

/* The same filters for any number of threads; nothing but the weight has changed, and it trains. */
static void only_the_weight_changes(void)
{
	lam_dataset *set = smooth(LAM_SHAPE(3, SIDE, SIDE));
	lam_real first[24 * 12];
	for (int threads = 1; threads <= 3; threads++) {
		lam_net *net = lam_net_create(
			lam_sequential(lam_gelu(), lam_conv2d(.out = 24, .kernel = {2}),
				lam_batch_norm(), lam_affine(.out = 3)),
			LAM_SHAPE(3, SIDE, SIDE), .max_batch = 32, .seed = 1, .threads = threads);
		require(set && net, "%s", lam_error());
		lam_real mean = lam_param_value(lam_net_state(net, 0))[0],
			 affine = lam_param_value(lam_net_find(net, "3.weight"))[0];
		lam_param *weight = lam_net_find(net, "1.weight");
		check_ok(lam_whiten(net, "1", set));
		if (threads == 1)
			memcpy(first, lam_param_value(weight), sizeof first);
		check(!memcmp(first, lam_param_value(weight), sizeof first));
		check(mean == lam_param_value(lam_net_state(net, 0))[0]
			&& affine == lam_param_value(lam_net_find(net, "3.weight"))[0]
			&& lam_param_trainable(weight));
		lam_net_free(net);
	}
	lam_dataset_free(set);
}

static void others_are_refused(void)
{
	lam_dataset *set = smooth(LAM_SHAPE(3, SIDE, SIDE)),
		    *flat = lam_dataset_arrays(images, LAM_SHAPE(PIXELS), labels, COUNT);
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 25, .kernel = {2}), lam_relu(),
			lam_conv2d(.out = 10, .kernel = {3}, .groups = 5),
			lam_conv2d(.out = 10, .kernel = {2}, .dilation = {2, 1}),
			lam_conv2d(.out = 10, .kernel = {3, 9}, .pad = {0, 4})),
		LAM_SHAPE(3, SIDE, SIDE));
	require(set && flat && net, "%s", lam_error());
	check_fails(lam_whiten(net, "7", set), LAM_ERR_ARGUMENT,
		"lam_whiten: the net has no layer \"7\"; expected a convolution's path");
	check_fails(lam_whiten(net, "1", set), LAM_ERR_ARGUMENT,
		"; expected conv1d or conv2d without groups and dilation");
	check_fails(lam_whiten(net, "2", set), LAM_ERR_ARGUMENT, "without groups and dilation");
	check_fails(lam_whiten(net, "3", set), LAM_ERR_ARGUMENT, "without groups and dilation");
	check_fails(lam_whiten(net, "0", set), LAM_ERR_SHAPE, "twice as many filters as terms");
	check_fails(lam_whiten(net, "4", set), LAM_ERR_SHAPE, "is larger than its input");
	check_fails(lam_whiten(net, "0", flat), LAM_ERR_SHAPE,
		"lam_whiten: samples are 243; expected the net's input, 3x9x9");
	check_fails(lam_whiten(net, "0", NULL), LAM_ERR_ARGUMENT, "the data set is NULL");
	check_fails(lam_whiten(net, NULL, set), LAM_ERR_ARGUMENT, "the path is NULL");
	check_fails(lam_whiten(net, "0", set, .eps = -1), LAM_ERR_ARGUMENT, "expected at least 1");
	check_fails(lam_whiten(net, "0", set, .samples = -1), LAM_ERR_ARGUMENT, ".samples is -1");
	lam_net_free(net);
	net = lam_net_create(lam_conv2d(.out = 24, .kernel = {2}), LAM_SHAPE(3, SIDE, SIDE));
	require(net, "%s", lam_error());
	images[77] = (lam_real)NAN;
	check_fails(lam_whiten(net, "", set), LAM_ERR_NUMERIC, "is not finite");
	lam_net_free(net);
	lam_dataset_free(flat);
	lam_dataset_free(set);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(outputs_are_white), TEST(layers_before_it_count),
		TEST(signals_are_whitened), TEST(only_the_weight_changes),
		TEST(others_are_refused)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
