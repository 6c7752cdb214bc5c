/* SPDX-License-Identifier: MIT */
/* lam_sigmoid_cross_entropy */
#include "tests/battery/loss_subject.h"

static lam_layer *build(const struct trial *t)
{
	(void)t;
	return lam_sigmoid_cross_entropy();
}

static void forward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * t->target_values; i++)
		t->y[i] = textbook_sigmoid(t->x[i], 0);
	t->loss = textbook_sigmoid_cross_entropy(NULL, t->x, t->targets, t->n, t->target_values);
}

static void backward(struct trial *t)
{
	textbook_sigmoid_cross_entropy(t->dx, t->x, t->targets, t->n, t->target_values);
}

static void battery(void)
{
	battery_prove(&(struct subject){"sigmoid_cross_entropy", SUBJECT_LOSS, 300,
		loss_choose_plane, loss_shapes, build, .fill = loss_fill_wide, .forward = forward,
		.backward = backward});
}


int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
