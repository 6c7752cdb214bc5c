/* SPDX-License-Identifier: MIT */
/* Large weights that a step updates while it computes their gradients: the step still has the bits
 * of forward, backward and update, with every rule, and leaves the same gradients. */
#include "tests/kit.h"

#include "framework/net/walk.h"

#include <lamina.h>

#include <string.h>

enum { IN = 40, WIDE = 2101, N = 37, BATCH = 48, MOST = 260 };

static lam_real x[MOST * IN];
static int32_t labels[MOST];

static void fill(void)
{
	for (int i = 0; i < MOST * IN; i++)
		x[i] = (lam_real)lam_random_normal(3, (uint64_t)i);
	for (int i = 0; i < MOST; i++)
		labels[i] = i * 7 % 5;
}

static lam_layer *wide(void)
{
	return lam_affine(.out = WIDE, .name = "wide");
}

/* The dy of a late layer is handed on to the shortcut, too; and one lies behind the other. */
static lam_layer *in_a_residual(void)
{
	return lam_sequential(lam_affine(.out = WIDE), lam_relu(), lam_residual(wide()),
		lam_residual(lam_sequential(wide(), lam_tanh())), lam_affine(.out = 5),
		lam_softmax_cross_entropy());
}

/* Two calls share a weight, whose gradient is a sum of parts. */
static lam_layer *shared(void)
{
	lam_layer *first = wide();
	return lam_sequential(lam_affine(.out = WIDE), lam_relu(), first, lam_relu(),
		lam_share(first), lam_affine(.out = 5), lam_softmax_cross_entropy());
}

static lam_net *make(lam_layer *(*model)(void), int threads)
{
	lam_net *net = lam_net_create(
		model(), LAM_SHAPE(IN), .max_batch = BATCH, .seed = 4, .threads = threads);
	check(net != NULL, "%s", lam_error());
	return net;
}

static void check_equal(lam_net *a, lam_net *b, const char *what)
{
	for (int i = 0; i < lam_net_param_count(a); i++) {
		const lam_param *p = lam_net_param(a, i), *q = lam_net_param(b, i);
		const size_t bytes = (size_t)p->count * sizeof(lam_real);
		check(!memcmp(lam_param_value(p), lam_param_value(q), bytes), "%s: values of %s",
			what, lam_param_name(p));
		check(!memcmp(lam_param_grad(p), lam_param_grad(q), bytes), "%s: gradients of %s",
			what, lam_param_name(p));
	}
}

/* `a` makes steps, `b` their three parts. */
static void check_steps(
	lam_net *a, lam_net *b, const lam_optimizer *optimizer, int steps, const char *what)
{
	for (int step = 0; step < steps; step++) {
		const int n = step ? N : BATCH;
		check_ok(lam_net_step(a, optimizer, x, labels, n));
		check_ok(lam_net_forward(b, LAM_TRAIN, x, labels, n));
		check_ok(lam_net_backward(b));
		check_ok(lam_net_update(b, optimizer));
		check(lam_net_loss(a) == lam_net_loss(b), "%s, step %d: %.17g and %.17g", what,
			step, lam_net_loss(a), lam_net_loss(b));
	}
	check_equal(a, b, what);
}

static int late_calls(const lam_net *net)
{
	int count = 0;
	for (int i = 0; i < net->plan.call_count; i++)
		count += net->plan.calls[i].late;
	return count;
}

/* The weights that a run updates while it computes their gradients. These come behind all that
 * backward computes, and are not updated again. */
static int late_updates(lam_net *net, const lam_run *run)
{
	lam_walk walk = {.net = net, .run = *run};
	int count = 0;
	lam_list_tasks(&walk);
	for (int t = 0; t < walk.task_count; t++) {
		const lam_task *task = &net->tasks[t];
		if (!task->updates)
			continue;
		const int param = net->plan.calls[task->index].first_param;
		count++;
		for (int u = 0; u < walk.task_count; u++)
			check((net->tasks[u].kind != TASK_BACKWARD || u < t)
				&& (net->tasks[u].kind != TASK_UPDATE
					|| net->tasks[u].index != param));
	}
	return count;
}

