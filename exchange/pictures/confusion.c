/* SPDX-License-Identifier: MIT */
/* A confusion matrix: rows are classes, columns what they were predicted as. */
#include "exchange/pictures/canvas.h"
#include "exchange/pictures/svg.h"

#include "framework/evaluate.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	NUMBERED = 40,  /* classes, above which cells have no numbers */
	NAMED = 64,     /* above which rows and columns have no names */
	MOST_NAME = 20, /* characters of a name */
	WIDE = 640,     /* pixels of a matrix without numbers, about */
};

struct matrix {
	const int64_t *confusion;
	int64_t classes;
	const char *(*name)(const void *data, int64_t class_index);
	const void *data;
	double cell, size, left, top, names; /* size: of texts */
};

typedef struct class_name {
	char number[24];
	const char *text;
} class_name;

static void name_of(const struct matrix *m, int64_t i, class_name *name)
{
	name->text = m->name(m->data, i);
	snprintf(name->number, sizeof name->number, "%" PRId64, i);
	if (!name->text)
		name->text = name->number;
}

/* The number of samples of a class; a double, as int64_t could overflow. */
static double row_sum(const struct matrix *m, int64_t row)
{
	double sum = 0;
	for (int64_t k = 0; k < m->classes; k++)
		sum += (double)m->confusion[row * m->classes + k];
	return sum;
}

static double part_of(const struct matrix *m, int64_t row, int64_t column, double sum)
{
	const double count = (double)m->confusion[row * m->classes + column];
	return sum > 0 && count > 0 ? count / sum : 0;
}

static void draw_cell(
	lam_text *svg, const struct matrix *m, int64_t row, int64_t column, double sum)
{
	const double part = part_of(m, row, column, sum), x = m->left + (double)column * m->cell,
		     y = m->top + (double)row * m->cell;
	const int64_t count = m->confusion[row * m->classes + column];
	if (!count)
		return;
	/* Few mistakes can still be seen. */
	lam_svg_box(svg, row == column ? "lam-fgood" : "lam-fbad", 0.06 + 0.94 * part, x, y,
		m->cell, m->cell);
	if (m->classes > NUMBERED)
		return;
	char text[24];
	const int length = snprintf(text, sizeof text, "%" PRId64, count);
	const double fits = (m->cell - 4) / lam_svg_width((size_t)length, 1);
	lam_svg_text(svg,
		&(lam_svg_words){.x = x + m->cell / 2,
			.y = y + m->cell / 2 + 0.35 * (fits < m->size ? fits : m->size),
			.size = fits < m->size ? fits : m->size,
			.kind = part > 0.5 ? "lam-on" : "lam-ink",
			.anchor = "middle",
			.text = text});
}

/* Colours alone, a pixel for each cell. */
static void draw_pixels(lam_text *svg, const struct matrix *m)
{
	lam_canvas canvas;
	lam_text png = {0};
	if (!svg->status)
		svg->status = lam_canvas_open(
			&canvas, m->classes, m->classes, 0xffffff00, "lam_picture_confusion");
	if (svg->status)
		return;
	for (int64_t row = 0; row < m->classes; row++) {
		const double sum = row_sum(m, row);
		for (int64_t k = 0; k < m->classes; k++) {
			const double part = part_of(m, row, k, sum);
			if (part > 0)
				lam_canvas_set(&canvas, k, row,
					(row == k ? 0x0969da00u : 0xcf222e00u)
						| (unsigned)(45 + 210 * part));
		}
	}
	lam_canvas_png(&canvas, &png);
	lam_canvas_close(&canvas);
	const double side = m->cell * (double)m->classes;
	lam_svg_pixels(svg, &png, m->left, m->top, side, side);
}

