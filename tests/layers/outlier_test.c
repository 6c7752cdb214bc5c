/* SPDX-License-Identifier: MIT */
/* One value that is far from the others, an infinity or NaN, in one sample of a batch: by
 * Winograd's algorithm, too, the outputs that do not read it stay as they are, those that do are as
 * by the direct algorithm, and no other sample changes a bit. So do input gradients, by dy. */
#include "framework/lamina.h"
#include "layers/layers.h"
#include "tests/kit.h"

#include <float.h>

enum { SAMPLES = 18, SAMPLE = 3, CHANNELS = 32, SIDE = 16, LENGTH = 256 };
enum { VALUES = CHANNELS * LENGTH, KINDS = 8 };

static lam_layer *layer_of(int kind, bool direct)
{
	switch (kind) {
	case 0:
		return lam_conv2d(.out = CHANNELS, .kernel = {3}, .pad = {1}, .direct = direct);
	case 1:
		return lam_conv2d(.out = CHANNELS, .kernel = {5}, .pad = {2}, .direct = direct);
	case 2:
		return lam_conv1d(.out = CHANNELS, .kernel = 3, .pad = 1, .direct = direct);
	case 3:
		return lam_conv1d(.out = CHANNELS, .kernel = 5, .pad = 2, .direct = direct);
	case 4: /* as many values in y: 128 planes of a quarter */
		return lam_conv2d(.out = 4 * CHANNELS, .kernel = {4}, .stride = {2}, .pad = {1},
			.direct = direct);
	case 5: /* four sets of taps */
		return lam_conv2d(.out = CHANNELS, .kernel = {7}, .pad = {3}, .direct = direct);
	case 6:
		return lam_conv1d(.out = CHANNELS, .kernel = 9, .pad = 4, .direct = direct);
	default:
		return lam_transposed_conv2d(.out = CHANNELS, .kernel = {3}, .pad = {1},
			.direct = direct);
	}
}

static lam_net *net_of(int kind, bool direct)
{
	const bool flat = kind == 2 || kind == 3 || kind == 6;
	lam_net *net = lam_net_create(layer_of(kind, direct),
		flat ? LAM_SHAPE(CHANNELS, LENGTH) : LAM_SHAPE(CHANNELS, SIDE, SIDE),
		.max_batch = SAMPLES, .seed = 7, .threads = 1, .input_grad = true);
	check(net != NULL, "%s", lam_error());
	return net;
}

static lam_real random_value(int i)
{
	return (lam_real)((unsigned)i * 2654435761u >> 8) / (1 << 23) - 1;
}

/* An outlier: a value, and where it is. */
struct outlier {
	int place;
	lam_real value;
};

/* y and dx of all samples, with two outliers, or one twice, in sample SAMPLE of x and of dy. NULL:
 * none. */
static void compute(lam_net *net, const struct outlier outliers[2], lam_real *y, lam_real *dx)
{
	static lam_real x[SAMPLES * VALUES];
	for (int i = 0; i < SAMPLES * VALUES; i++)
		x[i] = random_value(i);
	for (int i = 0; i < 2 && outliers; i++)
		x[SAMPLE * VALUES + outliers[i].place] = outliers[i].value;
	check_ok(lam_net_forward(net, LAM_TRAIN, x, NULL, SAMPLES));
	memcpy(y, lam_net_output(net), sizeof x);
	check_ok(lam_net_backward_from(net, x));
	memcpy(dx, lam_net_input_grad(net), sizeof x);
}

/* Compares the results of one array. Outputs whose direct value the outlier did not change do not
 * read it. */
