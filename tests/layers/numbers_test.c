/* SPDX-License-Identifier: MIT */
/* Special numbers: NaN gives NaN, infinities give each function's limit, a sample's NaN does not
 * reach other samples, and losses are right for any finite logits. */
#include "tests/battery/subjects.h"
#include "tests/kit.h"

#include <float.h>

#ifdef LAM_DOUBLE
#define LARGEST DBL_MAX
#else
#define LARGEST FLT_MAX
#endif

/* Computes a layer's output and slope for one value. */
static bool through(lam_layer *layer, double x, lam_real *y, lam_real *dx)
{
	const lam_real in = (lam_real)x, one = 1;
	lam_net *net = lam_net_create(layer, LAM_SHAPE(1), .max_batch = 1, .input_grad = true);
	lam_status status = net ? lam_net_forward(net, LAM_TRAIN, &in, NULL, 1) : LAM_ERR_ARGUMENT;
	if (!status)
		status = lam_net_backward_from(net, &one);
	if (!status) {
		*y = *lam_net_output(net);
		*dx = *lam_net_input_grad(net);
	}
	lam_net_free(net);
	return !status;
}

/* Checks each function with limits at NaN, at the infinities, and at half of the largest number.
 * There the value is the limit, and the slope is finite. */
static void infinities_follow_the_limit(void)
{
	const struct subject *s;
	lam_shape out;
	int tried = 0;
	for (int i = 0; (s = battery_subject(i)); i++) {
		if (!(s->traits & SUBJECT_LIMITS))
			continue;
		tried++;
		for (int above = 0; above < 2; above++) {
			const double sign = above ? 1 : -1, limit = s->limit[above];
			lam_real y, dx;
			require(through(battery_ordinary(s, LAM_SHAPE(1), &out), NAN, &y, &dx),
				"%s: %s", s->name, lam_error());
			check(isnan(y), "%s(nan) is %g", s->name, (double)y);
			require(through(
				battery_ordinary(s, LAM_SHAPE(1), &out), sign * INFINITY, &y, &dx));
			check((double)y == limit, "%s(%g) is %g", s->name, sign * INFINITY,
				(double)y);
			require(through(battery_ordinary(s, LAM_SHAPE(1), &out), sign * LARGEST / 2,
				&y, &dx));
			check(isfinite(y) && isfinite(dx)
					&& (isinf(limit) ? (double)y * limit > 0
							 : fabs((double)y - limit) < 1e-30),
				"%s(%g) is %g, slope %g", s->name, sign * LARGEST / 2, (double)y,
				(double)dx);
		}
	}
	check(tried >= 9, "%d functions", tried);
}

enum { N = 19, VALUES = 144, MOST = 4096 };

/* Sample `bad` holds two NaNs, as a slice reads one end of it only. Its output must have one, and
 * all others must be as without them. There are 19 samples, so the second block has idle lanes,
 * which repeat the last sample. */
static void check_stays_in(lam_net *net, const char *name, int bad)
{
	static lam_real x[N * VALUES], clean[N * MOST], y[N * MOST];
	lam_shape shape = lam_net_output_shape(net);
	int64_t out = lam_shape_count(&shape);
	require(out <= MOST);
	for (int i = 0; i < N * VALUES; i++)
		x[i] = (lam_real)(i * 7919 % 1000) / 1000;
	check_ok(lam_net_predict(net, x, N, clean));
	x[bad * VALUES + 14] = x[bad * VALUES + VALUES - 14] = NAN;
	check_ok(lam_net_predict(net, x, N, y));
	int64_t nans = 0;
	for (int64_t i = 0; i < N * out; i++)
		if (i / out == bad)
			nans += isnan(y[i]);
		else
			check(y[i] == clean[i], "%s: sample %d's NaN changed sample %d", name, bad,
				(int)(i / out));
	check(nans > 0, "%s: sample %d's NaN is gone", name, bad);
}

