/* SPDX-License-Identifier: MIT */
/* lam_prelu and lam_layer_scale */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(channel_weight_subjects);
}

static void check_start(lam_layer *layer, int64_t count, double value)
{
	lam_net *net = lam_net_create(layer, LAM_SHAPE(3, 2), .max_batch = 1);
	require(net != NULL, "%s", lam_error());
	const lam_param *weight = lam_net_param(net, 0);
	const lam_shape shape = lam_param_shape(weight);
	check(strcmp(lam_param_name(weight), "weight") == 0);
	check(shape.rank == 1 && shape.dim[0] == count, "%s values", lam_shape_text(shape).text);
	for (int64_t k = 0; k < lam_shape_count(&shape); k++)
		check(lam_param_value(weight)[k] == (lam_real)value, "%g, not %g",
			(double)lam_param_value(weight)[k], value);
	lam_net_free(net);
}

static void weights_begin_as_told(void)
{
	check_start(lam_prelu(), 3, 0.25);
	check_start(lam_prelu(.slope = (lam_real)-0.1), 3, -0.1);
	check_start(lam_prelu(.slope = LAM_ZERO, .shared = true), 1, 0);
	check_start(lam_layer_scale(), 3, 1e-6);
	check_start(lam_layer_scale(.factor = 1), 3, 1);
	check_start(lam_layer_scale(.factor = LAM_ZERO), 3, 0);
}

/* A frozen weight keeps its value, and its gradient is not written. */
static void a_frozen_weight_stays(void)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 4), lam_prelu(.name = "slope"),
			lam_layer_scale(.factor = 1), lam_mean_squared_error()),
		LAM_SHAPE(3), .max_batch = 2);
	require(net != NULL, "%s", lam_error());
	lam_param *slope = lam_net_find(net, "slope.weight");
	require(slope != NULL, "%s", lam_error());
	lam_param_set_trainable(slope, false);
	const lam_real x[6] = {1, -2, 3, -4, 5, -6}, t[8] = {0};
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	for (int step = 0; step < 3; step++)
		check_ok(lam_net_step(net, &sgd, x, t, 2));
	for (int k = 0; k < 4; k++) {
		check(lam_param_value(slope)[k] == (lam_real)0.25);
		check(lam_param_value(lam_net_find(net, "2.weight"))[k] != 1);
	}
	lam_net_free(net);
}

static void refuses_bad_options(void)
{
	refuses(lam_prelu(.slope = NAN), LAM_SHAPE(3),
		"prelu: option slope is nan; expected a finite number");
	refuses(lam_layer_scale(.factor = INFINITY), LAM_SHAPE(3),
		"layer_scale: option factor is inf; expected a finite number");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(weights_begin_as_told),
		TEST(a_frozen_weight_stays), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
