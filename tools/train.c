/* SPDX-License-Identifier: MIT */
/* lamina train: trains a net on data, and goes on where a run was stopped. */
#include "tools/nets.h"
#include "tools/ranks.h"
#include "tools/report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static lam_optimizer optimizer_of(const struct settings *s)
{
	const lam_real lr = (lam_real)(s->lr > 0             ? s->lr
				       : s->optimizer == SGD ? 0.05
							     : 0.002),
		       decay = (lam_real)s->weight_decay;
	const double momentum = isnan(s->momentum) ? s->optimizer == SGD ? 0.9 : 0 : s->momentum;
	switch (s->optimizer) {
	case SGD:
		return lam_sgd(.lr = lr, .momentum = (lam_real)momentum, .nesterov = s->nesterov,
			.weight_decay = decay);
	case ADAM:
		return lam_adam(.lr = lr, .weight_decay = decay);
	case ADAMW:
		return lam_adamw(.lr = lr, .weight_decay = decay);
	default:
		return lam_rmsprop(.lr = lr, .momentum = (lam_real)momentum, .weight_decay = decay);
	}
}

static lam_schedule schedule_of(const struct settings *s, lam_real lr)
{
	const bool said = !isnan(s->warmup);
	const lam_real warmup = said ? (lam_real)s->warmup : 0;
	switch (s->schedule) {
	case ONE_CYCLE:
		return lam_one_cycle(.peak = lr, .warmup = said && warmup == 0 ? LAM_ZERO : warmup);
	case COSINE:
		return lam_cosine(.warmup = warmup);
	case STEP:
		return lam_step_decay(.every = (s->epochs + 2) / 3, .warmup = warmup);
	case PLATEAU:
		return lam_plateau(.warmup = warmup);
	default:
		return (lam_schedule){0};
	}
}

/* How the weights change. */
struct recipe {
	lam_optimizer optimizer;
	lam_schedule schedule;
};

/* False, after a sentence, if an option has a number that cannot be. */
static bool make_recipe(const struct settings *s, struct recipe *recipe)
{
	recipe->optimizer = optimizer_of(s);
	if (recipe->optimizer.rule == LAM_RULE_NONE)
		return failed("%s", lam_error()) == DONE;
	recipe->schedule = schedule_of(s, recipe->optimizer.lr);
	return true;
}

struct sets {
	lam_dataset *all, *train, *validation;
};

static void free_sets(struct sets *sets)
{
	lam_dataset_free(sets->validation);
	if (sets->train != sets->all)
		lam_dataset_free(sets->train);
	lam_dataset_free(sets->all);
}

/* Whether the data has a test set of its own. */
static bool has_test_set(const lam_dataset *dataset)
{
	const char *kind = lam_dataset_class_of(dataset)->kind;
	return strcmp(kind, "mnist") == 0 || strcmp(kind, "cifar10") == 0;
}

static bool open_sets(const struct settings *s, struct sets *sets)
{
	struct data_options table = s->table;
	*sets = (struct sets){0};
	if (!table.image.rank && !is_saved(s->net)) {
		lam_layer *model = read_description(s->net, &table.image);
		if (!model)
			return false;
		lam_layer_free(model);
	}
	sets->train = sets->all = open_data(s->data, LAM_SPLIT_TRAIN, &table, true);
	if (!sets->all)
		return false;
	if (s->hold_out > 0) {
		if (lam_dataset_split(
			    sets->all, 1 - s->hold_out, s->seed, &sets->train, &sets->validation)
			== LAM_OK)
			return true;
		sets->train = sets->all;
		failed("%s", lam_error());
		return false;
	}
	if (is_table(s->data) || strcmp(lam_dataset_class_of(sets->all)->kind, "images") == 0)
		table.like = sets->all;
	const char *name = s->validation ? s->validation : has_test_set(sets->all) ? s->data : NULL;
	if (name)
		sets->validation = open_data(name, LAM_SPLIT_TEST, &table, true);
	return !name || sets->validation;
}

