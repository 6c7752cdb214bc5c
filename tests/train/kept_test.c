/* SPDX-License-Identifier: MIT */
/* The weights that a run keeps beside those that it trains, in its checkpoint: resumed at every
 * step, also from the previous file, they have the same bits; and lam_net_load() and
 * lam_net_load_params() take the set that they are asked for. */
#include "tests/files/saved_plan.h"

#include "framework/files/npz.h"

/* Stripes under wrong labels: the better the net, the worse it does, so the first epoch is best. */
static lam_status wrong_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	lam_status status = stripe_read(self, index, x, target);
	if (target)
		*(int32_t *)target = (*(int32_t *)target + 1) % CLASSES;
	return status;
}

static lam_dataset *wrong_stripes(void)
{
	static const lam_dataset_class wrong_class = {LAM_DATASET_ABI, .kind = "wrong stripes",
		.state_size = sizeof(atomic_int *), .read = wrong_read};
	return lam_dataset_new(&wrong_class, SAMPLES, LAM_SHAPE(1, SIDE, SIDE),
		(lam_target_info){.type = LAM_CLASSES, .classes = CLASSES});
}

/* As run(), which has the training set for validation, too. */
static bool first_is_best;

static lam_status run_kept(const struct plan *plan, lam_report *report, uint64_t *print)
{
	lam_dataset *data = stripes(NULL), *validation = first_is_best ? wrong_stripes() : data;
	lam_net *net = plan_net(plan);
	*print = 0;
	if (!check(data && validation && net, "%s", lam_error()))
		return LAM_ERR_STATE;
	const lam_status status = plan_fit(plan, net, data, validation, report);
	*print = print_of(net, report);
	lam_net_free(net);
	if (first_is_best)
		lam_dataset_free(validation);
	lam_dataset_free(data);
	return status;
}

static const lam_weights sets[] = {LAM_WEIGHTS_RAW, LAM_WEIGHTS_AVERAGE, LAM_WEIGHTS_BEST};

static struct plan kept_in(const char *name)
{
	struct plan plan = saved_in(name);
	plan.average = 0.8;
	plan.keep_best = true;
	unlink(plan.checkpoint);
	return plan;
}

static uint64_t weights_of(const lam_net *net)
{
	uint64_t hash = 0xcbf29ce484222325;
	for (int i = 0; i < net->plan.param_count; i++)
		hash = mix(hash, net->plan.params[i]->value,
			(size_t)net->plan.params[i]->count * sizeof(lam_real));
	for (int i = 0; i < net->plan.state_count; i++)
		hash = mix(hash, net->plan.states[i]->value,
			(size_t)net->plan.states[i]->count * sizeof(lam_real));
	return hash;
}

/* A hash of one set of weights in the file; 0: it has none. */
static uint64_t set_of(const char *path, lam_weights weights)
{
	lam_net *net = lam_net_load(path, .weights = weights, .max_batch = 1);
	const uint64_t hash = net ? weights_of(net) : 0;
	lam_net_free(net);
	return hash;
}

/* A hash of all sets in the file, which differ from each other. */
static uint64_t sets_of(const char *path)
{
	uint64_t hash[3];
	for (int i = 0; i < 3; i++) {
		hash[i] = set_of(path, sets[i]);
		check(hash[i] != 0, "%s", lam_error());
	}
	check(hash[0] != hash[1]);
	return mix(mix(hash[0], &hash[1], sizeof hash[1]), &hash[2], sizeof hash[2]);
}

/* The run has several ends: `at` are the steps after which it is stopped. */
static bool stop_at(const lam_progress *progress, void *data)
{
	return progress->total_step == *(const int64_t *)data;
}

static void stopped_at(struct plan plan, int64_t first, int64_t second, uint64_t *print)
{
	lam_report report;
	const int64_t at[] = {first, second, STEPS};
	unlink(plan.checkpoint);
	plan.step_end = stop_at;
	for (int part = 0; part < 3; part++) {
		plan.data = (void *)&at[part];
		plan.threads = 1 + part;
		check_ok(run_kept(&plan, &report, print));
		check(report.steps == at[part] && *report.notice == '\0', "%s", report.notice);
	}
}

static void resumes_at_every_step(void)
{
	static const struct row {
		double average;
		bool warmup, keep_best, first_is_best;
		int every, power;
		bool lookahead;
	} rows[] = {{0.8, false, false, true, 0, 0, false}, {0.9, true, true, false, 0, 0, false},
		{0.5, false, true, true, 0, 0, false}, {0, false, true, true, 0, 0, false},
		{0.7, false, false, true, 2, 1, true}, {0.5, false, true, false, 3, 0, true}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct plan plan = kept_in("every.npz");
		plan.average = rows[i].average;
		plan.average_warmup = rows[i].warmup;
		plan.keep_best = rows[i].keep_best;
		plan.average_every = rows[i].every;
		plan.average_power = rows[i].power;
		plan.lookahead = rows[i].lookahead;
		first_is_best = rows[i].first_is_best;
		uint64_t through, print, files[3];
		lam_report report;
		check_ok(run_kept(&plan, &report, &through));
		for (int s = 0; s < 3; s++)
			files[s] = set_of(plan.checkpoint, sets[s]);
		check(report.best_epoch == (first_is_best ? 1 : EPOCHS), "best epoch %d",
			(int)report.best_epoch);
		check(!files[1] == !rows[i].average && !files[2] == !rows[i].keep_best);
		for (int64_t first = 1; first < STEPS - 1; first++) {
			const int64_t second = first + 1 + first * 5 % (STEPS - first - 1);
			test_begin("row %zu, stopped at %d and %d", i, (int)first, (int)second);
			stopped_at(plan, first, second, &print);
			check(print == through, "it came to other bits");
			for (int s = 0; s < 3; s++)
				check(set_of(plan.checkpoint, sets[s]) == files[s],
					"the file has other weights of set %d", s);
			test_end();
		}
	}
	first_is_best = false;
}

