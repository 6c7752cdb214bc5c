/* SPDX-License-Identifier: MIT */
/* The progress bar on a pseudo-terminal of many widths: what it writes is replayed on a small model
 * of a terminal, which wraps. A pipe, TERM=dumb and NO_COLOR get what they can show. */
#define _GNU_SOURCE
#include "tests/train/terminal.h"

static lam_progress progress_at(int64_t step)
{
	return (lam_progress){sizeof(lam_progress), .epoch = 3, .epochs = 12, .step = step,
		.steps = 100, .total_step = 200 + step, .total_steps = 1200,
		.train = {.loss = 0.30215, .accuracy = 0.88913, .count = 128 * step},
		.batch_loss = 0.3, .seconds = (double)step, .step_seconds = 1,
		.epoch_seconds = 12.3, .images_per_second = 123456, .seconds_left = 3725};
}

static lam_progress epoch_end(void)
{
	lam_progress progress = progress_at(100);
	progress.epoch_ended = true;
	progress.validation = (lam_score){.loss = 0.41, .accuracy = 0.9, .count = 1000};
	return progress;
}

static const int widths[] = {1, 2, 9, 10, 20, 40, 47, 60, 79, 80, 81, 100, 132, 200};
enum { WIDTHS = sizeof widths / sizeof *widths };

static void takes_one_line_of_any_terminal(void)
{
	if (!has_terminals())
		return;
	for (int i = 0; i < WIDTHS; i++) {
		struct terminal t;
		test_begin("%d columns", widths[i]);
		if (check(open_terminal(&t))) {
			resize(&t, widths[i], widths[i]);
			for (int64_t step = 1; step <= 99; step++) {
				lam_progress progress = progress_at(step);
				show(&t, &progress);
			}
			check(t.screen.row == 0 && t.screen.strange == 0, "row %d: %s",
				t.screen.row, t.screen.text[0]);
			check(widths[i] < 40 || strstr(t.screen.text[0], "] "), "%s",
				t.screen.text[0]);
			check(widths[i] < 40 || strstr(t.screen.text[0], "loss 0.3"), "%s",
				t.screen.text[0]);
			check(!strstr(t.screen.text[0], "images/s")
					|| strstr(t.screen.text[0], "left"),
				"%s", t.screen.text[0]);
			lam_progress end = epoch_end();
			show(&t, &end);
			show(&t, &end);
			check(t.screen.row == 2 && t.screen.column == 0, "row %d: %s", t.screen.row,
				t.screen.text[0]);
			check(!strchr(t.screen.text[0], '[') && !strchr(t.screen.text[0], '>'),
				"%s", t.screen.text[0]);
			check(widths[i] < 40 || strstr(t.screen.text[0], "validation loss 0.4100"),
				"%s", t.screen.text[0]);
			close_terminal(&t);
		}
		test_end();
	}
}

static void shows_all_where_there_is_room(void)
{
	if (!has_terminals())
		return;
	struct terminal t;
	require(open_terminal(&t));
	resize(&t, 100, 100);
	lam_progress progress = progress_at(50);
	show(&t, &progress);
	check(strstr(t.screen.text[0],
		      "epoch 3/12  [============>           ]  loss 0.3021  accuracy 88.91%  "
		      "123456 images/s  1:02:05 left"),
		"%s", t.screen.text[0]);
	lam_progress end = epoch_end();
	resize(&t, 120, 120);
	show(&t, &end);
	check(strstr(t.screen.text[0],
		      "epoch 3/12  loss 0.3021  accuracy 88.91%  validation loss 0.4100  accuracy "
		      "90.00%  123456 images/s  12.3 s"),
		"%s", t.screen.text[0]);
	close_terminal(&t);
}

/* The width changes in the middle of an epoch, between any two widths. The terminal cuts what no
 * longer fits. */
static void follows_a_terminal_that_changes(void)
{
	if (!has_terminals())
		return;
	struct terminal t;
	require(open_terminal(&t));
	for (int64_t step = 1; step < 100; step++) {
		const int columns = widths[(step * 5) % WIDTHS];
		resize(&t, columns, columns);
		memset(t.screen.text[0] + columns, 0, (size_t)(MOST_COLUMNS - columns));
		lam_progress progress = progress_at(step);
		show(&t, &progress);
		check(t.screen.row == 0 && rows(&t.screen) <= 1, "step %d, %d columns: row %d",
			(int)step, columns, t.screen.row);
	}
	close_terminal(&t);
}

