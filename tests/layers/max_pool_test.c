/* SPDX-License-Identifier: MIT */
/* lam_max_pool1d, lam_max_pool2d */
#include "tests/battery/prove.h"

#include "tests/battery/choose_window.h"

static void choose(struct trial *t, struct dice *dice)
{
	choose_pool(t, dice, strcmp(t->subject->name, "max_pool1d") == 0, true);
}

static bool shapes(struct trial *t)
{
	if (!pool_shapes(t))
		return false;
	/* In ceil mode a dilated window may hold nothing of the input: PyTorch's answer there is
	 * -inf, and not a gradient. */
	for (int d = 0; d < 2; d++) {
		const struct window *g = &t->window;
		int64_t last = (g->size[d] - 1) * g->stride[d] - g->pad[d];
		while (last < 0)
			last += g->dilation[d];
		if (last >= g->in[d])
			return false;
	}
	return true;
}

static lam_layer *build(const struct trial *t)
{
	const struct window *g = &t->window;
	if (t->in.rank == 2)
		return lam_max_pool1d(.kernel = (int)g->kernel[1], .stride = (int)g->stride[1],
			.pad = (int)g->pad[1], .dilation = (int)g->dilation[1],
			.ceil_mode = g->ceil_mode);
	return lam_max_pool2d(.kernel = PAIR(g->kernel), .stride = PAIR(g->stride),
		.pad = PAIR(g->pad), .dilation = PAIR(g->dilation), .ceil_mode = g->ceil_mode);
}

/* Small trials have no two values nearer than 0.02, so that a difference's step does not change the
 * winner. Of the others every second has few different values, so that most windows have several
 * winners. */
static void fill(struct trial *t, struct dice *dice)
{
	int64_t count = t->n * lam_shape_count(&t->in);
	for (int64_t i = 0; i < count; i++)
		if (t->small)
			t->x[i] = (lam_real)(0.02 * (double)i - 1);
		else if (t->number % 2)
			t->x[i] = (double)dice_range(dice, -1, 1);
	for (int64_t i = count - 1; t->small && i > 0; i--) {
		int64_t other = dice_range(dice, 0, i);
		double value = t->x[i];
		t->x[i] = t->x[other];
		t->x[other] = value;
	}
}

static void forward(struct trial *t)
{
	textbook_max_pool(t->y, t->x, &t->window, t->n);
}

static void backward(struct trial *t)
{
	textbook_max_pool_backward(t->dx, t->dy, t->x, &t->window, t->n);
}

static const struct subject max_pool1d = {
	"max_pool1d",
	0,
	300,
	choose,
	shapes,
	build,
	.fill = fill,
	.forward = forward,
	.backward = backward,
};

static const struct subject max_pool2d = {
	"max_pool2d",
	0,
	400,
	choose,
	shapes,
	build,
	.fill = fill,
	.forward = forward,
	.backward = backward,
};

static void battery_1d(void)
{
	battery_prove(&max_pool1d);
}

static void battery_2d(void)
{
	battery_prove(&max_pool2d);
}

/* NaN, infinities and ties, everywhere in turn. */
static void propagates_what_is_not_finite(void)
{
	const double odd[] = {NAN, INFINITY, -INFINITY};
	for (int number = 0; number < 60; number++) {
		struct trial *t = trial_new(&max_pool2d, number, false);
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
}

/* Places -1 and 2 of two values: the maximum of nothing. */
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

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery_1d),
		TEST(battery_2d),
		TEST(propagates_what_is_not_finite),
		TEST(nothing_has_no_maximum),
		TEST(refuses_bad_options),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
