/* SPDX-License-Identifier: MIT */
/* lam_binary_cross_entropy */
#include "tests/battery/loss_subject.h"

static lam_layer *build(const struct trial *t)
{
	(void)t;
	return lam_binary_cross_entropy();
}

/* Probabilities. */
static void fill(struct trial *t, struct dice *dice)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->x[i] = (lam_real)dice_real(dice, 0.05, 0.95);
}

static void forward(struct trial *t)
{
	memcpy(t->y, t->x, (size_t)(t->n * t->target_values) * sizeof *t->y);
	t->loss = textbook_binary_cross_entropy(NULL, t->x, t->targets, t->n, t->target_values);
}

static void backward(struct trial *t)
{
	textbook_binary_cross_entropy(t->dx, t->x, t->targets, t->n, t->target_values);
}

static void battery(void)
{
	battery_prove(&(struct subject){"binary_cross_entropy", SUBJECT_LOSS, 300,
		loss_choose_plane, loss_shapes, build, .fill = fill, .forward = forward,
		.backward = backward, .low = 0.05, .high = 0.95});
}


int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
