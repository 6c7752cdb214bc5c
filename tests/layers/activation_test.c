/* SPDX-License-Identifier: MIT */
/* The activations, and softmax. */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(activation_subjects);
}

/* Errors are relative to each value, not to the largest, so that small results count, too. The
 * exception is gelu: in its tail 1 + erf cancels, as in PyTorch's, so there errors are relative to
 * x. */
static void is_right_where_it_is_small(void)
{
	enum { COUNT = 400 };
	for (const struct subject *s = activation_subjects; s->name; s++) {
		if (!(s->traits & SUBJECT_ACTIVATION))
			continue;
		bool gelu = strcmp(s->name, "gelu") == 0;
		struct trial t = {.subject = s, .number = -1, .n = 1, .in = LAM_SHAPE(COUNT)};
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
				"%s(%.9g) is %.9g, not %.9g", s->name, t.x[i],
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
	refuses(lam_elu(.alpha = -1), LAM_SHAPE(3), "elu: option alpha is -1; expected at least 0");
	refuses(lam_clip(.least = 2, .most = 1), LAM_SHAPE(3),
		"clip: most is 1; expected above option least, which is 2");
	refuses(lam_clip(.least = 6), LAM_SHAPE(3),
		"clip: most is 6; expected above option least, which is 6");
	refuses(lam_clip(.most = INFINITY), LAM_SHAPE(3),
		"clip: option most is inf; expected a finite number");
	refuses(lam_scale(.factor = NAN), LAM_SHAPE(3),
		"scale: option factor is nan; expected a finite number");
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
		TEST(is_right_where_it_is_small),
		TEST(refuses_bad_options),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
