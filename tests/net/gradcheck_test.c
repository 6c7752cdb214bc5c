/* SPDX-License-Identifier: MIT */
/* lam_gradcheck() itself: for any random numbers, even near the kinks of rectifiers and maxima, a
 * right gradient passes, and one that is wrong on one side of a kink is found. */
#include "tests/kit.h"

#include <lamina.h>

/* With twenty seeds several values are nearer to 0, and several maxima nearer to each other, than
 * the smallest step of the check. */
enum { SEEDS = 20 };

static lam_layer *relu(void)
{
	return lam_relu();
}

static lam_layer *leaky(void)
{
	return lam_leaky_relu(.slope = (lam_real)1.5);
}

static lam_layer *pool(void)
{
	return lam_max_pool2d(.kernel = {2});
}

static void right_passes_near_kinks(void)
{
	static const struct {
		const char *name;
		lam_layer *(*make)(void);
	} layers[] = {{"relu", relu}, {"leaky_relu", leaky}, {"max_pool2d", pool}};
	for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
		test_begin("%s, %d seeds", layers[i].name, SEEDS);
		for (uint64_t seed = 1; seed <= SEEDS; seed++)
			check(lam_gradcheck(layers[i].make(), LAM_SHAPE(3, 8, 8), NULL, .batch = 4,
				      .seed = seed)
					== LAM_OK,
				"seed %d: %s", (int)seed, lam_error());
		test_end();
	}
}

/* The function x, or x / 2 below 0, with a backward that takes the slope `below` for negative x and
 * `above` for others. */
struct bent {
	LAM_LAYER_OPTIONS;
	lam_real below, above;
};

static const lam_option bent_options[] = {
	LAM_OPTION(struct bent, below, REAL, .fallback = 0.5, .least = -2, .most = 2),
	LAM_OPTION(struct bent, above, REAL, .fallback = 1, .least = -2, .most = 2),
	LAM_OPTIONS_END,
};

static lam_status bent_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	const lam_real *x = pass->x->data;
	for (int64_t i = 0; i < pass->out->values; i++)
		pass->out->data[i] = x[i] > 0 ? x[i] : x[i] / 2;
	return LAM_OK;
}

static lam_status bent_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct bent *bent = lam_layer_state(self);
	const lam_real *x = pass->x->data;
	for (int64_t i = 0; i < pass->dx->values; i++)
		pass->dx->data[i] = pass->dy->data[i] * (x[i] > 0 ? bent->above : bent->below);
	return LAM_OK;
}

static const lam_layer_class bent_class = {
	LAM_LAYER_ABI,
	.kind = "bent",
	.flags = LAM_KEEP_X,
	.state_size = sizeof(struct bent),
	.options = bent_options,
	.forward = bent_forward,
	.backward = bent_backward,
};

static lam_status bent_check(double below, double above, uint64_t seed)
{
	const struct bent options = {
		.size = sizeof options, .below = (lam_real)below, .above = (lam_real)above};
	return lam_gradcheck(
		lam_layer_new(&bent_class, &options), LAM_SHAPE(40), NULL, .seed = seed);
}

static void wrong_is_noticed_on_either_side(void)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		check(bent_check(0.5, 1, seed) == LAM_OK, "seed %d: %s", (int)seed, lam_error());
		check(bent_check(0.51, 1, seed) == LAM_ERR_NUMERIC,
			"seed %d: a slope of 0.51 in place of 0.5 passed", (int)seed);
		check(bent_check(0.5, 0.99, seed) == LAM_ERR_NUMERIC,
			"seed %d: a slope of 0.99 in place of 1 passed", (int)seed);
		check(bent_check(1, 0.5, seed) == LAM_ERR_NUMERIC,
			"seed %d: slopes of the wrong sides passed", (int)seed);
	}
}

/* Every value is exactly at the kink: the slope of either side is a right gradient, one outside
 * both is wrong. */
static void a_kink_has_two_gradients(void)
{
	for (int side = 0; side < 2; side++) {
		const struct bent options = {
			.size = sizeof options, .below = side ? 1 : (lam_real)0.5};
		const lam_real tiny = (lam_real)1e-30;
		check(lam_gradcheck(lam_layer_new(&bent_class, &options), LAM_SHAPE(40), NULL,
			      .low = -tiny, .high = -tiny / 2)
				== LAM_OK,
			"%s", lam_error());
	}
	const struct bent beyond = {.size = sizeof beyond, .below = (lam_real)1.1};
	const lam_real tiny = (lam_real)1e-30;
	check(lam_gradcheck(lam_layer_new(&bent_class, &beyond), LAM_SHAPE(40), NULL, .low = -tiny,
		      .high = -tiny / 2)
		== LAM_ERR_NUMERIC);
}

static double widest; /* the largest |x| that forward_sees_range() was given */

static lam_status forward_sees_range(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t i = 0; i < pass->x->values; i++)
		widest = fmax(widest, fabs((double)pass->x->data[i]));
	memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	return LAM_OK;
}

static lam_status pass_dy(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memcpy(pass->dx->data, pass->dy->data, (size_t)pass->dy->values * sizeof(lam_real));
	return LAM_OK;
}

static const lam_layer_class seeing_class = {
	LAM_LAYER_ABI, .kind = "seeing", .forward = forward_sees_range, .backward = pass_dy};

static void ranges_are_finite_and_a_zero_is_zero(void)
{
	const lam_real infinite = (lam_real)INFINITY;
	const struct {
		lam_real low, high;
		double most;
	} ranges[] = {{LAM_ZERO, 1, 1}, {-1, LAM_ZERO, 1}, {LAM_ZERO, LAM_ZERO, 0}};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		widest = 0;
		check(lam_gradcheck(lam_layer_new(&seeing_class, NULL), LAM_SHAPE(40), NULL,
			      .low = ranges[i].low, .high = ranges[i].high)
				== LAM_OK,
			"%s", lam_error());
		check(widest <= ranges[i].most + 0.02, "range %zu: %g", i, widest);
	}
	check_fails(lam_gradcheck(lam_tanh(), LAM_SHAPE(3), NULL, .tolerance = infinite),
		LAM_ERR_ARGUMENT, ".tolerance is inf");
	check_fails(lam_gradcheck(lam_tanh(), LAM_SHAPE(3), NULL, .step = infinite),
		LAM_ERR_ARGUMENT, ".step is inf");
	check_fails(lam_gradcheck(lam_tanh(), LAM_SHAPE(3), NULL, .low = -infinite),
		LAM_ERR_ARGUMENT, ".low is -inf and .high 0; expected finite numbers");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(right_passes_near_kinks),
		TEST(wrong_is_noticed_on_either_side),
		TEST(a_kink_has_two_gradients),
		TEST(ranges_are_finite_and_a_zero_is_zero),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