/* Numbers of any size, and reports without numbers. */
static void takes_any_numbers(void)
{
	if (!has_terminals())
		return;
	struct terminal t;
	require(open_terminal(&t));
	for (int i = 0; i < WIDTHS; i++) {
		resize(&t, widths[i], widths[i]);
		lam_progress progress = progress_at(7);
		progress.epoch = progress.epochs = INT64_MAX;
		progress.step = progress.steps = INT64_MAX;
		progress.train.loss = i % 2 ? 1e300 : NAN;
		progress.train.accuracy = i % 3 ? NAN : 1;
		progress.images_per_second = i % 2 ? INFINITY : 1e300;
		progress.seconds_left = i % 3 ? 1e300 : NAN;
		show(&t, &progress);
		check(t.screen.row == 0, "%d columns: row %d: %s", widths[i], t.screen.row,
			t.screen.text[0]);
	}
	close_terminal(&t);
}

/* The terminal does not say how wide it is, so COLUMNS decides. */
static void believes_columns(void)
{
	if (!has_terminals())
		return;
	static const struct {
		const char *columns;
		int width;
	} cases[] = {{"60", 60}, {"40", 40}, {"", 80}, {"0", 80}, {"-5", 80}, {"wide", 80},
		{"99999999999999999999", 80}, {NULL, 80}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct terminal t;
		require(open_terminal(&t));
		resize(&t, cases[i].width, 0);
		if (cases[i].columns)
			setenv("COLUMNS", cases[i].columns, 1);
		else
			unsetenv("COLUMNS");
		lam_progress progress = progress_at(99);
		show(&t, &progress);
		check(t.screen.row == 0 && strlen(t.screen.text[0]) > (size_t)cases[i].width / 2,
			"COLUMNS=%s: %s", cases[i].columns, t.screen.text[0]);
		/* The terminal's own width is used first. */
		resize(&t, 50, 50);
		setenv("COLUMNS", "200", 1);
		show(&t, &progress);
		check(t.screen.row == 0);
		unsetenv("COLUMNS");
		close_terminal(&t);
	}
}

/* With NO_COLOR there are no escape sequences, and nothing is left of the previous line. */
static void heeds_no_color(void)
{
	if (!has_terminals())
		return;
	struct terminal t;
	require(open_terminal(&t));
	setenv("NO_COLOR", "1", 1);
	resize(&t, 80, 80);
	for (int64_t step = 1; step < 100; step++) {
		lam_progress progress = progress_at(step);
		progress.train.accuracy = step % 2 ? NAN : 1;
		progress.images_per_second = step % 3 ? 1e6 : 1;
		show(&t, &progress);
		const char *left = strstr(t.screen.text[0], " left");
		check(left && left[5 + strspn(left + 5, " ")] == '\0', "%s", t.screen.text[0]);
	}
	lam_progress end = epoch_end();
	show(&t, &end);
	check(t.screen.row == 1 && t.screen.escapes == 0 && t.screen.strange == 0);
	/* An empty NO_COLOR counts as not set. */
	setenv("NO_COLOR", "", 1);
	show(&t, &end);
	check(t.screen.escapes > 0);
	unsetenv("NO_COLOR");
	close_terminal(&t);
}

/* A dumb terminal gets only lines, one per epoch. */
static void heeds_a_dumb_terminal(void)
{
	if (!has_terminals())
		return;
	struct terminal t;
	require(open_terminal(&t));
	setenv("TERM", "dumb", 1);
	resize(&t, 200, 200);
	for (int64_t step = 1; step < 100; step++) {
		lam_progress progress = progress_at(step);
		show(&t, &progress);
	}
	check(t.screen.row == 0 && t.screen.column == 0 && rows(&t.screen) == 0);
	lam_progress end = epoch_end();
	show(&t, &end);
	check(t.screen.row == 1 && rows(&t.screen) == 1 && t.screen.escapes == 0);
	resize(&t, 30, 30);
	show(&t, &end);
	check(t.screen.row == 2 && rows(&t.screen) == 2 && t.screen.escapes == 0);
	setenv("TERM", "xterm", 1);
	close_terminal(&t);
}

/* COLUMNS is narrow, but the output is a pipe. */
static void a_pipe_gets_whole_lines(void)
{
	FILE *file = tmpfile();
	char text[512] = "";
	require(file);
	setenv("COLUMNS", "20", 1);
	for (int64_t step = 1; step < 100; step++) {
		lam_progress progress = progress_at(step);
		lam_progress_bar(&progress, file);
	}
	lam_progress end = epoch_end();
	lam_progress_bar(&end, file);
	unsetenv("COLUMNS");
	rewind(file);
	check(fread(text, 1, sizeof text - 1, file) > 0
			&& strcmp(text,
				   "epoch 3/12  loss 0.3021  accuracy 88.91%  validation loss "
				   "0.4100  accuracy 90.00%  123456 images/s  12.3 s\n")
				== 0,
		"%s", text);
	fclose(file);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(takes_one_line_of_any_terminal),
		TEST(shows_all_where_there_is_room),
		TEST(follows_a_terminal_that_changes),
		TEST(takes_any_numbers),
		TEST(believes_columns),
		TEST(heeds_no_color),
		TEST(heeds_a_dumb_terminal),
		TEST(a_pipe_gets_whole_lines),
	};
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	unsetenv("COLUMNS");
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
