/* SPDX-License-Identifier: MIT */
/* Winograd's algorithm for few samples, with channels in the lanes: within 1e-4 of the direct sums,
 * the same bits for any threads and beside any other samples, and one value that is far from the
 * others, an infinity or NaN, stays among the outputs that read it. Both gradients likewise. */
#include "tests/kit.h"

#include "framework/kernels/sizes.h"
#include "framework/plan/inside.h"

#include <float.h>
#include <lamina.h>

enum { SAMPLES = 3, CASES = 150, MOST = SAMPLES * 150 * 60 * 60 };

/* In place of framework/plan/prefer.c: nets of fewer than 16 samples compute one at a time. */
bool lam_plan_prefers_batch_lanes(const lam_plan *plan)
{
	return plan->few >= LAM_LANES;
}

static uint64_t state;

/* A number from `least` to `most`. */
static int draw(int least, int most)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return least + (int)((state >> 33) % (uint64_t)(most - least + 1));
}

/* Strides of two have four sets of taps. */
static int draw_stride(int taps, int dilation)
{
	return taps > 2 && dilation == 1 && !draw(0, 3) ? 2 : 1;
}

/* The taps of a kernel: most have one set (framework/kernels/winograd_grid.h). */
static int draw_taps(bool flat)
{
	static const int squares[] = {3, 3, 3, 3, 3, 3, 5, 5, 4, 6, 7, 9, 10},
			 lines[] = {3, 5, 6, 7, 10, 15, 20};
	return flat ? lines[draw(0, 6)] : squares[draw(0, 12)];
}

static lam_real random_value(int i)
{
	return (lam_real)((unsigned)i * 2654435761u >> 8) / (1 << 23) - 1;
}

/* A layer that has Winograd's form for most shapes, behind one whose output has channels in the
 * lanes; in 1-D where `side` is 0. */
static lam_layer *model(uint64_t seed, int *in, int *side, bool direct)
{
	state = seed;
	*in = draw(15, 70);
	const bool flat = !draw(0, 4), bare = draw(0, 1);
	const int out = draw(15, 70), taps = draw_taps(flat), dilation = draw(0, 3) ? 1 : 2;
	const int pad = draw(0, taps / 2 * dilation), least = (taps - 1) * dilation + 1;
	const int stride = draw_stride(taps, dilation);
	*side = flat ? 0 : draw(least, 20);
	if (!*side)
		return lam_sequential(lam_max_pool1d(.kernel = 1),
			lam_conv1d(.out = out, .kernel = taps, .pad = pad, .dilation = dilation,
				.stride = stride, .no_bias = bare, .direct = direct),
			lam_relu());
	if (!draw(0, 4))
		return lam_sequential(lam_max_pool2d(.kernel = {1}),
			lam_transposed_conv2d(.out = out, .kernel = {taps},
				.pad = {draw(0, taps / 2)}, .stride = {stride}, .direct = direct),
			lam_silu());
	return lam_sequential(lam_max_pool2d(.kernel = {1}),
		lam_conv2d(.out = out, .kernel = {taps}, .pad = {pad}, .dilation = {dilation},
			.stride = {stride}, .no_bias = bare, .direct = direct),
		lam_batch_norm());
}

static lam_net *make(uint64_t seed, int threads, bool direct)
{
	int in, side;
	lam_layer *layers = model(seed, &in, &side, direct);
	lam_net *net = lam_net_create(layers, side ? LAM_SHAPE(in, side, side) : LAM_SHAPE(in, 50),
		.max_batch = SAMPLES, .inference = true, .seed = seed, .threads = threads);
	check(net != NULL, "%s", lam_error());
	return net;
}

static lam_real x[MOST], y[MOST], expected[MOST], alone[MOST];

