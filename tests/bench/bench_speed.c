/* SPDX-License-Identifier: MIT */
/* Whole nets: samples per second of training steps (forward, loss, backward, SGD with momentum) and
 * of predictions. */
#include "tests/bench/bench.h"
#include "tests/bench/nets.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_BATCH = 256 };

/* A net that is trained or predicts repeatedly. */
struct runner {
	lam_net *net;
	const lam_real *x;
	const void *targets; /* NULL: predict */
	lam_real *y;
	lam_optimizer optimizer;
	int64_t n;
};

static void run(void *what)
{
	const struct runner *r = what;
	lam_status status = r->targets ? lam_net_step(r->net, &r->optimizer, r->x, r->targets, r->n)
				       : lam_net_predict(r->net, r->x, r->n, r->y);
	if (status) {
		fprintf(stderr, "bench: %s\n", lam_error());
		exit(1);
	}
}

static struct runner make_runner(const struct bench_net *b, int train, int batch, int threads,
	const lam_real *x, const int32_t *labels, lam_real *y)
{
	struct runner r = {.x = x,
		.y = y,
		.n = batch,
		.optimizer = lam_sgd(.lr = (lam_real)1e-3, .momentum = (lam_real)0.9)};
	r.targets = !train ? NULL : b->classes ? (const void *)labels : x;
	r.net = lam_net_create(b->model(), bench_net_shape(b), .max_batch = batch,
		.threads = threads, .inference = !train, .seed = 1);
	if (!r.net) {
		fprintf(stderr, "bench: %s: %s\n", b->name, lam_error());
		exit(1);
	}
	return r;
}

/* Measures training and prediction with one and with all threads, and the peaks, in turn; prints
 * two rows. */
static void measure(const struct bench_net *b, int batch, const struct bench_options *o,
	const lam_real *x, const int32_t *labels, lam_real *y)
{
	struct runner runners[4];
	struct bench_peak peaks[2];
	struct bench_case cases[6];
	const int counts = o->thread_counts;
	for (int t = 0; t < counts; t++) {
		for (int train = 0; train < 2; train++) {
			runners[2 * t + train] = make_runner(
				b, train, batch, o->threads[t], x, labels, y);
			cases[2 * t + train] = (struct bench_case){
				.run = run, .what = &runners[2 * t + train]};
		}
		peaks[t].threads = o->threads[t];
		cases[2 * counts + t] = (struct bench_case){
			.run = bench_peak_run, .what = &peaks[t]};
	}
	bench_interleave(cases, 3 * counts, o->effort);
	for (int t = 0; t < counts; t++) {
		const double peak = bench_peak_flops(&peaks[t])
			/ bench_best(&cases[2 * counts + t]);
		struct bench_figure f = {.subject = "net",
			.name = b->name,
			.work = "training",
			.batch = batch,
			.threads = o->threads[t],
			.unit = "samples/s",
			.bound = peak / b->flops};
		bench_rate(&f, batch, &cases[2 * t + 1]);
		bench_note(&f);
		printf("%-10s %6d %8d %12.0f %12.1f %5.1f%%", b->name, batch, o->threads[t],
			f.value, 1e6 * batch / f.value, 100 * f.value / f.bound);
		f.work = "inference";
		f.bound = 0;
		bench_rate(&f, batch, &cases[2 * t]);
		bench_note(&f);
		printf(" %14.0f %12.1f\n", f.value, 1e6 * batch / f.value);
	}
	fflush(stdout);
	for (int i = 0; i < 2 * counts; i++)
		lam_net_free(runners[i].net);
}

void bench_speed(const struct bench_options *o)
{
	static const int batches[] = {1, 32, 64, 128, 256};
	lam_real *x = malloc(MOST_BATCH * 3072 * sizeof *x),
		 *y = malloc(MOST_BATCH * 1024 * sizeof *y);
	int32_t *labels = malloc(MOST_BATCH * sizeof *labels);
	if (!x || !y || !labels) {
		fprintf(stderr, "bench: out of memory\n");
		exit(1);
	}
	printf("\nNets: samples per second, microseconds per step, and share of the FMA peak "
	       "(operations as the direct algorithm's)\n"
	       "%-10s %6s %8s %12s %12s %6s %14s %12s\n",
		"net", "batch", "threads", "training/s", "us", "peak", "inference/s", "us");
	for (int i = 0; i < bench_net_count; i++) {
		const struct bench_net *b = &bench_nets[i];
		if (!bench_wanted(o, b->name))
			continue;
		for (size_t k = 0; k < MOST_BATCH * 3072; k++)
			x[k] = (lam_real)((k * 2654435761u >> 8) % 1000) / 1000;
		for (int k = 0; k < MOST_BATCH; k++)
			labels[k] = b->classes ? k % b->classes : 0;
		for (size_t k = 0; k < sizeof batches / sizeof *batches; k++)
			if (!o->quick || batches[k] == 1 || batches[k] == 128)
				measure(b, batches[k], o, x, labels, y);
	}
	free(x);
	free(y);
	free(labels);
}
