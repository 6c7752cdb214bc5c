/* SPDX-License-Identifier: MIT */
/* The optimizers' rules: twenty steps agree with PyTorch's formulas in double, and are
 * bit-identical wherever a range is cut. */
#include "tests/kernels/arrays.h"

enum { COUNT = 37, STEPS = 20 };
#ifdef LAM_DOUBLE
#define STEP_TOLERANCE 1e-13
#else
#define STEP_TOLERANCE 1e-6
#endif

/* Parameters and up to three moments, in lam_real and in double. */
struct state {
	lam_real *w, *gradient, *m, *v, *a;
	double w_d[COUNT], m_d[COUNT], v_d[COUNT], a_d[COUNT];
};

static struct state state_new(void)
{
	struct state s = {0};
	s.w = array_of(COUNT, 1, -1, 1);
	s.m = lam_alloc(COUNT, sizeof *s.m);
	s.v = lam_alloc(COUNT, sizeof *s.v);
	s.a = lam_alloc(COUNT, sizeof *s.a);
	s.gradient = lam_alloc(COUNT, sizeof *s.gradient);
	for (int i = 0; i < COUNT; i++)
		s.w_d[i] = s.w[i];
	return s;
}

static void state_free(struct state *s)
{
	lam_free(s->w), lam_free(s->gradient), lam_free(s->m), lam_free(s->v), lam_free(s->a);
}

/* Draws the gradient of a step, with values of very different sizes. */
static void draw_gradient(struct state *s, int step)
{
	for (int i = 0; i < COUNT; i++)
		s->gradient[i] = (lam_real)(lam_random_normal(5, (uint64_t)(step * COUNT + i))
			* pow(10, i % 5 - 3));
}

/* The ends of three pieces of a range, none of them aligned. */
static const size_t cuts[] = {0, 5, 21, COUNT};
enum { PIECES = 3 };

static void check_sgd(struct lam_sgd_rule rule)
{
	struct state s = state_new(), cut = state_new();
	for (int step = 1; step <= STEPS; step++) {
		rule.first = step == 1;
		draw_gradient(&s, step);
		for (int i = 0; i < COUNT; i++) {
			double g = rule.gradient_scale * s.gradient[i]
				+ rule.weight_decay * s.w_d[i];
			if (rule.momentum != 0) {
				s.m_d[i] = rule.first ? g : rule.momentum * s.m_d[i] + g;
				g = rule.nesterov ? g + rule.momentum * s.m_d[i] : s.m_d[i];
			}
			s.w_d[i] -= rule.lr * g;
		}
		lam_real *const m = rule.momentum == 0 ? NULL : s.m;
		lam_kernel()->update.sgd(s.w, s.gradient, m, COUNT, &rule);
		for (int p = 0; p < PIECES; p++)
			lam_kernel()->update.sgd(cut.w + cuts[p], s.gradient + cuts[p],
				m ? cut.m + cuts[p] : NULL, cuts[p + 1] - cuts[p], &rule);
	}
	check_array("w", s.w, s.w_d, COUNT, STEP_TOLERANCE);
	check_array("m", s.m, s.m_d, COUNT, STEP_TOLERANCE);
	check_same_bits("cut", cut.w, s.w, COUNT);
	check_same_bits("cut m", cut.m, s.m, COUNT);
	state_free(&s), state_free(&cut);
}

static void sgd_follows_pytorch(void)
{
	check_sgd((struct lam_sgd_rule){.lr = 0.1, .gradient_scale = 1});
	check_sgd((struct lam_sgd_rule){.lr = 0.1, .momentum = 0.9, .gradient_scale = 1});
	check_sgd((struct lam_sgd_rule){.lr = 0.05,
		.momentum = 0.9,
		.nesterov = true,
		.weight_decay = 0.01,
		.gradient_scale = 0.5});
}

/* The first step must not read the moment, whose contents are undefined. */
static void sgd_begins_with_the_gradient(void)
{
	struct state s = state_new();
	const struct lam_sgd_rule rule = {
		.lr = 1, .momentum = 0.9, .gradient_scale = 1, .first = true};
	lam_kernel()->map.fill(s.m, NAN, 32);
	draw_gradient(&s, 1);
	lam_kernel()->update.sgd(s.w, s.gradient, s.m, 32, &rule);
	check_same_bits("m", s.m, s.gradient, 32);
	state_free(&s);
}

