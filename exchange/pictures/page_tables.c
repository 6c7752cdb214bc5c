/* SPDX-License-Identifier: MIT */
/* The tables of a run's page: layers, memory, settings. */
#include "exchange/pictures/page.h"

#include "framework/net/lines.h"
#include "framework/version.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LAYERS = 1000, MOST_TEXT = 400 };

lam_grouped lam_grouped_of(int64_t number)
{
	lam_grouped grouped = {""};
	char digits[24];
	const int length = snprintf(digits, sizeof digits, "%" PRId64, number);
	char *to = grouped.text;
	for (int i = 0; i < length; i++) {
		if (i > (number < 0) && (length - i) % 3 == 0) {
			memcpy(to, "\xe2\x80\x89", 3); /* U+2009 */
			to += 3;
		}
		*to++ = digits[i];
	}
	return grouped;
}

void lam_page_row(lam_text *page, const char *name, const char *value)
{
	lam_text_add(page, "<tr><th scope=\"row\">");
	lam_text_escaped(page, name, MOST_TEXT);
	lam_text_add(page, "</th><td>");
	lam_text_escaped(page, value, MOST_TEXT);
	lam_text_add(page, "</td></tr>\n");
}

static void cell(lam_text *page, const char *kind, const char *text)
{
	lam_text_format(page, "<td%s>", kind);
	lam_text_escaped(page, text, MOST_TEXT);
	lam_text_add(page, "</td>");
}

static int64_t draw_layers(lam_text *page, const lam_net *net)
{
	int64_t total = 0;
	lam_net_line line;
	lam_text_add(page,
		"<div class=\"scroll\"><table>\n<thead><tr><th>name</th><th>layer</th>"
		"<th>output</th><th class=\"n\">parameters</th></tr></thead>\n<tbody>\n");
	for (int i = 0; lam_net_line_of(net, i, &line); i++) {
		total += line.params;
		if (i >= MOST_LAYERS)
			continue;
		lam_text_add(page, "<tr>");
		cell(page, "", line.path);
		cell(page, "", line.kind);
		cell(page, "", lam_shape_text(line.output).text);
		cell(page, " class=\"n\"", line.params ? lam_grouped_of(line.params).text : "");
		lam_text_add(page, "</tr>\n");
	}
	lam_text_add(page, "</tbody>\n<tfoot><tr><td>all</td><td></td><td></td>");
	cell(page, " class=\"n\"", lam_grouped_of(total).text);
	lam_text_add(page, "</tr></tfoot>\n</table></div>\n");
	return total;
}

void lam_page_layers(lam_text *page, const lam_net *net)
{
	lam_net_memory m;
	lam_net_memory_of(net, &m, sizeof m);
	const struct {
		const char *name;
		int64_t bytes;
	} rows[] = {{"parameters", m.parameters + m.states}, {"gradients", m.gradients},
		{"moments of the optimizer", m.moments}, {"packed parameters", m.packed},
		{"activations", m.activations}, {"scratch", m.scratch}, {"buffers", m.buffers},
		{"all", m.total}};
	lam_text_add(page, "<section><h2>Layers</h2>\n");
	draw_layers(page, net);
	lam_text_add(
		page, "</section>\n<section><h2>Memory</h2>\n<table class=\"pairs\"><tbody>\n");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[96];
		snprintf(text, sizeof text, "%s bytes", lam_grouped_of(rows[i].bytes).text);
		lam_page_row(page, rows[i].name, text);
	}
	lam_text_add(page, "</tbody></table></section>\n");
}

void lam_page_settings(lam_text *page, const lam_report_html_options *o)
{
	char text[64];
	lam_text_add(page, "<section><h2>Settings</h2>\n<table class=\"pairs\"><tbody>\n");
	for (const lam_setting *s = o->settings; s && s->name; s++)
		lam_page_row(page, s->name, s->value ? s->value : "");
	snprintf(text, sizeof text, "%" PRIu64, lam_net_seed(o->net));
	lam_page_row(page, "seed of the net", text);
	snprintf(text, sizeof text, "%" PRId64, lam_net_max_batch(o->net));
	lam_page_row(page, "samples per step, at most", text);
	const char *source = o->dataset ? lam_dataset_source(o->dataset) : NULL;
	if (source)
		lam_page_row(page, "scored on", source);
	snprintf(text, sizeof text, "lamina %s, %s precision", lam_version(),
		sizeof(lam_real) == sizeof(float) ? "single" : "double");
	lam_page_row(page, "library", text);
	lam_page_row(page, "instruction set", lam_isa());
	lam_text_add(page, "</tbody></table></section>\n");
}