static void check_results(const lam_real *clean, const lam_real *outlying,
	const lam_real *direct_clean, const lam_real *direct, double value, const char *what)
{
	int unrelated = 0, related = 0, strange = 0;
	for (int i = 0; i < SAMPLES * VALUES; i++) {
		const double y = (double)outlying[i], expected = (double)direct[i];
		if (i / VALUES != SAMPLE)
			strange += memcmp(&clean[i], &outlying[i], sizeof *clean) != 0;
		else if (direct[i] == direct_clean[i])
			unrelated += !(fabs(y - expected) <= 1e-4);
		else
			related += isfinite(expected)
				? !(fabs(y - expected) <= 1e-5 * fabs(value) + 1e-4)
				: isnan(expected) ? !isnan(y)
						  : y != expected;
	}
	check(!unrelated && !related && !strange,
		"%s with %g: %d outputs that do not read it are off, %d that do, %d of others",
		what, value, unrelated, related, strange);
}

static void outliers_stay_among_their_outputs(void)
{
	static const lam_real values[] = {(lam_real)100, (lam_real)1000, (lam_real)3000,
		(lam_real)1e6, (lam_real)-1e9, (lam_real)1e37, INFINITY, -INFINITY, NAN};
	static lam_real y[4][SAMPLES * VALUES], dx[4][SAMPLES * VALUES];
	for (int kind = 0; kind < KINDS; kind++) {
		lam_net *net = net_of(kind, false), *direct = net_of(kind, true);
		compute(net, NULL, y[0], dx[0]);
		compute(direct, NULL, y[2], dx[2]);
		check(memcmp(y[0], y[2], sizeof y[0]) && memcmp(dx[0], dx[2], sizeof dx[0]),
			"Winograd's algorithm was not used");
		for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
			const int places[] = {2 * LENGTH + 66, 0, VALUES - 1};
			const int place = places[i % 3];
			const struct outlier one = {place, values[i]}, both[] = {one, one};
			compute(net, both, y[1], dx[1]);
			compute(direct, both, y[3], dx[3]);
			check_results(y[0], y[1], y[2], y[3], (double)values[i], "y");
			check_results(dx[0], dx[1], dx[2], dx[3], (double)values[i], "dx");
		}
		lam_net_free(net), lam_net_free(direct);
	}
}

/* Two outliers in a row, equal or opposite, do not cancel each other where they are looked for. */
static void pairs_do_not_hide(void)
{
	static lam_real y[4][SAMPLES * VALUES], dx[4][SAMPLES * VALUES];
	for (int kind = 0; kind < KINDS; kind++) {
		lam_net *net = net_of(kind, false), *direct = net_of(kind, true);
		compute(net, NULL, y[0], dx[0]);
		compute(direct, NULL, y[2], dx[2]);
		for (int i = 0; i < 24; i++) {
			const int place = 2 * LENGTH + 64 + i / 6;
			const struct outlier pair[] = {{place, (lam_real)1e6},
				{place + 2 + 2 * (i % 3), (lam_real)(i % 6 < 3 ? 1e6 : -1e6)}};
			compute(net, pair, y[1], dx[1]);
			compute(direct, pair, y[3], dx[3]);
			check_results(y[0], y[1], y[2], y[3], 1e6, "y");
			check_results(dx[0], dx[1], dx[2], dx[3], 1e6, "dx");
		}
		lam_net_free(net), lam_net_free(direct);
	}
}

/* Beside inputs that are all zeros even a large one costs little: 1e-6 of it. */
static void zeros_stay_near_zero(void)
{
	static lam_real x[SAMPLES * VALUES], y[SAMPLES * VALUES];
	for (int kind = 0; kind < KINDS; kind++) {
		lam_net *net = net_of(kind, false), *direct = net_of(kind, true);
		double worst = 0;
		memset(x, 0, sizeof x);
		x[SAMPLE * VALUES + 2 * LENGTH + 66] = (lam_real)1e6;
		check_ok(lam_net_predict(direct, x, SAMPLES, y));
		check_ok(lam_net_forward(net, LAM_EVAL, x, NULL, SAMPLES));
		for (int i = 0; i < SAMPLES * VALUES; i++)
			worst = fmax(worst, fabs((double)lam_net_output(net)[i] - (double)y[i]));
		check(worst <= 1, "an output is off by %g", worst);
		lam_net_free(net), lam_net_free(direct);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(outliers_stay_among_their_outputs),
		TEST(pairs_do_not_hide), TEST(zeros_stay_near_zero)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
