/* SPDX-License-Identifier: MIT */
/* The activations, each by its textbook formula, and softmax.
 *
 * An activation is a function and its derivative in double, written from PyTorch's definition,
 * independently of lamina; the points where either, or the derivative's derivative, jumps; and a
 * row of the list at the end. The row gives its limits at -infinity and infinity, and the PyTorch
 * module to compare it with. */
#include "tests/battery/subjects.h"

#include <math.h>
#include <string.h>

/* An option's value: LAM_ZERO means 0, and 0 means left out, so PyTorch's default. */
static double given(double option, double fallback)
{
	return option == LAM_ZERO ? 0 : option != 0 ? option : fallback;
}

static int kink_at_zero(double at[2], const double *option)
{
	(void)option;
	at[0] = 0;
	return 1;
}

/* Calls the constructor; OPTION(0) is the trial's first number. */
#define BUILD(name, ...) \
	static lam_layer *name##_build(const struct trial *t) \
	{ \
		(void)t; \
		return lam_##name(__VA_ARGS__); \
	}
#define OPTION(index) (lam_real) t->option[index]
#define VALUE(name) static double name##_value(double x, const double *option)
#define SLOPE(name) static double name##_slope(double x, const double *option)

/* relu: max(x, 0) */
BUILD(relu)

VALUE(relu)
{
	(void)option;
	return x > 0 || isnan(x) ? x : 0;
}

SLOPE(relu)
{
	(void)option;
	return x > 0;
}

/* leaky_relu: x, or slope x where x is not above 0 */
BUILD(leaky_relu, .slope = OPTION(0))

VALUE(leaky_relu)
{
	return x > 0 ? x : given(option[0], 0.01) * x;
}

SLOPE(leaky_relu)
{
	return x > 0 ? 1 : given(option[0], 0.01);
}

/* sigmoid: 1 / (1 + exp(-x)) */
BUILD(sigmoid)

VALUE(sigmoid)
{
	(void)option;
	return textbook_sigmoid(x);
}

SLOPE(sigmoid)
{
	(void)option;
	return textbook_sigmoid(x) * textbook_sigmoid(-x);
}

/* tanh */
BUILD(tanh)

VALUE(tanh)
{
	(void)option;
	return tanh(x);
}

SLOPE(tanh)
{
	(void)option;
	return 1 / (cosh(x) * cosh(x));
}

/* gelu: x Phi(x), Phi the normal distribution */
BUILD(gelu)

static double normal(double x)
{
	return erfc(-x / sqrt(2)) / 2;
}

VALUE(gelu)
{
	(void)option;
	return x * normal(x);
}

SLOPE(gelu)
{
	(void)option;
	return normal(x) + x * exp(-x * x / 2) / sqrt(2 * acos(-1));
}

/* silu: x s(x), s the sigmoid */
BUILD(silu)

VALUE(silu)
{
	(void)option;
	return x * textbook_sigmoid(x);
}

SLOPE(silu)
{
	(void)option;
	return textbook_sigmoid(x) * (1 + x * textbook_sigmoid(-x));
}

/* softplus: log(1 + exp(beta x)) / beta, or x where beta x is above the threshold */
BUILD(softplus, .beta = OPTION(0), .threshold = OPTION(1))

static int softplus_kinks(double at[2], const double *option)
{
	at[0] = given(option[1], 20) / given(option[0], 1);
	return 1;
}

VALUE(softplus)
{
	const double beta = given(option[0], 1), threshold = given(option[1], 20);
	return beta * x > threshold ? x : log1p(exp(beta * x)) / beta;
}

SLOPE(softplus)
{
	const double beta = given(option[0], 1), threshold = given(option[1], 20);
	return beta * x > threshold ? 1 : textbook_sigmoid(beta * x);
}

/* hard_swish: x min(max(x + 3, 0), 6) / 6 */
BUILD(hard_swish)

static int kinks_at_three(double at[2], const double *option)
{
	(void)option;
	at[0] = -3;
	at[1] = 3;
	return 2;
}

