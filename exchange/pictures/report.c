/* SPDX-License-Identifier: MIT */
/* A run's page. It is well-formed XML, too. */
#include "exchange/pictures/page.h"
#include "exchange/pictures/svg.h"

#include "framework/base/options.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

enum { MISTAKES = 24, MOST_MISTAKES = 1000, CHART_WIDTH = 366, CHART_HEIGHT = 270 };

static const char page_style[] =
	":root{color-scheme:light dark}"
	"body{margin:0;background:#fff;color:#1f2328;line-height:1.5;"
	"font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif}"
	"main{max-width:1180px;margin:0 auto;padding:24px 20px 60px}"
	"h1{font-size:1.7rem;margin:0 0 4px;overflow-wrap:anywhere}"
	"h2{font-size:1.15rem;margin:36px 0 12px}"
	"p{margin:4px 0 12px}.soft,small,dt{color:#59636e}.good{color:#1a7f37}.bad{color:#cf222e}"
	"dl{display:flex;flex-wrap:wrap;gap:10px;margin:20px 0 0}"
	"dl div{border:1px solid #d1d9e0;border-radius:8px;padding:8px 16px;min-width:96px}"
	"dt{font-size:.8rem}dd{margin:0;font-size:1.35rem;white-space:nowrap}"
	".charts{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px)"
	",1fr))}"
	"svg,img.wide{max-width:100%;height:auto}"
	".figures{display:grid;gap:16px "
	"14px;grid-template-columns:repeat(auto-fill,minmax(118px,1fr))}"
	".signals{display:grid;gap:16px "
	"14px;grid-template-columns:repeat(auto-fill,minmax(260px,1fr))"
	"}figure{margin:0;font-size:.85rem;line-height:1.35;overflow-wrap:anywhere}"
	"figure img{width:96px;height:auto;image-rendering:pixelated;border:1px solid #d1d9e0;"
	"border-radius:4px;display:block;margin-bottom:4px}"
	".values{font-size:.8rem;font-family:ui-monospace,monospace}"
	".scroll{overflow-x:auto}.scroll svg{max-width:none}"
	"table{border-collapse:collapse;font-size:.9rem}"
	"th,td{text-align:left;padding:4px 24px 4px 0;border-bottom:1px solid #d1d9e0;"
	"vertical-align:top}"
	"thead th,.pairs th{font-weight:normal;color:#59636e}"
	".pairs td{overflow-wrap:anywhere}"
	".n{text-align:right;font-variant-numeric:tabular-nums;padding-right:0}"
	"tfoot td{font-weight:600;border-bottom:0}"
	"@media(max-width:600px){th,td{padding-right:12px}}"
	"@media(prefers-color-scheme:dark){"
	"body{background:#0d1117;color:#e6edf3}.soft,small,dt,thead th,.pairs th{color:#9198a1}"
	".good{color:#3fb950}.bad{color:#ff7b72}dl div,th,td,figure img{border-color:#3d444d}}";

static void begin(lam_text *page, const char *title)
{
	lam_text_add(page,
		"<!DOCTYPE html>\n<html lang=\"en\" "
		"xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
		"<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
		"content=\"width=device-width,initial-scale=1\"/>\n<title>");
	lam_text_escaped(page, title, 200);
	lam_text_add(page, "</title>\n<style>");
	lam_text_add(page, page_style);
	lam_text_add(page, lam_svg_style);
	lam_text_add(page, "</style>\n</head>\n<body>\n<main>\n<h1>");
	lam_text_escaped(page, title, 200);
	lam_text_add(page, "</h1>\n");
}

static void card(lam_text *page, const char *name, const char *value)
{
	lam_text_add(page, "<div><dt>");
	lam_text_escaped(page, name, 80);
	lam_text_add(page, "</dt><dd>");
	lam_text_escaped(page, value, 80);
	lam_text_add(page, "</dd></div>\n");
}

static void score_cards(lam_text *page, const char *what, const lam_score *score)
{
	char name[64], value[64];
	if (!isnan(score->accuracy)) {
		snprintf(name, sizeof name, "%s accuracy", what);
		snprintf(
			value, sizeof value, "%s %%", lam_digits_of(100 * score->accuracy, 4).text);
		card(page, name, value);
	}
	snprintf(name, sizeof name, "%s loss", what);
	card(page, name, lam_digits_of(score->loss, 4).text);
}

/* "1 h 5 min", "2 min 5 s", "4.2 s" */
static void duration(char text[64], double seconds)
{
	if (!(seconds < 1e12))
		snprintf(text, 64, "%s s", lam_digits_of(seconds, 3).text);
	else if (seconds < 60)
		snprintf(text, 64, "%s s", lam_digits_of(seconds, 2).text);
	else if (seconds < 3600)
		snprintf(text, 64, "%lld min %lld s", (long long)seconds / 60,
			(long long)seconds % 60);
	else
		snprintf(text, 64, "%lld h %lld min", (long long)seconds / 3600,
			(long long)seconds / 60 % 60);
}

