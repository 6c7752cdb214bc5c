/* SPDX-License-Identifier: MIT */
/* The progress bar. It writes only to the caller's stream and keeps no state between calls: whether
 * to draw follows from the times in lam_progress. */
#include "framework/progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, DRAWS_PER_SECOND = 10 };

typedef struct part {
	char text[64];
} part;

/* "loss 0.3021  accuracy 88.91%" */
static part score_text(const lam_score *score)
{
	part text;
	int at = snprintf(text.text, sizeof text.text, "loss %.4f", score->loss);
	if (!isnan(score->accuracy) && at > 0)
		snprintf(text.text + at, sizeof text.text - (size_t)at, "  accuracy %5.2f%%",
			100 * score->accuracy);
	return text;
}

/* "0:07", "12:31", "3:04:05" */
static part time_text(double seconds)
{
	part text;
	int64_t s = seconds > 0 && seconds < 1e9 ? llround(seconds) : 0;
	if (s < 3600)
		snprintf(text.text, sizeof text.text, "%d:%02d", (int)(s / 60), (int)(s % 60));
	else
		snprintf(text.text, sizeof text.text, "%d:%02d:%02d", (int)(s / 3600),
			(int)(s / 60 % 60), (int)(s % 60));
	return text;
}

static bool time_to_draw(const lam_progress *p)
{
	double before = p->seconds - p->step_seconds;
	return p->total_step == 1
		|| floor(p->seconds * DRAWS_PER_SECOND) > floor(before * DRAWS_PER_SECOND);
}

static void draw(const lam_progress *p, FILE *out)
{
	char bar[BAR_WIDTH + 1];
	int full = (int)(BAR_WIDTH * p->step / p->steps);
	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < full ? '=' : i == full ? '>' : ' ';
	bar[BAR_WIDTH] = '\0';
	fprintf(out, "\repoch %" PRId64 "/%" PRId64 " [%s] %s  %.0f images/s  %s left\033[K",
		p->epoch, p->epochs, bar, score_text(&p->train).text, p->images_per_second,
		time_text(p->seconds_left).text);
}

static void write_epoch(const lam_progress *p, FILE *out)
{
	fprintf(out, "epoch %" PRId64 "/%" PRId64 "  %s", p->epoch, p->epochs,
		score_text(&p->train).text);
	if (p->validation.count > 0)
		fprintf(out, "  validation %s", score_text(&p->validation).text);
	fprintf(out, "  %.0f images/s  %.1f s\n", p->images_per_second, p->epoch_seconds);
}

void lam_progress_bar(const lam_progress *progress, void *file)
{
	FILE *out = file;
	if (!progress || !out || progress->steps < 1
		|| (!progress->epoch_ended && !time_to_draw(progress)))
		return;
	bool terminal = isatty(fileno(out));
	if (terminal && !progress->epoch_ended)
		draw(progress, out);
	if (terminal && progress->epoch_ended)
		fprintf(out, "\r\033[K");
	if (progress->epoch_ended)
		write_epoch(progress, out);
	fflush(out);
}
