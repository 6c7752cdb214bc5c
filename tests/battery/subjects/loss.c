/* SPDX-License-Identifier: MIT */
/* The losses. */
#include "tests/battery/subjects.h"

#include <string.h>

static void loss_choose(struct trial *t, struct dice *dice)
{
	static const int64_t edges[] = {1, 2, 10, 15, 16, 17, 33};
	t->n = choose_batch(t, dice);
	t->in = LAM_SHAPE(t->small       ? dice_range(dice, 1, 6)
			: t->number < 42 ? edges[t->number / 6]
					 : dice_range(dice, 1, 40));
}

/* Chooses any shape. */
static void loss_choose_plane(struct trial *t, struct dice *dice)
{
	int64_t plane[2];
	loss_choose(t, dice);
	choose_plane(t, dice, 5, plane);
	if (dice_chance(dice, 40))
		t->in = LAM_SHAPE(dice_range(dice, 1, 3), plane[0], plane[1]);
}

/* Sets the shapes. The targets have the input's shape. */
static bool loss_shapes(struct trial *t)
{
	t->out = t->in;
	t->target_values = lam_shape_count(&t->in);
	return true;
}

static void loss_fill_wide(struct trial *t, struct dice *dice)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->x[i] = (lam_real)dice_real(dice, -4, 4);
}

/* Fills x with probabilities for binary_cross_entropy. */
static void fill_probabilities(struct trial *t, struct dice *dice)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->x[i] = (lam_real)dice_real(dice, 0.05, 0.95);
}

/* softmax_cross_entropy */

static void softmax_cross_entropy_choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2];
	loss_choose(t, dice);
	choose_plane(t, dice, 7, plane);
	if (dice_chance(dice, 60)) {
		const int64_t classes = t->in.dim[0] > 12 ? 3 : t->in.dim[0];
		t->in = dice_chance(dice, 30) ? LAM_SHAPE(classes, plane[0] * plane[1])
					      : LAM_SHAPE(classes, plane[0], plane[1]);
	}
	if (t->number % 25 == 7 && !t->small) { /* planes that are cut into slices */
		t->in = LAM_SHAPE(dice_range(dice, 2, 4), dice_range(dice, 1400, 3000));
		t->n = dice_range(dice, 1, 2) + (dice_chance(dice, 30) ? 16 : 0);
	}
	t->soft = dice_chance(dice, 30);
	if (dice_chance(dice, 50))
		t->smoothing = (lam_real)dice_real(dice, 0.01, 1);
	if (!t->soft && dice_chance(dice, 50))
		t->ignore = dice_chance(dice, 30) ? -100
			: dice_chance(dice, 30)   ? 255
			: dice_chance(dice, 50)   ? LAM_ZERO
			: t->in.dim[0] > 1        ? t->in.dim[0] - 1
						  : 0;
	t->weighted = dice_chance(dice, 40);
	/* With smoothing, a sample whose class weighs 0 has no mean of its own. */
	for (int64_t k = 0; k < t->in.dim[0]; k++)
		t->weights[k] = t->smoothing == 0 && dice_chance(dice, 10)
			? 0
			: (lam_real)dice_real(dice, 0.1, 2);
}

static bool softmax_cross_entropy_shapes(struct trial *t)
{
	const int64_t values = lam_shape_count(&t->in);
	t->out = t->in;
	t->target_values = t->soft ? values : values / t->in.dim[0];
	t->classes = t->soft ? 0 : t->in.dim[0];
	return true;
}

static lam_layer *softmax_cross_entropy_build(const struct trial *t)
{
	lam_real weights[TRIAL_WEIGHTS];
	for (int k = 0; k < TRIAL_WEIGHTS; k++)
		weights[k] = (lam_real)t->weights[k];
	return lam_softmax_cross_entropy(.smoothing = (lam_real)t->smoothing, .soft = t->soft,
		.ignore = (int)t->ignore, .class_weights = t->weighted ? weights : NULL,
		.class_count = t->weighted ? t->in.dim[0] : 0);
}

static int64_t ignored_class(const struct trial *t)
{
	return t->ignore == LAM_ZERO ? 0 : t->ignore;
}

