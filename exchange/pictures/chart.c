/* SPDX-License-Identifier: MIT */
/* A chart of curves: axes at round numbers, a legend, and lines with gaps where there is no number.
 */
#include "exchange/pictures/svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	MOST_CURVES = 64,
	MOST_POINTS = 4000, /* drawn of a curve; of more, some are left out */
	TEXT = 12,          /* size of texts */
	DOTS = 40,          /* a curve of fewer points has dots */
};

struct axis {
	double least, most, step; /* numbers at multiples of step */
	double begin, end;        /* where least and most are drawn */
};

struct plot {
	const lam_chart *chart;
	struct axis x, y;
};

static double x_of(const lam_series *curve, int64_t i)
{
	return curve->x ? curve->x[i] : (double)(i + 1);
}

static bool is_drawn(const lam_series *curve, int64_t i)
{
	return isfinite(curve->y[i]) && isfinite(x_of(curve, i));
}

static void widen(struct axis *axis, double value)
{
	axis->least = fmin(axis->least, value);
	axis->most = fmax(axis->most, value);
}

/* 1, 2 or 5 times a power of ten: the least that makes at most `most` steps. */
static double round_step(double range, int most)
{
	const double least = range / most, ten = pow(10, floor(log10(least)));
	return least <= ten        ? ten
		: least <= 2 * ten ? 2 * ten
		: least <= 5 * ten ? 5 * ten
				   : 10 * ten;
}

/* Chooses the numbers of an axis. */
static void scale(struct axis *axis, int steps, bool whole, bool widened)
{
	if (axis->least > axis->most)
		axis->least = 0, axis->most = 1;
	const double size = fmax(fabs(axis->least), fabs(axis->most));
	/* Numbers that double cannot tell apart, and sizes that would overflow, are one number. */
	if (!(axis->most - axis->least > 1e-12 * size)) {
		const double half = size > 0 && !whole ? 0.1 * size : 0.5;
		axis->least -= half;
		axis->most += half;
	}
	if (size > 1e300)
		axis->least = -1e300, axis->most = 1e300;
	axis->step = round_step(axis->most - axis->least, steps);
	if (whole && axis->step < 1)
		axis->step = 1;
	if (widened) {
		axis->least = floor(axis->least / axis->step + 1e-9) * axis->step;
		axis->most = ceil(axis->most / axis->step - 1e-9) * axis->step;
	}
}

/* Where a value is drawn; at the end of the axis if it is too large. */
static double on(const struct axis *axis, double value)
{
	const double part = (value - axis->least) / (axis->most - axis->least);
	return axis->begin + (axis->end - axis->begin) * (part < 0 ? 0 : part > 1 ? 1 : part);
}

/* The numbers at multiples of the step; a few more than fit are not drawn. */
static void draw_numbers(lam_text *svg, const struct plot *p, bool vertical)
{
	const struct axis *axis = vertical ? &p->y : &p->x;
	const double first = ceil(axis->least / axis->step - 1e-9);
	for (int i = 0; i < 20; i++) {
		const double value = (first + i) * axis->step, at = on(axis, value);
		if (value > axis->most + 1e-9 * axis->step)
			return;
		const lam_digits digits = lam_digits_of(value, 6);
		lam_svg_words words = {.size = TEXT, .kind = "lam-soft", .text = digits.text};
		if (vertical) {
			lam_svg_line(svg, "lam-line", p->x.begin, at, p->x.end, at);
			words.x = p->x.begin - 8;
			words.y = at + 4;
			words.anchor = "end";
		} else {
			lam_svg_line(svg, "lam-line", at, p->y.begin, at, p->y.begin + 5);
			words.x = at;
			words.y = p->y.begin + 18;
			words.anchor = "middle";
		}
		lam_svg_text(svg, &words);
	}
}

static void draw_dot(lam_text *svg, int colour, double x, double y)
{
	lam_text_format(svg, "<circle class=\"lam-f%d\" r=\"2.5\" cx=\"", colour);
	lam_text_place(svg, x);
	lam_text_add(svg, "\" cy=\"");
	lam_text_place(svg, y);
	lam_text_add(svg, "\"/>\n");
}

static void draw_curve(lam_text *svg, const struct plot *p, const lam_series *curve, int colour)
{
	const int64_t stride = 1 + (curve->count - 1) / MOST_POINTS;
	bool down = false, any = false;
	for (int64_t i = 0; i < curve->count; i += stride) {
		if (!is_drawn(curve, i)) {
			down = false;
			continue;
		}
		if (!any)
			lam_text_format(svg, "<path class=\"lam-s lam-s%d\" d=\"", colour);
		lam_text_add(svg, down ? "L" : "M");
		lam_text_place(svg, on(&p->x, x_of(curve, i)));
		lam_text_add(svg, " ");
		lam_text_place(svg, on(&p->y, curve->y[i]));
		any = down = true;
	}
	if (any)
		lam_text_add(svg, "\"/>\n");
	for (int64_t i = 0; i < curve->count && curve->count < DOTS; i++)
		if (is_drawn(curve, i))
			draw_dot(svg, colour, on(&p->x, x_of(curve, i)), on(&p->y, curve->y[i]));
}

