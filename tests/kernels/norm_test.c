/* SPDX-License-Identifier: MIT */
/* The kernels that normalise within a sample keep the digits of long sums: each is given as many
 * terms as made one accumulator of float lose them. The rounding errors of equal terms, tenths, add
 * up instead of cancelling. tests/layers/norm_test.c compares them with the textbook. */
#include "tests/kernels/arrays.h"

#include <math.h>

enum { LONG = 100000 };

#define TENTH ((lam_real)0.1)

static void check_share(const char *what, double actual, double expected)
{
	check(fabs(actual - expected) <= 2e-6 * fabs(expected), "%s is %.9g, not %.9g", what,
		actual, expected);
}

/* The lanes of values with mean 1000 and deviation 0.1 or so. */
static struct lam_norm_lanes lanes_of(const lam_real *x, size_t count, size_t stride)
{
	struct lam_norm_moments moments;
	struct lam_norm_lanes lanes;
	lam_kernel()->norm.moments(&moments, 0, x, count, stride);
	lam_kernel()->norm.lanes(&lanes, &moments, (double)count, (lam_real)1e-5);
	return lanes;
}

static void moments_of_many(void)
{
	lam_real *x = array_of(LONG * LAM_LANES, 1, (lam_real)999.9, (lam_real)1000.1);
	struct lam_norm_moments moments, parts;
	lam_kernel()->norm.moments(&moments, 0, x, LONG, LAM_LANES);
	lam_kernel()->norm.moments(&parts, 0, x, 1, 2 * LAM_LANES);
	lam_kernel()->norm.moments(&parts, 1, x + 2 * LAM_LANES, LONG / 2 - 1, 2 * LAM_LANES);
	for (size_t l = 0; l < LAM_LANES; l++)
		for (size_t step = 1; step <= 2; step++) {
			const struct lam_norm_moments *m = step == 1 ? &moments : &parts;
			double mean = 0, squares = 0;
			for (size_t i = 0; i < LONG; i += step)
				mean += (double)(x[i * LAM_LANES + l] - 1000) * (double)step / LONG;
			for (size_t i = 0; i < LONG; i += step)
				squares += pow((double)x[i * LAM_LANES + l] - 1000 - mean, 2);
			check(fabs(m->origin[l] - 1000 + m->mean[l] - mean) < 1e-8,
				"the mean is off by %g", m->origin[l] - 1000 + m->mean[l] - mean);
			check_share("sum of squares", m->squares[l], squares);
		}
	lam_free(x);
}

static void sums_of_many(void)
{
	const struct lam_norm_kernels *norm = &lam_kernel()->norm;
	lam_real *x = array_of(LONG * LAM_LANES, 2, -1, 2),
		 *dy = array_of(LONG * LAM_LANES, 3, 0, 0), *w = array_of(LONG, 4, 0, 0);
	for (size_t i = 0; i < LONG * LAM_LANES; i++)
		dy[i] = x[i] > 0 ? TENTH : 0;
	for (size_t i = 0; i < LONG; i++)
		w[i] = 3;
	const struct lam_norm_lanes lanes = lanes_of(x, LONG, LAM_LANES);
	struct lam_norm_totals totals, weighed;
	struct lam_norm_sums sums;
	norm->totals(&totals, dy, x, &lanes, NULL, LONG);
	norm->totals(&weighed, dy, x, &lanes, w, LONG);
	norm->sums(&sums, dy, x, &lanes, 1, LONG);
	for (size_t l = 0; l < LAM_LANES; l++) {
		double sum = 0, product = 0;
		for (size_t i = l; i < LONG * LAM_LANES; i += LAM_LANES) {
			sum += (double)dy[i];
			product += (double)dy[i]
				* ((double)x[i] - (double)lanes.mean[l] - (double)lanes.rest[l])
				* (double)lanes.r[l];
		}
		check_share("total of dy", totals.dy[l], sum);
		check_share("total of dy xhat", totals.dyx[l], product);
		check_share("total of w dy", weighed.dy[l], 3 * sum);
		check_share("total of w dy xhat", weighed.dyx[l], 3 * product);
		check_share("sum of dy", (double)sums.dy[l], sum);
		check_share("sum of dy xhat", (double)sums.dyx[l], product);
	}
	lam_free(x), lam_free(dy), lam_free(w);
}

