/* SPDX-License-Identifier: MIT */
/* lam_batch_norm */
#include "tests/battery/prove.h"

#include <math.h>
#include <string.h>

static void battery(void)
{
	battery_prove_all(batch_norm_subjects);
}

/* A mean much larger than the deviation must not cost digits of the variance, of the normalised
 * values or of the gradients. */
static void stand_a_large_mean(int channels, int places)
{
	enum { N = 50, MOST = N * 16 * 64 };
	const int values = N * channels * places;
	static const double levels[] = {0, 1e3, -2e4, 1e5};
	static lam_real x[MOST], dy[MOST];
	struct dice dice = {5};
	for (size_t level = 0; level < sizeof levels / sizeof *levels; level++) {
		for (int i = 0; i < values; i++) {
			x[i] = (lam_real)(levels[level] * (1 + i / places % channels % 3))
				+ (lam_real)dice_real(&dice, -1, 1);
			dy[i] = (lam_real)dice_real(&dice, -1, 1) + (lam_real)0.5;
		}
		lam_net *net = lam_net_create(lam_batch_norm(), LAM_SHAPE(channels, places),
			.max_batch = N, .input_grad = true);
		require(net && lam_net_forward(net, LAM_TRAIN, x, NULL, N) == LAM_OK
				&& lam_net_backward_from(net, dy) == LAM_OK,
			"%s", lam_error());
		const lam_real *y = lam_net_output(net), *dx = lam_net_input_grad(net);
		for (int c = 0; c < channels; c++) {
			const double count = N * places, near = x[c * places];
			double mean = 0, var = 0, sum_dy = 0, sum_dyx = 0, worst = 0, worst_dx = 0;
#define EACH \
	for (int n = 0; n < N; n++) \
		for (int i = (n * channels + c) * places; i < (n * channels + c + 1) * places; i++)
			EACH mean += (x[i] - near) / count;
			EACH var += pow(x[i] - near - mean, 2) / count;
			const double r = 1 / sqrt(var + 1e-5);
			EACH sum_dy += dy[i], sum_dyx += dy[i] * (x[i] - near - mean) * r;
			EACH
			{
				const double normal = (x[i] - near - mean) * r;
				worst = fmax(worst, fabs(y[i] - normal));
				worst_dx = fmax(worst_dx,
					fabs(dx[i]
						- r
							* (dy[i] - sum_dy / count
								- normal * sum_dyx / count)));
			}
#undef EACH
			check(worst < 2e-6 && worst_dx < 4e-6, "level %g: y is off by %g, dx by %g",
				levels[level], worst, worst_dx);
			check_near(lam_param_grad(lam_net_param(net, 0))[c], sum_dyx, 2e-6 * count);
		}
		lam_net_free(net);
	}
}

/* In one phase, and in three. */
static void stands_a_large_mean(void)
{
	stand_a_large_mean(3, 6);
	stand_a_large_mean(16, 64);
}

/* Squares of such values are 0. */
static void stands_tiny_values(void)
{
	enum { N = 40, C = 32, SIDE = 8, COUNT = N * C * SIDE * SIDE };
	static lam_real x[COUNT];
	struct dice dice = {3};
	for (int i = 0; i < COUNT; i++)
		x[i] = (lam_real)(dice_real(&dice, 1, 2) * 1e-21);
	lam_net *net = lam_net_create(lam_batch_norm(), LAM_SHAPE(C, SIDE, SIDE), .max_batch = N);
	require(net && lam_net_forward(net, LAM_TRAIN, x, NULL, N) == LAM_OK, "%s", lam_error());
	const lam_real *y = lam_net_output(net);
	int wrong = 0;
	for (int i = 0; i < COUNT; i++)
		wrong += !(fabs((double)y[i]) < 1e-17);
	check(wrong == 0, "%d outputs are not near 0", wrong);
	lam_net_free(net);
}

/* One training step of batch norm over samples of c channels, from channel `first` of all on; with
 * something added to it and a ReLU behind that, or a ReLU alone. */
struct step {
	int first, channels;
	bool adds;
	lam_real *y, *dx, *state; /* of all channels; [4]: running statistics, dw and db */
};

enum { N = 40, ALL = 32, PLACES = 64, VALUES = ALL * PLACES };

/* Copies the step's channels out of samples of all channels, or back. */
static void copy_channels(const struct step *s, lam_real *part, lam_real *all, bool back)
{
	const int values = s->channels * PLACES;
	for (int i = 0; i < N * values; i++) {
		lam_real *of_all = all + i / values * VALUES + s->first * PLACES + i % values;
		*(back ? of_all : part + i) = *(back ? part + i : of_all);
	}
}

static void take_step(const struct step *s, lam_real *x, lam_real *dy)
{
	static lam_real part[N * VALUES], part_dy[N * VALUES];
	lam_layer *model = s->adds ? lam_sequential(lam_residual(lam_batch_norm()), lam_relu())
				   : lam_sequential(lam_batch_norm(), lam_relu());
	lam_net *net = lam_net_create(
		model, LAM_SHAPE(s->channels, 8, 8), .max_batch = N, .input_grad = true);
	copy_channels(s, part, x, false);
	copy_channels(s, part_dy, dy, false);
	require(net && lam_net_forward(net, LAM_TRAIN, part, NULL, N) == LAM_OK
			&& lam_net_backward_from(net, part_dy) == LAM_OK,
		"%s", lam_error());
	memcpy(part, lam_net_output(net), (size_t)(N * s->channels * PLACES) * sizeof *part);
	copy_channels(s, part, s->y, true);
	memcpy(part, lam_net_input_grad(net), (size_t)(N * s->channels * PLACES) * sizeof *part);
	copy_channels(s, part, s->dx, true);
	for (int k = 0; k < 2; k++) {
		const size_t bytes = (size_t)s->channels * sizeof *part;
		memcpy(s->state + k * ALL + s->first, lam_param_value(lam_net_state(net, k)),
			bytes);
		memcpy(s->state + (2 + k) * ALL + s->first, lam_param_grad(lam_net_param(net, k)),
			bytes);
	}
	lam_net_free(net);
}

