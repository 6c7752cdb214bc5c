/* SPDX-License-Identifier: MIT */
/* The delays follow from a seed, but what a kill interrupts depends on chance. The parent trains
 * nothing, because a child of a process that has used OpenMP gets only one thread. */
#include "tests/files/files.h"
#include "tests/train/resume_problem.h"

#include "framework/files/zip.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

/* How a child ended. */
struct outcome {
	uint64_t print;
	double seconds; /* run time of the child */
};

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void train(const struct plan *plan, int to)
{
	lam_dataset *data = stripes(NULL);
	lam_net *net = plan_net(plan);
	lam_report report;
	struct outcome outcome = {0};
	double began = now();
	lam_status status = plan_fit(plan, net, data, data, &report);
	if (!status && *report.notice == '\0') {
		outcome = (struct outcome){print_of(net, &report), now() - began};
		if (write(to, &outcome, sizeof outcome) == (ssize_t)sizeof outcome)
			_exit(0);
	}
	fprintf(stderr, "%s %s\n", lam_error(), report.notice);
	_exit(1);
}

enum end { DONE, KILLED, WRONG };

/* Trains in a child, which is killed after `seconds` (negative: never). */
static enum end train_for(const struct plan *plan, double seconds, struct outcome *outcome)
{
	int ends[2];
	if (pipe(ends) != 0)
		return WRONG;
	pid_t child = fork();
	if (child == 0)
		train(plan, ends[1]);
	close(ends[1]);
	if (seconds >= 0) {
		struct timespec pause = {.tv_sec = (time_t)seconds,
			.tv_nsec = (long)(1e9 * (seconds - floor(seconds)))};
		nanosleep(&pause, NULL);
		kill(child, SIGKILL);
	}
	int end = 0;
	bool there = waitpid(child, &end, 0) == child;
	bool whole = read(ends[0], outcome, sizeof *outcome) == (ssize_t)sizeof *outcome;
	close(ends[0]);
	if (there && WIFSIGNALED(end) && WTERMSIG(end) == SIGKILL)
		return KILLED;
	return there && WIFEXITED(end) && WEXITSTATUS(end) == 0 && whole ? DONE : WRONG;
}

/* Whether an archive is complete and all its checksums are right. */
static bool whole(const char *path)
{
	lam_zip *zip = lam_zip_open(path);
	bool good = zip && lam_zip_prove(path, lam_zip_count(zip)) == LAM_OK;
	lam_zip_close(zip);
	return good;
}

static int wanted = 60;
static int while_saving; /* kills that left a temporary file */
static uint64_t drawn;

/* Kills and restarts one run until it has finished. Returns the number of kills. */
static int kill_one(struct plan plan)
{
	char path[512], previous[512];
	snprintf(path, sizeof path, "%s", file_path("run.npz"));
	snprintf(previous, sizeof previous, "%s", file_path("run.npz.previous"));
	struct outcome through, killed;
	int kills = 0;
	unlink(path);
	plan.checkpoint = path;
	/* Undisturbed, but with checkpoints, to measure the time. Checkpoints do not change the
	 * bits (checkpoint_test). */
	if (!check(train_for(&plan, -1, &through) == DONE, "the undisturbed run failed"))
		return 0;
	unlink(path);
	unlink(previous);
	for (enum end end = KILLED; end == KILLED && kit.failures == 0;) {
		double part = lam_random_uniform(lam_random(5, 0, drawn++).word[0]);
		plan.threads = 1 + (int)(drawn % 3);
		/* The times grow, so that a run comes to its end also where the machine has become
		 * slower than it was when it was measured. */
		double most = through.seconds * (0.3 + 0.01 * kills);
		end = train_for(&plan, part * most + 0.0005, &killed);
		check(end != WRONG, "the child failed");
		kills += end == KILLED;
		while_saving += end == KILLED
			&& (file_exists(file_path("run.npz.tmp"))
				|| file_exists(file_path("run.npz.previous.tmp")));
		check(!file_exists(path) || whole(path), "after kill %d: %s", kills, lam_error());
		check(!file_exists(previous) || whole(previous), "after kill %d: %s", kills,
			lam_error());
		if (end == DONE)
			check(killed.print == through.print, "after %d kills it came to other bits",
				kills);
	}
	check(!file_exists(file_path("run.npz.tmp"))
			&& !file_exists(file_path("run.npz.previous.tmp")),
		"something temporary is left");
	return kills;
}

static void a_resumed_run_is_bit_identical(void)
{
	int kills = 0, runs = 0;
	for (; kills < wanted && kit.failures == 0; runs++) {
		struct plan plan = {.model = runs % MODELS,
			.rule = runs % RULES,
			.schedule = runs % SCHEDULES,
			.seed = (uint64_t)runs,
			.threads = 2,
			.every = 1 + runs % 3,
			.average = runs % 2 ? 0.9 : 0,
			.keep_best = runs % 3 == 0};
		int before = kills;
		kills += kill_one(plan);
		printf("      %s %d, %s, schedule %d, every %d steps: %d kills\n",
			lam_rule_name(rule_of(plan.rule).rule), plan.rule, models[plan.model].name,
			plan.schedule, (int)plan.every, kills - before);
		fflush(stdout);
	}
	printf("      %d kills in %d runs, %d of them while a file was being written\n", kills,
		runs, while_saving);
	check(while_saving > 0 || wanted < 50);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(a_resumed_run_is_bit_identical)};
	if (argc > 1)
		wanted = atoi(argv[1]);
	return test_main(tests, 1, 1, argv);
}