/* All blocks, or parts, are the same memory. */
static void gradients_of_many(void)
{
	enum { FEATURES = 19 };
	const struct lam_norm_kernels *norm = &lam_kernel()->norm;
	struct lam_norm_sums sums[FEATURES];
	struct lam_norm_lanes lanes;
	lam_real *x = array_of(FEATURES * LAM_LANES, 5, 0, 0),
		 *dy = array_of(FEATURES * LAM_LANES, 6, 0, 0), dw[FEATURES], db[FEATURES];
	for (size_t l = 0; l < LAM_LANES; l++) {
		lanes.mean[l] = lanes.rest[l] = 0;
		lanes.r[l] = 1;
	}
	for (size_t i = 0; i < FEATURES * LAM_LANES; i++) {
		x[i] = 3;
		dy[i] = TENTH * (lam_real)(1 + i / LAM_LANES);
		sums[i / LAM_LANES].dy[i % LAM_LANES] = dy[i];
		sums[i / LAM_LANES].dyx[i % LAM_LANES] = 3 * dy[i];
	}
	for (int round = 0; round < 2; round++) {
		if (round == 0)
			norm->feature_gradients(dw, db, dy, 0, x, 0, &lanes, 0, FEATURES, LONG);
		else
			norm->channel_gradients(dw, db, sums, FEATURES, LONG, 0);
		for (size_t f = 0; f < FEATURES; f++) {
			const double sum = LONG * LAM_LANES * (double)dy[f * LAM_LANES];
			check_share(
				round ? "db of channels" : "db of features", (double)db[f], sum);
			check_share(round ? "dw of channels" : "dw of features", (double)dw[f],
				3 * sum);
		}
	}
	lam_free(x), lam_free(dy);
}

/* 9000 channels at 5 places, of which the first is left out. */
static void places_of_many(void)
{
	enum { C = 9000, P = 5, VALUES = C * P * LAM_LANES };
	lam_real *x = array_of(VALUES, 7, 999, 1001), *y = array_of(VALUES, 8, 7, 7),
		 *dy = array_of(VALUES, 9, 0, 0),
		 *column = array_of((size_t)2 * C * LAM_MOST_TILE * LAM_LANES, 9, 0, 0);
	struct lam_norm_lanes lanes[P];
	struct lam_norm_sums *sums = lam_alloc(C, sizeof *sums);
	for (size_t i = 0; i < VALUES; i++)
		dy[i] = x[i] > 1000 ? TENTH : 0;
	const struct lam_norm_places of = {.eps = (lam_real)1e-5,
		.channels = C,
		.places = P,
		.first = 1,
		.end = P,
		.column = column};
	lam_kernel()->norm.places(y, x, lanes, &of);
	check(y[0] == 7, "place 0 was written");
	for (size_t p = 1; p < P; p++) {
		const struct lam_norm_lanes expected = lanes_of(
			x + p * LAM_LANES, C, P * LAM_LANES);
		check(memcmp(&expected, &lanes[p], sizeof expected) == 0, "lanes of place %zu", p);
	}
	lam_kernel()->norm.places_backward(y, sums, dy, x, lanes, &of);
	for (size_t i = LAM_LANES; i < P * LAM_LANES; i++) {
		const struct lam_norm_lanes *m = &lanes[i / LAM_LANES];
		const size_t l = i % LAM_LANES;
		double sum = 0, product = 0, worst = 0;
		for (size_t at = i; at < VALUES; at += P * LAM_LANES) {
			const double h = ((double)x[at] - (double)m->mean[l] - (double)m->rest[l])
				* (double)m->r[l];
			sum += (double)dy[at] / C;
			product += (double)dy[at] * h / C;
		}
		for (size_t at = i; at < VALUES; at += P * LAM_LANES) {
			const double h = ((double)x[at] - (double)m->mean[l] - (double)m->rest[l])
				* (double)m->r[l];
			worst = fmax(worst,
				fabs((double)y[at]
					- (double)m->r[l] * ((double)dy[at] - sum - h * product)));
		}
		check(worst < 3e-7, "dx is off by %g", worst);
	}
	lam_free(x), lam_free(y), lam_free(dy), lam_free(column), lam_free(sums);
}

static void windows_of_many(void)
{
	enum { C = 6000, VALUES = C * LAM_LANES };
	lam_real *x = array_of(VALUES, 10, 0, 0), *y = array_of(VALUES, 11, 0, 0),
		 *column = array_of((size_t)3 * C * LAM_LANES, 12, 0, 0);
	for (size_t i = 0; i < VALUES; i++)
		x[i] = TENTH;
	const struct lam_norm_window of = {.k = 1,
		.scale = 1,
		.beta = 1,
		.before = C,
		.after = C,
		.channels = C,
		.places = 1,
		.end = 1,
		.column = column};
	const double sum = C * (double)TENTH * (double)TENTH, d = 1 + sum;
	lam_kernel()->norm.window(y, x, &of);
	check_share("a window", (double)y[C / 2 * LAM_LANES], (double)TENTH / d);
	lam_kernel()->norm.window_backward(y, x, x, &of);
	check_share("a window's gradient", (double)y[C / 2 * LAM_LANES],
		(double)TENTH / d - 2 * (double)TENTH * sum / d / d);
	lam_free(x), lam_free(y), lam_free(column);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(moments_of_many), TEST(sums_of_many),
		TEST(gradients_of_many), TEST(places_of_many), TEST(windows_of_many)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