/* Checks that a NaN stays in its sample, in a net for many samples and in one for few. */
static void check_stays(lam_layer *layer, lam_shape in, const char *name, int bad)
{
	lam_net *net = lam_net_create(layer, in, .max_batch = N);
	require(net != NULL, "%s: %s", name, lam_error());
	lam_net *few = lam_net_replica(net, .max_batch = 7, .threads = 2);
	require(few != NULL, "%s: %s", name, lam_error());
	check_stays_in(net, name, bad);
	check_stays_in(few, name, bad);
	lam_net_free(few);
	lam_net_free(net);
}

static void a_samples_nan_stays_its_own(void)
{
	static const int bad[] = {0, 5, 15, 16, N - 1};
	const lam_shape shapes[] = {
		LAM_SHAPE(4, 6, 6), LAM_SHAPE(4, VALUES / 4), LAM_SHAPE(VALUES)};
	const struct subject *s;
	for (int i = 0; i < 5; i++) {
		for (int k = 0; (s = battery_subject(k)); k++) {
			int tried = 0;
			for (int shape = 0; shape < 3; shape++) {
				lam_shape out;
				lam_layer *layer = battery_ordinary(s, shapes[shape], &out);
				if (layer)
					check_stays(layer, shapes[shape], s->name, bad[i]);
				tried += layer != NULL;
			}
			check(tried, "%s takes no shape", s->name);
		}
		check_stays(lam_sequential(lam_conv2d(.out = 7, .kernel = {3}), lam_relu()),
			shapes[0], "conv2d and relu", bad[i]);
		check_stays(lam_sequential(lam_affine(.out = 7), lam_relu()), shapes[0],
			"affine and relu", bad[i]);
	}
}

/* Checks the loss and its gradient for one sample with two logits. */
static void check_loss(lam_layer *loss, const void *target, double a, double b, double expected,
	double da, double db)
{
	const lam_real z[2] = {(lam_real)a, (lam_real)b};
	lam_net *net = lam_net_create(loss, LAM_SHAPE(2), .max_batch = 1, .input_grad = true);
	require(net != NULL, "%s", lam_error());
	check_ok(lam_net_forward(net, LAM_TRAIN, z, target, 1));
	check_near(lam_net_loss(net), expected, 1e-6 * fabs(expected));
	check(lam_net_output(net)[0] >= 0 && lam_net_output(net)[0] <= 1);
	check_ok(lam_net_backward(net));
	check_near(lam_net_input_grad(net)[0], da, 1e-6);
	check_near(lam_net_input_grad(net)[1], db, 1e-6);
	lam_net_free(net);
}

static void losses_stand_any_finite_logits(void)
{
	const int32_t first = 0, second = 1;
	const lam_real ones[2] = {1, 1}, halves[2] = {0.5f, 0.5f};
	const double sizes[] = {100, 1e4, 1e30};
	for (int i = 0; i < 3; i++) {
		double z = (double)(lam_real)sizes[i];
		check_loss(lam_softmax_cross_entropy(), &first, z, -z, 0, 0, 0);
		check_loss(lam_softmax_cross_entropy(), &second, z, -z, 2 * z, 1, -1);
		check_loss(lam_softmax_cross_entropy(), &second, z, z, log(2), 0.5, -0.5);
		check_loss(lam_softmax_cross_entropy(.soft = true), halves, z, -z, z, 0.5, -0.5);
		check_loss(lam_softmax_cross_entropy(.smoothing = 0.5f), &first, z, -z, z / 2, 0.25,
			-0.25);
		check_loss(lam_sigmoid_cross_entropy(), ones, z, -z, z / 2, 0, -0.5);
		check_loss(lam_sigmoid_cross_entropy(), halves, z, -z, z / 2, 0.25, -0.25);
		check_loss(lam_sigmoid_cross_entropy(.positive_weight = 3), ones, z, -z, 1.5 * z, 0,
			-1.5);
		check_loss(lam_sigmoid_cross_entropy(.positive_weight = 3), halves, z, -z, z, 0.25,
			-0.75);
	}
	/* The largest numbers: only their difference overflows. */
	check_loss(lam_softmax_cross_entropy(), &first, LARGEST, -LARGEST, 0, 0, 0);
	check_loss(lam_softmax_cross_entropy(), &first, LARGEST / 4, -LARGEST / 4, 0, 0, 0);
	check_loss(lam_sigmoid_cross_entropy(), ones, LARGEST, 0, log(2) / 2, 0, -0.25);
}

