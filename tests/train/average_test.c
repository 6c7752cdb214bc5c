/* SPDX-License-Identifier: MIT */
/* .average and .keep_best of lam_fit() beside a loop written by hand: the same bits of parameters,
 * running statistics and scores, for any number of threads. */
#include "tests/train/average_problem.h"

struct options {
	double average;
	bool warmup, keep_best, frozen, adam, halves;
	int patience, every, power;
	bool lookahead;
};

/* What a run ends with. */
struct end {
	lam_real weights[WEIGHTS];
	int64_t steps, best_epoch;
	double loss, best_loss;
};

static lam_optimizer rule_of(const struct options *o)
{
	return o->adam ? lam_adam(.lr = (lam_real)0.01)
		       : lam_sgd(.lr = (lam_real)0.02, .momentum = (lam_real)0.9);
}

/* Moves the average after step `step`, from 1, and with lookahead the weights back to it. */
static void move_average(lam_real *average, lam_real *raw, const struct options *o, int64_t step)
{
	double decay = o->average;
	const bool copied = step == 1 && !o->lookahead;
	for (int i = 0; i < o->power; i++)
		decay *= (double)step / STEPS;
	if (!copied && o->every && step % o->every)
		return;
	if (o->warmup && (double)(1 + step) / (double)(10 + step) < decay)
		decay = (double)(1 + step) / (double)(10 + step);
	const lam_real rate = (lam_real)(1 - decay);
	for (int i = 0; i < WEIGHTS; i++) {
		average[i] = copied ? raw[i] : average[i] + rate * (raw[i] - average[i]);
		raw[i] = o->lookahead ? average[i] : raw[i];
	}
}

static void by_hand(const struct options *o, const lam_dataset *validation, struct end *end)
{
	static lam_real raw[WEIGHTS], average[WEIGHTS];
	lam_net *net = normed_net(1);
	const lam_optimizer rule = rule_of(o);
	*end = (struct end){.best_epoch = 0};
	require(net, "%s", lam_error());
	lam_param_set_trainable(lam_net_param(net, 0), !o->frozen);
	move_weights(net, average, false);
	for (int epoch = 1; epoch <= EPOCHS; epoch++) {
		for (int at = 0; at < COUNT; at += BATCH) {
			const int n = COUNT - at < BATCH ? COUNT - at : BATCH;
			check_ok(lam_net_step(
				net, &rule, images + (ptrdiff_t)at * PIXELS, labels + at, n));
			move_weights(net, raw, false);
			move_average(average, raw, o, ++end->steps);
			move_weights(net, raw, true);
		}
		lam_score score;
		lam_real *held = o->average > 0 ? average : raw;
		move_weights(net, held, true);
		check_ok(lam_evaluate(net, validation, &score));
		move_weights(net, raw, true);
		end->loss = score.loss;
		const bool better = !end->best_epoch || score.loss < end->best_loss;
		if (better) {
			end->best_epoch = epoch;
			end->best_loss = score.loss;
		}
		if (better || !o->keep_best)
			memcpy(end->weights, held, sizeof end->weights);
		if (o->patience && epoch - end->best_epoch >= o->patience)
			break;
	}
	lam_net_free(net);
}

static lam_status change_nothing(lam_net *net, lam_optimizer *rule, int64_t step, void *data)
{
	(void)net, (void)rule, (void)step, (void)data;
	return LAM_OK;
}

static void by_fit(const struct options *o, const lam_dataset *train, const lam_dataset *validation,
	int threads, struct end *end)
{
	lam_net *net = normed_net(threads);
	lam_report report;
	require(net, "%s", lam_error());
	lam_param_set_trainable(lam_net_param(net, 0), !o->frozen);
	const lam_real *const place = lam_param_value(lam_net_param(net, 0));
	check_ok(lam_fit(net, train, &report, .epochs = EPOCHS, .batch = BATCH, .no_shuffle = true,
		.validation = validation, .optimizer = rule_of(o), .average = o->average,
		.average_warmup = o->warmup, .average_every = o->every, .average_power = o->power,
		.lookahead = o->lookahead, .keep_best = o->keep_best, .patience = o->patience,
		.before_update = o->halves ? change_nothing : NULL));
	check(lam_param_value(lam_net_param(net, 0)) == place);
	move_weights(net, end->weights, false);
	end->steps = report.steps;
	end->loss = report.validation.loss;
	end->best_epoch = report.best_epoch;
	end->best_loss = report.best_loss;
	/* The net computes with what it holds. */
	lam_score score;
	check_ok(lam_evaluate(net, validation, &score));
	check(score.loss == (o->keep_best ? report.best_loss : report.validation.loss)
		|| (!o->keep_best && o->average == 0));
	lam_net_free(net);
}

