/* SPDX-License-Identifier: MIT */
/* Softmax, losses and statistics agree with the textbook in double, for several numbers of used
 * lanes. */
#include "tests/kernels/arrays.h"

enum { LANES = LAM_LANES, MOST = 70 * LAM_LANES };
static const int reals[] = {1, 15, 16};
static const size_t sizes[] = {1, 2, 10, 31, 33, 70};
enum { REALS = sizeof reals / sizeof *reals, SIZES = sizeof sizes / sizeof *sizes };

/* p = softmax(z) of one lane in double; returns log sum exp(z). */
static double softmax_of(double *p, const lam_real *z, size_t features, size_t lane)
{
	double greatest = -INFINITY, sum = 0;
	for (size_t k = 0; k < features; k++)
		greatest = fmax(greatest, z[k * LANES + lane]);
	for (size_t k = 0; k < features; k++)
		sum += exp(z[k * LANES + lane] - greatest);
	for (size_t k = 0; k < features; k++)
		p[k * LANES + lane] = exp(z[k * LANES + lane] - greatest) / sum;
	return greatest + log(sum);
}

static void softmax_and_its_gradient(void)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	for (int s = 0; s < SIZES; s++) {
		const size_t features = sizes[s], count = features * LANES;
		lam_real *z = array_of(count, 1, -20, 20), *p = array_of(count, 2, 5, 6),
			 *dp = array_of(count, 3, -1, 1);
		double expected[MOST], gradient[MOST];
		z[0] = 1000;
		z[1] = -1000;
		for (size_t l = 0; l < LANES; l++) {
			double product = 0;
			softmax_of(expected, z, features, l);
			for (size_t i = l; i < count; i += LANES)
				product += expected[i] * dp[i];
			for (size_t i = l; i < count; i += LANES)
				gradient[i] = expected[i] * (dp[i] - product);
		}
		reduce->softmax(p, z, features);
		check_array("p", p, expected, count, TOLERANCE);
		reduce->softmax_backward(dp, dp, p, features);
		check_array("dz", dp, gradient, count, TOLERANCE);
		reduce->softmax(z, z, features);
		check_same_bits("in place", z, p, count);
		lam_free(z), lam_free(p), lam_free(dp);
	}
}

/* Computes loss and gradient from targets t [features][16], with smoothing. */
static double cross_entropy(double *dz, double *p, const lam_real *z, const double *t,
	size_t features, int real, double smoothing, double scale)
{
	double loss = 0;
	for (size_t l = 0; l < LANES; l++) {
		const double log_sum = softmax_of(p, z, features, l);
		double total = 0;
		for (size_t i = l; i < features * LANES; i += LANES)
			total += (1 - smoothing) * t[i] + smoothing / (double)features;
		for (size_t i = l; i < features * LANES; i += LANES) {
			const double smoothed = (1 - smoothing) * t[i]
				+ smoothing / (double)features;
			if ((int)l < real)
				loss += smoothed * (log_sum - z[i]);
			dz[i] = (int)l < real ? scale * (p[i] * total - smoothed) : 0;
		}
	}
	return loss;
}

static void check_cross_entropy(size_t features, int real, double smoothing)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	const size_t count = features * LANES;
	const lam_real s = (lam_real)smoothing, scale = (lam_real)0.25;
	lam_real *z = array_of(count, 1, -9, 9), *t = array_of(count, 2, 0, 1),
		 *p = array_of(count, 3, 5, 6);
	lam_real *dz = array_of(count, 4, 5, 6), *in_place = copy_of(z, count);
	double expected_p[MOST], expected_dz[MOST], target[MOST] = {0};
	int32_t classes[LANES];

	z[0] = in_place[0] = 500; /* a probability of 1 */
	for (size_t l = 0; l < LANES; l++) {
		classes[l] = (int32_t)((l * 7 + 3) % features);
		target[(size_t)classes[l] * LANES + l] = 1;
	}
	double loss = cross_entropy(expected_dz, expected_p, z, target, features, real, s, scale);
	check_near(reduce->cross_entropy_classes(p, z, classes, features, real, NULL, s), loss,
		TOLERANCE * fmax(loss, 16));
	check_array("p", p, expected_p, count, TOLERANCE);
	reduce->cross_entropy_classes_backward(dz, p, classes, features, real, s, scale);
	check_array("dz", dz, expected_dz, count, TOLERANCE);
	reduce->cross_entropy_classes(in_place, in_place, classes, features, real, NULL, s);
	check_same_bits("p in place", in_place, p, count);
	reduce->cross_entropy_classes_backward(
		in_place, in_place, classes, features, real, s, scale);
	check_same_bits("dz in place", in_place, dz, count);

	for (size_t i = 0; i < count; i++)
		target[i] = t[i];
	loss = cross_entropy(expected_dz, expected_p, z, target, features, real, s, scale);
	check_near(reduce->cross_entropy_values(p, z, t, features, real, NULL, s), loss,
		TOLERANCE * fmax(loss, 16));
	check_array("soft p", p, expected_p, count, TOLERANCE);
	reduce->cross_entropy_values_backward(p, p, t, features, real, s, scale);
	check_array("soft dz", p, expected_dz, count, TOLERANCE * 4);
	lam_free(z), lam_free(t), lam_free(p), lam_free(dz), lam_free(in_place);
}

