/* SPDX-License-Identifier: MIT */
/* The progress bar. It writes only to the caller's stream and keeps no state between calls: whether
 * to draw follows from the times in lam_progress, how wide from the terminal at that moment. */
#include "framework/progress.h"

#include "framework/io.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DRAWS_PER_SECOND = 10, LEAST_BAR = 4, MOST_BAR = 24, USUAL_COLUMNS = 80 };

/* A line has at most PARTS parts, with two columns between a part and the next. */
enum { PARTS = 16, PART_BYTES = 64, LINE_BYTES = PARTS * PART_BYTES, MOST_LOSSES = 4 };

/* How important a part is. If the terminal is too narrow, the least important ones are left out. */
enum rank { SPEED, TIME, ACCURACY, BAR, LOSS, RESULT, HEAD };

struct part {
	enum rank rank;
	bool left_out;
	char text[PART_BYTES];
};

struct line {
	int count;
	struct part parts[PARTS];
};

__attribute__((format(printf, 3, 4))) static void add(
	struct line *line, enum rank rank, const char *format, ...)
{
	struct part *part = &line->parts[line->count++];
	part->rank = rank;
	va_list values;
	va_start(values, format);
	vsnprintf(part->text, sizeof part->text, format, values);
	va_end(values);
}

/* "kind 0.3021 88.91%", for each of several losses. */
static void add_losses(struct line *line, enum rank rank, const lam_net *net, lam_scored which)
{
	const int count = lam_net_loss_count(net);
	for (int i = 0; i < count && i < MOST_LOSSES && count > 1; i++) {
		const char *name = lam_net_loss_name(net, i);
		lam_score score;
		if (lam_net_score_of(net, name, which, &score) || score.count == 0)
			continue;
		const char *more = i + 1 == MOST_LOSSES && count > MOST_LOSSES ? " ..." : "";
		if (isnan(score.accuracy))
			add(line, rank, "%.24s %.4g%s", name, score.loss, more);
		else
			add(line, rank, "%.24s %.4g %.2f%%%s", name, score.loss,
				100 * score.accuracy, more);
	}
}

/* "loss 0.3021", "accuracy 88.91%" */
static void add_score(struct line *line, enum rank loss, enum rank accuracy, const char *before,
	const lam_score *score)
{
	add(line, loss, fabs(score->loss) < 1e6 ? "%sloss %.4f" : "%sloss %.4g", before,
		score->loss);
	if (!isnan(score->accuracy))
		add(line, accuracy, "accuracy %5.2f%%", 100 * score->accuracy);
}

static void add_speed(struct line *line, double images_per_second)
{
	add(line, SPEED, images_per_second < 1e9 ? "%.0f images/s" : "%.3g images/s",
		images_per_second);
}

/* "0:07 left", "12:31 left", "3:04:05 left" */
static void add_time(struct line *line, double seconds)
{
	int64_t s = seconds > 0 && seconds < 1e9 ? llround(seconds) : 0;
	if (s < 3600)
		add(line, TIME, "%d:%02d left", (int)(s / 60), (int)(s % 60));
	else
		add(line, TIME, "%d:%02d:%02d left", (int)(s / 3600), (int)(s / 60 % 60),
			(int)(s % 60));
}

static int columns_of(const struct line *line)
{
	int columns = 0;
	for (int i = 0; i < line->count; i++)
		if (!line->parts[i].left_out)
			columns += (int)strlen(line->parts[i].text) + (columns > 0 ? 2 : 0);
	return columns;
}

/* Leaves out the least important parts until the rest fits `room` columns, or only one part is
 * left. */
static void make_fit(struct line *line, int room)
{
	for (int rank = SPEED; rank < HEAD && columns_of(line) > room; rank++)
		for (int i = 0; i < line->count; i++)
			if ((int)line->parts[i].rank == rank)
				line->parts[i].left_out = true;
}

/* Makes the bar as wide as there is room, up to MOST_BAR. */
static void widen(struct line *line, struct part *bar, int room, double done)
{
	int width = LEAST_BAR + room - columns_of(line);
	if (bar->left_out || width < LEAST_BAR)
		return;
	if (width > MOST_BAR)
		width = MOST_BAR;
	const int full = (int)(width * done);
	char *at = bar->text;
	*at++ = '[';
	for (int i = 0; i < width; i++)
		*at++ = i < full ? '=' : i == full ? '>' : ' ';
	*at++ = ']';
	*at = '\0';
}