/* The largest difference of two arrays, as a share of the largest value. */
static double apart(const lam_real *a, const lam_real *b, int count)
{
	double worst = 0, largest = 0;
	for (int i = 0; i < count; i++) {
		worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
		largest = fmax(largest, fabs((double)a[i]));
	}
	return worst / largest;
}

/* Blocks of 32 channels of 8x8 have sums of their own, in phases; of four channels they have not.
 * What a channel gets must be the same. */
static void phases_compute_the_same(void)
{
	static lam_real x[N * VALUES], dy[N * VALUES], y[2][N * VALUES], dx[2][N * VALUES],
		state[2][4 * ALL];
	const double most = 1e-6 * (sizeof(lam_real) == sizeof(float) ? 1 : 1e-8);
	struct dice dice = {7};
	for (int i = 0; i < N * VALUES; i++) {
		x[i] = (lam_real)dice_real(&dice, -1, 2);
		dy[i] = (lam_real)dice_real(&dice, -1, 1);
	}
	for (int adds = 0; adds < 2; adds++) {
		take_step(&(struct step){0, ALL, adds, y[0], dx[0], state[0]}, x, dy);
		for (int first = 0; first < ALL; first += 4)
			take_step(&(struct step){first, 4, adds, y[1], dx[1], state[1]}, x, dy);
		check(apart(y[0], y[1], N * VALUES) < most, "adds %d: y", adds);
		check(apart(dx[0], dx[1], N * VALUES) < most, "adds %d: dx", adds);
		for (int k = 0; k < 4; k++)
			check(apart(state[0] + k * ALL, state[1] + k * ALL, ALL) < most,
				"adds %d: statistics or gradients %d", adds, k);
	}
}

/* A batch norm on a branch that leads to no loss has no backward, and nothing keeps its statistics
 * for one: what follows must not lie where other blocks read them. */
static void a_branch_without_a_loss_is_right(void)
{
	enum { SAMPLES = 96, CLASSES = 3 };
	static lam_real x[SAMPLES * VALUES];
	static int32_t classes[SAMPLES];
	static lam_real y[2][SAMPLES * VALUES];
	struct dice dice = {9};
	for (int i = 0; i < SAMPLES * VALUES; i++)
		x[i] = (lam_real)dice_real(&dice, -1, 2);
	for (int loss = 0; loss < 2; loss++) {
		lam_graph *g = lam_graph_new();
		lam_value in = lam_graph_input(g, "x", LAM_SHAPE(ALL, 8, 8)), v = in;
		for (int i = 0; i < 3; i++)
			v = lam_apply(g, lam_relu(), lam_apply(g, lam_batch_norm(), v));
		lam_graph_output(g, v, "y");
		lam_value other = lam_apply(g, lam_affine(.out = CLASSES), in);
		if (loss)
			lam_graph_loss(g, lam_softmax_cross_entropy(), other, .name = "kind");
		else
			lam_graph_output(g, other, "kind");
		lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = SAMPLES, .seed = 2);
		require(net != NULL, "%s", lam_error());
		const lam_io io[] = {
			{"x", x}, {loss ? "kind" : NULL, loss ? classes : NULL}, {NULL, NULL}};
		check_ok(lam_net_forward_io(net, LAM_TRAIN, io, SAMPLES));
		const lam_real *out = lam_net_output_of(net, "y");
		if (check(out != NULL, "%s", lam_error()))
			memcpy(y[loss], out, sizeof y[loss]);
		lam_net_free(net);
	}
	check(!memcmp(y[0], y[1], sizeof y[0]), "the branch has other outputs beside a loss");
}

static void refuses_bad_options(void)
{
	refuses(lam_batch_norm(.eps = -1), LAM_SHAPE(3),
		"batch_norm: option eps is -1; expected above 0");
	refuses(lam_batch_norm(.momentum = 2), LAM_SHAPE(3),
		"batch_norm: option momentum is 2; expected 0 to 1");
	refuses(lam_batch_norm(), LAM_SHAPE(1, 2, 3, 4),
		"batch_norm: the input is 1x2x3x4; expected features, channels x length or "
		"channels x height x width");
	lam_net *net = lam_net_create(lam_batch_norm(), LAM_SHAPE(3), .max_batch = 4);
	const lam_real x[3] = {1, 2, 3};
	require(net != NULL, "%s", lam_error());
	check_fails(lam_net_forward(net, LAM_TRAIN, x, NULL, 1), LAM_ERR_ARGUMENT,
		"a training batch of 1 sample, but batch_norm needs at least 2");
	check_ok(lam_net_forward(net, LAM_EVAL, x, NULL, 1));
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(stands_a_large_mean),
		TEST(stands_tiny_values), TEST(a_branch_without_a_loss_is_right),
		TEST(phases_compute_the_same), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