VALUE(hard_swish)
{
	(void)option;
	return x * fmin(fmax(x + 3, 0), 6) / 6;
}

SLOPE(hard_swish)
{
	(void)option;
	return x < -3 ? 0 : x > 3 ? 1 : x / 3 + 0.5;
}

/* elu: x, or alpha (exp(x) - 1) where x is not above 0 */
BUILD(elu, .alpha = OPTION(0))

VALUE(elu)
{
	return x > 0 ? x : given(option[0], 1) * expm1(x);
}

SLOPE(elu)
{
	return x > 0 ? 1 : given(option[0], 1) * exp(x);
}

/* hard_sigmoid: min(max(x + 3, 0), 6) / 6 */
BUILD(hard_sigmoid)

VALUE(hard_sigmoid)
{
	(void)option;
	return isnan(x) ? x : fmin(fmax(x + 3, 0), 6) / 6;
}

SLOPE(hard_sigmoid)
{
	(void)option;
	return x > -3 && x < 3 ? 1 / 6.0 : 0;
}

/* clip: min(max(x, least), most) */
BUILD(clip, .least = OPTION(0), .most = OPTION(1))

static int clip_kinks(double at[2], const double *option)
{
	at[0] = given(option[0], 0);
	at[1] = given(option[1], 6);
	return 2;
}

VALUE(clip)
{
	return isnan(x) ? x : fmin(fmax(x, given(option[0], 0)), given(option[1], 6));
}

SLOPE(clip)
{
	return x > given(option[0], 0) && x < given(option[1], 6);
}

/* scale: factor x */
BUILD(scale, .factor = OPTION(0))

VALUE(scale)
{
	return given(option[0], 1) * x;
}

SLOPE(scale)
{
	(void)x;
	return given(option[0], 1);
}

/* The functions that all activations share. */

static const struct activation *activation_of(const struct trial *t)
{
	return t->subject->data;
}

static void choose_shape(struct trial *t, struct dice *dice)
{
	int64_t plane[2];
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 8, plane);
	t->in = LAM_SHAPE(dice_range(dice, 1, 5), plane[0], plane[1]);
	if (dice_chance(dice, 40))
		t->in = LAM_SHAPE(dice_range(dice, 1, t->small ? 9 : 70));
}

/* Chooses the options. An activation ignores those that it does not have. */
static void choose(struct trial *t, struct dice *dice)
{
	choose_shape(t, dice);
	if (dice_chance(dice, 70))
		for (int i = 0; i < TRIAL_OPTIONS; i++)
			t->option[i] = (lam_real)dice_real(dice, 0.001, 2);
}

/* The least value must be below the most, and may be below 0. */
static void choose_clip(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	if (t->option[0] != 0)
		t->option[0] = (lam_real)dice_real(dice, -2, t->option[1]);
	if (dice_chance(dice, 10))
		t->option[0] = LAM_ZERO;
}

static bool shapes(struct trial *t)
{
	t->out = t->in;
	return true;
}

/* Moves a value away from kinks, so far that neither rounding nor, in small trials, a difference
 * crosses one. Where the kink is an integer, some values are moved onto it. */
static double away_from_kinks(const struct trial *t, struct dice *dice, double x)
{
	double at[2], apart = t->small ? 0.05 : 1e-4;
	int kinks = activation_of(t)->kinks ? activation_of(t)->kinks(at, t->option) : 0;
	for (int k = 0; k < kinks; k++)
		if (!t->small && at[k] == floor(at[k]) && dice_chance(dice, 3))
			return at[k];
	for (int k = 0; k < kinks; k++)
		if (fabs(x - at[k]) < apart * (1 + fabs(at[k])))
			x = at[k] + apart * (1 + fabs(at[k]));
	return x;
}