static void check_adam(struct lam_adam_rule rule)
{
	struct state s = state_new(), cut = state_new();
	for (int step = 1; step <= STEPS; step++) {
		rule.step = step;
		draw_gradient(&s, step);
		for (int i = 0; i < COUNT; i++) {
			double g = rule.gradient_scale * s.gradient[i];
			if (rule.decoupled)
				s.w_d[i] *= 1 - rule.lr * rule.weight_decay;
			else
				g += rule.weight_decay * s.w_d[i];
			s.m_d[i] = rule.beta1 * s.m_d[i] + (1 - rule.beta1) * g;
			s.v_d[i] = rule.beta2 * s.v_d[i] + (1 - rule.beta2) * g * g;
			const double denominator = sqrt(s.v_d[i]) / sqrt(1 - pow(rule.beta2, step))
				+ rule.eps;
			s.w_d[i] -= rule.lr / (1 - pow(rule.beta1, step)) * s.m_d[i] / denominator;
		}
		lam_kernel()->update.adam(s.w, s.gradient, s.m, s.v, COUNT, &rule);
		for (int p = 0; p < PIECES; p++)
			lam_kernel()->update.adam(cut.w + cuts[p], s.gradient + cuts[p],
				cut.m + cuts[p], cut.v + cuts[p], cuts[p + 1] - cuts[p], &rule);
	}
	check_array("w", s.w, s.w_d, COUNT, STEP_TOLERANCE);
	check_array("v", s.v, s.v_d, COUNT, STEP_TOLERANCE);
	check_same_bits("cut", cut.w, s.w, COUNT);
	state_free(&s), state_free(&cut);
}

static void adam_follows_pytorch(void)
{
	const struct lam_adam_rule rule = {
		.lr = 1e-2,
		.beta1 = 0.9,
		.beta2 = 0.999,
		.eps = 1e-8,
		.weight_decay = 0.01,
		.gradient_scale = 1,
	};
	struct lam_adam_rule other = rule;
	check_adam(rule);
	other.decoupled = true;
	check_adam(other);
	other.weight_decay = 0;
	other.gradient_scale = 0.25;
	check_adam(other);
}

static void check_rmsprop(struct lam_rmsprop_rule rule)
{
	struct state s = state_new(), cut = state_new();
	lam_real *const m = rule.momentum == 0 ? NULL : s.m, *const a = rule.centered ? s.a : NULL;
	for (int step = 1; step <= STEPS; step++) {
		draw_gradient(&s, step);
		for (int i = 0; i < COUNT; i++) {
			const double g = rule.gradient_scale * s.gradient[i]
				+ rule.weight_decay * s.w_d[i];
			s.v_d[i] = rule.alpha * s.v_d[i] + (1 - rule.alpha) * g * g;
			s.a_d[i] = rule.alpha * s.a_d[i] + (1 - rule.alpha) * g;
			const double variance = s.v_d[i]
				- (rule.centered ? s.a_d[i] * s.a_d[i] : 0);
			s.m_d[i] = rule.momentum * s.m_d[i] + g / (sqrt(variance) + rule.eps);
			s.w_d[i] -= rule.lr * s.m_d[i];
		}
		lam_kernel()->update.rmsprop(s.w, s.gradient, s.v, m, a, COUNT, &rule);
		for (int p = 0; p < PIECES; p++)
			lam_kernel()->update.rmsprop(cut.w + cuts[p], s.gradient + cuts[p],
				cut.v + cuts[p], m ? cut.m + cuts[p] : NULL,
				a ? cut.a + cuts[p] : NULL, cuts[p + 1] - cuts[p], &rule);
	}
	check_array("w", s.w, s.w_d, COUNT, STEP_TOLERANCE);
	check_same_bits("cut", cut.w, s.w, COUNT);
	state_free(&s), state_free(&cut);
}

static void rmsprop_follows_pytorch(void)
{
	check_rmsprop((struct lam_rmsprop_rule){
		.lr = 1e-2, .alpha = 0.99, .eps = 1e-8, .gradient_scale = 1});
	check_rmsprop((struct lam_rmsprop_rule){.lr = 1e-2,
		.alpha = 0.9,
		.eps = 1e-8,
		.gradient_scale = 2,
		.momentum = 0.9,
		.weight_decay = 0.01});
	check_rmsprop((struct lam_rmsprop_rule){.lr = 1e-3,
		.alpha = 0.99,
		.eps = 1e-6,
		.gradient_scale = 1,
		.momentum = 0.5,
		.centered = true});
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(sgd_follows_pytorch),
		TEST(sgd_begins_with_the_gradient),
		TEST(adam_follows_pytorch),
		TEST(rmsprop_follows_pytorch),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