static const struct options rows[] = {
	{.average = 0.9},
	{.average = 0.5, .frozen = true},
	{.average = 0.99, .warmup = true},
	{.average = 0.5, .warmup = true, .adam = true},
	{.keep_best = true},
	{.average = 0.7, .every = 3},
	{.average = 0.9, .power = 3, .adam = true},
	{.average = 0.5, .every = 5, .lookahead = true},
	{.average = 0.8, .every = 4, .power = 2, .lookahead = true, .frozen = true, .halves = true},
	{.average = 0.6, .lookahead = true, .warmup = true, .keep_best = true, .patience = 2},
	{.keep_best = true, .patience = 2, .adam = true},
	{.keep_best = true, .average = 0.9, .halves = true},
	{.keep_best = true, .average = 0.95, .warmup = true, .patience = 1, .frozen = true},
	{.keep_best = true, .average = 0.3, .adam = true, .patience = 2},
};

static void equals_a_loop_by_hand(void)
{
	lam_dataset *train = striped(), *validation = mislabelled();
	bool earlier = false;
	require(train && validation, "%s", lam_error());
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct options *o = &rows[i];
		struct end hand, fit;
		by_hand(o, validation, &hand);
		earlier |= o->keep_best && hand.best_epoch < EPOCHS;
		for (int threads = 1; threads <= 3; threads++) {
			test_begin("row %zu, %d threads, best epoch %d", i, threads,
				(int)hand.best_epoch);
			by_fit(o, train, validation, threads, &fit);
			check(!memcmp(fit.weights, hand.weights, sizeof hand.weights),
				"other weights");
			check(fit.steps == hand.steps && fit.best_epoch == hand.best_epoch);
			check(fit.loss == hand.loss && fit.best_loss == hand.best_loss,
				"losses %g, %g, by hand %g, %g", fit.loss, fit.best_loss, hand.loss,
				hand.best_loss);
			test_end();
		}
	}
	check(earlier, "no best epoch was an earlier one: keeping it is not tested");
	lam_dataset_free(validation);
	lam_dataset_free(train);
}

/* Remembers the trained weights after every step. */
struct trace {
	lam_real weights[EPOCHS * 7][WEIGHTS];
	int64_t steps;
};

static bool record(const lam_progress *progress, void *data)
{
	struct trace *trace = data;
	move_weights(progress->net, trace->weights[trace->steps++], false);
	return false;
}

/* Callbacks see the weights that are trained, which neither option changes. */
static void training_is_the_same_without(void)
{
	static struct trace traces[2];
	lam_dataset *train = striped(), *validation = mislabelled();
	for (int on = 0; on < 2; on++) {
		lam_net *net = normed_net(2);
		require(train && validation && net, "%s", lam_error());
		check_ok(lam_fit(net, train, NULL, .epochs = EPOCHS, .validation = validation,
			.optimizer = lam_adam(.lr = (lam_real)0.02), .average = on * 0.9,
			.keep_best = on, .step_end = record, .step_end_data = &traces[on]));
		lam_net_free(net);
	}
	check(traces[0].steps == EPOCHS * 7 && !memcmp(&traces[0], &traces[1], sizeof traces[0]));
	lam_dataset_free(validation);
	lam_dataset_free(train);
}