/* The newest file is cut short: the run goes on from the previous one. */
static void resumes_from_the_previous_file(void)
{
	struct plan plan = kept_in("previous.npz");
	uint64_t through, print;
	lam_report report;
	first_is_best = true;
	check_ok(run_kept(&plan, &report, &through));
	const uint64_t files = sets_of(plan.checkpoint);
	unlink(plan.checkpoint);
	int64_t at = 9;
	plan.every = 1;
	plan.step_end = stop_at;
	plan.data = &at;
	check_ok(run_kept(&plan, &report, &print));
	check(truncate(plan.checkpoint, 5000) == 0);
	plan.every = 0;
	plan.step_end = NULL;
	check_ok(run_kept(&plan, &report, &print));
	check(strstr(report.notice, "previous") != NULL, "%s", report.notice);
	check(print == through && sets_of(plan.checkpoint) == files);
	first_is_best = false;
}

/* After the run the net has the best weights, and its checkpoint the last ones under plain names.
 */
static void a_checkpoint_has_every_set(void)
{
	struct plan plan = kept_in("sets.npz");
	lam_dataset *data = stripes(NULL);
	lam_net *net = plan_net(&plan), *other = plan_net(&perceptron);
	lam_report report;
	require(data && net && other, "%s", lam_error());
	check_ok(plan_fit(&plan, net, data, data, &report));
	const uint64_t best = weights_of(net), raw = set_of(plan.checkpoint, LAM_WEIGHTS_RAW);
	check(set_of(plan.checkpoint, LAM_WEIGHTS_BEST) == best
		&& set_of(plan.checkpoint, LAM_WEIGHTS_RESULT) == best && raw != best);
	for (int i = 0; i < 3; i++) {
		check_ok(lam_net_load_params(other, plan.checkpoint, .weights = sets[i]));
		check(weights_of(other) == set_of(plan.checkpoint, sets[i]));
	}
	check_ok(lam_net_load_params(
		other, plan.checkpoint, .weights = LAM_WEIGHTS_BEST, .partial = true));
	check(weights_of(other) == best);
	check_ok(lam_net_load_params(other, plan.checkpoint));
	check(weights_of(other) == raw);
	/* A net's own file has one set. */
	const char *path = file_path("net.npz");
	check_ok(lam_net_save(net, path));
	check(set_of(path, LAM_WEIGHTS_RAW) == best && set_of(path, LAM_WEIGHTS_RESULT) == best);
	lam_npz *npz = lam_npz_open(path);
	int64_t format = 0;
	require(npz, "%s", lam_error());
	check_ok(lam_npz_read_int64(npz, lam_npz_find(npz, "format"), &format, 1));
	check(format == 1 && lam_npz_find(npz, "training/best/last.weight") < 0);
	lam_npz_close(npz);
	lam_net_free(other);
	lam_net_free(net);
	lam_dataset_free(data);
}

static int64_t format_of(const char *path)
{
	lam_npz *npz = lam_npz_open(path);
	int64_t format = 0;
	if (npz)
		check_ok(lam_npz_read_int64(npz, lam_npz_find(npz, "format"), &format, 1));
	lam_npz_close(npz);
	return format;
}

/* Writes the file again with another number at the beginning of an entry. */
static void spoil(const char *path, const char *entry, const void *number, size_t bytes)
{
	lam_npz *from = lam_npz_open(path);
	lam_npz_writer *to = lam_npz_create(path, NULL);
	require(from && to && lam_npz_find(from, entry) >= 0, "%s: %s", entry, lam_error());
	for (int64_t i = 0; i < lam_npz_count(from); i++) {
		const lam_npy *info = lam_npz_info(from, i);
		unsigned char *all = malloc(lam_npy_bytes(info) + 1);
		check_ok(lam_npz_read_bytes(from, i, all, lam_npy_bytes(info)));
		if (!strcmp(lam_npz_name(from, i), entry))
			memcpy(all, number, bytes);
		check_ok(lam_npz_begin(to, lam_npz_name(from, i), info));
		check_ok(lam_npz_write(to, all, lam_npy_bytes(info)));
		check_ok(lam_npz_end(to));
		free(all);
	}
	lam_npz_close(from);
	check_ok(lam_npz_finish(to));
	unlink(file_path("spoilt.npz.previous"));
}

