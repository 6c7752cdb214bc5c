/* SPDX-License-Identifier: MIT */
/* lam_fit(.history): its lines, a run that is stopped and resumed, and files that are in the way.
 */
#include "tests/files/files.h"
#include "tests/train/counted.h"
#include "tests/train/fit_problem.h"

#include <locale.h>
#include <signal.h>
#include <sys/resource.h>

enum { EPOCHS = 3, PER_EPOCH = 7, STEPS = EPOCHS * PER_EPOCH };

static const char head[] = "epoch,steps,lr,train_loss,train_accuracy,validation_loss,"
			   "validation_accuracy,seconds\n";

/* What the callbacks saw. */
struct seen {
	int stop, epochs;
	double loss[EPOCHS], accuracy[EPOCHS], validation[EPOCHS], lr[EPOCHS];
};

static bool look(const lam_progress *progress, void *data)
{
	struct seen *seen = data;
	const int e = progress->epoch - 1;
	if (progress->epoch_ended) {
		seen->epochs = e + 1;
		seen->loss[e] = progress->train.loss;
		seen->accuracy[e] = progress->train.accuracy;
		seen->validation[e] = progress->validation.loss;
		seen->lr[e] = progress->lr;
	}
	return progress->total_step == seen->stop;
}

static lam_status fit(
	const char *history, const char *checkpoint, bool validates, int threads, struct seen *seen)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(threads, 3);
	lam_status status = lam_fit(net, data, NULL, .epochs = EPOCHS,
		.validation = validates ? data : NULL, .optimizer = lam_adam(.lr = (lam_real)0.01),
		.schedule = lam_cosine(), .history = history, .checkpoint = checkpoint,
		.checkpoint_every = checkpoint ? 3 : 0, .resume = checkpoint != NULL,
		.step_end = look, .step_end_data = seen);
	lam_net_free(net);
	lam_dataset_free(data);
	return status;
}