/* Without a validation set the best epoch is that of the least training loss. */
static void without_a_validation_set(void)
{
	lam_dataset *train = striped();
	lam_real weights[2][WEIGHTS];
	lam_report report;
	for (int on = 0; on < 2; on++) {
		lam_net *net = normed_net(1);
		require(train && net, "%s", lam_error());
		check_ok(lam_fit(net, train, &report, .epochs = 2, .keep_best = on,
			.optimizer = lam_sgd(.lr = (lam_real)0.05)));
		check(report.best_epoch == 2);
		move_weights(net, weights[on], false);
		lam_net_free(net);
	}
	check(!memcmp(weights[0], weights[1], sizeof weights[0]));
	lam_dataset_free(train);
}

static bool stop(const lam_progress *progress, void *data)
{
	return progress->total_step == *(const int *)data;
}

/* A run that a callback stops before the first epoch is over has no best epoch. */
static void without_a_whole_epoch(void)
{
	lam_dataset *train = striped();
	lam_real weights[2][WEIGHTS];
	for (int on = 0; on < 2; on++) {
		lam_net *net = normed_net(1);
		require(train && net, "%s", lam_error());
		check_ok(lam_fit(net, train, NULL, .epochs = 2, .keep_best = on,
			.optimizer = lam_sgd(.lr = (lam_real)0.05), .step_end = stop,
			.step_end_data = &(int){3}));
		move_weights(net, weights[on], false);
		lam_net_free(net);
	}
	check(!memcmp(weights[0], weights[1], sizeof weights[0]));
	lam_dataset_free(train);
}

/* A layer that hands its input on, with a statistic that begins at infinity. */
static lam_status least_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	lam_plan_state(plan, "least", LAM_SHAPE(1), (lam_real)INFINITY);
	return LAM_OK;
}

static lam_status copy(const lam_view *from, const lam_view *to)
{
	memcpy(to->data, from->data, (size_t)from->values * sizeof *to->data);
	return LAM_OK;
}

static lam_status least_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return copy(pass->x, pass->y);
}

static lam_status least_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	return copy(pass->dy, pass->dx);
}

static const lam_layer_class least_class = {LAM_LAYER_ABI, .kind = "least", .plan = least_plan,
	.forward = least_forward, .backward = least_backward};

static bool lower(const lam_progress *progress, void *data)
{
	(void)data;
	if (progress->total_step == 3)
		lam_param_edit(lam_net_state(progress->net, 0))[0] = 5;
	return false;
}

/* An infinite value has no mean: the average is copied until it becomes finite. */
static void infinite_statistics_are_copied(void)
{
	lam_dataset *train = striped();
	for (int edits = 0; edits < 2; edits++) {
		lam_net *net = lam_net_create(
			lam_sequential(lam_layer_new(&least_class, NULL),
				lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
			LAM_SHAPE(1, SIDE, SIDE), .max_batch = BATCH);
		require(train && net, "%s", lam_error());
		check_ok(lam_fit(net, train, NULL, .epochs = 1, .average = 0.5,
			.optimizer = lam_sgd(.lr = (lam_real)0.05),
			.step_end = edits ? lower : NULL));
		const lam_real least = lam_param_value(lam_net_state(net, 0))[0];
		check(edits ? least == 5 : least == (lam_real)INFINITY, "it is %g", (double)least);
		lam_net_free(net);
	}
	lam_dataset_free(train);
}

/* A replica reads what the run has ended with. */
static void replicas_see_the_result(void)
{
	lam_dataset *train = striped();
	lam_net *net = normed_net(1), *replica = lam_net_replica(net);
	lam_score score, own;
	require(train && net && replica, "%s", lam_error());
	check_ok(lam_evaluate(replica, train, &score));
	check_ok(lam_fit(net, train, NULL, .epochs = 2, .average = 0.9, .keep_best = true,
		.optimizer = lam_sgd(.lr = (lam_real)0.05)));
	check_ok(lam_evaluate(replica, train, &score));
	check_ok(lam_evaluate(net, train, &own));
	check(score.loss == own.loss);
	lam_net_free(replica);
	lam_net_free(net);
	lam_dataset_free(train);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(equals_a_loop_by_hand),
		TEST(training_is_the_same_without), TEST(without_a_validation_set),
		TEST(without_a_whole_epoch), TEST(infinite_statistics_are_copied),
		TEST(replicas_see_the_result)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
