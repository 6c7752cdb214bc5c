/* SPDX-License-Identifier: MIT */
/* lam_affine */
#include "tests/battery/prove.h"
#include "tests/reference/textbook.h"

#include <math.h>

static void battery(void)
{
	battery_prove_all(affine_subjects);
}

static void refuses_bad_options(void)
{
	refuses(lam_affine(), LAM_SHAPE(4), "affine: option out is required");
	refuses(lam_affine(.out = -3), LAM_SHAPE(4),
		"affine: option out is -3; expected at least 1");
	refuses(lam_affine(.out = 3, .init = (lam_init)9), LAM_SHAPE(4),
		"affine: option init is 9; expected 0 to 6");
}

enum { SAMPLES = 20 };

static void draw(lam_real *real, double *value, int64_t count)
{
	static uint32_t state = 1;
	for (int64_t i = 0; i < count; i++) {
		state = state * 1664525u + 1013904223u;
		real[i] = (lam_real)(state >> 16) / 32768 - 1;
		value[i] = (double)real[i];
	}
}

static void check_close(
	const char *what, const lam_real *actual, const double *expected, int64_t count)
{
	double worst = 0, largest = 0;
	for (int64_t i = 0; i < count; i++) {
		worst = fmax(worst, fabs((double)actual[i] - expected[i]));
		largest = fmax(largest, fabs(expected[i]));
	}
	check(worst <= (sizeof(lam_real) == 8 ? 1e-13 : 1e-5) * largest, "%s is off by %g of %g",
		what, worst, largest);
}

/* Keeps what one thread has computed; others must compute the same. */
static void keep_or_compare(
	const char *what, lam_real **kept, const lam_real *now, int64_t count, int threads)
{
	const size_t bytes = (size_t)count * sizeof *now;
	if (threads == 1) {
		*kept = malloc(bytes);
		require(*kept, "memory");
		memcpy(*kept, now, bytes);
	}
	check(!memcmp(*kept, now, bytes), "%s depends on the threads", what);
	if (threads > 1)
		free(*kept);
}

/* `copies`: packed copies of the weight that the net keeps. */
static void prove_large(int64_t in, int64_t out, int64_t copies)
{
	const int64_t weights = in * out, counts[] = {weights, out, SAMPLES * in, SAMPLES * out};
	lam_real *real[4];
	double *value[4], *of_double[4];
	for (int i = 0; i < 4; i++) {
		real[i] = malloc((size_t)counts[i] * sizeof(lam_real));
		value[i] = malloc((size_t)counts[i] * sizeof(double));
		of_double[i] = calloc((size_t)counts[i], sizeof(double));
		require(real[i] && value[i] && of_double[i], "memory");
		draw(real[i], value[i], counts[i]);
	}
	textbook_affine(of_double[3], value[2], value[0], value[1], SAMPLES, in, out);
	double *dx = of_double[2];
	textbook_affine_backward(
		dx, of_double[0], of_double[1], value[3], value[2], value[0], SAMPLES, in, out);
	const int64_t copy = weights * (int64_t)sizeof(lam_real);
	lam_real *kept[3];
	for (int threads = 1; threads <= 3; threads += 2) {
		lam_net *net = lam_net_create(lam_affine(.out = (int)out), LAM_SHAPE(in),
			.max_batch = SAMPLES, .threads = threads, .input_grad = true);
		require(net, "%s", lam_error());
		lam_net_memory memory;
		lam_net_memory_of(net, &memory, sizeof memory);
		check(memory.packed / copy == copies, "%lld bytes are packed, of %lld",
			(long long)memory.packed, (long long)copy);
		for (int k = 0; k < 2; k++)
			memcpy(lam_param_edit(lam_net_param(net, k)), real[k],
				(size_t)counts[k] * sizeof(lam_real));
		check_ok(lam_net_forward(net, LAM_TRAIN, real[2], NULL, SAMPLES));
		check_close("y", lam_net_output(net), of_double[3], counts[3]);
		check_ok(lam_net_backward_from(net, real[3]));
		const lam_real *dw = lam_param_grad(lam_net_param(net, 0));
		check_close("dx", lam_net_input_grad(net), dx, counts[2]);
		check_close("dw", dw, of_double[0], weights);
		check_close("db", lam_param_grad(lam_net_param(net, 1)), of_double[1], out);
		keep_or_compare("y", &kept[0], lam_net_output(net), counts[3], threads);
		keep_or_compare("dx", &kept[1], lam_net_input_grad(net), counts[2], threads);
		keep_or_compare("dw", &kept[2], dw, weights, threads);
		lam_net_free(net);
	}
	for (int i = 0; i < 4; i++)
		free(real[i]), free(value[i]), free(of_double[i]);
}

/* Weights that are packed panel by panel: for forward from 512 KiB of floats on; for the input
 * gradient, too, with few outputs, or from 16 MiB on, where the weight's gradient reads x by rows.
 */
static void large_weights(void)
{
	prove_large(300, 400, 2);
	prove_large(700, 300, 1);
	prove_large(700, 250, 0);
	prove_large(2060, 2049, 0);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery), TEST(refuses_bad_options), TEST(large_weights)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
