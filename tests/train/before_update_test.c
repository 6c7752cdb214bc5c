/* SPDX-License-Identifier: MIT */
/* lam_fit(.before_update): against a loop written by hand, stopped and resumed at every step, and
 * what it may do. */
#include "tests/files/files.h"
#include "tests/train/counted.h"
#include "tests/train/resume_problem.h"

static lam_real limit = (lam_real)0.01;

static lam_status clip_by_value(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	const lam_real most = *(const lam_real *)data;
	(void)optimizer, (void)step;
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_param *param = lam_net_param(net, i);
		lam_real *gradient = lam_param_grad_edit(param);
		const lam_shape shape = lam_param_shape(param);
		for (int64_t k = 0; k < lam_shape_count(&shape); k++)
			gradient[k] = gradient[k] > most ? most
				: gradient[k] < -most    ? -most
							 : gradient[k];
	}
	return LAM_OK;
}

static lam_status do_nothing(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	(void)net, (void)optimizer, (void)step, (void)data;
	return LAM_OK;
}

/* Every other step has a third of the rate, and no momentum in what decays. */
static lam_status slow_down(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	(void)net, (void)data;
	if (step % 2) {
		optimizer->lr /= 3;
		optimizer->weight_decay = 0;
	}
	return LAM_OK;
}

/* A run: its options beside those that all have. */
struct run {
	lam_status (*before)(lam_net *, lam_optimizer *, int64_t, void *);
	void *data;
	int rule, threads, stop;
	double clip;
	const char *checkpoint;
};

static bool stop_at(const lam_progress *progress, void *data)
{
	return progress->total_step == *(int *)data;
}

static lam_net *new_net(int threads)
{
	return plan_net(&(struct plan){.model = 0, .seed = 3, .threads = threads});
}

static lam_status fit(struct run r, lam_net *net, lam_report *report)
{
	lam_dataset *data = stripes(NULL);
	lam_status status = lam_fit(net, data, report, .epochs = EPOCHS, .validation = data,
		.optimizer = rule_of(r.rule), .schedule = schedule_of(1), .clip = r.clip,
		.augment = {.shift = 1}, .before_update = r.before, .before_update_data = r.data,
		.checkpoint = r.checkpoint, .resume = r.checkpoint != NULL, .step_end = stop_at,
		.step_end_data = &r.stop);
	lam_dataset_free(data);
	return status;
}

/* The hash of a run's end; 0 if it failed. */
static uint64_t end_of(struct run r)
{
	lam_report report;
	lam_net *net = new_net(r.threads);
	uint64_t hash = check_ok(fit(r, net, &report)) ? print_of(net, &report) : 0;
	lam_net_free(net);
	return hash;
}

/* Two runs of the net have the bits of one, for every rule and any number of threads. */
static void changes_nothing_by_itself(void)
{
	for (int rule = 0; rule < RULES; rule++) {
		test_begin("rule %d", rule);
		struct run r = {.rule = rule, .threads = 1, .clip = rule % 2 ? 0.5 : 0};
		const uint64_t plain = end_of(r);
		r.before = do_nothing;
		for (r.threads = 1; r.threads <= 3; r.threads++)
			check(end_of(r) == plain, "%d threads end with other bits", r.threads);
		test_end();
	}
}

static void equals_a_loop(
	lam_status (*before)(lam_net *, lam_optimizer *, int64_t, void *), double clip)
{
	struct run r = {.before = before, .data = &limit, .rule = 1, .threads = 2, .clip = clip};
	lam_net *net = new_net(2), *looped = new_net(1);
	lam_dataset *data = stripes(NULL);
	lam_loader *loader = lam_loader_new(
		data, .batch = BATCH, .seed = 3, .augment = {.shift = 1});
	const lam_schedule schedule = schedule_of(1);
	require(net && looped && loader, "%s", lam_error());
	check_ok(fit(r, net, NULL));
	for (int step = 0; step < STEPS; step++) {
		const lam_batch *batch = lam_loader_next(loader);
		lam_optimizer optimizer = rule_of(1);
		optimizer.lr = (lam_real)lam_schedule_rate(
			&schedule, (double)optimizer.lr, step, STEPS, STEPS_PER_EPOCH);
		require(batch
			&& check_ok(lam_net_forward(
				looped, LAM_TRAIN, batch->x, batch->targets, batch->n))
			&& check_ok(lam_net_backward(looped))
			&& check_ok(before(looped, &optimizer, step, &limit))
			&& check_ok(lam_net_update(looped, &optimizer)));
	}
	for (int i = 0; i < lam_net_param_count(net); i++) {
		const struct lam_param *a = net->plan.params[i], *b = looped->plan.params[i];
		check(memcmp(a->value, b->value, (size_t)a->count * sizeof *a->value) == 0, "%s",
			a->name);
	}
	lam_loader_free(loader);
	lam_dataset_free(data);
	lam_net_free(looped);
	lam_net_free(net);
}