static void softmax_cross_entropy(void)
{
	for (int s = 0; s < SIZES; s++)
		for (int r = 0; r < REALS; r++) {
			check_cross_entropy(sizes[s], reals[r], 0);
			check_cross_entropy(sizes[s], reals[r], 0.1);
		}
}

static void idle_lanes_cannot_spoil_a_loss(void)
{
	enum { FEATURES = 5, COUNT = FEATURES * LANES };
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	lam_real *z = array_of(COUNT, 1, 0, 1), *t = array_of(COUNT, 2, 0, 1),
		 *out = array_of(COUNT, 3, 0, 1);
	const int32_t classes[3] = {0, 1, 4};
	for (int i = 0; i < COUNT; i++)
		if (i % LANES >= 3)
			z[i] = t[i] = NAN;
	check(isfinite(reduce->cross_entropy_classes(out, z, classes, FEATURES, 3, NULL, 0)));
	reduce->cross_entropy_classes_backward(out, out, classes, FEATURES, 3, 0, 1);
	check(reduce->all_finite(out, COUNT));
	check(isfinite(reduce->cross_entropy_values(out, z, t, FEATURES, 3, NULL, 0)));
	reduce->cross_entropy_values_backward(out, out, t, FEATURES, 3, 0, 1);
	check(reduce->all_finite(out, COUNT));
	check(isfinite(reduce->sigmoid_cross_entropy(out, z, t, FEATURES, 3, NULL)));
	reduce->sigmoid_cross_entropy_backward(out, out, t, FEATURES, 3, 1);
	check(reduce->all_finite(out, COUNT));
	check(isfinite(reduce->binary_cross_entropy(z, t, FEATURES, 3, NULL)));
	reduce->binary_cross_entropy_backward(out, z, t, FEATURES, 3, 1);
	check(reduce->all_finite(out, COUNT));
	check(isfinite(reduce->squared_error(z, t, FEATURES, 3, NULL)));
	check(isfinite(reduce->positive_cross_entropy(out, z, t, FEATURES, 3, NULL, 2)));
	reduce->positive_cross_entropy_backward(out, out, t, FEATURES, 3, 2, 1);
	check(reduce->all_finite(out, COUNT));
	check(isfinite(reduce->absolute_error(z, t, FEATURES, 3, NULL)));
	reduce->absolute_error_backward(out, z, t, FEATURES, 3, 1);
	check(reduce->all_finite(out, COUNT));
	check(isfinite(reduce->huber_error(z, t, FEATURES, 3, NULL, 1)));
	reduce->huber_error_backward(out, z, t, FEATURES, 3, 1, 1);
	check(reduce->all_finite(out, COUNT));
	struct lam_moments moments;
	reduce->channel_moments(&moments, 0, z, 1, FEATURES, 3);
	check(isfinite(moments.mean) && isfinite(moments.squares));
	lam_free(z), lam_free(t), lam_free(out);
}