/* The most samples of a run: those of a shard; or those of all shards of a rank, if they can be one
 * run. The layout is that of a shard: it has whole blocks then. */
static int64_t largest(const struct settings *s)
{
	if (!s->shards)
		return s->batch;
	const int64_t shard = (s->batch + s->shards - 1) / s->shards,
		      ranks = lam_comm_size(s->comm);
	const bool together = shard % LAM_LANES == 0 && s->batch % s->shards == 0
		&& s->shards > ranks;
	return together ? shard * (s->shards / ranks) : shard;
}

/* The shape of the samples. If the description says another one, this is said. */
static lam_shape shape_of_data(const struct settings *s, lam_shape described, lam_shape given)
{
	if (!lam_shape_equal(&described, &given) && !s->quiet && lam_comm_rank(s->comm) == 0)
		note("'%s' says input %s, the data has samples of %s: the net takes the data's",
			s->net, lam_shape_text(described).text, lam_shape_text(given).text);
	return given;
}

static lam_net *make_net(const struct settings *s, const struct sets *sets)
{
	lam_shape shape;
	if (is_saved(s->net)) {
		if (s->standardize)
			misused("--standardize of a saved net; it is for descriptions");
		const lam_load_options load = {.size = sizeof load,
			.max_batch = largest(s),
			.seed = s->seed,
			.threads = s->threads,
			.direct = s->direct,
			.recompute = s->recompute,
			.weights = LAM_WEIGHTS_RESULT};
		return open_net(s->net, &load);
	}
	lam_layer *model = read_description(s->net, &shape);
	if (!model)
		return NULL;
	/* The size of the data, unless parts of it are taken, or a graph has sizes of its own. */
	const bool own = s->augment.crop[0] > 0
		|| strcmp(lam_layer_class_of(model)->kind, "graph") == 0;
	if (!own)
		shape = shape_of_data(s, shape, lam_dataset_shape(sets->train));
	if (s->standardize)
		model = lam_sequential(lam_standardize_for(sets->train), model);
	lam_net *net = lam_net_create(model, shape, .max_batch = largest(s), .seed = s->seed,
		.threads = s->threads, .direct = s->direct, .recompute = s->recompute);
	if (!net)
		failed("%s", lam_error());
	return net;
}

static atomic_int interrupted;

static void interrupt(int signal)
{
	(void)signal;
	atomic_store(&interrupted, 1);
}

/* From here on Ctrl-C and the end of the terminal stop the run between steps. A SIGHUP that nohup
 * ignores stays so. */
