/* SPDX-License-Identifier: MIT */
/* Charts as SVG: a file of their own, or a part of an HTML page that has lam_svg_style once. */
#ifndef LAM_PICTURE_SVG_H
#define LAM_PICTURE_SVG_H

#include "exchange/pictures/pictures.h"
#include "exchange/pictures/text.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

enum { LAM_SVG_COLOURS = 6 };

/* Rules for the classes of charts, light and dark. Texts: ink, soft; good and bad for verdicts.
 * Strokes: line, s0 to s5. Fills: paper, f0 to f5, fgood, fbad. All begin with "lam-". */
extern const char lam_svg_style[];

/* The element's beginning. `alone`: it is a file, with its style and a background. `label`, from
 * outside, says what it is to who cannot see it. */
void lam_svg_begin(lam_text *svg, double width, double height, bool alone, const char *label);
void lam_svg_end(lam_text *svg);

void lam_svg_line(lam_text *svg, const char *kind, double x1, double y1, double x2, double y2);
void lam_svg_box(lam_text *svg, const char *kind, double opacity, double x, double y, double width,
	double height);

/* A PNG as a box of large pixels. Frees `png`, whose failure becomes that of the text. */
void lam_svg_pixels(lam_text *svg, lam_text *png, double x, double y, double width, double height);

/* Text at a base line; `anchor` is "start", "middle" or "end". `text` is from outside, of which at
 * most `most` characters are shown; if there are more, a title has all. */
typedef struct lam_svg_words {
	double x, y, size;
	const char *kind, *anchor, *text;
	size_t most;   /* 0: 1000 */
	double turned; /* degrees, clockwise */
} lam_svg_words;
void lam_svg_text(lam_text *svg, const lam_svg_words *words);

/* The width of a text of so many characters: a guess, as fonts differ. */
double lam_svg_width(size_t characters, double size);

/* The parts of pictures, which pages have as well. Arguments are checked by the caller. */

void lam_confusion_svg(lam_text *svg, const int64_t *confusion, int64_t classes,
	const char *(*name)(const void *data, int64_t class_index), const void *data, bool alone);

typedef struct lam_chart {
	const lam_series *curves;
	int64_t count;
	const char *title, *x_name, *y_name;
	double width, height;
} lam_chart;
/* The inside of a chart, with its top left corner at (x, y). */
void lam_chart_draw(lam_text *svg, const lam_chart *chart, double x, double y);

void lam_signals_svg(lam_text *svg, const lam_picture_signals_options *o, bool alone);

/* The columns of a run's history. */
enum {
	LAM_RUN_EPOCH,
	LAM_RUN_STEPS,
	LAM_RUN_LR,
	LAM_RUN_LOSS,
	LAM_RUN_ACCURACY,
	LAM_RUN_VALIDATION_LOSS,
	LAM_RUN_VALIDATION_ACCURACY,
	LAM_RUN_SECONDS,
	LAM_RUN_COLUMNS
};
typedef struct lam_run_history {
	int64_t epochs;
	double *column[LAM_RUN_COLUMNS]; /* [epochs]; NaN: there is none */
} lam_run_history;
lam_status lam_run_history_read(const char *path, lam_run_history *history);
void lam_run_history_free(lam_run_history *history);

/* The charts of a history: losses, accuracies, learning rate; how many there are. Curves and charts
 * are valid as long as the history. */
enum { LAM_RUN_CHARTS = 3, LAM_RUN_CURVES = 2 };
typedef struct lam_run_charts {
	lam_series curves[LAM_RUN_CHARTS][LAM_RUN_CURVES];
	lam_chart charts[LAM_RUN_CHARTS];
	int count;
} lam_run_charts;
void lam_run_charts_of(const lam_run_history *history, lam_run_charts *charts);

#pragma GCC visibility pop
#endif