static void check_binary(size_t features, int real)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	const size_t count = features * LANES;
	lam_real *z = array_of(count, 1, -12, 12), *t = array_of(count, 2, 0, 1),
		 *p = array_of(count, 3, 0, 1);
	lam_real *q = array_of(count, 4, 5, 6);
	double logits = 0, probabilities = 0, squares = 0, sigmoids[MOST], dz[MOST], dp[MOST],
	       dy[MOST];
	z[0] = 800;
	p[0] = 0;
	t[0] = 1;
	for (size_t i = 0; i < count; i++) {
		const bool counts = (int)(i % LANES) < real;
		sigmoids[i] = 1 / (1 + exp(-(double)z[i]));
		dz[i] = counts ? 0.5 * (sigmoids[i] - t[i]) : 0;
		dp[i] = counts ? 1e-3 * ((double)p[i] - t[i])
				/ fmax((double)p[i] * (1 - (double)p[i]), 1e-12)
			       : 0;
		dy[i] = counts ? 2 * ((double)p[i] - t[i]) : 0;
		if (!counts)
			continue;
		logits += fmax(z[i], 0) - (double)z[i] * t[i] + log1p(exp(-fabs(z[i])));
		probabilities -= t[i] * fmax(log(p[i]), -100)
			+ (1 - (double)t[i]) * fmax(log1p(-p[i]), -100);
		squares += ((double)p[i] - t[i]) * ((double)p[i] - t[i]);
	}
	const double tolerance = TOLERANCE * (double)(count + 100);
	check_near(reduce->sigmoid_cross_entropy(q, z, t, features, real, NULL), logits, tolerance);
	check_array("sigmoid", q, sigmoids, count, TOLERANCE);
	reduce->sigmoid_cross_entropy_backward(q, q, t, features, real, (lam_real)0.5);
	check_array("dz", q, dz, count, TOLERANCE);
	check_near(
		reduce->binary_cross_entropy(p, t, features, real, NULL), probabilities, tolerance);
	reduce->binary_cross_entropy_backward(q, p, t, features, real, (lam_real)1e-3);
	for (size_t i = 0; i < count; i++)
		check_near(q[i], dp[i], TOLERANCE * fmax(1, fabs(dp[i])));
	check_near(reduce->squared_error(p, t, features, real, NULL), squares, tolerance);
	reduce->squared_error_backward(q, p, t, features, real, 2);
	check_array("dy", q, dy, count, TOLERANCE);
	lam_free(z), lam_free(t), lam_free(p), lam_free(q);
}

static void losses_of_single_values(void)
{
	for (int s = 0; s < SIZES; s++)
		for (int r = 0; r < REALS; r++)
			check_binary(sizes[s], reals[r]);
}

static void argmax_takes_the_first(void)
{
	lam_real x[4 * LANES] = {0};
	int32_t winner[LANES];
	x[2 * LANES + 1] = 1;
	x[3 * LANES + 1] = 1;
	x[1 * LANES + 2] = NAN;
	x[3 * LANES + 2] = INFINITY;
	for (int k = 0; k < 4; k++)
		x[k * LANES + 3] = -INFINITY;
	x[3 * LANES + 15] = 1;
	lam_kernel()->reduce.argmax(winner, x, 4);
	check(winner[0] == 0);
	check(winner[1] == 2);
	check(winner[2] == 1);
	check(winner[3] == 0);
	check(winner[15] == 3);
}

enum { CHANNELS = 3 };
static const size_t planes[] = {1, 2, 4, 5, 31, 33, 128, 129, 300};

/* Checks each channel's mean and sum of squares, computed in two passes, over a full block and one
 * of `real` samples with another mean. */
static void check_moments(size_t plane, int real, double level, double step)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	const size_t values = plane * LANES, block = CHANNELS * values;
	lam_real *x = array_of(2 * block, 1, level, level + 2);
	struct lam_moments moments[CHANNELS];
	for (size_t i = block; i < 2 * block; i++)
		x[i] += (lam_real)step;
	reduce->channel_moments(moments, 0, x, CHANNELS, plane, LANES);
	reduce->channel_moments(moments, (double)values, x + block, CHANNELS, plane, real);
	for (size_t c = 0; c < CHANNELS; c++) {
		const double count = (double)plane * (LANES + real);
		const double near = x[c * values];
		double sum = 0, about = 0;
		for (int pass = 0; pass < 2; pass++)
			for (size_t i = 0; i < 2 * values; i++) {
				const double value = x[c * values + i % values + i / values * block]
					- near;
				if (i / values == 1 && (int)(i % LANES) >= real)
					continue;
				if (pass == 0)
					sum += value;
				else
					about += (value - sum / count) * (value - sum / count);
			}
		check_near(moments[c].origin - near + moments[c].mean, sum / count,
			TOLERANCE * fmax(fabs(step), 1));
		check_near(moments[c].squares, about, TOLERANCE * about);
	}
	lam_free(x);
}

static void moments_per_channel(void)
{
	for (size_t p = 0; p < sizeof planes / sizeof *planes; p++)
		for (int r = 0; r < REALS; r++) {
			check_moments(planes[p], reals[r], 2, 0);
			check_moments(planes[p], reals[r], -1, 100);
			/* A mean so large that sums of plain squares would lose the variance. */
			check_moments(planes[p], reals[r], 1e4, 0);
			check_moments(planes[p], reals[r], sizeof(lam_real) == 8 ? 1e9 : 1e5, 0.5);
		}
}

