/* SPDX-License-Identifier: MIT */
/* What an update is counted as, what a frozen parameter keeps, and what still moves if all
 * parameters are frozen. */
#include <lamina.h>

#include "framework/net/inside.h"
#include "tests/kit.h"

enum { IN = 3, OUT = 2, N = 5, CLASSES = 4 };

static lam_real x[N * IN];
static lam_real dy[N * OUT];
static int32_t labels[N];

static void fill(void)
{
	for (int i = 0; i < N * IN; i++)
		x[i] = (lam_real)((i * 7 + 3) % 11) / 8 - (lam_real)0.5;
	for (int i = 0; i < N * OUT; i++)
		dy[i] = (lam_real)((i * 5 + 1) % 7) / 16 - (lam_real)0.125;
	for (int i = 0; i < N; i++)
		labels[i] = i % CLASSES;
}

static lam_optimizer sgd(lam_real lr)
{
	return lam_sgd(.lr = lr, .weight_decay = (lam_real)0.25);
}

static lam_optimizer momentum(lam_real lr)
{
	return lam_sgd(.lr = lr, .momentum = (lam_real)0.5, .nesterov = true);
}

static lam_optimizer adam(lam_real lr)
{
	return lam_adam(.lr = lr);
}

static lam_optimizer adamw(lam_real lr)
{
	return lam_adamw(.lr = lr, .weight_decay = (lam_real)0.25);
}

static lam_optimizer rmsprop(lam_real lr)
{
	return lam_rmsprop(.lr = lr, .momentum = (lam_real)0.5, .centered = true);
}

static const struct {
	const char *name;
	lam_optimizer (*make)(lam_real lr);
} rules[] = {{"sgd", sgd}, {"momentum", momentum}, {"adam", adam}, {"adamw", adamw},
	{"rmsprop", rmsprop}};
enum { RULES = sizeof rules / sizeof *rules };

/* A net without a loss: its gradient is the same for all values of its parameters. */
static lam_net *linear_net(void)
{
	return lam_net_create(
		lam_affine(.out = OUT), LAM_SHAPE(IN), .max_batch = N, .seed = 4, .threads = 2);
}

static void back(lam_net *net)
{
	check_ok(lam_net_forward(net, LAM_TRAIN, x, NULL, N));
	check_ok(lam_net_backward_from(net, dy));
}

static bool same_values(const struct lam_param *a, const struct lam_param *b)
{
	return memcmp(a->value, b->value, (size_t)a->count * sizeof(lam_real)) == 0;
}

static bool same_params(const lam_net *a, const lam_net *b)
{
	bool same = true;
	for (int i = 0; i < a->plan.param_count; i++)
		same = same && same_values(a->plan.params[i], b->plan.params[i]);
	return same;
}

static void each_update_is_a_step(void)
{
	for (int r = 0; r < RULES; r++) {
		test_begin("%s", rules[r].name);
		lam_optimizer rule = rules[r].make((lam_real)0.1);
		lam_net *once = linear_net(), *twice = linear_net();
		require(once && twice, "%s", lam_error());
		for (int step = 0; step < 3; step++) {
			back(once);
			check_ok(lam_net_update(once, &rule));
			back(once);
			check_ok(lam_net_update(once, &rule));
			back(twice);
			check_ok(lam_net_update(twice, &rule));
			check_ok(lam_net_update(twice, &rule));
			check(same_params(once, twice), "step %d", step);
		}
		check(twice->updates == 6);
		lam_net_free(once);
		lam_net_free(twice);
		test_end();
	}
}

/* With one gradient, each step of Adam moves a value by the rate, against its sign: |m| is the root
 * of v after the bias correction, if that counts every step. */
static void adam_counts_each_update(void)
{
	lam_net *net = linear_net();
	const lam_optimizer rule = lam_adam(.lr = (lam_real)0.125);
	lam_real before[IN * OUT];
	require(net, "%s", lam_error());
	const struct lam_param *w = net->plan.params[0];
	memcpy(before, w->value, sizeof before);
	back(net);
	for (int update = 1; update <= 5; update++) {
		check_ok(lam_net_update(net, &rule));
		for (int i = 0; i < IN * OUT; i++)
			check_near(fabs((double)w->value[i] - (double)before[i]), 0.125 * update,
				1e-4);
	}
	lam_net_free(net);
}

/* Steps in which a parameter is frozen leave its value and its moments as they were. */
static void frozen_moments_stay(void)
{
	for (int r = 0; r < RULES; r++) {
		if (rules[r].make == adam || rules[r].make == adamw)
			continue; /* they count the net's updates, see below */
		test_begin("%s", rules[r].name);
		const lam_optimizer rule = rules[r].make((lam_real)0.1);
		lam_net *frozen = linear_net(), *plain = linear_net();
		require(frozen && plain, "%s", lam_error());
		struct lam_param *w = frozen->plan.params[0];
		for (int step = 0; step < 8; step++) {
			const bool trains = step % 4 < 2;
			lam_param_set_trainable(w, trains);
			back(frozen);
			check_ok(lam_net_update(frozen, &rule));
			if (trains) {
				back(plain);
				check_ok(lam_net_update(plain, &rule));
			}
			check(same_values(w, plain->plan.params[0]), "step %d", step);
		}
		lam_net_free(frozen);
		lam_net_free(plain);
		test_end();
	}
}