/* Only where nothing comes between gradient and update, and something reads the gradient. */
static void only_steps_of_large_weights_are_late(void)
{
	static const struct lam_rule_class own = {LAM_RULE_ABI, .name = "own"};
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01);
	const lam_optimizer of_own = {.rule = LAM_RULE_OWN, .rule_class = &own};
	double norm;
	const lam_run step = {.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD | LAM_RUN_UPDATE,
		.mode = LAM_TRAIN,
		.n = N,
		.inputs = &(lam_run_input){.rows = x},
		.optimizer = &sgd};
	lam_run clips = step, norms = step, owns = step, halves = step;
	lam_net *net = make(in_a_residual, 1);
	check(late_calls(net) == 2 && late_updates(net, &step) == 2);
	clips.clip = 1, norms.grad_norm = &norm, owns.optimizer = &of_own;
	halves.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD;
	check(late_updates(net, &clips) == 0);
	check(late_updates(net, &norms) == 0);
	check(late_updates(net, &owns) == 0);
	check(late_updates(net, &halves) == 0);
	lam_param_set_trainable(lam_net_param(net, 2), false);
	check(late_updates(net, &step) == 1);
	lam_param_set_trainable(lam_net_param(net, 2), true);
	check_ok(lam_net_accumulate(net, true));
	check(late_updates(net, &step) == 2);
	check_ok(lam_net_forward(net, LAM_TRAIN, x, labels, N));
	check_ok(lam_net_backward(net));
	check(late_updates(net, &step) == 0);
	lam_net_free(net);
	net = make(shared, 1);
	check(late_calls(net) == 0);
	lam_net_free(net);
	net = lam_net_create(in_a_residual(), LAM_SHAPE(IN), .max_batch = BATCH, .inference = true);
	check(net && late_calls(net) == 0, "%s", lam_error());
	lam_net_free(net);
	net = lam_net_create(in_a_residual(), LAM_SHAPE(IN), .max_batch = BATCH, .recompute = true);
	check(net && late_calls(net) == 0, "%s", lam_error());
	lam_net_free(net);
}

/* A gradient is then a sum of sums. */
static void a_large_batch_has_the_bits_too(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01, .momentum = (lam_real)0.9);
	lam_net *nets[2];
	for (int k = 0; k < 2; k++) {
		nets[k] = lam_net_create(
			lam_sequential(lam_affine(.out = WIDE), lam_relu(), wide(), lam_relu(),
				lam_affine(.out = 5), lam_softmax_cross_entropy()),
			LAM_SHAPE(IN), .max_batch = MOST, .seed = 4, .threads = 2);
		check(nets[k] && late_calls(nets[k]) == 1, "%s", lam_error());
	}
	check_ok(lam_net_step(nets[0], &sgd, x, labels, MOST));
	check_ok(lam_net_forward(nets[1], LAM_TRAIN, x, labels, MOST));
	check_ok(lam_net_backward(nets[1]));
	check_ok(lam_net_update(nets[1], &sgd));
	check_equal(nets[0], nets[1], "a large batch");
	lam_net_free(nets[0]);
	lam_net_free(nets[1]);
	/* What would stay is too much. */
	nets[0] = lam_net_create(in_a_residual(), LAM_SHAPE(IN), .max_batch = 2 * MOST);
	check(nets[0] && late_calls(nets[0]) == 0, "%s", lam_error());
	lam_net_free(nets[0]);
}

static void a_step_has_the_bits_of_its_parts(void)
{
	const lam_optimizer rules[] = {lam_sgd(.lr = (lam_real)0.01),
		lam_sgd(.lr = (lam_real)0.01, .momentum = (lam_real)0.9,
			.weight_decay = (lam_real)0.01, .nesterov = true),
		lam_adam(.lr = (lam_real)0.001),
		lam_adamw(.lr = (lam_real)0.001, .weight_decay = (lam_real)0.1),
		lam_rmsprop(.lr = (lam_real)0.0001, .momentum = (lam_real)0.9, .centered = true)};
	lam_net *a = make(in_a_residual, 2), *b = make(in_a_residual, 1);
	for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
		check_steps(a, b, &rules[r], 2, lam_optimizer_name(&rules[r]));
	lam_net_free(a);
	lam_net_free(b);
}

static void a_shared_weight_waits_for_all_parts(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01, .momentum = (lam_real)0.9);
	lam_net *a = make(shared, 3), *b = make(shared, 1);
	check_steps(a, b, &sgd, 2, "shared");
	lam_net_free(a);
	lam_net_free(b);
}

/* Frozen weights stay, others have their own rates, and a sum of two backwards is applied whole. */
static void what_is_set_holds(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01, .momentum = (lam_real)0.9,
		.weight_decay = (lam_real)0.01);
	lam_net *nets[] = {make(in_a_residual, 3), make(in_a_residual, 2)};
	for (int k = 0; k < 2; k++) {
		lam_param_set_trainable(lam_net_param(nets[k], 2), false);
		lam_param_set_rate(lam_net_param(nets[k], 4), (lam_real)0.5);
		lam_param_set_decay(lam_net_param(nets[k], 4), 0);
	}
	check_steps(nets[0], nets[1], &sgd, 2, "frozen");
	for (int k = 0; k < 2; k++) {
		lam_param_set_trainable(lam_net_param(nets[k], 2), true);
		check_ok(lam_net_accumulate(nets[k], true));
		check_ok(lam_net_forward(nets[k], LAM_TRAIN, x, labels, BATCH));
		check_ok(lam_net_backward(nets[k]));
	}
	check_steps(nets[0], nets[1], &sgd, 2, "a sum");
	lam_net_free(nets[0]);
	lam_net_free(nets[1]);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(a_step_has_the_bits_of_its_parts),
		TEST(only_steps_of_large_weights_are_late), TEST(a_large_batch_has_the_bits_too),
		TEST(a_shared_weight_waits_for_all_parts), TEST(what_is_set_holds)};
	fill();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
