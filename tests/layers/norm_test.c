/* SPDX-License-Identifier: MIT */
/* lam_layer_norm, lam_group_norm, lam_instance_norm, lam_local_response_norm */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(norm_subjects);
}

static void fill(lam_real *values, int count, double level, struct dice *dice)
{
	for (int i = 0; i < count; i++)
		values[i] = (lam_real)level + (lam_real)dice_real(dice, -1, 1);
}

/* A mean much larger than the deviation must not cost digits, with many samples and with few. The
 * textbook gets the values less the mean's large part, which it cannot take. */
static void stands_a_large_mean(void)
{
	enum { N = 17, C = 18, PLACES = 12, COUNT = N * C * PLACES };
	static const double levels[] = {0, 1e3, -2e4, 1e5};
	static lam_real x[COUNT], y[COUNT];
	static double near[COUNT], dy[COUNT], expected[COUNT], dx[COUNT];
	lam_real given[COUNT];
	for (int kind = 0; kind < 4; kind++)
		for (size_t level = 0; level < sizeof levels / sizeof *levels; level++) {
			struct dice dice = {5};
			fill(x, COUNT, levels[level], &dice);
			fill(given, COUNT, 0.5, &dice);
			for (int i = 0; i < COUNT; i++) {
				near[i] = (double)x[i] - levels[level];
				dy[i] = (double)given[i];
			}
			const struct norm o = {N, C, PLACES,
				kind == 2           ? 3
					: kind == 3 ? C
						    : 1,
				kind == 1, false, 1e-5};
			textbook_norm(expected, near, NULL, NULL, &o);
			textbook_norm_backward(dx, NULL, NULL, dy, near, NULL, &o);
			for (int few = 0; few < 2; few++) {
				lam_layer *layer = kind < 2
					? lam_layer_norm(.no_affine = true, .channels = kind == 1)
					: kind == 2 ? lam_group_norm(.groups = 3)
						    : lam_instance_norm(.no_affine = true);
				lam_net *net = lam_net_create(layer, LAM_SHAPE(C, PLACES),
					.max_batch = few ? 1 : N, .inference = few,
					.input_grad = !few);
				require(net && lam_net_predict(net, x, N, y) == LAM_OK, "%s",
					lam_error());
				double worst = 0, worst_dx = 0;
				for (int i = 0; i < COUNT; i++)
					worst = fmax(worst, fabs((double)y[i] - expected[i]));
				if (!few) {
					check_ok(lam_net_forward(net, LAM_TRAIN, x, NULL, N));
					check_ok(lam_net_backward_from(net, given));
					const lam_real *got = lam_net_input_grad(net);
					for (int i = 0; i < COUNT; i++)
						worst_dx = fmax(
							worst_dx, fabs((double)got[i] - dx[i]));
				}
				check(worst < 2e-6 && worst_dx < 4e-6,
					"kind %d, level %g: y is off by %g, dx by %g", kind,
					levels[level], worst, worst_dx);
				lam_net_free(net);
			}
		}
}

static void refuses_bad_options(void)
{
	refuses(lam_layer_norm(.eps = -1), LAM_SHAPE(3),
		"layer_norm: option eps is -1; expected above 0");
	refuses(lam_layer_norm(), LAM_SHAPE(1, 1),
		"layer_norm: the input is 1x1, which is 1 value; expected at least 2 to have a "
		"variance");
	refuses(lam_layer_norm(.channels = true), LAM_SHAPE(1, 4),
		"layer_norm: the input is 1x4, which is 1 value at each place; expected at least 2 "
		"to have a variance");
	refuses(lam_group_norm(), LAM_SHAPE(3), "group_norm: option groups is required");
	refuses(lam_group_norm(.groups = 2), LAM_SHAPE(3, 4),
		"group_norm: the input is 3x4; expected channels that are a multiple of the 2 "
		"groups");
	refuses(lam_group_norm(.groups = 3), LAM_SHAPE(3),
		"group_norm: the input is 3, which is 1 value for each of 3 groups; expected at "
		"least 2 values to have a variance");
	refuses(lam_instance_norm(), LAM_SHAPE(3),
		"instance_norm: the input is 3, which is 1 value for each of 3 groups; expected at "
		"least 2 values to have a variance");
	refuses(lam_local_response_norm(), LAM_SHAPE(3),
		"local_response_norm: option window is required");
	refuses(lam_local_response_norm(.window = 3, .alpha = -1), LAM_SHAPE(3),
		"local_response_norm: option alpha is -1; expected at least 0");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery), TEST(stands_a_large_mean), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
