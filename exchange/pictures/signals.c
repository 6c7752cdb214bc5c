/* SPDX-License-Identifier: MIT */
/* Signals: small charts of one scale, and below them rows of colours. */
#include "exchange/pictures/image.h"
#include "exchange/pictures/svg.h"

#include "framework/base/options.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

enum {
	MOST_SIGNALS = 4096,
	MOST_ROWS = 256, /* channels that are drawn */
	TOGETHER = 6,    /* channels that are drawn over each other */
	COLUMNS = 3,
	POINTS = 500, /* of a line: of more values the least and largest of each part */
	WIDTH = 260,
	HEIGHT = 130,
	LABEL = 24,
	MARGIN = 12,
	GAP = 6,   /* between a signal and what is below */
	THICK = 6, /* a row of colours, if there are at most 16 */
	THIN = 3,
};

struct signals {
	const lam_picture_signals_options *o;
	int64_t channels, length, rows; /* rows: of channels that have a place of their own */
	lam_range range;
	double height;
	double strongest;          /* below */
	int64_t rows_below, width; /* width: values of a row below */
	double height_below;
};

/* The height of a value in a row, from its top. */
static double height_of(const struct signals *s, double value, double row_height)
{
	return row_height * (1 - lam_range_part(s->range, value));
}

static void point(lam_text *svg, bool down, double x, double y)
{
	lam_text_add(svg, down ? "L" : "M");
	lam_text_place(svg, x);
	lam_text_add(svg, " ");
	lam_text_place(svg, y);
}

/* A channel within a row of `height` at (left, top). */
static void draw_channel(lam_text *svg, const struct signals *s, const lam_real *x, int colour,
	double left, double top, double height)
{
	const int64_t points = s->length > POINTS ? POINTS : s->length;
	bool down = false, any = false;
	for (int64_t i = 0; i < points; i++) {
		const int64_t begin = s->length * i / points, end = s->length * (i + 1) / points;
		lam_range part = LAM_RANGE_NONE;
		lam_range_add(&part, x + begin, end - begin);
		if (part.least > part.most) {
			down = false;
			continue;
		}
		if (!any)
			lam_text_format(svg, "<path class=\"lam-s lam-thin lam-s%d\" d=\"", colour);
		const double at = left
			+ (points > 1 ? WIDTH * (double)i / (double)(points - 1) : WIDTH / 2.0);
		point(svg, down, at, top + height_of(s, part.least, height));
		if (part.most > part.least || !down)
			point(svg, true, at, top + height_of(s, part.most, height));
		any = down = true;
	}
	if (any)
		lam_text_add(svg, "\"/>\n");
}

/* Of the values [begin, end) the one that is farthest from 0; NaN if there is one. */
static double outstanding(const lam_real *x, int64_t begin, int64_t end)
{
	double most = 0;
	for (int64_t i = begin; i < end; i++)
		if (isnan((double)x[i]) || fabs((double)x[i]) > fabs(most))
			most = (double)x[i];
	return most;
}

/* The channels of one sample as pixels, the more opaque the farther they are from 0. */
static void draw_below(
	lam_text *svg, const struct signals *s, const lam_real *x, double left, double top)
{
	const int64_t columns = s->width > POINTS ? POINTS : s->width;
	lam_canvas canvas;
	lam_text png = {0};
	if (!svg->status)
		svg->status = lam_canvas_open(
			&canvas, columns, s->rows_below, 0xffffff00, "lam_picture_signals");
	if (svg->status)
		return;
	for (int64_t row = 0; row < s->rows_below; row++)
		for (int64_t k = 0; k < columns; k++) {
			const double value = outstanding(x + row * s->width, s->width * k / columns,
				s->width * (k + 1) / columns);
			const double part = s->strongest > 0 ? fabs(value) / s->strongest : 0;
			lam_canvas_set(&canvas, k, row,
				!isfinite(value) ? LAM_NOT_FINITE
						 : (value < 0 ? 0xcf222e00u : 0x0969da00u)
						| (unsigned)(255 * sqrt(part)));
		}
	lam_canvas_png(&canvas, &png);
	lam_canvas_close(&canvas);
	lam_svg_pixels(svg, &png, left, top, WIDTH, s->height_below);
}

