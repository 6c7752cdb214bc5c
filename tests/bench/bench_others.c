/* SPDX-License-Identifier: MIT */
/* Nets of a list that others.py writes: counts of a step, and its time. A line of the list is
 *
 *     NET BATCH train|predict SHAPE CHAIN
 *
 * with the words of chain.h. */
#include "tests/bench/bench.h"
#include "tests/bench/chain.h"

#include <errno.h>

enum { LINE = 4096, WORD = 32 };

struct other {
	char net[WORD], job[WORD], shape[WORD];
	int batch, chain; /* where the chain begins */
};

static void refuse(const struct bench_options *o, const char *reason)
{
	fprintf(stderr, "bench: %s: %s\n", o->others, reason);
	exit(2);
}

static struct bench_subject subject_of(
	const struct other *other, const char *line, int threads, const struct bench_options *o)
{
	char shape_word[WORD], chain[LINE];
	lam_shape shape;
	snprintf(shape_word, sizeof shape_word, "%s", other->shape);
	snprintf(chain, sizeof chain, "%s", line + other->chain);
	lam_layer *model = chain_model(shape_word, chain, &shape);
	if (!model)
		refuse(o, "a chain that cannot be read");
	return !strcmp(other->job, "train")
		? bench_subject_make(model, shape, other->batch, threads, 0)
		: bench_subject_infers(model, shape, other->batch, threads);
}

/* Counts a net's step, and measures it with one and with all threads, and the peaks, in turn. */
static void measure(const struct other *other, const char *line, const struct bench_options *o)
{
	struct bench_subject subjects[2];
	struct bench_peak peaks[2];
	struct bench_case cases[4];
	const int counts = o->thread_counts;
	for (int t = 0; t < counts; t++) {
		subjects[t] = subject_of(other, line, o->threads[t], o);
		peaks[t].threads = o->threads[t];
		cases[t] = (struct bench_case){.run = bench_subject_run, .what = &subjects[t]};
		cases[counts + t] = (struct bench_case){.run = bench_peak_run, .what = &peaks[t]};
	}
	const double flops = bench_count_net(other->net, &subjects[0]).flops / other->batch;
	bench_interleave(cases, 2 * counts, o->effort);
	for (int t = 0; t < counts; t++) {
		struct bench_figure f = {.subject = "net",
			.name = other->net,
			.work = bench_subject_work(&subjects[t]),
			.batch = other->batch,
			.threads = o->threads[t],
			.unit = "samples/s",
			.bound = bench_peak_flops(&peaks[t]) / bench_best(&cases[counts + t])
				/ flops};
		bench_rate(&f, other->batch, &cases[t]);
		bench_note(&f);
		printf("%24d threads %10.0f samples/s %12.1f us %5.1f%% of the peak\n",
			o->threads[t], f.value, 1e6 * other->batch / f.value,
			100 * f.value / f.bound);
		fflush(stdout);
		bench_subject_free(&subjects[t]);
	}
}

void bench_others(const struct bench_options *o)
{
	char line[LINE];
	FILE *list = o->others ? fopen(o->others, "r") : NULL;
	if (o->others && !list)
		refuse(o, strerror(errno));
	if (list)
		bench_counts_title("Nets that nobody tuned for");
	while (list && fgets(line, sizeof line, list)) {
		struct other other;
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%31s %d %31s %31s %n", other.net, &other.batch, other.job,
			    other.shape, &other.chain)
				!= 4
			|| other.batch < 1)
			refuse(o, "a line that is not NET BATCH train|predict SHAPE CHAIN");
		if (bench_wanted(o, other.net))
			measure(&other, line, o);
	}
	if (list)
		fclose(list);
}
