/* SPDX-License-Identifier: MIT */
/* lam_zero_pad1d, lam_zero_pad2d */
#include "tests/battery/prove.h"

static void choose(struct trial *t, struct dice *dice)
{
	bool signal = strcmp(t->subject->name, "zero_pad1d") == 0;
	int64_t plane[2], channels = dice_range(dice, 1, t->small ? 2 : 6);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 9, plane);
	t->in = signal ? LAM_SHAPE(channels, plane[1]) : LAM_SHAPE(channels, plane[0], plane[1]);
	for (int i = 0; i < (signal ? 2 : 4); i++)
		t->border[i] = dice_range(dice, -3, 4);
}

static bool shapes(struct trial *t)
{
	bool signal = t->in.rank == 2;
	t->window.in[0] = signal ? 1 : t->in.dim[1];
	t->window.in[1] = t->in.dim[signal ? 1 : 2];
	int64_t height = t->window.in[0] + t->border[2] + t->border[3],
		width = t->window.in[1] + t->border[0] + t->border[1];
	t->out = signal ? LAM_SHAPE(t->in.dim[0], width) : LAM_SHAPE(t->in.dim[0], height, width);
	/* A crop that takes everything is refused even if the other side pads again. */
	for (int d = 0; d < 2; d++) {
		int64_t first = d ? t->border[0] : t->border[2],
			last = d ? t->border[1] : t->border[3];
		if (t->window.in[d] + (first < 0 ? first : 0) + (last < 0 ? last : 0) < 1)
			return false;
	}
	return lam_shape_valid(&t->out);
}

static lam_layer *build(const struct trial *t)
{
	const int64_t *b = t->border;
	if (t->in.rank == 2)
		return lam_zero_pad1d(.pad = {(int)b[0], (int)b[1]});
	return lam_zero_pad2d(.pad = {(int)b[0], (int)b[1], (int)b[2], (int)b[3]});
}

static void forward(struct trial *t)
{
	textbook_zero_pad(t->y, t->x, t->n * t->in.dim[0], t->window.in, t->border);
}

static void backward(struct trial *t)
{
	textbook_zero_pad_backward(t->dx, t->dy, t->n * t->in.dim[0], t->window.in, t->border);
}

static const struct subject zero_pad1d = {
	"zero_pad1d",
	SUBJECT_LINEAR,
	200,
	choose,
	shapes,
	build,
	.forward = forward,
	.backward = backward,
};

static const struct subject zero_pad2d = {
	"zero_pad2d",
	SUBJECT_LINEAR,
	300,
	choose,
	shapes,
	build,
	.forward = forward,
	.backward = backward,
};

static void battery_1d(void)
{
	battery_prove(&zero_pad1d);
}

static void battery_2d(void)
{
	battery_prove(&zero_pad2d);
}

static void refuses_bad_options(void)
{
	refuses(lam_zero_pad2d(.pad = {-1, -2}), LAM_SHAPE(1, 3, 3),
		"zero_pad2d: pad crops 3x3 to 3x0; expected at least 1 value to be left on each "
		"side");
	refuses(lam_zero_pad2d(.pad = {1}), LAM_SHAPE(3, 3),
		"zero_pad2d: an input of rank 2 (3x3): zero_pad2d takes CxHxW");
	refuses(lam_zero_pad1d(.pad = {-4}), LAM_SHAPE(1, 3),
		"zero_pad1d: pad crops 3 to -1; expected at least 1 value to be left on each side");
	refuses(lam_zero_pad1d(.pad = {1}), LAM_SHAPE(3),
		"zero_pad1d: an input of rank 1 (3): zero_pad1d takes CxL");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery_1d), TEST(battery_2d), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