/* A third of the targets is ignored, in some trials all. */
static void softmax_cross_entropy_fill(struct trial *t, struct dice *dice)
{
	loss_fill_wide(t, dice);
	for (int64_t i = 0; t->ignore && i < t->n * t->target_values; i++)
		if (t->number % 20 == 19 || dice_chance(dice, 33))
			t->targets[i] = (double)ignored_class(t);
}

static struct cross_entropy cross_entropy_of(const struct trial *t)
{
	return (struct cross_entropy){
		.n = t->n,
		.classes = t->in.dim[0],
		.places = lam_shape_count(&t->in) / t->in.dim[0],
		.targets = t->targets,
		.soft = t->soft,
		.ignores = t->ignore != 0,
		.ignored = ignored_class(t),
		.weights = t->weighted ? t->weights : NULL,
		.smoothing = t->smoothing,
	};
}

static void softmax_cross_entropy_forward(struct trial *t)
{
	const struct cross_entropy loss = cross_entropy_of(t);
	textbook_softmax(t->y, t->x, t->n, loss.classes, loss.places);
	t->loss = textbook_softmax_cross_entropy(NULL, t->x, &loss);
}

static void softmax_cross_entropy_backward(struct trial *t)
{
	const struct cross_entropy loss = cross_entropy_of(t);
	textbook_softmax_cross_entropy(t->dx, t->x, &loss);
}

static double softmax_cross_entropy_count(const struct trial *t, int64_t first, int64_t n)
{
	const struct cross_entropy loss = cross_entropy_of(t);
	return textbook_cross_entropy_count(&loss, first, n);
}

/* sigmoid_cross_entropy */

static void sigmoid_cross_entropy_choose(struct trial *t, struct dice *dice)
{
	loss_choose_plane(t, dice);
	if (dice_chance(dice, 50))
		t->option[0] = dice_chance(dice, 20) ? LAM_ZERO : (lam_real)dice_real(dice, 0.1, 9);
}

static lam_layer *sigmoid_cross_entropy_build(const struct trial *t)
{
	return lam_sigmoid_cross_entropy(.positive_weight = (lam_real)t->option[0]);
}

static double positive_weight(const struct trial *t)
{
	return t->option[0] == LAM_ZERO ? 0 : t->option[0] == 0 ? 1 : t->option[0];
}

static void sigmoid_cross_entropy_forward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * t->target_values; i++)
		t->y[i] = textbook_sigmoid(t->x[i]);
	t->loss = textbook_sigmoid_cross_entropy(
		NULL, t->x, t->targets, t->n, t->target_values, positive_weight(t));
}

static void sigmoid_cross_entropy_backward(struct trial *t)
{
	textbook_sigmoid_cross_entropy(
		t->dx, t->x, t->targets, t->n, t->target_values, positive_weight(t));
}

/* binary_cross_entropy */

static lam_layer *binary_cross_entropy_build(const struct trial *t)
{
	(void)t;
	return lam_binary_cross_entropy();
}

static void binary_cross_entropy_forward(struct trial *t)
{
	memcpy(t->y, t->x, (size_t)(t->n * t->target_values) * sizeof *t->y);
	t->loss = textbook_binary_cross_entropy(NULL, t->x, t->targets, t->n, t->target_values);
}

static void binary_cross_entropy_backward(struct trial *t)
{
	textbook_binary_cross_entropy(t->dx, t->x, t->targets, t->n, t->target_values);
}

/* mean_squared_error */

static lam_layer *mean_squared_error_build(const struct trial *t)
{
	return lam_mean_squared_error(.half = t->half);
}

static void mean_squared_error_choose(struct trial *t, struct dice *dice)
{
	loss_choose_plane(t, dice);
	t->half = dice_chance(dice, 50);
}

static void mean_squared_error_forward(struct trial *t)
{
	memcpy(t->y, t->x, (size_t)(t->n * t->target_values) * sizeof *t->y);
	t->loss = textbook_mean_squared_error(
		NULL, t->x, t->targets, t->n, t->target_values, t->half);
}