static void draw_names(lam_text *svg, const struct matrix *m)
{
	const double side = m->cell * (double)m->classes;
	for (int64_t i = 0; i < m->classes && m->classes <= NAMED; i++) {
		class_name name;
		name_of(m, i, &name);
		const double middle = ((double)i + 0.5) * m->cell;
		const double sum = row_sum(m, i);
		lam_svg_text(svg,
			&(lam_svg_words){.x = m->left - 8,
				.y = m->top + middle + 0.35 * m->size,
				.size = m->size,
				.kind = "lam-ink",
				.anchor = "end",
				.text = name.text,
				.most = MOST_NAME});
		const bool flat = lam_text_length(name.text) <= 2;
		lam_svg_text(svg,
			&(lam_svg_words){.x = m->left + middle + (flat ? 0 : 0.35 * m->size),
				.y = m->top + side + (flat ? 1.2 * m->size + 2 : 8),
				.size = m->size,
				.kind = "lam-ink",
				.anchor = flat ? "middle" : "end",
				.text = name.text,
				.most = MOST_NAME,
				.turned = flat ? 0 : -90});
		char percent[48] = "";
		if (sum > 0)
			snprintf(percent, sizeof percent, "%s%%",
				lam_digits_of(100 * part_of(m, i, i, sum), 3).text);
		lam_svg_text(svg,
			&(lam_svg_words){.x = m->left + side + 8,
				.y = m->top + middle + 0.35 * m->size,
				.size = m->size,
				.kind = "lam-soft",
				.anchor = "start",
				.text = percent});
	}
}

static void draw_frame(lam_text *svg, const struct matrix *m)
{
	const double side = m->cell * (double)m->classes;
	for (int64_t i = 0; i <= m->classes; i += m->classes <= NUMBERED ? 1 : m->classes) {
		const double at = (double)i * m->cell;
		lam_svg_line(svg, "lam-line", m->left, m->top + at, m->left + side, m->top + at);
		lam_svg_line(svg, "lam-line", m->left + at, m->top, m->left + at, m->top + side);
	}
	lam_svg_text(svg,
		&(lam_svg_words){.x = 12,
			.y = m->top - 10,
			.size = 12,
			.kind = "lam-soft",
			.anchor = "start",
			.text = "rows: class, columns: predicted as, right: recognised"});
}

void lam_confusion_svg(lam_text *svg, const int64_t *confusion, int64_t classes,
	const char *(*name)(const void *data, int64_t class_index), const void *data, bool alone)
{
	struct matrix m = {.confusion = confusion, .classes = classes, .name = name, .data = data};
	size_t longest = 1;
	for (int64_t i = 0; i < classes && classes <= NAMED; i++) {
		class_name text;
		name_of(&m, i, &text);
		const size_t length = lam_text_length(text.text);
		longest = length > longest ? length : longest;
	}
	longest = longest > MOST_NAME ? MOST_NAME : longest;
	m.cell = classes <= 12        ? 46
		: classes <= 20       ? 36
		: classes <= NUMBERED ? 26
				      : WIDE / (double)classes;
	m.size = classes <= 20        ? 13
		: classes <= NUMBERED ? 11
		: m.cell * 0.9 < 11   ? m.cell * 0.9
				      : 11;
	m.names = classes > NAMED ? 0 : lam_svg_width(longest, m.size) + 8;
	m.left = 12 + m.names;
	m.top = 30;
	const double side = m.cell * (double)classes,
		     below = classes > NAMED ? 12
		: longest > 2                ? m.names + 12
					     : 28,
		     needed = m.left + side + (classes > NAMED ? 12 : 60), least = 400;
	lam_svg_begin(svg, needed > least ? needed : least, m.top + side + below, alone,
		"Confusion matrix");
	if (classes > NUMBERED)
		draw_pixels(svg, &m);
	for (int64_t row = 0; row < classes && classes <= NUMBERED; row++) {
		const double sum = row_sum(&m, row);
		for (int64_t k = 0; k < classes; k++)
			draw_cell(svg, &m, row, k, sum);
	}
	draw_frame(svg, &m);
	draw_names(svg, &m);
	lam_svg_end(svg);
}

static const char *listed(const void *data, int64_t class_index)
{
	const char *const *names = data;
	return names ? names[class_index] : NULL;
}

lam_status lam_picture_confusion(
	const char *path, const int64_t *confusion, int64_t classes, const char *const *names)
{
	lam_text svg = {0};
	if (!path || !confusion)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_picture_confusion: the %s is NULL",
			path ? "matrix" : "path");
	if (classes < 1 || classes > LAM_MAX_CONFUSION)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_picture_confusion: %" PRId64 " classes; expected 1 to %d", classes,
			LAM_MAX_CONFUSION);
	lam_confusion_svg(&svg, confusion, classes, listed, names, true);
	return lam_text_save(&svg, path);
}
