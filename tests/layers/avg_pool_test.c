/* SPDX-License-Identifier: MIT */
/* lam_avg_pool1d, lam_avg_pool2d */
#include "tests/battery/prove.h"

#include "tests/battery/choose_window.h"

static void choose(struct trial *t, struct dice *dice)
{
	choose_pool(t, dice, strcmp(t->subject->name, "avg_pool1d") == 0, false);
	t->window.exclude_pad = dice_chance(dice, 50);
}

static bool shapes(struct trial *t)
{
	t->window.dilation[0] = t->window.dilation[1] = 1;
	return pool_shapes(t);
}

static lam_layer *build(const struct trial *t)
{
	const struct window *g = &t->window;
	if (t->in.rank == 2)
		return lam_avg_pool1d(.kernel = (int)g->kernel[1], .stride = (int)g->stride[1],
			.pad = (int)g->pad[1], .ceil_mode = g->ceil_mode,
			.exclude_pad = g->exclude_pad);
	return lam_avg_pool2d(.kernel = PAIR(g->kernel), .stride = PAIR(g->stride),
		.pad = PAIR(g->pad), .ceil_mode = g->ceil_mode, .exclude_pad = g->exclude_pad);
}

static void forward(struct trial *t)
{
	textbook_avg_pool(t->y, t->x, &t->window, t->n);
}

static void backward(struct trial *t)
{
	textbook_avg_pool_backward(t->dx, t->dy, &t->window, t->n);
}

static const struct subject avg_pool1d = {
	"avg_pool1d",
	SUBJECT_LINEAR,
	300,
	choose,
	shapes,
	build,
	.forward = forward,
	.backward = backward,
};

static const struct subject avg_pool2d = {
	"avg_pool2d",
	SUBJECT_LINEAR,
	400,
	choose,
	shapes,
	build,
	.forward = forward,
	.backward = backward,
};

static void battery_1d(void)
{
	battery_prove(&avg_pool1d);
}

static void battery_2d(void)
{
	battery_prove(&avg_pool2d);
}

static void refuses_bad_options(void)
{
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
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery_1d), TEST(battery_2d), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