static void draw_signal(
	lam_text *svg, const struct signals *s, int64_t index, double left, double top)
{
	const lam_picture_signals_options *o = s->o;
	const char *label = o->labels ? o->labels[index] : NULL;
	const lam_verdict verdict = o->verdicts ? o->verdicts[index] : LAM_VERDICT_NONE;
	if (label)
		lam_svg_text(svg,
			&(lam_svg_words){.x = left,
				.y = top - 7,
				.size = 12,
				.anchor = "start",
				.kind = verdict == LAM_VERDICT_RIGHT   ? "lam-good"
					: verdict == LAM_VERDICT_WRONG ? "lam-bad"
								       : "lam-ink",
				.text = label,
				.most = 38});
	lam_svg_line(svg, "lam-line", left, top, left, top + s->height);
	lam_svg_line(svg, "lam-line", left, top + s->height, left + WIDTH, top + s->height);
	if (s->range.least < 0 && s->range.most > 0 && s->rows == 1) {
		const double zero = top + height_of(s, 0, s->height);
		lam_svg_line(svg, "lam-line", left, zero, left + WIDTH, zero);
	}
	const double row = s->height / (double)s->rows;
	for (int64_t k = 0; k < s->channels; k++)
		draw_channel(svg, s, o->x + (index * lam_shape_count(&o->shape)) + k * s->length,
			s->rows > 1 ? 0 : (int)(k % LAM_SVG_COLOURS), left,
			top + (s->rows > 1 ? row * (double)k : 0), row);
	if (o->below)
		draw_below(svg, s, o->below + index * lam_shape_count(&o->below_shape), left,
			top + s->height + GAP);
}

/* What lies below: of how many rows at most MOST_ROWS are drawn, and how high they are. */
static void plan_below(struct signals *s)
{
	const lam_shape *shape = &s->o->below_shape;
	if (!s->o->below)
		return;
	s->width = shape->dim[shape->rank - 1];
	s->rows_below = shape->rank == 2 && shape->dim[0] < MOST_ROWS ? shape->dim[0]
		: shape->rank == 2                                    ? MOST_ROWS
								      : 1;
	s->height_below = (double)(s->rows_below * (s->rows_below > 16 ? THIN : THICK));
	s->strongest = lam_strongest(s->o->below, lam_shape_count(shape) * s->o->count);
}

void lam_signals_svg(lam_text *svg, const lam_picture_signals_options *o, bool alone)
{
	struct signals s = {.o = o,
		.channels = o->shape.rank == 2 ? o->shape.dim[0] : 1,
		.length = o->shape.dim[o->shape.rank - 1],
		.range = LAM_RANGE_NONE};
	if (s.channels > MOST_ROWS)
		s.channels = MOST_ROWS;
	s.rows = s.channels > TOGETHER ? s.channels : 1;
	s.height = s.rows * 9 > HEIGHT ? (double)s.rows * 9 : HEIGHT;
	lam_range_add(&s.range, o->x, lam_shape_count(&o->shape) * o->count);
	plan_below(&s);
	const int64_t wanted = o->columns ? o->columns : COLUMNS,
		      columns = o->count == 0 ? 1
		: wanted < o->count           ? wanted
					      : o->count,
		      rows = o->count ? (o->count + columns - 1) / columns : 1;
	const double step_x = WIDTH + 2 * MARGIN,
		     step_y = s.height + LABEL + MARGIN + (o->below ? GAP + s.height_below : 0);
	lam_svg_begin(
		svg, step_x * (double)columns, step_y * (double)rows + MARGIN, alone, "Signals");
	for (int64_t i = 0; i < o->count; i++)
		draw_signal(svg, &s, i, MARGIN + step_x * (double)(i % columns),
			LABEL + step_y * (double)(i / columns));
	lam_svg_end(svg);
}

lam_status lam_picture_signals_with(const lam_picture_signals_options *options)
{
	static const char what[] = "lam_picture_signals";
	lam_picture_signals_options o;
	lam_text svg = {0};
	if (!lam_take_options(what, &o, sizeof o, sizeof o,
		    offsetof(lam_picture_signals_options, named), options))
		return LAM_ERR_ARGUMENT;
	if (!o.path)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: the path is NULL", what);
	if (o.count < 0 || o.count > MOST_SIGNALS || (o.count && !o.x))
		return lam_fail(LAM_ERR_ARGUMENT, "%s: %" PRId64 " signals%s; expected 0 to %d",
			what, o.count, o.x ? "" : " at NULL", MOST_SIGNALS);
	if (!lam_shape_valid(&o.shape) || o.shape.rank > 2)
		return lam_fail(LAM_ERR_SHAPE, "%s: the shape is %s; expected CxL or L", what,
			lam_shape_text(o.shape).text);
	if (o.below && (!lam_shape_valid(&o.below_shape) || o.below_shape.rank > 2))
		return lam_fail(LAM_ERR_SHAPE, "%s: .below_shape is %s; expected CxL or L", what,
			lam_shape_text(o.below_shape).text);
	if (o.columns < 0)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: .columns is %d; expected 1 or more", what,
			o.columns);
	lam_signals_svg(&svg, &o, true);
	return lam_text_save(&svg, o.path);
}
