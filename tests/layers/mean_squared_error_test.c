/* SPDX-License-Identifier: MIT */
/* lam_mean_squared_error */
#include "tests/battery/loss_subject.h"

static lam_layer *build(const struct trial *t)
{
	return lam_mean_squared_error(.half = t->half);
}

static void choose(struct trial *t, struct dice *dice)
{
	loss_choose_plane(t, dice);
	t->half = dice_chance(dice, 50);
}

static void forward(struct trial *t)
{
	memcpy(t->y, t->x, (size_t)(t->n * t->target_values) * sizeof *t->y);
	t->loss = textbook_mean_squared_error(
		NULL, t->x, t->targets, t->n, t->target_values, t->half);
}

static void backward(struct trial *t)
{
	textbook_mean_squared_error(t->dx, t->x, t->targets, t->n, t->target_values, t->half);
}

static void battery(void)
{
	battery_prove(&(struct subject){"mean_squared_error", SUBJECT_LOSS, 300, choose,
		loss_shapes, build, .forward = forward, .backward = backward});
}


int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