/* The file as a string, without the column of seconds. */
static char *without_seconds(const char *path)
{
	struct bytes file = file_read(path);
	char *text = calloc(file.count + 1, 1);
	for (size_t i = 0, to = 0, commas = 0; i < file.count; i++) {
		const char c = (char)file.data[i];
		commas = c == '\n' ? 0 : commas + (c == ',');
		if (commas < 7)
			text[to++] = c;
	}
	free(file.data);
	return text;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	check(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* Lines are what the callbacks saw, to the last digit, in a locale with another point, too. */
static void has_a_line_for_each_epoch(void)
{
	const char *path = file_path("history.csv");
	for (int validates = 0; validates < 2; validates++) {
		struct seen seen = {.stop = 0};
		char line[512];
		double before = 0;
		setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is installed */
		check_ok(fit(path, NULL, validates, 2, &seen));
		setlocale(LC_ALL, "C");
		FILE *file = fopen(path, "r");
		require(file && fgets(line, sizeof line, file) && !strcmp(line, head));
		for (int e = 0; e < EPOCHS; e++) {
			int epoch = 0, steps = 0, end = 0;
			double lr, loss, accuracy, validation = NAN, share, seconds;
			require(fgets(line, sizeof line, file) != NULL);
			if (validates)
				check(sscanf(line, "%d,%d,%lf,%lf,%lf,%lf,%lf,%lf\n%n", &epoch,
					      &steps, &lr, &loss, &accuracy, &validation, &share,
					      &seconds, &end)
					== 8);
			else
				check(sscanf(line, "%d,%d,%lf,%lf,%lf,,,%lf\n%n", &epoch, &steps,
					      &lr, &loss, &accuracy, &seconds, &end)
					== 6);
			check(end > 0 && !line[end] && epoch == e + 1);
			check(steps == (e + 1) * PER_EPOCH && lr == seen.lr[e]
				&& loss == seen.loss[e] && accuracy == seen.accuracy[e]
				&& seconds >= before);
			check(!validates || validation == seen.validation[e]);
			before = seconds;
		}
		check(!fgets(line, sizeof line, file) && fclose(file) == 0);
	}
	check(!file_exists(file_path("history.csv.lock"))
		&& !file_exists(file_path("history.csv.tmp")));
}

/* Stopped at any step, with a checkpoint every three steps, and with what a kill leaves: lines of
 * epochs after the checkpoint, and a part of one. */
static void goes_on_where_the_checkpoint_stands(void)
{
	const char *path = file_path("resumed.csv"), *checkpoint = file_path("resumed.npz");
	struct seen seen = {.stop = 0};
	check_ok(fit(path, NULL, true, 1, &seen));
	char *through = without_seconds(path);
	for (int stop = 1; stop < STEPS && !kit.failures; stop++) {
		unlink(checkpoint);
		seen.stop = stop;
		check_ok(fit(path, checkpoint, true, 2, &seen));
		FILE *file = fopen(path, "a");
		const int done = stop / PER_EPOCH;
		check(file != NULL);
		for (int e = done + 1; e <= done + stop % 3; e++)
			fprintf(file, "%d,9,9,9,9,9,9,9\n", e);
		fprintf(file, "%s", stop % 2 ? "4,28,0.0" : "");
		check(fclose(file) == 0);
		seen.stop = stop + 2;
		check_ok(fit(path, checkpoint, true, 3, &seen));
		seen.stop = 0;
		check_ok(fit(path, checkpoint, true, 1, &seen));
		char *resumed = without_seconds(path);
		check(!strcmp(through, resumed), "stopped at step %d:\n%s", stop, resumed);
		free(resumed);
	}
	/* A run that is complete leaves the file as it is, even if that is no history. */
	write_text(path, "mine\n");
	check_ok(fit(path, checkpoint, true, 1, &seen));
	char *mine = without_seconds(path);
	check(!strcmp(mine, "mine\n"));
	free(mine);
	free(through);
}

static void refuses_what_is_in_the_way(void)
{
	const char *path = file_path("wrong.csv"), *checkpoint = file_path("wrong.npz");
	struct seen seen = {.stop = 0};
	write_text(path, "name,price\nfish,3\n");
	check_fails(fit(path, NULL, true, 1, &seen), LAM_ERR_FORMAT,
		"exists and is no history, whose first line begins with 'epoch,steps,lr,'");
	char *kept = without_seconds(path);
	check(!strcmp(kept, "name,price\nfish,3\n"));
	free(kept);
	write_text(path, "");
	seen.stop = 9;
	check_ok(fit(path, checkpoint, true, 1, &seen));
	write_text(path, "epoch,steps,lr,loss\n1,7,0.1,3\n");
	check_fails(fit(path, checkpoint, true, 1, &seen), LAM_ERR_FORMAT,
		"its first line is not that of the run's history; expected 'epoch,steps,lr,train");
	char text[sizeof head + 40];
	snprintf(text, sizeof text, "%s1,7\nthe second\n", head);
	write_text(path, text);
	check_fails(fit(path, checkpoint, true, 1, &seen), LAM_ERR_FORMAT,
		"line 3 does not begin with an epoch");
	check_fails(fit(checkpoint, checkpoint, true, 1, &seen), LAM_ERR_ARGUMENT,
		"lam_fit: .checkpoint and .history are both");
	check_fails(fit(file_path("wrong.npz.previous"), checkpoint, true, 1, &seen),
		LAM_ERR_ARGUMENT, "and .history '");
	check_fails(fit("", NULL, true, 1, &seen), LAM_ERR_ARGUMENT, ".history is empty");
	check_fails(fit(file_path("none/history.csv"), NULL, true, 1, &seen), LAM_ERR_IO,
		"lam_fit: .history ");
	check_fails(fit(files_folder, NULL, true, 1, &seen), LAM_ERR_IO, "lam_fit: .history ");
}

/* A second run to the same file, and a disk that is full within a line of the second epoch. */
static const char *busy;

static bool disturb(const lam_progress *progress, void *data)
{
	struct seen seen = {.stop = 0};
	if (progress->total_step == 2)
		check_fails(fit(busy, NULL, true, 1, &seen), LAM_ERR_STATE, "lam_fit: .history ");
	if (progress->epoch == 1 && progress->epoch_ended) {
		struct bytes file = file_read(busy);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){file.count + 10, RLIM_INFINITY});
		free(file.data);
	}
	(void)data;
	return false;
}

static void keeps_whole_lines_when_the_disk_is_full(void)
{
	busy = file_path("busy.csv");
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 3);
	lam_report report;
	struct rlimit before;
	signal(SIGXFSZ, SIG_IGN);
	check(getrlimit(RLIMIT_FSIZE, &before) == 0);
	check_fails(lam_fit(net, data, &report, .epochs = 3, .history = busy,
			    .optimizer = lam_sgd(.lr = (lam_real)0.01), .step_end = disturb),
		LAM_ERR_IO, "busy.csv': cannot write");
	setrlimit(RLIMIT_FSIZE, &before);
	check(report.stop == LAM_STOP_ERROR);
	struct bytes file = file_read(busy);
	int lines = 0;
	for (size_t i = 0; i < file.count; i++)
		lines += file.data[i] == '\n';
	check(lines == 2 && file.data[file.count - 1] == '\n', "%d lines", lines);
	free(file.data);
	lam_net_free(net);
	lam_dataset_free(data);
}

static void allocates_nothing(void)
{
	long first = 0;
	count_allocations();
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 1);
	check_ok(lam_fit(net, data, NULL, .epochs = 3, .validation = data,
		.optimizer = lam_adam(.lr = (lam_real)0.01), .history = file_path("alloc.csv"),
		.step_end = compare_allocations, .step_end_data = &first));
	lam_net_free(net);
	lam_dataset_free(data);
	lam_set_allocator(NULL);
	check(first > 0);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(has_a_line_for_each_epoch),
		TEST(goes_on_where_the_checkpoint_stands),
		TEST(refuses_what_is_in_the_way),
		TEST(keeps_whole_lines_when_the_disk_is_full),
		TEST(allocates_nothing),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
