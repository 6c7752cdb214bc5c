/* SPDX-License-Identifier: MIT */
/* Resuming a run from checkpoints that are damaged or cannot be read. */
#include "tests/files/faults.h"
#include "tests/files/saved_plan.h"

#include <stdlib.h>

static bool stop_at(const lam_progress *progress, void *step)
{
	return progress->total_step == *(int64_t *)step;
}

/* Makes a checkpoint of step STEPS - 1 and a previous one of step STEPS - 3. Returns the bytes of
 * the newest. */
static struct bytes leave_two(const char *path)
{
	struct plan plan = perceptron;
	uint64_t print;
	lam_report report;
	plan.checkpoint = path;
	plan.threads = 1;
	plan.step_end = stop_at;
	unlink(path);
	for (int64_t step = STEPS - 3; step < STEPS; step += 2) {
		plan.data = &step;
		check_ok(run(&plan, &report, &print));
	}
	return file_read(path);
}

/* When the newest file is damaged, the run goes on from the previous one, says so, and its result
 * is bit-identical. */
static void a_damaged_file_is_passed_over(void)
{
	const uint64_t through = undisturbed();
	struct plan plan = saved_in("damaged.npz");
	plan.threads = 1;
	struct bytes newest = leave_two(plan.checkpoint),
		     previous = file_read(file_path("damaged.npz.previous"));
	unsigned char *copy = malloc(newest.count);
	int noticed = 0, trials = 0;
	for (size_t at = 0; at < newest.count && kit.failures == 0;
		at += 1 + (at * 2654435761u >> 7) % 149, trials++) {
		memcpy(copy, newest.data, newest.count);
		copy[at] ^= (unsigned char)(1 << at % 8);
		file_write(plan.checkpoint, copy, trials % 8 ? newest.count : at);
		file_write(file_path("damaged.npz.previous"), previous.data, previous.count);
		uint64_t print;
		lam_report report;
		check_ok(run(&plan, &report, &print));
		check(print == through, "byte %zu of %zu changed: other bits", at, newest.count);
		check(!*report.notice || strstr(report.notice, "damaged.npz"), "says \"%s\"",
			report.notice);
		noticed += *report.notice != '\0';
	}
	/* Only changes in unused fields, such as dates and versions, may pass unnoticed. */
	check(trials > 100 && noticed > trials * 3 / 4, "%d of %d noticed", noticed, trials);
	free(copy);
	free(previous.data);
	free(newest.data);
}

/* Sentences contain the reason even when the path is longer than the space for a sentence. */
static void a_long_path_leaves_room(void)
{
	struct plan plan = saved_in("far.npz");
	char path[2000];
	struct bytes newest = leave_two(plan.checkpoint);
	const int folder = (int)(strrchr(plan.checkpoint, '/') - plan.checkpoint) + 1;
	int at = snprintf(path, sizeof path, "%.*s", folder, plan.checkpoint);
	for (int i = 0; i < 300; i++)
		at += snprintf(path + at, sizeof path - (size_t)at, "./");
	snprintf(path + at, sizeof path - (size_t)at, "far.npz");
	plan.checkpoint = path;
	lam_report report;
	uint64_t print;
	file_write(path, newest.data, newest.count / 2);
	lam_fail(LAM_ERR_STATE, "older");
	check_ok(run(&plan, &report, &print));
	check(!strcmp(lam_error(), "older"), "a run that could be taken up says \"%s\"",
		lam_error());
	check(strstr(report.notice, "/far.npz': ")
			&& strstr(report.notice, "; the run goes on from the previous file"),
		"%s", report.notice);
	file_write(path, "no", 2);
	file_write(file_path("far.npz.previous"), "no", 2);
	check_fails(run(&plan, &report, &print), LAM_ERR_FORMAT, "/far.npz': ");
	check(strstr(lam_error(), "no zip file"), "%s", lam_error());
	free(newest.data);
}

/* The next save must not replace the good previous file by the damaged one. */
static void the_good_one_stays_until_there_is_a_better(void)
{
	struct plan plan = saved_in("stays.npz");
	const char *path = plan.checkpoint;
	struct bytes newest = leave_two(path),
		     previous = file_read(file_path("stays.npz.previous"));
	file_write(path, newest.data, newest.count / 2);
	uint64_t print;
	lam_report report;
	int64_t next = STEPS - 2;
	plan.step_end = stop_at;
	plan.data = &next;
	check_ok(run(&plan, &report, &print));
	check(report.steps == next
			&& strstr(report.notice, "the run goes on from the previous file"),
		"%s", report.notice);
	struct bytes now = file_read(file_path("stays.npz.previous"));
	check(now.count == previous.count && !memcmp(now.data, previous.data, now.count),
		"the previous file is another");
	next++;
	check_ok(run(&plan, &report, &print));
	check(*report.notice == '\0');
	free(now.data);
	free(newest.data);
	free(previous.data);
}

