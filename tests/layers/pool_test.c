/* SPDX-License-Identifier: MIT */
/* The pools: of windows and of whole planes. */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(pool_subjects);
}

/* NaN, infinities and ties, at every position in turn. */
static void propagates_what_is_not_finite(void)
{
	const double odd[] = {NAN, INFINITY, -INFINITY};
	for (int number = 0; number < 60; number++) {
		struct trial *t = trial_new(battery_find("max_pool2d"), number, false);
		require(t != NULL, "no memory");
		struct dice dice = {(uint64_t)number};
		for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
			if (dice_chance(&dice, 30))
				t->x[i] = odd[dice_range(&dice, 0, 2)];
		trial_textbook(t, true);
		lam_net *net = trial_net(t, &(struct setting){.threads = 2});
		struct rows rows;
		require(net && rows_take(&rows, t), "%s", lam_error());
		check_ok(lam_net_forward(net, LAM_TRAIN, rows.x, NULL, t->n));
		check_ok(net_backward(net, &rows));
		for (int64_t i = 0; i < t->n * lam_shape_count(&t->out); i++)
			check_near(lam_net_output(net)[i], t->y[i], 0);
		const char *complaint = compare(t, "dx", lam_net_input_grad(net), t->dx,
			t->n * lam_shape_count(&t->in), BATTERY_TOLERANCE);
		check(!complaint, "%s", complaint);
		lam_net_free(net);
		rows_free(&rows);
		trial_free(t);
	}
}

/* A window over positions -1 and 2 of two values, which holds none of them. */
static void nothing_has_no_maximum(void)
{
	const lam_real x[2] = {1, 2};
	lam_real y = 0;
	lam_net *net = lam_net_create(lam_max_pool1d(.kernel = 2, .pad = 1, .dilation = 3),
		LAM_SHAPE(1, 2), .max_batch = 1);
	require(net != NULL, "%s", lam_error());
	check_ok(lam_net_predict(net, x, 1, &y));
	check(y == (lam_real)-INFINITY, "%g", (double)y);
	lam_net_free(net);
}

static void refuses_bad_options(void)
{
	refuses(lam_max_pool2d(.stride = {2}), LAM_SHAPE(1, 8, 8),
		"max_pool2d: option kernel is required");
	refuses(lam_max_pool2d(.kernel = {-2}), LAM_SHAPE(1, 8, 8),
		"max_pool2d: option kernel is -2; expected at least 1");
	refuses(lam_max_pool2d(.kernel = {2}, .stride = {2, -1}), LAM_SHAPE(1, 8, 8),
		"max_pool2d: option stride is -1; expected at least 1");
	refuses(lam_max_pool2d(.kernel = {2}, .pad = {2}), LAM_SHAPE(1, 8, 8),
		"max_pool2d: pad 2x2 is more than half of kernel 2x2");
	refuses(lam_max_pool2d(.kernel = {9}), LAM_SHAPE(1, 8, 8),
		"max_pool2d: kernel 9x9 is larger than the padded input 8x8");
	refuses(lam_max_pool2d(.kernel = {2}), LAM_SHAPE(8, 8),
		"max_pool2d: an input of rank 2 (8x8): max_pool2d takes CxHxW");
	refuses(lam_max_pool1d(.stride = 2), LAM_SHAPE(1, 8),
		"max_pool1d: option kernel is required");
	refuses(lam_max_pool1d(.kernel = 2), LAM_SHAPE(8),
		"max_pool1d: an input of rank 1 (8): max_pool1d takes CxL");
	refuses(lam_avg_pool2d(.stride = {2}), LAM_SHAPE(1, 8, 8),
		"avg_pool2d: option kernel is required");
	refuses(lam_avg_pool2d(.kernel = {2}, .pad = {-1}), LAM_SHAPE(1, 8, 8),
		"avg_pool2d: option pad is -1; expected at least 0");
	refuses(lam_avg_pool2d(.kernel = {2}, .stride = {-2}), LAM_SHAPE(1, 8, 8),
		"avg_pool2d: option stride is -2; expected at least 1");
	refuses(lam_avg_pool2d(.kernel = {3}, .pad = {2}), LAM_SHAPE(1, 8, 8),
		"avg_pool2d: pad 2x2 is more than half of kernel 3x3");
	refuses(lam_avg_pool2d(.kernel = {9}), LAM_SHAPE(1, 8, 8),
		"avg_pool2d: kernel 9x9 is larger than the padded input 8x8");
	refuses(lam_avg_pool2d(.kernel = {2}), LAM_SHAPE(8),
		"avg_pool2d: an input of rank 1 (8): avg_pool2d takes CxHxW");
	refuses(lam_avg_pool1d(.stride = 2), LAM_SHAPE(1, 8),
		"avg_pool1d: option kernel is required");
	refuses(lam_avg_pool1d(.kernel = 9), LAM_SHAPE(1, 8),
		"avg_pool1d: kernel 9 is larger than the padded input 8");
	refuses(lam_adaptive_avg_pool2d(), LAM_SHAPE(1, 8, 8),
		"adaptive_avg_pool2d: option out is required");
	refuses(lam_adaptive_avg_pool2d(.out = {3, LAM_ZERO}), LAM_SHAPE(1, 8, 8),
		"adaptive_avg_pool2d: option out is 0; expected at least 1");
	refuses(lam_adaptive_avg_pool1d(.out = -1), LAM_SHAPE(1, 8),
		"adaptive_avg_pool1d: option out is -1; expected at least 1");
	refuses(lam_adaptive_avg_pool2d(.out = {3}), LAM_SHAPE(8, 8),
		"adaptive_avg_pool2d: an input of rank 2 (8x8): adaptive_avg_pool2d takes CxHxW");
	refuses(lam_adaptive_avg_pool1d(.out = 3), LAM_SHAPE(8),
		"adaptive_avg_pool1d: an input of rank 1 (8): adaptive_avg_pool1d takes CxL");
	refuses(lam_global_avg_pool(), LAM_SHAPE(6),
		"global_avg_pool: an input of rank 1 (6): global_avg_pool takes CxL or CxHxW");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery),
		TEST(propagates_what_is_not_finite),
		TEST(nothing_has_no_maximum),
		TEST(refuses_bad_options),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
