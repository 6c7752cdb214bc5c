/* SPDX-License-Identifier: MIT */
/* lam_batch_norm */
#include "tests/battery/prove.h"

static void choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2],
		channels = dice_chance(dice, 15) && !t->small
		? dice_range(dice, 60, 70)
		: dice_range(dice, 1, t->small ? 3 : 6);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 5, plane);
	t->in = LAM_SHAPE(channels, plane[0], plane[1]);
	if (dice_chance(dice, 40))
		t->in = dice_chance(dice, 50) ? LAM_SHAPE(channels) : LAM_SHAPE(channels, plane[1]);
	if (dice_chance(dice, 60)) {
		t->eps = (lam_real)dice_real(dice, 1e-4, 0.5);
		t->momentum = (lam_real)dice_real(dice, 0.01, 1);
	}
	/* One value per channel has no variance; and of a few the gradient is a difference of
	 * nearly equal numbers, unless eps is of the variance's size. */
	int64_t count = t->n * lam_shape_count(&t->in) / channels;
	if (count == 1)
		t->n = 2;
	if (count < 8)
		t->eps = 0.25;
}

static struct batch_norm options(const struct trial *t)
{
	return (struct batch_norm){t->n, t->in.dim[0], lam_shape_count(&t->in) / t->in.dim[0],
		t->eps != 0 ? t->eps : 1e-5, t->momentum != 0 ? t->momentum : 0.1};
}

static bool shapes(struct trial *t)
{
	struct batch_norm o = options(t);
	t->out = t->in;
	t->param[0] = t->param[1] = LAM_SHAPE(t->in.dim[0]);
	t->params = t->states = 2;
	t->state_values = t->in.dim[0];
	return o.n * o.plane > 1;
}

static lam_layer *build(const struct trial *t)
{
	return lam_batch_norm(.eps = (lam_real)t->eps, .momentum = (lam_real)t->momentum);
}

/* Normalised values have mean 0, so that the weight's gradient, the sum of dy xhat, cancels unless
 * dy leans on x. */
static void fill(struct trial *t, struct dice *dice)
{
	(void)dice;
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->dy[i] = (lam_real)(t->dy[i] + t->x[i]);
}

static void forward(struct trial *t)
{
	struct batch_norm o = options(t);
	textbook_batch_norm(t->y, t->after[0], t->after[1], t->x, t->w[0], t->w[1], &o);
	textbook_batch_norm_eval(t->eval, t->x, t->w[0], t->w[1], t->after[0], t->after[1], &o);
}

static void backward(struct trial *t)
{
	struct batch_norm o = options(t);
	textbook_batch_norm_backward(t->dx, t->dw[0], t->dw[1], t->dy, t->x, t->w[0], &o);
}

static void battery(void)
{
	battery_prove(&(struct subject){"batch_norm", 0, 300, choose, shapes, build, .fill = fill,
		.forward = forward, .backward = backward});
}

/* A mean of many deviations must not eat the digits of the variance, of what is normalised, nor of
 * the gradients. */
static void stands_a_large_mean(void)
{
	enum { N = 50, C = 3, PLACES = 6, COUNT = N * C * PLACES };
	static const double levels[] = {0, 1e3, -2e4, 1e5};
	static lam_real x[COUNT], dy[COUNT];
	struct dice dice = {5};
	for (size_t level = 0; level < sizeof levels / sizeof *levels; level++) {
		for (int i = 0; i < COUNT; i++) {
			x[i] = (lam_real)(levels[level] * (1 + i / PLACES % C))
				+ (lam_real)dice_real(&dice, -1, 1);
			dy[i] = (lam_real)dice_real(&dice, -1, 1) + (lam_real)0.5;
		}
		lam_net *net = lam_net_create(
			lam_batch_norm(), LAM_SHAPE(C, PLACES), .max_batch = N, .input_grad = true);
		require(net && lam_net_forward(net, LAM_TRAIN, x, NULL, N) == LAM_OK
				&& lam_net_backward_from(net, dy) == LAM_OK,
			"%s", lam_error());
		const lam_real *y = lam_net_output(net), *dx = lam_net_input_grad(net);
		for (int c = 0; c < C; c++) {
			const double count = N * PLACES, near = x[c * PLACES];
			double mean = 0, var = 0, sum_dy = 0, sum_dyx = 0, worst = 0, worst_dx = 0;
#define EACH \
	for (int n = 0; n < N; n++) \
		for (int i = (n * C + c) * PLACES; i < (n * C + c + 1) * PLACES; i++)
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
		"1 value per channel in training");
	check_ok(lam_net_forward(net, LAM_EVAL, x, NULL, 1));
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery), TEST(stands_a_large_mean), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
