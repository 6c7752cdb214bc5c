/* SPDX-License-Identifier: MIT */
/* lam_softmax_cross_entropy */
#include "tests/battery/loss_subject.h"

static void choose(struct trial *t, struct dice *dice)
{
	loss_choose(t, dice);
	t->soft = dice_chance(dice, 40);
	if (dice_chance(dice, 50))
		t->smoothing = (lam_real)dice_real(dice, 0.01, 1);
}

static bool shapes(struct trial *t)
{
	t->out = t->in;
	t->target_values = t->soft ? t->in.dim[0] : 1;
	t->classes = t->soft ? 0 : t->in.dim[0];
	return t->in.rank == 1;
}

static lam_layer *build(const struct trial *t)
{
	return lam_softmax_cross_entropy(.smoothing = (lam_real)t->smoothing, .soft = t->soft);
}

/* Soft targets as rows, whatever was given. */
static double *soft_targets(const struct trial *t)
{
	int64_t classes = t->in.dim[0];
	double *rows = calloc((size_t)(t->n * classes), sizeof *rows);
	for (int64_t i = 0; rows && i < t->n * classes; i++)
		rows[i] = t->soft ? t->targets[i]
				  : (double)(i % classes == (int64_t)t->targets[i / classes]);
	return rows;
}

static void forward(struct trial *t)
{
	double *rows = soft_targets(t);
	textbook_softmax(t->y, t->x, t->n, t->in.dim[0], 1);
	t->loss = textbook_softmax_cross_entropy(
		NULL, t->x, rows, t->n, t->in.dim[0], t->smoothing);
	free(rows);
}

static void backward(struct trial *t)
{
	double *rows = soft_targets(t);
	textbook_softmax_cross_entropy(t->dx, t->x, rows, t->n, t->in.dim[0], t->smoothing);
	free(rows);
}

static void battery(void)
{
	battery_prove(&(struct subject){"softmax_cross_entropy", SUBJECT_LOSS, 300, choose, shapes,
		build, .fill = loss_fill_wide, .forward = forward, .backward = backward});
}

static void refuses_bad_options(void)
{
	refuses(lam_softmax_cross_entropy(.smoothing = 2), LAM_SHAPE(3),
		"softmax_cross_entropy: option smoothing is 2; expected 0 to 1");
	refuses(lam_softmax_cross_entropy(.smoothing = -1), LAM_SHAPE(3),
		"softmax_cross_entropy: option smoothing is -1; expected 0 to 1");
	refuses(lam_softmax_cross_entropy(), LAM_SHAPE(3, 2, 2),
		"softmax_cross_entropy: the input is 3x2x2; expected features, one per class "
		"(lam_flatten or lam_global_avg_pool gives them)");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