/* Writes the line to `text`, cut to `room` columns. Returns the number of columns that it takes. */
static int join(const struct line *line, int room, char text[static LINE_BYTES])
{
	int at = 0;
	text[0] = '\0';
	for (int i = 0; i < line->count; i++)
		if (!line->parts[i].left_out)
			at += snprintf(text + at, (size_t)(LINE_BYTES - at), "%s%s",
				at > 0 ? "  " : "", line->parts[i].text);
	if (at > room)
		text[at = room] = '\0';
	return at;
}

/* The number of columns of a terminal: as the terminal says, else $COLUMNS, else USUAL_COLUMNS. */
static int terminal_columns(FILE *out)
{
	struct winsize size;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	const char *named = getenv("COLUMNS");
	const long columns = named ? strtol(named, NULL, 10) : 0;
	return columns > 0 && columns < LINE_BYTES ? (int)columns : USUAL_COLUMNS;
}

/* Replaces the terminal's last line. The last column stays free, because some terminals wrap when
 * it is written. With NO_COLOR no escape sequences are written, and spaces overwrite the old
 * line. */
static void redraw(const struct line *line, int columns, const char *end, FILE *out)
{
	char text[LINE_BYTES];
	const int taken = join(line, columns - 1, text);
	const char *plain = getenv("NO_COLOR");
	if (plain && *plain)
		fprintf(out, "\r%s%*s%s", text, columns - 1 - taken, "", end);
	else
		fprintf(out, "\r%s\033[K%s", text, end);
}

static bool time_to_draw(const lam_progress *p)
{
	double before = p->seconds - p->step_seconds;
	return p->total_step == 1
		|| floor(p->seconds * DRAWS_PER_SECOND) > floor(before * DRAWS_PER_SECOND);
}

/* Draws the bar, and ends its line if the run stops here. */
static void draw(const lam_progress *p, int columns, FILE *out)
{
	struct line line = {0};
	add(&line, HEAD, "epoch %" PRId64 "/%" PRId64, p->epoch, p->epochs);
	struct part *bar = &line.parts[line.count];
	add(&line, BAR, "[%*s]", LEAST_BAR, "");
	add_score(&line, LOSS, ACCURACY, "", &p->train);
	add_losses(&line, ACCURACY, p->net, LAM_TRAINED);
	add_speed(&line, p->images_per_second);
	add_time(&line, p->seconds_left);
	make_fit(&line, columns - 1);
	widen(&line, bar, columns - 1, (double)p->step / (double)p->steps);
	redraw(&line, columns, p->stopped ? "\n" : "", out);
}

/* The last line of an epoch. If there are two scores, the validation's is more important. */
static struct line epoch_line(const lam_progress *p)
{
	const bool validated = p->validation.count > 0;
	struct line line = {0};
	add(&line, HEAD, "epoch %" PRId64 "/%" PRId64, p->epoch, p->epochs);
	add_score(&line, validated ? ACCURACY : RESULT, validated ? TIME : LOSS, "", &p->train);
	if (!validated)
		add_losses(&line, ACCURACY, p->net, LAM_TRAINED);
	if (validated)
		add_score(&line, RESULT, LOSS, "validation ", &p->validation);
	if (validated)
		add_losses(&line, BAR, p->net, LAM_VALIDATED);
	add_speed(&line, p->images_per_second);
	add(&line, SPEED, "%.1f s", p->epoch_seconds);
	return line;
}

void lam_progress_bar(const lam_progress *progress, void *file)
{
	FILE *out = file;
	if (!progress || !out || progress->steps < 1
		|| (!progress->epoch_ended && !progress->stopped && !time_to_draw(progress)))
		return;
	const char *kind = getenv("TERM");
	const bool redraws = isatty(fileno(out)) && !(kind && strcmp(kind, "dumb") == 0);
	if (!progress->epoch_ended) {
		if (redraws)
			draw(progress, terminal_columns(out), out);
	} else {
		struct line line = epoch_line(progress);
		if (redraws) {
			const int columns = terminal_columns(out);
			make_fit(&line, columns - 1);
			redraw(&line, columns, "\n", out);
		} else {
			char text[LINE_BYTES];
			if (isatty(fileno(out)))
				make_fit(&line, terminal_columns(out) - 1);
			join(&line, LINE_BYTES - 1, text);
			fprintf(out, "%s\n", text);
		}
	}
	fflush(out);
}