static void is_near_the_direct_sums(void)
{
	int differ = 0;
	for (int i = 0; i < MOST; i++)
		x[i] = random_value(i);
	for (uint64_t seed = 1; seed <= CASES; seed++) {
		lam_net *direct = make(seed, 1, true), *net = make(seed, 1, false);
		require(direct && net);
		const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
		const int64_t xs = lam_shape_count(&in), ys = lam_shape_count(&out);
		double worst = 0, largest = 0;
		check_ok(lam_net_predict(direct, x, SAMPLES, expected));
		check_ok(lam_net_predict(net, x, SAMPLES, y));
		for (int64_t i = 0; i < SAMPLES * ys; i++) {
			largest = fmax(largest, fabs((double)expected[i]));
			worst = fmax(worst, fabs((double)expected[i] - (double)y[i]));
		}
		check(worst <= 1e-4 * largest, "case %d: off by %g of %g", (int)seed, worst,
			largest);
		differ += memcmp(expected, y, (size_t)(SAMPLES * ys) * sizeof *y) != 0;
		for (int threads = 2; threads <= 3; threads++) {
			lam_net *other = make(seed, threads, false);
			require(other != NULL);
			check_ok(lam_net_predict(other, x + xs, 1, alone));
			check(!memcmp(alone, y + ys, (size_t)ys * sizeof *y),
				"case %d: other bits alone, with %d threads", (int)seed, threads);
			lam_net_free(other);
		}
		lam_net_free(direct), lam_net_free(net);
	}
	check(differ > CASES / 2, "Winograd's algorithm was used in %d cases", differ);
}

/* Whether an output is wrong where an outlier `value` may have entered it; `same`: it has not. */
static bool is_off(double is, double should, bool same, double value)
{
	if (same)
		return !(fabs(is - should) <= 1e-4);
	if (isnan(should))
		return !isnan(is);
	return isfinite(should) ? !(fabs(is - should) <= 1e-5 * fabs(value) + 1e-4) : is != should;
}

/* One value of the second sample is far from the others. */
static void outliers_stay_among_their_outputs(void)
{
	static const lam_real values[] = {(lam_real)100, (lam_real)1000, (lam_real)3000,
		(lam_real)1e6, (lam_real)-1e9, (lam_real)1e37, INFINITY, -INFINITY, NAN};
	static lam_real clean[MOST], direct_clean[MOST];
	for (uint64_t seed = 1; seed <= CASES / 3; seed++) {
		lam_net *direct = make(seed, 1, true), *net = make(seed, 2, false);
		require(direct && net);
		const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
		const int64_t xs = lam_shape_count(&in), ys = lam_shape_count(&out);
		const double value = (double)values[seed % 9];
		int strange = 0;
		for (int i = 0; i < MOST; i++)
			x[i] = seed % 2 || i % 5 == 0 ? random_value(i) : 0;
		check_ok(lam_net_predict(net, x, SAMPLES, clean));
		check_ok(lam_net_predict(direct, x, SAMPLES, direct_clean));
		state = seed;
		x[xs + draw(0, (int)xs - 1)] = values[seed % 9];
		check_ok(lam_net_predict(net, x, SAMPLES, y));
		check_ok(lam_net_predict(direct, x, SAMPLES, expected));
		for (int64_t i = 0; i < SAMPLES * ys; i++) {
			const double is = (double)y[i], should = (double)expected[i];
			if (i / ys != 1)
				strange += memcmp(&clean[i], &y[i], sizeof *y) != 0;
			else
				strange += is_off(
					is, should, expected[i] == direct_clean[i], value);
		}
		check(!strange, "case %d, %g: %d outputs are off", (int)seed, value, strange);
		lam_net_free(direct), lam_net_free(net);
	}
}

static lam_net *square(int kernel, bool direct)
{
	lam_net *net = lam_net_create(lam_sequential(lam_max_pool2d(.kernel = {1}),
					      lam_conv2d(.out = 32, .kernel = {kernel},
						      .pad = {kernel / 2}, .direct = direct)),
		LAM_SHAPE(32, 20, 20), .max_batch = 1, .inference = true, .seed = 5, .threads = 1);
	check(net != NULL, "%s", lam_error());
	return net;
}

/* Seven taps are a set of five and one of two: what the second one lacks reads nothing, wherever in
 * a tile an outlier lies, or two that are equal or opposite. */
static void pairs_do_not_hide(int kernel)
{
	enum { PLANE = 20 * 20, VALUES = 32 * PLANE };
	static lam_real direct_clean[VALUES];
	lam_net *direct = square(kernel, true), *net = square(kernel, false);
	require(direct && net);
	for (int i = 0; i < VALUES; i++)
		x[i] = random_value(i);
	check_ok(lam_net_predict(direct, x, 1, direct_clean));
	check_ok(lam_net_predict(net, x, 1, y));
	check(memcmp(y, direct_clean, sizeof direct_clean), "Winograd's algorithm was not used");
	for (int i = 0; i < 128; i++) {
		const int at = 7 * PLANE + (8 + i / 4 % 4) * 20 + 8 + i % 4,
			  other = at + i / 16 % 4 * 2;
		int strange = 0;
		x[at] = (lam_real)1e6;
		x[other] = (lam_real)(i < 64 ? 1e6 : -1e6);
		check_ok(lam_net_predict(direct, x, 1, expected));
		check_ok(lam_net_predict(net, x, 1, y));
		for (int k = 0; k < VALUES; k++)
			strange += is_off((double)y[k], (double)expected[k],
				expected[k] == direct_clean[k], 1e6);
		check(!strange, "%d taps, pair %d: %d outputs are off", kernel, i, strange);
		x[at] = random_value(at);
		x[other] = random_value(other);
	}
	lam_net_free(direct), lam_net_free(net);
}

