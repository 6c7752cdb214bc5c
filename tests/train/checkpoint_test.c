/* SPDX-License-Identifier: MIT */
/* Checkpoints of lam_fit() are written while training goes on, and leave it bit-identical. Also
 * what a run does when its checkpoint cannot be written. */
#include "tests/files/faults.h"
#include "tests/files/saved_plan.h"

#include "framework/train/checkpoint.h"

#include <stdlib.h>
#include <time.h>

static void pause_for(long milliseconds)
{
	clock_nanosleep(
		CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

/* The last step done; the step that the first checkpoint waits for before it writes (0: it does not
 * wait); and how often such a wait ended in time. */
static atomic_long step_done, awaited, waited;

static bool stop_at_awaited(const lam_progress *progress, void *data)
{
	step_done = progress->total_step;
	return progress->total_step == *(int64_t *)data;
}

static void await_step(const struct fault_call *call)
{
	if (awaited == 0 || strcmp(call->name, "open") || !strstr(call->path, ".npz.tmp"))
		return;
	for (int i = 0; i < 1000 && step_done < awaited; i++)
		pause_for(10);
	waited += step_done >= awaited;
	awaited = 0;
}

static void end_faults(void)
{
	fault_end();
	faults.before = NULL;
}

/* The checkpoint of step 5 is written after step 9 has ended, and holds the state after step 5. */
static void training_goes_on_while_it_is_written(void)
{
	const uint64_t through = undisturbed();
	struct plan plan = saved_in("beside.npz");
	int64_t last = 9;
	plan.every = 5;
	plan.step_end = stop_at_awaited;
	plan.data = &last;
	step_done = waited = 0;
	awaited = last;
	faults.before = await_step;
	fault_begin(0, FAULT_ERROR, 0);
	uint64_t print;
	lam_report report;
	check_ok(run(&plan, &report, &print));
	end_faults();
	check(waited == 1 && report.steps == last,
		"step %d had not ended when the checkpoint of step 5 was written", (int)last);
	check(rename(file_path("beside.npz.previous"), plan.checkpoint) == 0);
	plan.step_end = NULL;
	check_ok(run(&plan, &report, &print));
	check(print == through && !*report.notice,
		"the checkpoint holds other bits than those of its step");
}

static void every_step_may_be_saved(void)
{
	const uint64_t through = undisturbed();
	struct plan plan = saved_in("every.npz");
	uint64_t print;
	lam_report report;
	for (plan.every = 0; plan.every < 4; plan.every++) {
		unlink(plan.checkpoint);
		check_ok(run(&plan, &report, &print));
		check(print == through, "a checkpoint every %d steps changes the bits",
			(int)plan.every);
	}
}

/* Counts the syncs of files; those from number fail_from on fail. */
static int syncs, fail_from;

static void count_sync(const struct fault_call *call)
{
	if (strcmp(call->name, "fsync") || call->folder)
		return;
	if (++syncs >= fail_from)
		faults.at = faults.count; /* the current call */
}

static void fail_syncs_from(int first)
{
	syncs = 0;
	fail_from = first;
	faults.before = count_sync;
	fault_begin(0, FAULT_ERROR, ENOSPC);
}

/* With a checkpoint every 4 steps, of which number `failing` and all later ones fail, the run must
 * stop at step `stops_at`. */
static void stop_when_saving_fails(int failing, int64_t stops_at)
{
	const uint64_t through = undisturbed();
	struct plan plan = saved_in("fails.npz");
	plan.every = 4;
	unlink(plan.checkpoint);
	unlink(file_path("fails.npz.previous"));
	fail_syncs_from(failing);
	uint64_t print;
	lam_report report;
	check_fails(run(&plan, &report, &print), LAM_ERR_IO,
		"fails.npz': cannot sync: No space left on device");
	end_faults();
	check(report.stop == LAM_STOP_ERROR && report.steps == stops_at,
		"stopped at step %d, not %d", (int)report.steps, (int)stops_at);
	check(file_exists(plan.checkpoint) == (failing > 1)
		&& !file_exists(file_path("fails.npz.tmp")));
	/* From here on the disk has space again. */
	check_ok(run(&plan, &report, &print));
	check(print == through, "went on to other bits");
}

static bool spoil_after(const lam_progress *progress, void *step)
{
	if (progress->total_step == *(int64_t *)step)
		lam_param_edit(lam_net_param(progress->net, 0))[0] = (lam_real)NAN;
	return false;
}

/* The checkpoint of step 4 fails, then step 6 fails before the checkpoint's failure was noticed:
 * the sentence reports both, the run's error first. */
static void a_failed_save_is_reported_after_the_runs_error(void)
{
	struct plan plan = saved_in("and.npz");
	int64_t last = 5;
	plan.every = 4;
	plan.step_end = spoil_after;
	plan.data = &last;
	fail_syncs_from(1);
	uint64_t print;
	lam_report report;
	check_fails(run(&plan, &report, &print), LAM_ERR_NUMERIC, "lam_fit: epoch 1, step 6: ");
	end_faults();
	const char *behind = strstr(
		lam_error(), " is not finite; and the last checkpoint failed: '");
	check(behind && strstr(behind, "and.npz': cannot sync: No space left on device"), "\"%s\"",
		lam_error());
	check(report.stop == LAM_STOP_ERROR && report.steps == 5);
	/* Without a failed step the checkpoint's failure is reported once. */
	plan.step_end = NULL;
	fail_syncs_from(1);
	check_fails(run(&plan, &report, &print), LAM_ERR_IO, "and.npz': cannot sync");
	end_faults();
	check(!strstr(lam_error(), "and the last"), "\"%s\"", lam_error());
}

static void a_save_that_fails_stops_the_run(void)
{
	for (int failing = 1; failing <= STEPS / 4 + 1; failing++) {
		int64_t next = 4 * (failing + 1);
		stop_when_saving_fails(failing, next < STEPS ? next : STEPS);
	}
}

static void without_a_thread_training_waits(void)
{
	const uint64_t through = undisturbed();
	struct plan plan = saved_in("alone.npz");
	plan.threads = 1; /* so that OpenMP creates no thread */
	plan.every = 7;
	uint64_t print;
	lam_report report;
	check_ok(run(&plan, &report, &print));
	check(print == through);
	lam_dataset *data = stripes(NULL);
	lam_net *net = plan_net(&plan);
	lam_checkpoint_writer *writer = lam_checkpoint_writer_new(
		net, file_path("one.npz"), NULL, false, NULL);
	fault_begin(1, FAULT_ERROR, 0); /* the first call is pthread_create() */
	check_ok(lam_checkpoint_write(writer, &(lam_fit_state){.steps = 1}));
	check(faults.hit && !strcmp(faults.hit, "pthread_create")
			&& file_exists(file_path("one.npz")),
		"it is not there");
	fault_end();
	check_ok(lam_checkpoint_wait(writer));
	lam_checkpoint_writer_free(writer);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* The thread that runs lam_fit(); the number of calls from other threads, and of those with a
 * signal unblocked. */
static pthread_t trainers;
static atomic_int calls_beside, calls_open;
static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGUSR1, SIGUSR2, SIGCHLD, SIGPIPE,
	SIGIO, SIGPROF, SIGWINCH};

static void look_at_mask(const struct fault_call *call)
{
	sigset_t mask;
	(void)call;
	if (pthread_equal(pthread_self(), trainers) || pthread_sigmask(SIG_BLOCK, NULL, &mask))
		return;
	calls_beside++;
	for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
		if (!sigismember(&mask, handled[i])) {
			calls_open++;
			return;
		}
}

/* The program's signal handlers never run on the writer's thread, and its mask is unchanged. */
static void signals_are_not_for_the_writer(void)
{
	struct plan plan = saved_in("signals.npz");
	sigset_t before, after;
	plan.every = 7;
	trainers = pthread_self();
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	faults.before = look_at_mask;
	fault_begin(0, FAULT_ERROR, 0);
	uint64_t print;
	lam_report report;
	check_ok(run(&plan, &report, &print));
	end_faults();
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	check(calls_beside > 20 && calls_open == 0,
		"%d of %d calls of the writer let signals through", calls_open, calls_beside);
	for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
		check(sigismember(&before, handled[i]) == sigismember(&after, handled[i]),
			"signal %d", handled[i]);
}

static atomic_int reads_left;

/* While the first checkpoint is being written, makes the data fail, and delays the write. */
static void fail_the_data(const struct fault_call *call)
{
	if (strcmp(call->name, "fsync") || call->folder)
		return;
	reads_left = 0;
	pause_for(100);
}

/* However lam_fit() ends, the writer's thread has ended before. */
static void no_thread_is_left(void)
{
	struct plan plan = saved_in("left.npz");
	plan.every = 3;
	reads_left = 1 << 30;
	lam_dataset *train = stripes(&reads_left), *validation = stripes(NULL);
	lam_net *net = plan_net(&plan);
	require(train && validation && net, "%s", lam_error());
	faults.before = fail_the_data;
	fault_begin(0, FAULT_ERROR, 0);
	lam_report report;
	check_fails(
		plan_fit(&plan, net, train, validation, &report), LAM_ERR_IO, "the disk has gone");
	check(file_exists(plan.checkpoint), "lam_fit() returned before its checkpoint was there");
	const long calls = faults.count;
	pause_for(50);
	check(faults.count == calls, "%ld calls came after lam_fit() had returned",
		faults.count - calls);
	end_faults();
	lam_net_free(net);
	lam_dataset_free(train);
	lam_dataset_free(validation);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(training_goes_on_while_it_is_written),
		TEST(every_step_may_be_saved),
		TEST(a_save_that_fails_stops_the_run),
		TEST(a_failed_save_is_reported_after_the_runs_error),
		TEST(without_a_thread_training_waits),
		TEST(signals_are_not_for_the_writer),
		TEST(no_thread_is_left),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
