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

/* y = s x, and dx of the first block alone, of all blocks, or off by 1% in two features. s is a
 * state that every forward halves, and a number in the layer's own struct that it doubles. */
struct moody {
	LAM_LAYER_OPTIONS;
	bool first_block, two_features;
	double own;
};

static const lam_option moody_options[] = {
	LAM_OPTION(struct moody, first_block, BOOL),
	LAM_OPTION(struct moody, two_features, BOOL),
	LAM_OPTIONS_END,
};

static lam_status moody_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	lam_plan_state(plan, "mood", LAM_SHAPE(1), 1);
	lam_plan_saved(plan, (int64_t)sizeof(lam_real));
	return LAM_OK;
}

static int one_phase(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)self, (void)job, (void)mode, (void)blocks;
	phase[0] = (lam_phase){.slices = 1};
	return 1;
}

static lam_status moody_forward(const lam_layer *self, const lam_pass *pass)
{
	struct moody *moody = lam_layer_state(self);
	const lam_real s = pass->state[0][0] / (lam_real)(moody->own + 1);
	*(lam_real *)pass->saved = s;
	for (int64_t b = 0; b < pass->blocks; b++)
		for (int64_t i = 0; i < pass->x->values; i++)
			pass->out->data[b * pass->out->block + i] = s
				* pass->x->data[b * pass->x->block + i];
	pass->state[0][0] /= 2;
	moody->own += 1;
	return LAM_OK;
}

static lam_status moody_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct moody *moody = lam_layer_state(self);
	const lam_real s = *(lam_real *)pass->saved;
	for (int64_t b = 0; b < pass->blocks; b++)
		for (int64_t i = 0; i < pass->dx->values; i++) {
			lam_real slope = b > 0 && moody->first_block ? 0 : s;
			if (moody->two_features && i / LAM_LANES < 2)
				slope *= (lam_real)1.01;
			pass->dx->data[b * pass->dx->block + i] = slope
				* pass->dy->data[b * pass->dy->block + i];
		}
	return LAM_OK;
}

static const lam_layer_class moody_class = {
	LAM_LAYER_ABI,
	.kind = "moody",
	.state_size = sizeof(struct moody),
	.options = moody_options,
	.plan = moody_plan,
	.phases = one_phase,
	.forward = moody_forward,
	.backward = moody_backward,
};

static lam_layer *moody(bool first_block, bool two_features)
{
	return lam_layer_new(&moody_class,
		&(struct moody){.size = sizeof(struct moody),
			.first_block = first_block,
			.two_features = two_features});
}

static void a_state_that_moves_is_set_back(void)
{
	check_ok(lam_gradcheck(moody(false, false), LAM_SHAPE(6), NULL));
	check_ok(lam_gradcheck(
		lam_sequential(lam_affine(.out = 3), moody(false, false), lam_batch_norm()),
		LAM_SHAPE(6), NULL));
}

static void a_missing_block_is_found(void)
{
	static const int batches[] = {0, 1, 4, 16, 17, 32, 48, 35};
	for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
		check_fails(
			lam_gradcheck(moody(true, false), LAM_SHAPE(6), NULL, .batch = batches[i]),
			LAM_ERR_NUMERIC, "gradient check: moody: input[");
}

static void the_report_names_layer_and_values(void)
{
	lam_gradcheck_report report;
	check_fails(lam_gradcheck(lam_sequential(lam_affine(.out = 5), moody(false, true),
					  lam_affine(.out = 2), lam_tanh()),
			    LAM_SHAPE(6), &report, .batch = 3),
		LAM_ERR_NUMERIC, "6 of 101 values are wrong, 6 of them in this layer");
	check(strcmp(report.layer, "moody \"1\"") == 0, "%s", report.layer);
	check(report.wrong == 6 && report.undecided == 0, "%d", (int)report.wrong);
	check_near(report.max_error, 0.0099, 0.0002);
	for (int i = 0; i < LAM_GRADCHECK_WORST; i++)
		check(strncmp(report.worsts[i], "moody \"1\": input[", 17) == 0
				&& strstr(report.worsts[i], "numeric"),
			"%s", report.worsts[i]);
	check(strstr(report.worsts[0], report.worst), "%s", report.worst);
	check_ok(lam_gradcheck(lam_tanh(), LAM_SHAPE(6), &report));
	check(!report.wrong && !*report.worsts[0]);
}

/* Weierstrass's function, which has no slope anywhere. */
static lam_status rough_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t i = 0; i < pass->x->values; i++) {
		double sum = 0;
		for (int k = 0; k < 20; k++)
			sum += pow(0.7, k) * cos(pow(5, k) * (double)pass->x->data[i]);
		pass->out->data[i] = (lam_real)sum;
	}
	return LAM_OK;
}

static lam_status root_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t i = 0; i < pass->x->values; i++)
		pass->out->data[i] = (lam_real)sqrt((double)pass->x->data[i]);
	return LAM_OK;
}

static void what_cannot_be_judged_does_not_pass(void)
{
	static const lam_layer_class rough = {LAM_LAYER_ABI, .kind = "rough",
					     .forward = rough_forward, .backward = pass_dy},
				     root = {LAM_LAYER_ABI, .kind = "root", .forward = root_forward,
					     .backward = pass_dy};
	lam_gradcheck_report report;
	check_fails(lam_gradcheck(lam_layer_new(&rough, NULL), LAM_SHAPE(6), &report),
		LAM_ERR_NUMERIC,
		"rough: more than 5% of the gradients of its input could not be judged");
	check(report.undecided > 0 && report.wrong == 0, "%d, %d", (int)report.undecided,
		(int)report.wrong);
	check_fails(lam_gradcheck(lam_layer_new(&root, NULL), LAM_SHAPE(6), NULL), LAM_ERR_NUMERIC,
		"gradient check: the output of root is not finite; expected inputs for which");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(right_passes_near_kinks),
		TEST(wrong_is_noticed_on_either_side),
		TEST(a_kink_has_two_gradients),
		TEST(ranges_are_finite_and_a_zero_is_zero),
		TEST(a_state_that_moves_is_set_back),
		TEST(a_missing_block_is_found),
		TEST(the_report_names_layer_and_values),
		TEST(what_cannot_be_judged_does_not_pass),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