static void run_cards(lam_text *page, const lam_report *r)
{
	char value[64];
	if (r->train.count)
		score_cards(page, "training", &r->train);
	card(page, "epochs", lam_grouped_of(r->epochs).text);
	if (r->best_epoch) {
		snprintf(value, sizeof value, "%" PRId64, r->best_epoch);
		card(page, "best epoch", value);
	}
	card(page, "steps", lam_grouped_of(r->steps).text);
	duration(value, r->seconds);
	card(page, "time", value);
	if (r->images_per_second > 0 && r->images_per_second < 1e15)
		card(page, "samples per second",
			lam_grouped_of((int64_t)r->images_per_second).text);
}

static lam_status curves(lam_text *page, const char *path)
{
	lam_run_history history;
	lam_run_charts charts;
	const lam_status status = lam_run_history_read(path, &history);
	if (status)
		return status;
	lam_run_charts_of(&history, &charts);
	lam_text_add(page, "<section><h2>Learning curves</h2>\n<div class=\"charts\">\n");
	for (int i = 0; i < charts.count; i++) {
		lam_chart *chart = &charts.charts[i];
		chart->width = CHART_WIDTH; /* three side by side, or one on a telephone */
		chart->height = CHART_HEIGHT;
		lam_svg_begin(page, chart->width, chart->height, false, chart->title);
		lam_chart_draw(page, chart, 0, 0);
		lam_svg_end(page);
	}
	lam_text_add(page,
		charts.count ? "</div></section>\n"
			     : "<p>No epoch was completed.</p></div></section>\n");
	lam_run_history_free(&history);
	return LAM_OK;
}

struct names {
	const lam_net *net;
	const lam_dataset *dataset;
};

static const char *class_name(const void *data, int64_t i)
{
	const struct names *names = data;
	const char *name = lam_net_class_name(names->net, i);
	return name ? name : lam_dataset_class_name(names->dataset, i);
}

static lam_status scored(lam_text *page, const lam_report_html_options *o, const lam_score *score)
{
	if (score->confusion && score->classes > 0) {
		lam_text_add(page, "<section><h2>Confusion matrix</h2>\n<div class=\"scroll\">");
		lam_confusion_svg(page, score->confusion, score->classes, class_name,
			&(struct names){o->net, o->dataset}, false);
		lam_text_add(page, "</div></section>\n");
	}
	const int most = o->mistakes ? o->mistakes : MISTAKES;
	return lam_page_classifies(o->net, o->dataset)
		? lam_page_mistakes(page, o->net, o->dataset, most)
		: lam_page_reconstructions(page, o->net, o->dataset);
}

static lam_status write_page(lam_text *page, const lam_report_html_options *o)
{
	lam_score score = {.size = sizeof score};
	const lam_shape in = lam_net_input_shape(o->net), shape = lam_dataset_shape(o->dataset);
	/* Larger images are scored by their centres, as after training with .crop. */
	lam_status status = o->dataset
		? lam_evaluate(o->net, o->dataset, &score, .centre = !lam_shape_equal(&in, &shape))
		: LAM_OK;
	if (status && status != LAM_ERR_NUMERIC)
		return status;
	begin(page, o->title ? o->title : "Training run");
	lam_text_add(page, "<dl>\n");
	if (o->dataset)
		score_cards(page, "held-out", &score);
	if (o->report)
		run_cards(page, o->report);
	lam_text_add(page, "</dl>\n");
	status = o->history ? curves(page, o->history) : LAM_OK;
	if (!status && o->dataset)
		status = scored(page, o, &score);
	lam_page_layers(page, o->net);
	lam_page_settings(page, o);
	lam_text_add(page, "</main>\n</body>\n</html>\n");
	return status;
}

lam_status lam_report_html_with(const lam_report_html_options *options)
{
	static const char what[] = "lam_report_html";
	lam_report_html_options o;
	lam_text page = {0};
	if (!lam_take_options(what, &o, sizeof o, sizeof o,
		    offsetof(lam_report_html_options, named), options))
		return LAM_ERR_ARGUMENT;
	if (!o.path || !o.net)
		return lam_fail(
			LAM_ERR_ARGUMENT, "%s: the %s is NULL", what, o.path ? "net" : "path");
	if (o.mistakes < 0 || o.mistakes > MOST_MISTAKES)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: .mistakes is %d; expected 1 to %d", what,
			o.mistakes, MOST_MISTAKES);
	const lam_status status = write_page(&page, &o);
	if (!status)
		return lam_text_save(&page, o.path);
	lam_text_free(&page);
	return status;
}