static void adam_counts_updates_of_the_net(void)
{
	const lam_optimizer rule = lam_adam(.lr = (lam_real)0.125);
	lam_net *net = linear_net();
	require(net, "%s", lam_error());
	struct lam_param *w = net->plan.params[0];
	const double before = (double)w->value[0];
	lam_param_set_trainable(w, false);
	for (int step = 0; step < 9; step++) {
		back(net);
		check_ok(lam_net_update(net, &rule));
	}
	check((double)w->value[0] == before);
	lam_param_set_trainable(w, true);
	back(net);
	check_ok(lam_net_update(net, &rule));
	/* m = 0.1 g and v = 0.001 g^2, corrected as after ten updates */
	const double m = 0.1 / (1 - pow(0.9, 10)), v = 0.001 / (1 - pow(0.999, 10));
	check_near(fabs((double)w->value[0] - before), 0.125 * m / sqrt(v), 1e-4);
	lam_net_free(net);
}

/* A parameter that was frozen when a sum began joins it with its first backward, and its older
 * gradient is not added. One that is frozen later keeps its part. */
static void sums_hold_what_was_added(void)
{
	lam_net *net = linear_net();
	const lam_optimizer rule = lam_sgd(.lr = (lam_real)0.1);
	lam_real one[OUT];
	require(net, "%s", lam_error());
	struct lam_param *w = net->plan.params[0], *b = net->plan.params[1];
	back(net);
	memcpy(one, b->grad, sizeof one);
	const lam_real first = w->grad[0];
	check_ok(lam_net_update(net, &rule));
	check_ok(lam_net_accumulate(net, true));
	for (int round = 0; round < 2; round++) {
		static const bool trains[2][4] = {
			{false, true, true, false}, {true, true, true, false}};
		static const int parts[2][4] = {{1, 1, 2, 2}, {1, 2, 3, 3}};
		for (int i = 0; i < 4; i++) {
			lam_param_set_trainable(w, trains[round][i]);
			back(net);
			check(w->grad[0] == first * (lam_real)parts[round][i], "%d parts", i);
			for (int k = 0; k < OUT; k++)
				check(b->grad[k] == one[k] * (lam_real)(i + 1));
		}
		lam_param_set_trainable(w, true);
		check_ok(lam_net_update(net, &rule));
		back(net);
		check(w->grad[0] == first && b->grad[0] == one[0], "the next sum");
		check_ok(lam_net_update(net, &rule));
	}
	lam_net_free(net);
}

static lam_net *normed_net(void)
{
	return lam_net_create(lam_sequential(lam_affine(.out = 6), lam_batch_norm(), lam_relu(),
				      lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(IN), .max_batch = N, .seed = 4, .threads = 2, .input_grad = true);
}

static void freeze_all(lam_net *net)
{
	for (int i = 0; i < lam_net_param_count(net); i++)
		lam_param_set_trainable(lam_net_param(net, i), false);
}

/* Two nets begin alike, one of them frozen. */
static void statistics_move_without_parameters(void)
{
	for (int r = 0; r < RULES; r++) {
		test_begin("%s", rules[r].name);
		const lam_optimizer rule = rules[r].make((lam_real)0.1);
		lam_net *frozen = normed_net(), *free_net = normed_net(), *new_net = normed_net();
		require(frozen && free_net && new_net, "%s", lam_error());
		freeze_all(frozen);
		check_ok(lam_net_step(free_net, &rule, x, labels, N));
		check_ok(lam_net_forward(frozen, LAM_EVAL, x, labels, N));
		for (int s = 0; s < frozen->plan.state_count; s++)
			check(same_values(frozen->plan.states[s], new_net->plan.states[s]),
				"evaluation moves no statistics");
		check_ok(lam_net_step(frozen, &rule, x, labels, N));
		check(lam_net_loss(frozen) == lam_net_loss(free_net));
		for (int s = 0; s < frozen->plan.state_count; s++)
			check(same_values(frozen->plan.states[s], free_net->plan.states[s])
					&& !same_values(
						frozen->plan.states[s], new_net->plan.states[s]),
				"a step moves them");
		check(!memcmp(lam_net_input_grad(frozen), lam_net_input_grad(free_net),
			sizeof(lam_real) * N * IN));
		for (int step = 0; step < 3; step++)
			check_ok(lam_net_step(frozen, &rule, x, labels, N));
		check(same_params(frozen, new_net), "a frozen parameter changed");
		for (int m = 0; m < frozen->moment_count; m++)
			for (int64_t i = 0; i < frozen->plan.param_values; i++)
				check(frozen->moments[m][i] == 0);
		lam_net_free(new_net);
		lam_net_free(free_net);
		lam_net_free(frozen);
		test_end();
	}
}

static bool look(const lam_progress *progress, void *data)
{
	(void)data;
	check(progress->gradient_norm == 0 && isfinite(progress->batch_loss));
	return false;
}

static void a_run_estimates_statistics_anew(void)
{
	lam_net *net = normed_net(), *new_net = normed_net();
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(IN), labels, N);
	lam_report report;
	require(net && new_net && data, "%s", lam_error());
	freeze_all(net);
	check_ok(lam_fit(net, data, &report, .epochs = 60, .clip = 1, .validation = data,
		.optimizer = adamw((lam_real)0.1), .step_end = look));
	check(same_params(net, new_net));
	/* By now the statistics are those of the data: training and evaluation agree, but for N /
	 * (N
	 * - 1) in the variance. */
	check(report.steps == 60);
	check_near(report.train.loss, report.validation.loss, 0.1);
	check_ok(lam_net_forward(net, LAM_TRAIN, x, labels, N));
	check_near(lam_net_loss(net), report.train.loss, 1e-6);
	lam_dataset_free(data);
	lam_net_free(new_net);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(each_update_is_a_step),
		TEST(adam_counts_each_update),
		TEST(frozen_moments_stay),
		TEST(adam_counts_updates_of_the_net),
		TEST(sums_hold_what_was_added),
		TEST(statistics_move_without_parameters),
		TEST(a_run_estimates_statistics_anew),
	};
	fill();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