static void no_output_reads_what_it_should_not(void)
{
	pairs_do_not_hide(3);
	pairs_do_not_hide(5);
	pairs_do_not_hide(7);
}

/* Whether Winograd's algorithm computes a layer: its bits are other ones than those of direct sums.
 */
static bool is_transformed(int channels, int kernel, int side, bool inference)
{
	bool differs = false;
	for (int direct = 0; direct < 2; direct++) {
		lam_net *net = lam_net_create(
			lam_sequential(lam_max_pool2d(.kernel = {1}),
				lam_conv2d(.out = 32, .kernel = {kernel}, .pad = {kernel / 2},
					.direct = direct)),
			LAM_SHAPE(channels, side, side), .max_batch = 2, .inference = inference,
			.seed = 5, .threads = 1);
		const lam_shape out = lam_net_output_shape(net);
		check_ok(lam_net_predict(net, x, 1, direct ? expected : y));
		differs = memcmp(y, expected, (size_t)lam_shape_count(&out) * sizeof *y) != 0;
		lam_net_free(net);
	}
	return differs;
}

/* A weight that is packed once pays where one that each step packs does not; and channels that a
 * lane block lacks cost nothing. */
static void chooses_by_the_work(void)
{
	for (int i = 0; i < MOST; i++)
		x[i] = random_value(i);
	check(is_transformed(32, 7, 20, true) && is_transformed(17, 7, 20, true));
	check(is_transformed(32, 3, 4, true) && !is_transformed(32, 3, 4, false));
	check(!is_transformed(32, 1, 4, true));
}

static lam_real dy[MOST], dx[MOST], dx_expected[MOST];

enum { WEIGHTS = 150 * 150 * 100 };
static lam_real dw[WEIGHTS], dw_expected[WEIGHTS];

/* The layer between others that keep its output, and its gradient, in channel lanes. Many
 * channels: several chunks of a weight gradient, each with one part. */
static lam_layer *trained(uint64_t seed, int *in, int *side, bool direct)
{
	state = seed;
	const bool wide = seed % 5 == 0;
	*in = draw(wide ? 129 : 15, wide ? 150 : 70);
	const bool flat = !draw(0, 4);
	const int out = draw(wide ? 129 : 15, wide ? 150 : 70), taps = draw_taps(flat),
		  dilation = draw(0, 3) ? 1 : 2, pad = draw(0, taps / 2 * dilation);
	const int stride = draw_stride(taps, dilation);
	const int least = (taps - 1) * dilation + 1;
	*side = flat ? 0 : draw(least > 16 ? least : 16, 25);
	if (!*side)
		return lam_sequential(lam_max_pool1d(.kernel = 1),
			lam_conv1d(.out = out, .kernel = taps, .pad = pad, .dilation = dilation,
				.stride = stride, .direct = direct),
			lam_max_pool1d(.kernel = 1));
	if (!draw(0, 4))
		return lam_sequential(lam_max_pool2d(.kernel = {1}),
			lam_transposed_conv2d(.out = out, .kernel = {taps},
				.pad = {draw(0, taps / 2)}, .stride = {stride}, .direct = direct),
			lam_max_pool2d(.kernel = {1}));
	return lam_sequential(lam_max_pool2d(.kernel = {1}),
		lam_conv2d(.out = out, .kernel = {taps}, .pad = {pad}, .dilation = {dilation},
			.stride = {stride}, .direct = direct),
		lam_max_pool2d(.kernel = {1}));
}