static void heed_signals(void)
{
	const struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
	struct sigaction old;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

static bool stop_if_interrupted(const lam_progress *progress, void *data)
{
	(void)progress;
	(void)data;
	return atomic_load(&interrupted);
}

static void show_score(const char *what, const lam_score *score)
{
	if (score->count == 0)
		return;
	printf("%-11s loss %.4f", what, score->loss);
	if (!isnan(score->accuracy))
		printf(", accuracy %.2f%%", 100 * score->accuracy);
	putchar('\n');
}

static int report_run(const struct settings *s, const lam_report *r, const struct losses *losses,
	const char *path)
{
	if (*r->notice)
		printf("%s\n", r->notice);
	if (r->stop == LAM_STOP_CALLBACK) { /* this rank was interrupted, or another one */
		printf("stopped in epoch %" PRId64 " of %d; saved in '", r->epochs + 1, s->epochs);
		put_text(stdout, path);
		puts("'. The same command goes on");
		return DONE;
	}
	show_score("training", &r->train);
	show_score("validation", &r->validation);
	show_losses(losses);
	if (r->best_epoch > 0)
		printf("best epoch  %" PRId64 " of %" PRId64 "%s\n", r->best_epoch, r->epochs,
			s->last ? "" : ", whose weights are the result");
	putchar('\'');
	put_text(stdout, path);
	printf("' has the net; %.0f samples a second\n", r->images_per_second);
	return DONE;
}

/* NET.npz in the working directory, without the folder and the ending of a description. */
static char *default_path(const struct settings *s)
{
	const char *name = strrchr(s->net, '/') ? strrchr(s->net, '/') + 1 : s->net;
	const char *dot = strrchr(name, '.');
	char *path = NULL;
	if (asprintf(&path, "%.*s.npz", dot ? (int)(dot - name) : (int)strlen(name), name) < 0)
		return NULL;
	return path;
}

/* Takes an earlier run's file away, or says that it goes on; only rank 0 has files. Comes when all
 * ranks are ready. */
static bool begin(const struct settings *s, const char *path)
{
	if (lam_comm_rank(s->comm) > 0 || access(path, F_OK) != 0)
		return true;
	if (s->fresh && remove(path) != 0)
		return failed("'%s' cannot be removed: %s", path, strerror(errno)) == DONE;
	if (!s->fresh && !s->quiet) {
		fputs("going on with the run in '", stderr);
		put_text(stderr, path);
		fputs("'\n", stderr);
	}
	return true;
}

static int fit(const struct settings *s, const struct recipe *recipe, const struct sets *sets,
	lam_net *net, const char *path)
{
	lam_report report;
	struct losses losses = {0};
	const bool first = lam_comm_rank(s->comm) == 0;
	char *profile = NULL;
	size_t profile_size;
	FILE *memory = s->profile ? open_memstream(&profile, &profile_size) : NULL;
	if (s->profile && !memory)
		return failed("no memory");
	heed_signals();
	const lam_status status = lam_fit(net, sets->train, &report, .epochs = s->epochs,
		.batch = s->batch, .validation = sets->validation, .optimizer = recipe->optimizer,
		.schedule = recipe->schedule, .clip = s->clip, .patience = s->patience,
		.keep_best = !s->last, .average = s->average, .augment = s->augment,
		.no_shuffle = s->no_shuffle, .drop_last = s->drop_last, .checkpoint = path,
		.history = s->history, .checkpoint_every = s->save_every, .resume = true,
		.replay = s->replay, .shards = s->shards, .parts = s->parts, .comm = s->comm,
		.timeout = s->timeout, .step_end = stop_if_interrupted, .epoch_end = note_loss,
		.epoch_end_data = &losses, .profile = memory,
		.progress = s->quiet ? NULL : lam_progress_bar, .progress_data = stderr);
	if (memory && fclose(memory) == 0)
		put_table(stderr, profile, room_of(stderr));
	free(profile);
	int result = status ? FAILED : DONE;
	if (status && first) /* the others have the same sentence */
		failed("%s", lam_error());
	else if (first)
		result = report_run(s, &report, &losses, path);
	free(losses.values);
	if (result == DONE && s->report && !atomic_load(&interrupted))
		result = write_report(s, net, sets->validation, &report);
	return result;
}

/* From here on ranks tell each other of what fails. */
static int train(const struct settings *s, const char *path)
{
	struct recipe recipe;
	struct sets sets = {0};
	lam_net *net = make_recipe(s, &recipe) && open_sets(s, &sets) ? make_net(s, &sets) : NULL;
	const bool ready = net && (!s->report || write_report(s, net, NULL, NULL) == DONE);
	const bool begins = ranks_ready(s->comm, ready, s->timeout)
		&& ranks_ready(s->comm, begin(s, path), s->timeout);
	const int result = begins ? fit(s, &recipe, &sets, net, path) : FAILED;
	lam_net_free(net);
	free_sets(&sets);
	return result;
}

static int run(int argc, char **argv)
{
	struct settings s = parse_training(argc, argv);
	char *path = s.save ? strdup(s.save) : default_path(&s);
	if (!path || !choose_history(&s))
		return failed("no memory");
	if (is_saved(s.net) && strcmp(path, s.net) == 0)
		misused("the run would be saved over '%s'; expected --save FILE", s.net);
	const int result = s.mpi && !join_ranks(&s.comm) ? FAILED : train(&s, path);
	lam_comm_free(s.comm);
	free(s.chosen_history);
	free(path);
	return result;
}

const struct tool train_tool = {"train", train_help, run};