/* Checks the loss of three logits. */
static void check_far(lam_layer *loss, const void *target, const lam_real z[3], double expected)
{
	lam_net *net = lam_net_create(loss, LAM_SHAPE(3), .max_batch = 1);
	require(net != NULL, "%s", lam_error());
	check_ok(lam_net_forward(net, LAM_TRAIN, z, target, 1));
	check_near(lam_net_loss(net), expected, 1e-6 * fabs(expected));
	lam_net_free(net);
}

/* Logits whose difference is larger than the largest finite number, but whose loss is not. */
static void differences_may_overflow(void)
{
	const int32_t first = 0, second = 1;
	const lam_real z = (lam_real)0.9 * LARGEST, falling[3] = {z, 0, -z}, middle[3] = {0, z, -z};
	const lam_real none_last[3] = {0.75f, 0.25f, 0}, all_first[3] = {1, 0, 0};
	check_far(lam_softmax_cross_entropy(.smoothing = 0.1f), &first, falling, (double)z * 0.1f);
	check_far(lam_softmax_cross_entropy(.smoothing = 0.5f), &second, falling,
		(double)z * 0.5 + (double)z * 0.5);
	check_far(lam_softmax_cross_entropy(.smoothing = 1), &first, middle, (double)z);
	check_far(lam_softmax_cross_entropy(.smoothing = 1), &second, middle, (double)z);
	check_far(lam_softmax_cross_entropy(.soft = true), all_first, falling, 0);
	check_far(lam_softmax_cross_entropy(.soft = true), none_last, falling, (double)z * 0.25);
	check_far(lam_softmax_cross_entropy(.soft = true, .smoothing = 0.5f), none_last, falling,
		(double)z * 0.625);
#ifndef LAM_DOUBLE
	const lam_real rising[3] = {-z, 0, z};
	check_far(lam_softmax_cross_entropy(), &first, rising, 2.0 * z);
#endif
}

/* Probabilities of exactly 0 and 1: logarithms are at least -100, and gradients are finite. */
static void probabilities_may_be_certain(void)
{
	const lam_real right[2] = {1, 0}, wrong[2] = {0, 1};
	check_loss(lam_binary_cross_entropy(), right, 1, 0, 0, 0, 0);
	const lam_real p[2] = {1, 0};
	lam_net *net = lam_net_create(
		lam_binary_cross_entropy(), LAM_SHAPE(2), .max_batch = 1, .input_grad = true);
	require(net != NULL, "%s", lam_error());
	check_ok(lam_net_forward(net, LAM_TRAIN, p, wrong, 1));
	check_near(lam_net_loss(net), 100, 1e-4);
	check_ok(lam_net_backward(net));
	check(isfinite(lam_net_input_grad(net)[0]) && lam_net_input_grad(net)[0] > 0);
	check(isfinite(lam_net_input_grad(net)[1]) && lam_net_input_grad(net)[1] < 0);
	lam_net_free(net);
}

/* Logits of all sizes, even subnormal: the loss is finite or infinite, but not NaN; the gradients
 * are between -1 and 1, and their sum over classes is 0. */