/* Forward and backward of `n` samples; leaves their gradients in dx and dw. */
static void train(uint64_t seed, int n, int threads, bool direct, lam_real *to_dx, lam_real *to_dw,
	int64_t *xs, int64_t *ws)
{
	int in, side;
	lam_layer *layers = trained(seed, &in, &side, direct);
	lam_net *net = lam_net_create(layers, side ? LAM_SHAPE(in, side, side) : LAM_SHAPE(in, 120),
		.max_batch = SAMPLES, .seed = seed, .threads = threads, .input_grad = true);
	require(net != NULL, "%s", lam_error());
	const lam_shape shape = lam_net_input_shape(net),
			weight = lam_param_shape(lam_net_param(net, 0));
	*xs = n * lam_shape_count(&shape);
	*ws = lam_shape_count(&weight);
	require(*xs <= MOST && *ws <= WEIGHTS);
	check_ok(lam_net_forward(net, LAM_TRAIN, x, NULL, n));
	check_ok(lam_net_backward_from(net, dy));
	memcpy(to_dx, lam_net_input_grad(net), (size_t)*xs * sizeof *to_dx);
	memcpy(to_dw, lam_param_grad(lam_net_param(net, 0)), (size_t)*ws * sizeof *to_dw);
	lam_net_free(net);
}

static double worst_of(const lam_real *is, const lam_real *should, int64_t count)
{
	double worst = 0, largest = 0;
	for (int64_t i = 0; i < count; i++) {
		const double difference = fabs((double)is[i] - (double)should[i]);
		worst = fmax(worst, isnan(difference) ? INFINITY : difference);
		largest = fmax(largest, fabs((double)should[i]));
	}
	return worst / largest;
}

static void gradients_are_near_the_direct_sums(void)
{
	static lam_real again[MOST], again_dw[WEIGHTS];
	int differ = 0, differ_dw = 0;
	for (int i = 0; i < MOST; i++) {
		x[i] = random_value(i);
		dy[i] = random_value(i + MOST);
	}
	for (uint64_t seed = 1; seed <= CASES / 3; seed++) {
		const int n = 1 + (int)(seed % SAMPLES);
		int64_t xs, ws;
		train(seed, n, 1, true, dx_expected, dw_expected, &xs, &ws);
		train(seed, n, 1, false, dx, dw, &xs, &ws);
		const double of_dx = worst_of(dx, dx_expected, xs),
			     of_dw = worst_of(dw, dw_expected, ws);
		check(of_dx <= 1e-4, "case %d: dx is off by %g", (int)seed, of_dx);
		check(of_dw <= 1e-4, "case %d: dw is off by %g", (int)seed, of_dw);
		differ += memcmp(dx, dx_expected, (size_t)xs * sizeof *dx) != 0;
		differ_dw += memcmp(dw, dw_expected, (size_t)ws * sizeof *dw) != 0;
		for (int threads = 2; threads <= 3; threads++) {
			train(seed, n, threads, false, again, again_dw, &xs, &ws);
			check(!memcmp(again, dx, (size_t)xs * sizeof *dx)
					&& !memcmp(again_dw, dw, (size_t)ws * sizeof *dw),
				"case %d: other bits with %d threads", (int)seed, threads);
		}
	}
	check(differ > CASES / 6, "dx by Winograd's algorithm in %d cases", differ);
	check(differ_dw > CASES / 6, "dw by Winograd's algorithm in %d cases", differ_dw);
}

/* One value of the output's gradient is far from the others. */
static void outliers_of_a_gradient_stay_among_theirs(void)
{
	static const lam_real values[] = {
		(lam_real)3000, (lam_real)1e6, (lam_real)1e37, INFINITY, NAN};
	static lam_real direct_clean[MOST];
	for (uint64_t seed = 1; seed <= CASES / 6; seed++) {
		const double value = (double)values[seed % 5];
		int64_t xs, ws, strange = 0;
		for (int i = 0; i < MOST; i++)
			x[i] = dy[i] = random_value(i);
		train(seed, 1, 1, true, direct_clean, dw, &xs, &ws);
		state = seed;
		dy[draw(0, 15 * 16 * 16 / 2)] = values[seed % 5];
		train(seed, 1, 1, true, dx_expected, dw, &xs, &ws);
		train(seed, 1, 1, false, dx, dw, &xs, &ws);
		for (int64_t i = 0; i < xs; i++) {
			const double is = (double)dx[i], should = (double)dx_expected[i];
			strange += is_off(is, should, dx_expected[i] == direct_clean[i], value);
		}
		check(!strange, "case %d, %g: %d values are off", (int)seed, value, (int)strange);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(is_near_the_direct_sums),
		TEST(outliers_stay_among_their_outputs),
		TEST(no_output_reads_what_it_should_not),
		TEST(chooses_by_the_work),
		TEST(gradients_are_near_the_direct_sums),
		TEST(outliers_of_a_gradient_stay_among_theirs),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
