/* SPDX-License-Identifier: MIT */
/* What lookahead does to weights that are edited, and which options of averages are refused. The
 * loop by hand is in average_test.c. */
#include "tests/train/average_problem.h"

/* Edits the frozen weight in step 3. Whenever the net is asked, it computes with what it holds, as
 * a net that was given these weights does. */
static bool edit_and_compare(const lam_progress *progress, void *data)
{
	static lam_real weights[WEIGHTS];
	lam_net *const other = data;
	lam_score score, own;
	if (progress->total_step == 3)
		for (int i = 0; i < 36; i++)
			lam_param_edit(lam_net_param(progress->net, 0))[i] += 1;
	lam_dataset *set = striped();
	move_weights(progress->net, weights, false);
	move_weights(other, weights, true);
	check(set != NULL, "%s", lam_error());
	check_ok(lam_evaluate(progress->net, set, &own));
	check_ok(lam_evaluate(other, set, &score));
	check(score.loss == own.loss, "step %d: %g, %g", (int)progress->total_step, score.loss,
		own.loss);
	lam_dataset_free(set);
	return false;
}

/* Lookahead moves a frozen parameter that was edited, too. */
static void lookahead_moves_edited_weights(void)
{
	lam_dataset *train = striped();
	lam_net *net = normed_net(2), *other = normed_net(1);
	require(train && net && other, "%s", lam_error());
	const double first = (double)lam_param_value(lam_net_param(net, 0))[0];
	lam_param_set_trainable(lam_net_param(net, 0), false);
	check_ok(lam_fit(net, train, NULL, .epochs = 1, .average = 0.75, .average_every = 2,
		.lookahead = true, .optimizer = lam_sgd(.lr = (lam_real)0.05),
		.step_end = edit_and_compare, .step_end_data = other));
	/* A quarter of the difference stays in step 4, and there is none in step 6. */
	check_near((double)lam_param_value(lam_net_param(net, 0))[0], first + 0.25, 1e-6);
	lam_net_free(other);
	lam_net_free(net);
	lam_dataset_free(train);
}

static void refuses_other_decays(void)
{
	lam_dataset *train = striped();
	lam_net *net = normed_net(1);
	require(train && net, "%s", lam_error());
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.05);
	static const double bad[] = {-0.1, 1, 1.5, (double)NAN, (double)INFINITY};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_fails(
			lam_fit(net, train, NULL, .epochs = 1, .optimizer = sgd, .average = bad[i]),
			LAM_ERR_ARGUMENT, "; expected a decay above 0 and below 1, or 0 for none");
	check(strstr(lam_error(), "lam_fit: .average is inf") != NULL, "%s", lam_error());
	check_fails(
		lam_fit(net, train, NULL, .epochs = 1, .optimizer = sgd, .average_warmup = true),
		LAM_ERR_ARGUMENT, "lam_fit: .average_warmup without .average; expected a decay");
	check_fails(lam_fit(net, train, NULL, .epochs = 1, .optimizer = sgd, .average = 0.5,
			    .average_every = -2),
		LAM_ERR_ARGUMENT, "lam_fit: .average_every is -2; expected steps, or 0 for each");
	check_fails(lam_fit(net, train, NULL, .epochs = 1, .optimizer = sgd, .average = 0.5,
			    .average_power = 17),
		LAM_ERR_ARGUMENT, "lam_fit: .average_power is 17; expected 0 to 16");
	check_fails(lam_fit(net, train, NULL, .epochs = 1, .optimizer = sgd, .lookahead = true),
		LAM_ERR_ARGUMENT, "lam_fit: .lookahead without .average; expected a decay");
	check_fails(lam_fit(net, train, NULL, .epochs = 1, .optimizer = sgd, .average_every = 2),
		LAM_ERR_ARGUMENT, "lam_fit: .average_every without .average; expected a decay");
	lam_net_free(net);
	lam_dataset_free(train);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(lookahead_moves_edited_weights), TEST(refuses_other_decays)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