/* The curves' names with their colours and last values, below the title. */
static void draw_legend(lam_text *svg, const struct plot *p, double y)
{
	double x = p->x.begin;
	for (int64_t i = 0; i < p->chart->count; i++) {
		const lam_series *curve = &p->chart->curves[i];
		const char *name = curve->name ? curve->name : "";
		const size_t length = lam_text_length(name), most = 28;
		const double width = 30 + lam_svg_width(length > most ? most : length, TEXT);
		if (!*name || x + width > p->x.end + 10)
			continue;
		lam_text_format(
			svg, "<path class=\"lam-s lam-s%d\" d=\"M", (int)(i % LAM_SVG_COLOURS));
		lam_text_place(svg, x);
		lam_text_add(svg, " ");
		lam_text_place(svg, y - 4);
		lam_text_add(svg, "h16\"/>\n");
		lam_svg_text(svg,
			&(lam_svg_words){.x = x + 21,
				.y = y,
				.size = TEXT,
				.kind = "lam-soft",
				.anchor = "start",
				.text = name,
				.most = most});
		x += width;
	}
}

static void find_ranges(struct plot *p)
{
	const lam_chart *chart = p->chart;
	bool whole = true;
	p->x.least = p->y.least = INFINITY;
	p->x.most = p->y.most = -INFINITY;
	for (int64_t i = 0; i < chart->count; i++)
		for (int64_t k = 0; k < chart->curves[i].count; k++) {
			const lam_series *curve = &chart->curves[i];
			if (!is_drawn(curve, k))
				continue;
			widen(&p->x, x_of(curve, k));
			widen(&p->y, curve->y[k]);
			whole = whole && x_of(curve, k) == floor(x_of(curve, k));
		}
	scale(&p->x, (int)(chart->width / 60), whole, false);
	scale(&p->y, (int)(chart->height / 50), false, true);
}

void lam_chart_draw(lam_text *svg, const lam_chart *chart, double x, double y)
{
	struct plot p = {.chart = chart};
	find_ranges(&p);
	size_t longest = 0;
	for (int i = 0; i <= 20; i++) {
		const double value = (floor(p.y.least / p.y.step + 0.5) + i) * p.y.step;
		const size_t length = strlen(lam_digits_of(value, 6).text);
		if (value <= p.y.most + 1e-9 * p.y.step)
			longest = length > longest ? length : longest;
	}
	const bool named = chart->y_name && *chart->y_name;
	p.x.begin = x + 16 + lam_svg_width(longest, TEXT) + (named ? 18 : 0);
	p.x.end = x + chart->width - 16;
	p.y.begin = y + chart->height - (chart->x_name ? 44 : 28);
	p.y.end = y + 58;
	lam_svg_words words = {.x = p.x.begin,
		.y = y + 22,
		.size = 15,
		.kind = "lam-ink",
		.anchor = "start",
		.text = chart->title ? chart->title : "",
		.most = 60};
	lam_svg_text(svg, &words);
	draw_legend(svg, &p, y + 42);
	draw_numbers(svg, &p, true);
	draw_numbers(svg, &p, false);
	words = (lam_svg_words){.x = (p.x.begin + p.x.end) / 2,
		.y = p.y.begin + 36,
		.size = TEXT,
		.kind = "lam-soft",
		.anchor = "middle",
		.text = chart->x_name,
		.most = 60};
	if (chart->x_name)
		lam_svg_text(svg, &words);
	words = (lam_svg_words){.x = x + 14,
		.y = (p.y.begin + p.y.end) / 2,
		.size = TEXT,
		.kind = "lam-soft",
		.anchor = "middle",
		.text = chart->y_name,
		.most = 40,
		.turned = -90};
	if (named)
		lam_svg_text(svg, &words);
	for (int64_t i = 0; i < chart->count; i++)
		draw_curve(svg, &p, &chart->curves[i], (int)(i % LAM_SVG_COLOURS));
}

lam_status lam_picture_curves(const char *path, const lam_series *curves, int64_t count,
	const char *title, const char *x_name, const char *y_name)
{
	lam_text svg = {0};
	if (!path || (count > 0 && !curves))
		return lam_fail(LAM_ERR_ARGUMENT, "lam_picture_curves: the %s NULL",
			path ? "curves are" : "path is");
	if (count < 0 || count > MOST_CURVES)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_picture_curves: %" PRId64 " curves; expected 0 to %d", count,
			MOST_CURVES);
	for (int64_t i = 0; i < count; i++)
		if (curves[i].count < 0 || (curves[i].count && !curves[i].y))
			return lam_fail(LAM_ERR_ARGUMENT,
				"lam_picture_curves: curve %" PRId64 " has %" PRId64 " values%s", i,
				curves[i].count, curves[i].y ? "; expected 0 or more" : " at NULL");
	const lam_chart chart = {curves, count, title, x_name, y_name, 640, 360};
	lam_svg_begin(&svg, chart.width, chart.height, true, title ? title : "Chart");
	lam_chart_draw(&svg, &chart, 0, 0);
	lam_svg_end(&svg);
	return lam_text_save(&svg, path);
}
