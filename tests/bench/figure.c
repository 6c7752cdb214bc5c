/* SPDX-License-Identifier: MIT */
#include "tests/bench/figure.h"

#include "framework/kernels/kernels.h"
#include "framework/version.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *json;
static const char *json_path;
static char machine[128] = "unknown";

static void refuse(void)
{
	fprintf(stderr, "bench: %s: %s\n", json_path, strerror(errno));
	exit(1);
}

/* Finds the processor's name, as "AMD EPYC 9R14", without characters that JSON must escape. */
static void name_machine(void)
{
	char line[256];
	FILE *info = fopen("/proc/cpuinfo", "r");
	while (info && fgets(line, sizeof line, info)) {
		const char *colon = strchr(line, ':');
		if (strncmp(line, "model name", 10) || !colon)
			continue;
		snprintf(machine, sizeof machine, "%.120s", colon + 2);
		for (char *c = machine; *c; c++)
			if (*c == '"' || *c == '\\' || *c < ' ')
				*c = c[1] ? ' ' : '\0';
		break;
	}
	if (info)
		fclose(info);
}

void bench_json_open(const char *path)
{
	json_path = path;
	name_machine();
	if (path && !(json = fopen(path, "w")))
		refuse();
}

void bench_note(const struct bench_figure *f)
{
	if (!json)
		return;
	fprintf(json,
		"{\"version\": \"%s\", \"machine\": \"%s\", \"processors\": %d, \"isa\": \"%s\", "
		"\"subject\": \"%s\", \"name\": \"%s\", \"work\": \"%s\", "
		"\"batch\": %d, \"threads\": %d, \"unit\": \"%s\", \"value\": %.6g, \"low\": %.6g, "
		"\"high\": %.6g",
		lam_version(), machine, bench_threads(), lam_kernel()->isa, f->subject, f->name,
		f->work, f->batch, f->threads, f->unit, f->value, f->low, f->high);
	if (f->bound > 0)
		fprintf(json, ", \"bound\": %.6g", f->bound);
	const struct bench_counts *c = &f->counts;
	if (c->units > 0)
		fprintf(json,
			", \"algorithm\": \"%s\", \"flops\": %.6g, \"products\": %.6g, "
			"\"transformed\": %.6g, \"bytes\": %.6g, \"phases\": %d, \"units\": %d, "
			"\"blocks\": %d, \"chained\": %d",
			c->algorithm, c->flops, c->products, c->transformed, c->bytes, c->phases,
			c->units, c->blocks, c->chained);
	if (c->seconds > 0)
		fprintf(json, ", \"seconds\": %.6g", c->seconds);
	fputs("}\n", json);
}

void bench_rate(struct bench_figure *figure, double amount, const struct bench_case *measured)
{
	figure->value = amount / bench_median(measured);
	figure->low = amount / bench_quantile(measured, 0.75);
	figure->high = amount / bench_quantile(measured, 0.25);
}

void bench_time(struct bench_figure *figure, const struct bench_case *measured)
{
	figure->value = bench_median(measured);
	figure->low = bench_quantile(measured, 0.25);
	figure->high = bench_quantile(measured, 0.75);
}

void bench_json_close(void)
{
	if (json && (ferror(json) | fclose(json)))
		refuse();
}