static void clipping_equals_a_loop_of_ones_own(void)
{
	equals_a_loop(clip_by_value, 0);
}

static void another_rate_equals_a_loop_of_ones_own(void)
{
	equals_a_loop(slow_down, 0);
}

/* The norm is that of the clipped gradients: so small ones are not scaled. */
static void the_norm_comes_after(void)
{
	lam_real tiny = (lam_real)1e-4;
	struct run r = {.before = clip_by_value, .data = &tiny, .rule = 0, .threads = 1};
	const uint64_t without = end_of(r);
	r.clip = 0.1;
	check(end_of(r) == without, "the gradients before the callback were clipped");
	r.clip = 1e-4;
	check(end_of(r) != without);
}

static void every_step_resumes(void)
{
	struct run r = {.before = clip_by_value, .data = &limit, .rule = 3, .threads = 2};
	const uint64_t through = end_of(r);
	r.checkpoint = file_path("before.npz");
	for (int stop = 1; stop < STEPS && !kit.failures; stop++) {
		unlink(r.checkpoint);
		r.threads = 1 + stop % 3;
		r.stop = stop;
		end_of(r);
		r.stop = stop + 1 + stop % 4;
		end_of(r);
		r.stop = 0;
		check(end_of(r) == through, "stopped at step %d, it ends with other bits", stop);
	}
	unlink(r.checkpoint);
	r.stop = 3;
	end_of(r);
	lam_net *net = new_net(1);
	r.before = NULL;
	check_fails(fit(r, net, NULL), LAM_ERR_ARGUMENT, "its before_update is 1; expected 0");
	lam_net_free(net);
}

/* What a failing callback does in step 4: returns a status, or makes the step fail. */
struct failure {
	lam_status status;
	bool says, changes_rule, changes_moments, spoils;
	lam_real lr;
	uint64_t before; /* the net before the step */
};

static uint64_t bits(lam_net *net)
{
	return print_of(net, &(lam_report){.steps = 0});
}

static bool note(const lam_progress *progress, void *data)
{
	struct failure *failure = data;
	if (progress->total_step == 4)
		failure->before = bits(progress->net);
	return false;
}

static lam_status fail(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	const struct failure *failure = data;
	if (step != 4)
		return LAM_OK;
	if (failure->changes_rule)
		*optimizer = lam_adam(.lr = (lam_real)0.1);
	if (failure->changes_moments)
		optimizer->momentum = 0;
	if (failure->lr != 0)
		optimizer->lr = failure->lr;
	if (failure->spoils)
		lam_param_grad_edit(lam_net_param(net, 0))[1] = (lam_real)NAN;
	if (failure->says)
		return lam_fail(failure->status, "the limit %d is odd", 3);
	return failure->status;
}

