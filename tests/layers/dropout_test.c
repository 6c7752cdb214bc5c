/* SPDX-License-Identifier: MIT */
/* lam_dropout, whose mask is the library's choice. Outputs must be dropped or scaled, forward and
 * backward must use the same mask, and the mask must be random and depend only on seed, step, row
 * and feature. */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(dropout_subjects);
}

enum { FEATURES = 501, ROWS = 100 };

/* Finds which values step `step` (from 0) drops, from an input of ones, [ROWS][FEATURES]. */
static bool masks(uint64_t seed, double p, int step, int64_t n, int threads, bool *dropped)
{
	static lam_real x[ROWS * FEATURES];
	for (int i = 0; i < ROWS * FEATURES; i++)
		x[i] = 1;
	lam_net *net = lam_net_create(lam_dropout(.p = (lam_real)p), LAM_SHAPE(FEATURES),
		.max_batch = ROWS, .seed = seed, .threads = threads);
	lam_status status = net ? LAM_OK : LAM_ERR_ARGUMENT;
	for (int i = 0; !status && i <= step; i++)
		status = lam_net_forward(net, LAM_TRAIN, x, NULL, n);
	for (int64_t i = 0; !status && i < n * FEATURES; i++)
		dropped[i] = lam_net_output(net)[i] == 0;
	lam_net_free(net);
	return !status;
}

static int64_t differences(const bool *a, const bool *b, int64_t count)
{
	int64_t differ = 0;
	for (int64_t i = 0; i < count; i++)
		differ += a[i] != b[i];
	return differ;
}

static void drops_a_share_of_p(void)
{
	static bool dropped[ROWS * FEATURES];
	const double shares[] = {0.01, 0.25, 0.5, 0.9};
	for (int s = 0; s < 4; s++) {
		double p = shares[s], count = ROWS * FEATURES;
		require(masks(3, p, 0, ROWS, 2, dropped), "%s", lam_error());
		/* Each number is within five standard deviations of a binomial distribution: for
		 * all values, for neighbouring pairs in a row, and for those in a column. */
		double all = 0, row = 0, column = 0;
		for (int i = 0; i < ROWS * FEATURES; i++) {
			all += dropped[i];
			row += i % FEATURES && dropped[i] && dropped[i - 1];
			column += i >= FEATURES && dropped[i] && dropped[i - FEATURES];
		}
		double pairs_row = ROWS * (FEATURES - 1), pairs_column = (ROWS - 1) * FEATURES;
		check_near(all / count, p, 5 * sqrt(p * (1 - p) / count));
		check_near(row / pairs_row, p * p, 5 * sqrt(2 * p * p * (1 - p) / pairs_row));
		check_near(
			column / pairs_column, p * p, 5 * sqrt(2 * p * p * (1 - p) / pairs_column));
	}
}

static void depends_on_seed_step_row_and_feature_alone(void)
{
	static bool first[ROWS * FEATURES], other[ROWS * FEATURES];
	const int64_t count = ROWS * FEATURES;
	require(masks(3, 0.5, 1, ROWS, 1, first), "%s", lam_error());
	require(masks(3, 0.5, 1, ROWS, 8, other), "%s", lam_error());
	check(differences(first, other, count) == 0, "threads change the mask");
	require(masks(3, 0.5, 1, 37, 2, other), "%s", lam_error());
	check(differences(first, other, 37 * FEATURES) == 0, "the batch's size changes the mask");
	/* Independent masks agree by chance: about half of the values differ. */
	require(masks(4, 0.5, 1, ROWS, 2, other), "%s", lam_error());
	check_near((double)differences(first, other, count) / (double)count, 0.5,
		5 * 0.5 / sqrt((double)count));
	require(masks(3, 0.5, 2, ROWS, 2, other), "%s", lam_error());
	check_near((double)differences(first, other, count) / (double)count, 0.5,
		5 * 0.5 / sqrt((double)count));
	for (int row = 1; row < ROWS; row++)
		check_near((double)differences(first, first + row * FEATURES, FEATURES) / FEATURES,
			0.5, 5.5 * 0.5 / sqrt(FEATURES));
}

/* Two dropout layers of a net have different masks. */
static void layers_differ(void)
{
	static lam_real x[ROWS * FEATURES];
	for (int i = 0; i < ROWS * FEATURES; i++)
		x[i] = 1;
	lam_net *net = lam_net_create(
		lam_sequential(lam_dropout(.p = 0.5f), lam_dropout(.p = 0.5f)), LAM_SHAPE(FEATURES),
		.max_batch = ROWS);
	require(net && lam_net_forward(net, LAM_TRAIN, x, NULL, ROWS) == LAM_OK, "%s", lam_error());
	double kept = 0;
	for (int i = 0; i < ROWS * FEATURES; i++)
		kept += lam_net_output(net)[i] != 0;
	check_near(kept / (ROWS * FEATURES), 0.25, 5 * sqrt(0.25 * 0.75 / (ROWS * FEATURES)));
	lam_net_free(net);
}

static void refuses_bad_options(void)
{
	refuses(lam_dropout(.p = 1), LAM_SHAPE(3),
		"dropout: option p is 1; expected at least 0 and below 1");
	refuses(lam_dropout(.p = -0.5f), LAM_SHAPE(3),
		"dropout: option p is -0.5; expected at least 0 and below 1");
	refuses(lam_dropout(.p = 3), LAM_SHAPE(3),
		"dropout: option p is 3; expected at least 0 and below 1");
	refuses(lam_dropout(.p = INFINITY), LAM_SHAPE(3),
		"dropout: option p is inf; expected a finite number");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery),
		TEST(drops_a_share_of_p),
		TEST(depends_on_seed_step_row_and_feature_alone),
		TEST(layers_differ),
		TEST(refuses_bad_options),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