/* Settings of parameters that do not exist, and kept weights that are not finite. */
static void numbers_of_no_run_are_refused(void)
{
	static const int64_t settings[] = {4, -1};
	static const struct {
		lam_weights weights;
		const char *entry, *words;
	} kept[] = {{LAM_WEIGHTS_BEST, "training/best/0.weight",
			    "value 0 of \"training/best/0.weight\" is nan; expected finite"},
		{LAM_WEIGHTS_AVERAGE, "training/average/0.weight",
			"value 0 of \"training/average/0.weight\" is nan; expected finite"}};
	const lam_real nan = (lam_real)NAN;
	struct plan plan = kept_in("spoilt.npz");
	uint64_t print;
	lam_report report;
	for (int i = 0; i < 4; i++) {
		unlink(plan.checkpoint);
		check_ok(run_kept(&plan, &report, &print));
		if (i < 2)
			spoil(plan.checkpoint, "training/settings", &settings[i], 8);
		else
			spoil(plan.checkpoint, kept[i - 2].entry, &nan, sizeof nan);
		check_fails(run_kept(&plan, &report, &print), LAM_ERR_FORMAT,
			i >= 2      ? kept[i - 2].words
				: i ? "\"training/settings\" has -1 for"
				    : "\"training/settings\" has 4 for");
		if (i >= 2) {
			check(!lam_net_load(plan.checkpoint, .weights = kept[i - 2].weights));
			check_fails(lam_error_status(), LAM_ERR_FORMAT, kept[i - 2].words);
		}
	}
}

static void such_a_run_is_of_format_2(void)
{
	struct plan first = kept_in("format.npz");
	lam_net *net = plan_net(&first);
	const bool by_sample = net && net->plan.few;
	lam_net_free(net);
	for (int on = 0; on < 4; on++) {
		struct plan plan = kept_in("format.npz");
		uint64_t print;
		lam_report report;
		plan.average = on & 1 ? 0.5 : 0;
		plan.keep_best = on & 2;
		check_ok(run_kept(&plan, &report, &print));
		/* A net that computes one sample at a time is of format 2 by itself. */
		check(format_of(plan.checkpoint) == (on || by_sample ? 2 : 1));
		check(!set_of(plan.checkpoint, LAM_WEIGHTS_AVERAGE) == !(on & 1));
		check(!set_of(plan.checkpoint, LAM_WEIGHTS_BEST) == !(on & 2));
	}
}

static void what_the_file_lacks_is_named(void)
{
	struct plan plan = kept_in("lacks.npz");
	int64_t at = 2;
	lam_report report;
	uint64_t print;
	plan.step_end = stop_at;
	plan.data = &at;
	check_ok(run_kept(&plan, &report, &print));
	check(!lam_net_load(plan.checkpoint, .weights = LAM_WEIGHTS_BEST)
			&& lam_error_status() == LAM_ERR_ARGUMENT
			&& strstr(lam_error(),
				"has no best weights; expected a checkpoint of lam_fit(.keep_best "
				"= …) after its first epoch"),
		"%s", lam_error());
	check(set_of(plan.checkpoint, LAM_WEIGHTS_RESULT)
		== set_of(plan.checkpoint, LAM_WEIGHTS_AVERAGE));
	check(!lam_net_load(plan.checkpoint, .weights = (lam_weights)9)
			&& strstr(lam_error(), "lam_net_load: .weights is 9; expected one of"),
		"%s", lam_error());
	lam_net *net = plan_net(&plan);
	require(net, "%s", lam_error());
	check_fails(lam_net_load_params(net, plan.checkpoint, .weights = (lam_weights)-1),
		LAM_ERR_ARGUMENT, "lam_net_load_params: .weights is -1");
	check_ok(lam_net_save(net, plan.checkpoint));
	check_fails(lam_net_load_params(net, plan.checkpoint, .weights = LAM_WEIGHTS_AVERAGE),
		LAM_ERR_ARGUMENT,
		"has no averaged weights; expected a checkpoint of lam_fit(.average");
	lam_net_free(net);
}

static void other_runs_are_named(void)
{
	struct plan plan = kept_in("other.npz");
	lam_report report;
	uint64_t print;
	check_ok(run_kept(&plan, &report, &print));
	plan.average = 0;
	check_fails(run(&plan, &report, &print), LAM_ERR_ARGUMENT,
		"holds another run: its average is 0.8; expected 0");
	plan.average = 0.8;
	plan.keep_best = false;
	check_fails(
		run(&plan, &report, &print), LAM_ERR_ARGUMENT, "its keep_best is 1; expected 0");
	plan = saved_in("plain.npz");
	check_ok(run_kept(&plan, &report, &print));
	plan.keep_best = true;
	check_fails(
		run(&plan, &report, &print), LAM_ERR_ARGUMENT, "its keep_best is 0; expected 1");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(resumes_at_every_step),
		TEST(resumes_from_the_previous_file), TEST(a_checkpoint_has_every_set),
		TEST(such_a_run_is_of_format_2), TEST(what_the_file_lacks_is_named),
		TEST(numbers_of_no_run_are_refused), TEST(other_runs_are_named)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