/* Parameters, statistics and moments stay as they were before the step. */
static void a_failure_stops_the_run(void)
{
	const struct {
		struct failure failure;
		lam_status status;
		const char *words;
	} rows[] = {
		{{.status = LAM_ERR_STATE, .says = true}, LAM_ERR_STATE, "the limit 3 is odd"},
		{{.status = LAM_ERR_NUMERIC, .says = true}, LAM_ERR_NUMERIC, "the limit 3 is odd"},
		{{.status = LAM_ERR_IO}, LAM_ERR_IO, ".before_update"},
		{{.changes_rule = true}, LAM_ERR_ARGUMENT,
			"lam_fit: .before_update changed the optimizer from sgd to adam"},
		{{.changes_moments = true}, LAM_ERR_ARGUMENT, "from sgd to sgd with other moments"},
		{{.lr = -1}, LAM_ERR_ARGUMENT, "lam_fit: after .before_update: sgd: option lr"},
		{{.spoils = true}, LAM_ERR_NUMERIC,
			"lam_fit: epoch 1, step 5: the gradient's norm is not finite after "
			".before_update"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("row %zu", i);
		struct failure failure = rows[i].failure;
		lam_report report;
		lam_net *net = new_net(2);
		lam_dataset *data = stripes(NULL);
		lam_fail(LAM_ERR_MEMORY, "an older sentence");
		check_fails(lam_fit(net, data, &report, .epochs = 2, .optimizer = rule_of(1),
				    .before_update = fail, .before_update_data = &failure,
				    .step_end = note, .step_end_data = &failure),
			rows[i].status, rows[i].words);
		check(report.steps == 4 && report.stop == LAM_STOP_ERROR);
		net->passes--; /* of the step that failed */
		check(bits(net) == failure.before, "the step has changed the net");
		lam_net_free(net);
		lam_dataset_free(data);
		test_end();
	}
}

static lam_status try_everything(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	static lam_real x[BATCH * PIXELS], y[BATCH * CLASSES];
	lam_param *param = lam_net_param(net, 0);
	const char *words = "within a step (.before_update); expected it before or after";
	lam_dataset *samples = data;
	lam_score score;
	(void)step;
	check(lam_param_grad_edit(param) == lam_param_grad(param) && lam_param_grad(param));
	check(lam_net_output(net) && isfinite(lam_net_loss(net)));
	check(!lam_param_grad_edit(lam_net_state(net, 0)));
	check(strstr(lam_error(), "which has no gradient") != NULL);
	check(!lam_param_edit(param) && strstr(lam_error(), words), "%s", lam_error());
	lam_param_set_trainable(param, false);
	check(lam_param_trainable(param) && strstr(lam_error(), words), "%s", lam_error());
	check_fails(lam_net_predict(net, x, 1, y), LAM_ERR_STATE, words);
	check_fails(lam_evaluate(net, samples, &score), LAM_ERR_STATE, words);
	check_fails(lam_net_backward(net), LAM_ERR_STATE, words);
	check_fails(lam_net_update(net, optimizer), LAM_ERR_STATE, words);
	check_fails(lam_net_save(net, file_path("within.npz")), LAM_ERR_STATE, words);
	check_fails(lam_net_accumulate(net, true), LAM_ERR_STATE, words);
	check_fails(lam_net_prepare(net, optimizer), LAM_ERR_STATE, words);
	check_fails(lam_fit(net, samples, NULL, .epochs = 1, .optimizer = *optimizer),
		LAM_ERR_STATE, words);
	lam_net_free(net);
	lam_net *replica = lam_net_replica(net, .max_batch = 1, .inference = true);
	check(replica && check_ok(lam_net_predict(replica, x, 1, y)), "%s", lam_error());
	lam_net_free(replica);
	return LAM_OK;
}

static void only_gradients_can_be_changed(void)
{
	lam_dataset *data = stripes(NULL);
	struct run r = {.rule = 1, .threads = 2};
	const uint64_t plain = end_of(r);
	r.before = try_everything;
	r.data = data;
	check(end_of(r) == plain, "what was refused has changed the run");
	lam_dataset_free(data);
}

static void allocates_nothing(void)
{
	long first = 0;
	count_allocations();
	lam_dataset *data = stripes(NULL);
	lam_net *net = new_net(2);
	check_ok(lam_fit(net, data, NULL, .epochs = 2, .validation = data, .optimizer = rule_of(3),
		.before_update = clip_by_value, .before_update_data = &limit,
		.step_end = compare_allocations, .step_end_data = &first));
	lam_net_free(net);
	lam_dataset_free(data);
	lam_set_allocator(NULL);
	check(first > 0);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(changes_nothing_by_itself),
		TEST(clipping_equals_a_loop_of_ones_own),
		TEST(another_rate_equals_a_loop_of_ones_own),
		TEST(the_norm_comes_after),
		TEST(every_step_resumes),
		TEST(a_failure_stops_the_run),
		TEST(only_gradients_can_be_changed),
		TEST(allocates_nothing),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