static void mean_squared_error_backward(struct trial *t)
{
	textbook_mean_squared_error(t->dx, t->x, t->targets, t->n, t->target_values, t->half);
}

/* l1_loss */

static lam_layer *l1_loss_build(const struct trial *t)
{
	(void)t;
	return lam_l1_loss();
}

/* The distance of a value from its target, away from the kinks 0 and delta. */
static double distance(struct dice *dice, double delta)
{
	return (dice_chance(dice, 50) ? -1 : 1)
		* (dice_chance(dice, 50) ? dice_real(dice, 0.1, 0.9) * delta
					 : delta + dice_real(dice, 0.1, 2));
}

static void l1_loss_fill(struct trial *t, struct dice *dice)
{
	for (int64_t i = 0; i < t->n * t->target_values; i++)
		t->x[i] = (lam_real)(t->targets[i] + distance(dice, 1));
}

static void l1_loss_forward(struct trial *t)
{
	memcpy(t->y, t->x, (size_t)(t->n * t->target_values) * sizeof *t->y);
	t->loss = textbook_l1(NULL, t->x, t->targets, t->n, t->target_values);
}

static void l1_loss_backward(struct trial *t)
{
	textbook_l1(t->dx, t->x, t->targets, t->n, t->target_values);
}

/* huber_loss */

static lam_layer *huber_loss_build(const struct trial *t)
{
	return lam_huber_loss(.delta = (lam_real)t->option[0]);
}

static void huber_loss_choose(struct trial *t, struct dice *dice)
{
	loss_choose_plane(t, dice);
	if (dice_chance(dice, 60))
		t->option[0] = (lam_real)dice_real(dice, 0.2, 3);
}

static double delta_of(const struct trial *t)
{
	return t->option[0] == 0 ? 1 : t->option[0];
}

static void huber_loss_fill(struct trial *t, struct dice *dice)
{
	for (int64_t i = 0; i < t->n * t->target_values; i++)
		t->x[i] = (lam_real)(t->targets[i] + distance(dice, delta_of(t)));
}

static void huber_loss_forward(struct trial *t)
{
	memcpy(t->y, t->x, (size_t)(t->n * t->target_values) * sizeof *t->y);
	t->loss = textbook_huber(NULL, t->x, t->targets, t->n, t->target_values, delta_of(t));
}

static void huber_loss_backward(struct trial *t)
{
	textbook_huber(t->dx, t->x, t->targets, t->n, t->target_values, delta_of(t));
}

const struct subject loss_subjects[] = {
	{"softmax_cross_entropy", SUBJECT_LOSS, 300, softmax_cross_entropy_choose,
		softmax_cross_entropy_shapes, softmax_cross_entropy_build,
		.fill = softmax_cross_entropy_fill, .forward = softmax_cross_entropy_forward,
		.backward = softmax_cross_entropy_backward, .count = softmax_cross_entropy_count},
	{"sigmoid_cross_entropy", SUBJECT_LOSS, 300, sigmoid_cross_entropy_choose, loss_shapes,
		sigmoid_cross_entropy_build, .fill = loss_fill_wide,
		.forward = sigmoid_cross_entropy_forward,
		.backward = sigmoid_cross_entropy_backward},
	{"binary_cross_entropy", SUBJECT_LOSS, 300, loss_choose_plane, loss_shapes,
		binary_cross_entropy_build, .fill = fill_probabilities, .low = 0.05, .high = 0.95,
		.forward = binary_cross_entropy_forward, .backward = binary_cross_entropy_backward},
	{"mean_squared_error", SUBJECT_LOSS, 300, mean_squared_error_choose, loss_shapes,
		mean_squared_error_build, .forward = mean_squared_error_forward,
		.backward = mean_squared_error_backward},
	{"l1_loss", SUBJECT_LOSS, 300, loss_choose_plane, loss_shapes, l1_loss_build,
		.fill = l1_loss_fill, .forward = l1_loss_forward, .backward = l1_loss_backward},
	{"huber_loss", SUBJECT_LOSS, 300, huber_loss_choose, loss_shapes, huber_loss_build,
		.fill = huber_loss_fill, .forward = huber_loss_forward,
		.backward = huber_loss_backward},
	{0},
};