/* Fills x with values over the whole interesting range. */
static void fill(struct trial *t, struct dice *dice)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++) {
		double range = t->small ? 3 : dice_chance(dice, 20) ? 30 : 4;
		t->x[i] = (lam_real)away_from_kinks(t, dice, dice_real(dice, -range, range));
	}
}

static void forward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->y[i] = activation_of(t)->value(t->x[i], t->option);
}

static void backward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->dx[i] = t->dy[i] * activation_of(t)->slope(t->x[i], t->option);
}

/* softmax, which is not elementwise */

/* Avoids probabilities near 1, where the gradient is a difference of nearly equal numbers. */
static void softmax_fill(struct trial *t, struct dice *dice)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->x[i] = (lam_real)dice_real(dice, -2, 2);
}

static void softmax_forward(struct trial *t)
{
	textbook_softmax(t->y, t->x, t->n, t->in.dim[0], lam_shape_count(&t->in) / t->in.dim[0]);
}

static void softmax_backward(struct trial *t)
{
	textbook_softmax_backward(
		t->dx, t->dy, t->y, t->n, t->in.dim[0], lam_shape_count(&t->in) / t->in.dim[0]);
}

BUILD(softmax)

/* A row: the name, the limits at -infinity and infinity, the kinks, and for each case of
 * reference.txt the module and its options. */
#define ACTIVATION(kind, below, above, kinks, ...) \
	ACTIVATION_CHOSEN(kind, 0, choose, below, above, kinks, __VA_ARGS__)
#define ACTIVATION_CHOSEN(kind, traits, choose, below, above, kinks, ...) \
	{ \
#kind, SUBJECT_ACTIVATION | SUBJECT_LIMITS | traits, 200, choose, shapes, \
			kind##_build, \
			.measured = #kind, \
			.data = &(const struct activation){kind##_value, kind##_slope, kinks }, \
				.limit = {below, above }, \
					.torch = {__VA_ARGS__ }, .fill = fill, .forward = forward, \
								 .backward = backward, \
	}

const struct subject activation_subjects[] = {
	ACTIVATION(relu, 0, INFINITY, kink_at_zero, "nn.ReLU()"),
	ACTIVATION(leaky_relu, -INFINITY, INFINITY, kink_at_zero, "nn.LeakyReLU()",
		"nn.LeakyReLU(0.25) slope=0.25"),
	ACTIVATION(sigmoid, 0, 1, NULL, "nn.Sigmoid()"),
	ACTIVATION(tanh, -1, 1, NULL, "nn.Tanh()"),
	ACTIVATION(gelu, 0, INFINITY, NULL, "nn.GELU()"),
	ACTIVATION(silu, 0, INFINITY, NULL, "nn.SiLU()"),
	ACTIVATION(softplus, 0, INFINITY, softplus_kinks, "nn.Softplus()",
		"nn.Softplus(0.5, 2) beta=0.5 threshold=2"),
	ACTIVATION(elu, -1, INFINITY, kink_at_zero, "nn.ELU()", "nn.ELU(0.25) alpha=0.25"),
	ACTIVATION(hard_swish, 0, INFINITY, kinks_at_three, "nn.Hardswish()"),
	/* The gradient of nn.Hardsigmoid has 1 / 6 in float, even in double. */
	ACTIVATION(hard_sigmoid, 0, 1, kinks_at_three, "Apply(lambda x: nn.ReLU6()(x + 3) / 6)"),
	ACTIVATION_CHOSEN(clip, 0, choose_clip, 0, 6, clip_kinks, "nn.ReLU6()",
		"nn.Hardtanh() least=-1 most=1", "nn.Hardtanh(0.25, 1.5) least=0.25 most=1.5"),
	ACTIVATION_CHOSEN(scale, SUBJECT_LINEAR, choose, -INFINITY, INFINITY, NULL,
		"Apply(lambda x: -0.75 * x) factor=-0.75"),
	{"softmax", 0, 300, choose_shape, shapes, softmax_build, .fill = softmax_fill,
		.forward = softmax_forward, .backward = softmax_backward},
	{0},
};