static void gradients_are_right_at_saturation(void)
{
	enum { LOGITS = 9, ROWS = 9 };
	static const double sizes[LOGITS] = {
		LARGEST, -LARGEST, 1e30, -1e30, 90, -90, 1e-40, -1e-310, 0};
	lam_real z[ROWS * LOGITS], ones[ROWS * LOGITS];
	int32_t classes[ROWS];
	for (int row = 0; row < ROWS; row++) {
		classes[row] = row;
		for (int k = 0; k < LOGITS; k++) {
			z[row * LOGITS + k] = (lam_real)sizes[(k + row * 2) % LOGITS];
			ones[row * LOGITS + k] = k % 2;
		}
	}
	for (int binary = 0; binary < 2; binary++) {
		lam_net *net = lam_net_create(
			binary ? lam_sigmoid_cross_entropy() : lam_softmax_cross_entropy(),
			LAM_SHAPE(LOGITS), .max_batch = ROWS, .input_grad = true);
		require(net != NULL, "%s", lam_error());
		check_ok(lam_net_forward(
			net, LAM_TRAIN, z, binary ? (const void *)ones : classes, ROWS));
		check(lam_net_loss(net) >= 0, "%g", lam_net_loss(net));
		for (int i = 0; i < ROWS * LOGITS; i++)
			check(lam_net_output(net)[i] >= 0 && lam_net_output(net)[i] <= 1,
				"%g gives %g", (double)z[i], (double)lam_net_output(net)[i]);
		check_ok(lam_net_backward(net));
		const lam_real *dz = lam_net_input_grad(net);
		for (int row = 0; row < ROWS; row++) {
			double sum = 0;
			for (int k = 0; k < LOGITS; k++) {
				const int i = row * LOGITS + k;
				double scale = binary ? ROWS * LOGITS : ROWS,
				       target = binary ? (double)ones[i] : k == row;
				double p = binary ? (z[i] > 0         ? 1
							   : z[i] < 0 ? 0
								      : 0.5)
						  : (double)z[i] == LARGEST;
				if (binary && fabs((double)z[i]) < 1)
					p = 0.5;
				check_near((double)dz[i] * scale, p - target, 1e-6);
				sum += (double)dz[i] * scale;
			}
			check(binary || fabs(sum) < 1e-6, "row %d: the gradients sum to %g", row,
				sum);
		}
		lam_net_free(net);
	}
}

/* Gradients whose squares overflow are clipped to the threshold like any other. */
static void huge_gradients_are_clipped(void)
{
	enum { IN = 40, OUT = 30 };
	const double huge = 1e18, wide = sizeof(lam_real) == 4 ? 1e4 : 1,
		     clip = 0.25; /* the gradients are about 1e20, the loss is 1e36 */
	static lam_real x[2 * IN], t[2 * OUT];
	for (int i = 0; i < 2 * IN; i++)
		x[i] = (lam_real)(wide * (i % 7) / 7);
	for (int i = 0; i < 2 * OUT; i++)
		t[i] = (lam_real)(huge * (1 + i % 3));
	lam_dataset *data = lam_dataset_arrays(
		x, LAM_SHAPE(IN), t, 2, .targets = LAM_VALUES, .target_shape = LAM_SHAPE(OUT));
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = OUT, .init = LAM_INIT_ZERO),
					      lam_mean_squared_error()),
		LAM_SHAPE(IN), .max_batch = 2);
	require(data && net, "%s", lam_error());
	require(check_ok(lam_fit(
		net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = 1), .clip = clip)));
	double moved = 0;
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_shape shape = lam_param_shape(lam_net_param(net, i));
		for (int64_t k = 0; k < lam_shape_count(&shape); k++)
			moved += pow((double)lam_param_value(lam_net_param(net, i))[k], 2);
	}
	check_near(sqrt(moved), clip, 1e-5);
	lam_net_free(net);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(infinities_follow_the_limit),
		TEST(a_samples_nan_stays_its_own),
		TEST(losses_stand_any_finite_logits),
		TEST(differences_may_overflow),
		TEST(probabilities_may_be_certain),
		TEST(gradients_are_right_at_saturation),
		TEST(huge_gradients_are_clipped),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
