/* SPDX-License-Identifier: MIT */
/* What the progress bar shows of a net of several losses, at terminals of several widths. */
#define _GNU_SOURCE
#include "tests/train/ends_problem.h"
#include "tests/train/terminal.h"

/* What a terminal has shown last within the epoch, and at the epoch's end. */
struct watched {
	struct terminal terminal;
	char within[MOST_COLUMNS + 1], ended[MOST_COLUMNS + 1];
};

static void watch(const lam_progress *progress, void *data)
{
	struct watched *w = data;
	const int row = w->terminal.screen.row;
	lam_progress now = *progress;
	now.images_per_second = 12345;
	now.seconds_left = 61;
	now.epoch_seconds = 0.5;
	now.step_seconds = now.seconds + 1; /* a bar after every step */
	show(&w->terminal, &now);
	memcpy(progress->epoch_ended ? w->ended : w->within, w->terminal.screen.text[row],
		MOST_COLUMNS);
}

static void run(struct watched *w, int columns, bool validated)
{
	lam_dataset *data = ends_data(COUNT), *some = ends_data(30);
	lam_net *net = ends_net(2);
	*w = (struct watched){.within = ""};
	require(data && some && net && open_terminal(&w->terminal), "%s", lam_error());
	resize(&w->terminal, columns, columns);
	check_ok(lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = (lam_real)0.1),
		.validation = validated ? some : NULL, .progress = watch, .progress_data = w));
	check(w->terminal.screen.row == 1, "it took %d rows", w->terminal.screen.row);
	close_terminal(&w->terminal);
	lam_net_free(net);
	lam_dataset_free(data);
	lam_dataset_free(some);
	if (getenv("LAMINA_TEST_SHOW"))
		printf("%d: %s\n%d: %s\n", columns, w->within, columns, w->ended);
}

static void losses_are_shown_by_name(void)
{
	if (!has_terminals())
		return;
	static const struct {
		int columns;
		bool validated, within, ended;
	} rows[] = {{60, false, false, true}, {60, true, false, false}, {80, false, true, true},
		{80, true, true, true}, {200, false, true, true}, {200, true, true, true}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("%d columns%s", rows[i].columns, rows[i].validated ? ", validated" : "");
		static struct watched w;
		run(&w, rows[i].columns, rows[i].validated);
		check(strstr(w.within, "loss ") && strstr(w.ended, "loss "));
		check((strstr(w.within, "  kind ") && strstr(w.within, "  price "))
				== rows[i].within,
			"%s", w.within);
		check((strstr(w.ended, "  kind ") && strstr(w.ended, "  price ")) == rows[i].ended,
			"%s", w.ended);
		test_end();
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(losses_are_shown_by_name),
	};
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
