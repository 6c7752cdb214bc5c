/* SPDX-License-Identifier: MIT */
/* lam_relu, lam_leaky_relu, lam_sigmoid, lam_tanh, lam_gelu, lam_silu, lam_softmax */
#include "tests/battery/prove.h"

/* What belongs to each elementwise function. */
struct function {
	const char *name;
	textbook_function *value, *slope;
};

static const struct function functions[] = {
	{"relu", textbook_relu, textbook_relu_slope},
	{"leaky_relu", textbook_leaky, textbook_leaky_slope},
	{"sigmoid", textbook_sigmoid, textbook_sigmoid_slope},
	{"tanh", textbook_tanh, textbook_tanh_slope},
	{"gelu", textbook_gelu, textbook_gelu_slope},
	{"silu", textbook_silu, textbook_silu_slope},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static const struct function *function_of(const struct trial *t)
{
	for (int i = 0; i < FUNCTIONS; i++)
		if (strcmp(functions[i].name, t->subject->name) == 0)
			return &functions[i];
	return NULL;
}

static void choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2];
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 8, plane);
	t->in = LAM_SHAPE(dice_range(dice, 1, 5), plane[0], plane[1]);
	if (dice_chance(dice, 40))
		t->in = LAM_SHAPE(dice_range(dice, 1, t->small ? 9 : 70));
	if (strcmp(t->subject->name, "leaky_relu") == 0 && dice_chance(dice, 70))
		t->slope = dice_chance(dice, 10) ? LAM_ZERO : (lam_real)dice_real(dice, 0.001, 2);
}

static bool shapes(struct trial *t)
{
	t->out = t->in;
	return true;
}

/* All the interesting range, but for small trials nothing near the kink at 0, and for the others a
 * few zeros. */
static void fill(struct trial *t, struct dice *dice)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++) {
		double range = t->small ? 3 : dice_chance(dice, 20) ? 30 : 4;
		t->x[i] = (lam_real)dice_real(dice, -range, range);
		if (t->small && fabs(t->x[i]) < 0.05)
			t->x[i] = (lam_real)0.05;
		else if (!t->small && dice_chance(dice, 3))
			t->x[i] = 0;
	}
}

static lam_layer *build(const struct trial *t)
{
	const char *name = t->subject->name;
	return strcmp(name, "relu") == 0          ? lam_relu()
		: strcmp(name, "leaky_relu") == 0 ? lam_leaky_relu(.slope = (lam_real)t->slope)
		: strcmp(name, "sigmoid") == 0    ? lam_sigmoid()
		: strcmp(name, "tanh") == 0       ? lam_tanh()
		: strcmp(name, "gelu") == 0       ? lam_gelu()
						  : lam_silu();
}

/* Left out, it is PyTorch's default. */
static double option(const struct trial *t)
{
	return t->slope == LAM_ZERO ? 0 : t->slope != 0 ? t->slope : 0.01;
}

static void forward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->y[i] = function_of(t)->value(t->x[i], option(t));
}

static void backward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->dx[i] = t->dy[i] * function_of(t)->slope(t->x[i], option(t));
}

/* Where one probability is nearly 1 its gradient is a difference of nearly equal numbers: not here.
 */
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

static lam_layer *softmax_build(const struct trial *t)
{
	(void)t;
	return lam_softmax();
}

static void battery(void)
{
	for (int i = 0; i < FUNCTIONS; i++)
		battery_prove(&(struct subject){functions[i].name, 0, 200, choose, shapes, build,
			.fill = fill, .forward = forward, .backward = backward});
}

static void battery_softmax(void)
{
	battery_prove(&(struct subject){"softmax", 0, 300, choose, shapes, softmax_build,
		.fill = softmax_fill, .forward = softmax_forward, .backward = softmax_backward});
}

/* Within a share of the value itself, not of the largest: small results count too. But 1 + erf of
 * gelu's tail cancels, as PyTorch's does: what is left there is a share of x. */
static void is_right_where_it_is_small(void)
{
	enum { COUNT = 400 };
	for (int f = 0; f < FUNCTIONS; f++) {
		const struct subject subject = {functions[f].name, 0, 1, choose, shapes, build,
			.forward = forward, .backward = backward};
		bool gelu = strcmp(subject.name, "gelu") == 0;
		struct trial t = {.subject = &subject, .n = 1, .in = LAM_SHAPE(COUNT)};
		struct dice dice = {1};
		require(trial_complete(&t, &dice), "no memory");
		for (int i = 0; i < COUNT; i++)
			t.x[i] = (lam_real)((i % 2 ? -1 : 1) * pow(10, -8 + i * 9.0 / COUNT));
		struct rows rows;
		lam_net *net = trial_net(&t, &(struct setting){0});
		require(net && rows_take(&rows, &t), "%s", lam_error());
		check_ok(lam_net_forward(net, LAM_TRAIN, rows.x, NULL, 1));
		trial_textbook(&t, false);
		for (int i = 0; i < COUNT; i++)
			check(fabs(lam_net_output(net)[i] - t.y[i]) <= BATTERY_TOLERANCE
						* (fabs(t.y[i]) + (gelu ? fabs(t.x[i]) / 10 : 0)),
				"%s(%.9g) is %.9g, not %.9g", functions[f].name, t.x[i],
				(double)lam_net_output(net)[i], t.y[i]);
		lam_net_free(net);
		rows_free(&rows);
		trial_clear(&t);
	}
}

static void refuses_bad_options(void)
{
	refuses(lam_leaky_relu(.slope = -1), LAM_SHAPE(3),
		"leaky_relu: option slope is -1; expected at least 0");
	refuses(lam_leaky_relu(.slope = NAN), LAM_SHAPE(3),
		"leaky_relu: option slope is nan; expected a finite number");
	refuses(lam_relu(.name = "a.b"), LAM_SHAPE(3),
		"relu: option name is \"a.b\"; expected printable ASCII without space and any of "
		"./\\\"{}:=");
	refuses(lam_relu(), lam_shape_of(2, 3, 0, 0, 0),
		"the input shape is 3x0; expected 1 to 4 dimensions of at least 1, not too large");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery),
		TEST(battery_softmax),
		TEST(is_right_where_it_is_small),
		TEST(refuses_bad_options),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
