/* SPDX-License-Identifier: MIT */
#include "tools/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_ROOM = 64, MOST_BARS = 60, ROWS = 24, ROW = 64 };

bool note_loss(const lam_progress *progress, void *data)
{
	struct losses *losses = data;
	if (losses->count == losses->room) {
		const int64_t room = losses->room ? 2 * losses->room : FIRST_ROOM;
		double *values = realloc(losses->values, (size_t)room * sizeof *values);
		if (!values)
			return false; /* a line of bars is worth no stop */
		losses->values = values;
		losses->room = room;
	}
	losses->values[losses->count++] = progress->validation.count ? progress->validation.loss
								     : progress->train.loss;
	return false;
}

void show_losses(const struct losses *losses)
{
	char bars[LAM_SPARKLINE_BYTES(MOST_BARS)];
	const int room = columns_of(stdout) - 20;
	if (has_blocks() && losses->count > 1)
		printf("its loss    %s\n",
			lam_sparkline(bars,
				room < 8                   ? 8
					: room > MOST_BARS ? MOST_BARS
							   : room,
				losses->values, losses->count));
}

bool choose_history(struct settings *s)
{
	if (!s->report || s->history)
		return true;
	const char *dot = strrchr(s->report, '.');
	const size_t length = dot && !strchr(dot, '/') ? (size_t)(dot - s->report)
						       : strlen(s->report);
	char *path = NULL;
	if (asprintf(&path, "%.*s.csv", (int)length, s->report) < 0)
		return false;
	s->history = s->chosen_history = path;
	return true;
}

/* The rows of the page's settings. */
struct rows {
	lam_setting list[ROWS + 1];
	char text[ROWS][ROW];
	int count;
};

static void add(struct rows *rows, const char *name, const char *value)
{
	if (value && rows->count < ROWS)
		rows->list[rows->count++] = (lam_setting){name, value};
}

static void add_number(struct rows *rows, const char *name, double value, bool said)
{
	if (!said || rows->count >= ROWS)
		return;
	snprintf(rows->text[rows->count], ROW, "%g", value);
	add(rows, name, rows->text[rows->count]);
}

static void list_settings(const struct settings *s, struct rows *rows)
{
	add(rows, "net", s->net);
	add(rows, "data", s->data);
	add(rows, "validation", s->validation);
	add_number(rows, "held out", s->hold_out, s->hold_out > 0);
	add_number(rows, "epochs", s->epochs, true);
	add_number(rows, "batch", (double)s->batch, true);
	add(rows, "optimizer", optimizer_names[s->optimizer]);
	add_number(rows, "learning rate", s->lr, s->lr > 0);
	add_number(rows, "momentum", s->momentum, !isnan(s->momentum));
	add_number(rows, "weight decay", s->weight_decay, s->weight_decay > 0);
	add(rows, "schedule", schedule_names[s->schedule]);
	add_number(rows, "warmup", s->warmup, !isnan(s->warmup));
	add_number(rows, "clip", s->clip, s->clip > 0);
	add_number(rows, "average", s->average, s->average > 0);
	add_number(rows, "patience", s->patience, s->patience > 0);
	add_number(rows, "shift", s->augment.shift, s->augment.shift > 0);
	add(rows, "flip", s->augment.flip ? "yes" : NULL);
	add_number(rows, "crop", s->augment.crop[0], s->augment.crop[0] > 0);
	add_number(rows, "cutout", s->augment.cutout, s->augment.cutout > 0);
	add(rows, "weights", s->last ? "of the last epoch" : "of the best epoch");
	add(rows, "history", s->history);
}

int write_report(const struct settings *s, lam_net *net, const lam_dataset *validation,
	const lam_report *report)
{
	struct rows rows = {.count = 0};
	/* A run that had ended before writes no history. */
	const char *history = report && s->history && access(s->history, F_OK) == 0 ? s->history
										    : NULL;
	char title[160];
	list_settings(s, &rows);
	const char *slash = strrchr(s->net, '/');
	snprintf(title, sizeof title, "%.60s on %.60s%s", slash ? slash + 1 : s->net, s->data,
		report ? "" : " (not finished)");
	const lam_status status = lam_report_html(s->report, net, .report = report,
		.dataset = report ? validation : NULL, .history = history, .settings = rows.list,
		.title = title);
	if (status)
		return failed("%s", lam_error());
	if (report)
		printf("'%s' shows the run\n", s->report);
	return DONE;
}
