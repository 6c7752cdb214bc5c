/* SPDX-License-Identifier: MIT */
/* Learning curves, from the history of a run. */
#include "exchange/pictures/svg.h"

#include "datasets/csv_reader.h"
#include "framework/base/number.h"
#include "framework/files/file.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { WIDTH = 560, HEIGHT = 300 };

static const char *const names[LAM_RUN_COLUMNS] = {"epoch", "steps", "lr", "train_loss",
	"train_accuracy", "validation_loss", "validation_accuracy", "seconds"};

static lam_status check_header(lam_csv *csv, const char *path)
{
	lam_status status = lam_csv_next(csv);
	bool same = !status && lam_csv_fields(csv) >= LAM_RUN_COLUMNS;
	for (int i = 0; i < LAM_RUN_COLUMNS && same; i++)
		same = strcmp(lam_csv_field(csv, i), names[i]) == 0;
	if (status || same)
		return status;
	return lam_fail(LAM_ERR_FORMAT,
		"'%s' is no history of lam_fit(): expected a line that "
		"begins with \"epoch,steps,lr,train_loss\"",
		lam_path_text(path).text);
}

/* Appends a line's numbers; all columns grow together. */
static lam_status add(lam_run_history *h, int64_t *room, const lam_csv *csv)
{
	if (h->epochs == *room) {
		const int64_t more = *room ? 2 * *room : 64;
		for (int i = 0; i < LAM_RUN_COLUMNS; i++) {
			double *grown = lam_grow(
				h->column[i], (size_t)*room, (size_t)more, sizeof **h->column);
			if (!grown)
				return LAM_ERR_MEMORY;
			h->column[i] = grown;
		}
		*room = more;
	}
	for (int i = 0; i < LAM_RUN_COLUMNS; i++) {
		const char *field = i < lam_csv_fields(csv) ? lam_csv_field(csv, i) : "";
		double value = NAN;
		if (*field && !lam_double_parse(field, &value))
			return lam_fail(LAM_ERR_FORMAT,
				"%s: column \"%s\" is \"%s\"; expected a "
				"number, or nothing",
				lam_csv_where(csv).text, names[i], lam_show(field).text);
		h->column[i][h->epochs] = value;
	}
	h->epochs++;
	return LAM_OK;
}

lam_status lam_run_history_read(const char *path, lam_run_history *history)
{
	*history = (lam_run_history){0};
	int64_t room = 0;
	lam_csv *csv = lam_csv_open(path, ',', '.', 0);
	if (!csv)
		return lam_error_status();
	lam_status status = check_header(csv, path);
	while (!status) {
		status = lam_csv_next(csv);
		if (status || lam_csv_fields(csv) == 0)
			break;
		status = add(history, &room, csv);
	}
	lam_csv_close(csv);
	if (status)
		lam_run_history_free(history);
	return status;
}

void lam_run_history_free(lam_run_history *history)
{
	for (int i = 0; i < LAM_RUN_COLUMNS; i++)
		lam_free(history->column[i]);
	*history = (lam_run_history){0};
}

static bool has_numbers(const double *y, int64_t count)
{
	for (int64_t i = 0; i < count; i++)
		if (isfinite(y[i]))
			return true;
	return false;
}

/* Adds a chart of one or two columns, if there are numbers in them. */
static void add_chart(
	const lam_run_history *h, lam_run_charts *c, const char *title, int first, int second)
{
	lam_series *curves = c->curves[c->count];
	int count = 0;
	const int columns[LAM_RUN_CURVES] = {first, second};
	for (int i = 0; i < LAM_RUN_CURVES; i++)
		if (columns[i] >= 0 && has_numbers(h->column[columns[i]], h->epochs))
			curves[count++] = (lam_series){.name = second < 0 ? NULL
					: i                               ? "validation"
									  : "training",
				.y = h->column[columns[i]],
				.count = h->epochs,
				.x = h->column[LAM_RUN_EPOCH]};
	if (count)
		c->charts[c->count++] = (lam_chart){.curves = curves,
			.count = count,
			.title = title,
			.x_name = "epoch",
			.width = WIDTH,
			.height = HEIGHT};
}

void lam_run_charts_of(const lam_run_history *history, lam_run_charts *charts)
{
	*charts = (lam_run_charts){0};
	add_chart(history, charts, "Loss", LAM_RUN_LOSS, LAM_RUN_VALIDATION_LOSS);
	add_chart(history, charts, "Accuracy", LAM_RUN_ACCURACY, LAM_RUN_VALIDATION_ACCURACY);
	add_chart(history, charts, "Learning rate", LAM_RUN_LR, -1);
}

lam_status lam_picture_history(const char *path, const char *history)
{
	lam_run_history h;
	lam_run_charts charts;
	lam_text svg = {0};
	if (!path || !history)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_picture_history: the %s is NULL",
			path ? "history" : "path");
	const lam_status status = lam_run_history_read(history, &h);
	if (status)
		return status;
	lam_run_charts_of(&h, &charts);
	const int rows = charts.count ? charts.count : 1;
	lam_svg_begin(&svg, WIDTH, HEIGHT * rows, true, "Learning curves");
	for (int i = 0; i < charts.count; i++)
		lam_chart_draw(&svg, &charts.charts[i], 0, (double)HEIGHT * i);
	if (!charts.count)
		lam_chart_draw(&svg,
			&(lam_chart){.title = "No epoch yet", .width = WIDTH, .height = HEIGHT}, 0,
			0);
	lam_svg_end(&svg);
	lam_run_history_free(&h);
	return lam_text_save(&svg, path);
}
