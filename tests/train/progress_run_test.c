/* SPDX-License-Identifier: MIT */
/* What .progress is told of a run that ends within an epoch, and what the bar does then. */
#define _GNU_SOURCE
#include "tests/train/terminal.h"

/* A run on a terminal: what its callbacks were told. */
struct watched {
	struct terminal terminal;
	int calls, stopped, stop_at;
};

static void watch(const lam_progress *progress, void *data)
{
	struct watched *w = data;
	show(&w->terminal, progress);
	w->calls++;
	w->stopped += progress->stopped;
	check(!progress->stopped || (progress->epoch == 1 && !progress->epoch_ended));
	(void)lam_fail(LAM_ERR_STATE, "a sentence of the callback's");
}

static bool stop(const lam_progress *progress, void *data)
{
	return progress->total_step == ((struct watched *)data)->stop_at;
}

enum { SAMPLES = 32, BATCH = 4, LOST = 21 };
static bool loses;

static lam_status read_sample(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	(void)self;
	x[0] = (lam_real)index / SAMPLES;
	if (target)
		*(int32_t *)target = (int32_t)index % 2;
	return loses && index == LOST ? lam_fail(LAM_ERR_IO, "the sample is lost") : LAM_OK;
}

static lam_status run_watched(struct watched *w)
{
	static const lam_dataset_class samples = {
		LAM_DATASET_ABI, .kind = "samples", .read = read_sample};
	lam_dataset *data = lam_dataset_new(&samples, SAMPLES, LAM_SHAPE(1),
		(lam_target_info){.type = LAM_CLASSES, .classes = 2});
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 2), lam_softmax_cross_entropy()), LAM_SHAPE(1),
		.max_batch = BATCH);
	check(data && net && open_terminal(&w->terminal), "%s", lam_error());
	resize(&w->terminal, 80, 80);
	lam_status status = lam_fit(net, data, NULL, .epochs = 1, .no_shuffle = true,
		.optimizer = lam_sgd(.lr = (lam_real)0.1), .progress = watch, .progress_data = w,
		.step_end = stop, .step_end_data = w);
	lam_net_free(net);
	lam_dataset_free(data);
	close_terminal(&w->terminal);
	return status;
}

/* What the program prints next must not stand behind the bar. */
static void a_run_that_ends_within_an_epoch_ends_its_line(void)
{
	if (!has_terminals())
		return;
	struct watched whole = {.stop_at = 0}, stopped = {.stop_at = 3}, last = {.stop_at = 8},
		       failed = {.stop_at = 0};
	check_ok(run_watched(&whole));
	check(whole.calls == 8 && whole.stopped == 0 && whole.terminal.screen.column == 0
		&& whole.terminal.screen.row == 1);
	check_ok(run_watched(&stopped));
	check(stopped.calls == 4 && stopped.stopped == 1 && stopped.terminal.screen.column == 0
		&& stopped.terminal.screen.row == 1);
	check_ok(run_watched(&last));
	check(last.calls == 8 && last.stopped == 0 && last.terminal.screen.row == 1);
	loses = true;
	check_fails(run_watched(&failed), LAM_ERR_IO, "the sample is lost");
	loses = false;
	check(failed.calls > 1 && failed.stopped == 1 && failed.terminal.screen.column == 0
		&& failed.terminal.screen.row == 1);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_run_that_ends_within_an_epoch_ends_its_line),
	};
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