static void products_per_channel(void)
{
	for (size_t p = 0; p < sizeof planes / sizeof *planes; p++)
		for (int r = 0; r < REALS; r++) {
			const size_t plane = planes[p], count = CHANNELS * plane * LANES;
			lam_real *x = array_of(count, 1, 2, 4), *dy = array_of(count, 2, -1, 1);
			const lam_real mean[CHANNELS] = {3, (lam_real)2.9, -1},
				       factor[CHANNELS] = {1, 2, (lam_real)0.5};
			double sum_dy[CHANNELS] = {0}, products[CHANNELS] = {0};
			/* The kernel adds to these values. */
			double got[2][CHANNELS] = {{1, 1, 1}, {1, 1, 1}};
			for (size_t i = 0; i < count; i++) {
				const size_t c = i / (plane * LANES);
				if ((int)(i % LANES) >= reals[r])
					continue;
				sum_dy[c] += dy[i];
				products[c] += dy[i] * ((double)x[i] - mean[c]) * factor[c];
			}
			lam_kernel()->reduce.channel_products(
				got[0], got[1], dy, x, mean, factor, CHANNELS, plane, reals[r]);
			const double tolerance = TOLERANCE * (double)(plane * LANES);
			for (int c = 0; c < CHANNELS; c++) {
				check_near(got[0][c], 1 + sum_dy[c], tolerance);
				check_near(got[1][c], 1 + products[c], tolerance);
			}
			lam_free(x), lam_free(dy);
		}
}

static void dots_per_channel(void)
{
	for (size_t p = 0; p < sizeof planes / sizeof *planes; p++)
		for (int r = 0; r < REALS; r++) {
			const size_t plane = planes[p], count = CHANNELS * plane * LANES;
			lam_real *x = array_of(count, 1, -1, 1), *dy = array_of(count, 2, -1, 2);
			double dots[2][CHANNELS] = {{0}};
			double got[2][CHANNELS] = {{1, 1, 1}, {1, 1, 1}};
			for (size_t i = 0; i < count; i++) {
				if ((int)(i % LANES) >= reals[r]) {
					x[i] = NAN; /* idle */
					continue;
				}
				dots[0][i / (plane * LANES)] += (double)dy[i] * (double)x[i];
				dots[1][i / (plane * LANES)] += (double)dy[i] * fmin(x[i], 0);
			}
			lam_kernel()->reduce.channel_dots(got[0], dy, x, CHANNELS, plane, reals[r]);
			lam_kernel()->reduce.channel_dots_below(
				got[1], dy, x, CHANNELS, plane, reals[r]);
			for (int k = 0; k < 2 * CHANNELS; k++)
				check_near(got[k / CHANNELS][k % CHANNELS],
					1 + dots[k / CHANNELS][k % CHANNELS],
					TOLERANCE * (double)(plane * LANES));
			lam_free(x), lam_free(dy);
		}
}

static void norms_of_any_array(void)
{
	static const size_t counts[] = {0, 1, 15, 16, 17, 63, 64, 100, 1000, 5000};
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
		const size_t count = counts[n];
		lam_real *x = array_of(count + 1, 1, -1, 1), *shifted = x + 1;
		double squares = 0;
		for (size_t i = 0; i < count; i++)
			squares += (double)shifted[i] * shifted[i];
		check_near(
			reduce->sum_squares(shifted, count), squares, TOLERANCE * fmax(squares, 1));
		check(reduce->all_finite(shifted, count));
		for (size_t i = 0; i < count; i += 1 + count / 50) {
			const lam_real kept = shifted[i], bad[] = {NAN, INFINITY, -INFINITY};
			for (int b = 0; b < 3; b++) {
				shifted[i] = bad[b];
				check(!reduce->all_finite(shifted, count), "%g at %zu of %zu",
					(double)bad[b], i, count);
			}
			shifted[i] = kept;
		}
		x[0] = NAN;
		check(reduce->all_finite(shifted, count), "what lies before does not count");
		lam_free(x);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(dots_per_channel),
		TEST(softmax_and_its_gradient),
		TEST(softmax_cross_entropy),
		TEST(idle_lanes_cannot_spoil_a_loss),
		TEST(losses_of_single_values),
		TEST(argmax_takes_the_first),
		TEST(moments_per_channel),
		TEST(products_per_channel),
		TEST(norms_of_any_array),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