static void both_damaged_is_an_error(void)
{
	struct plan plan = saved_in("both.npz");
	const char *path = plan.checkpoint;
	struct bytes newest = leave_two(path);
	uint64_t print;
	lam_report report;
	file_write(path, newest.data, newest.count / 2);
	file_write(file_path("both.npz.previous"), newest.data, newest.count / 3);
	check_fails(
		run(&plan, &report, &print), LAM_ERR_FORMAT, "both.npz': no zip file, or cut off");
	check(report.stop == LAM_STOP_ERROR && report.steps == 0 && !*report.notice);
	unlink(file_path("both.npz.previous"));
	check_fails(
		run(&plan, &report, &print), LAM_ERR_FORMAT, "both.npz': no zip file, or cut off");
	/* Without a file the run begins anew, even if there is a previous file. */
	file_write(file_path("both.npz.previous"), newest.data, newest.count);
	unlink(path);
	check_ok(run(&plan, &report, &print));
	check(!*report.notice && print == undisturbed());
	free(newest.data);
}

/* The newest file cannot be read, at any one of the calls. */
static void an_unreadable_file_is_passed_over(void)
{
	const uint64_t through = undisturbed();
	struct plan plan = saved_in("unread.npz");
	plan.threads = 1;
	struct bytes newest = leave_two(plan.checkpoint),
		     previous = file_read(file_path("unread.npz.previous"));
	int noticed = 0;
	for (long at = 1; at < 300 && kit.failures == 0; at += 1 + at / 8) {
		file_write(plan.checkpoint, newest.data, newest.count);
		file_write(file_path("unread.npz.previous"), previous.data, previous.count);
		uint64_t print;
		lam_report report;
		fault_begin(at, FAULT_ERROR, EIO);
		lam_status status = run(&plan, &report, &print);
		fault_end();
		check(status == LAM_OK ? print == through
				       : status == LAM_ERR_IO && strstr(lam_error(), "unread.npz"),
			"call %ld, %s: %s: %s", at, faults.hit, lam_status_text(status),
			lam_error());
		noticed += !status && *report.notice;
	}
	check(noticed > 5, "%d noticed", noticed);
	free(newest.data);
	free(previous.data);
}

/* A run was killed during its last save. When it is resumed it has nothing more to write, but still
 * deletes the temporary files of that save. */
static void what_a_killed_save_left_is_deleted(void)
{
	struct plan plan = saved_in("tidy.npz");
	struct bytes newest = leave_two(plan.checkpoint),
		     previous = file_read(file_path("tidy.npz.previous"));
	uint64_t print;
	lam_report report;
	check_ok(run(&plan, &report, &print));
	struct bytes last = file_read(plan.checkpoint);
	/* Killed between the renames: the replaced file has its temporary name. */
	file_write(file_path("tidy.npz.previous"), previous.data, previous.count);
	file_write(file_path("tidy.npz.previous.tmp"), newest.data, newest.count);
	file_write(file_path("tidy.npz.tmp"), "half", 4);
	check_ok(run(&plan, &report, &print));
	check(!file_exists(file_path("tidy.npz.tmp"))
			&& !file_exists(file_path("tidy.npz.previous.tmp")),
		"something temporary is left");
	struct bytes now = file_read(file_path("tidy.npz.previous"));
	check(now.count == newest.count && !memcmp(now.data, newest.data, now.count),
		"the replaced file is not the previous one");
	free(now.data);
	/* Killed before the first rename: the temporary name is a second one of the same file. */
	check(link(plan.checkpoint, file_path("tidy.npz.previous.tmp")) == 0);
	check_ok(run(&plan, &report, &print));
	check(!file_exists(file_path("tidy.npz.previous.tmp")));
	now = file_read(file_path("tidy.npz.previous"));
	check(now.count == newest.count && !memcmp(now.data, newest.data, now.count),
		"the previous file is lost");
	free(now.data);
	now = file_read(plan.checkpoint);
	check(now.count == last.count && !memcmp(now.data, last.data, now.count),
		"the newest file is another");
	free(now.data), free(last.data), free(previous.data), free(newest.data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_damaged_file_is_passed_over),
		TEST(a_long_path_leaves_room),
		TEST(the_good_one_stays_until_there_is_a_better),
		TEST(both_damaged_is_an_error),
		TEST(an_unreadable_file_is_passed_over),
		TEST(what_a_killed_save_left_is_deleted),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
