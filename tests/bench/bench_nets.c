/* SPDX-License-Identifier: MIT */
/* Samples per second of the six nets, or of nets and graphs that are named: a training step
 * (forward, loss, backward, SGD with momentum) and prediction.
 *
 *   bench_nets [--batch N] [--threads N] [--seconds S] [--rounds N] [--profile 1]
 *              [--processor 1] [net …]
 *
 * --processor 1 counts processor time: for one thread on a machine that does other things.
 * --profile 1 shows where the time of training steps goes.
 * Each line is a net: its name, training samples per second (median of the rounds), their share of
 * the multiply-add peak of as many threads, and prediction samples per second. The peak is measured
 * first, in the same run. */
#include "tests/bench/nets.h"
#include "tests/bench/peak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_ROUNDS = 101 };

struct arguments {
	int batch, threads, rounds, profile, processor;
	double seconds;
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof *values, by_value);
	return values[count / 2];
}

static double now(const struct arguments *a)
{
	return a->processor ? (double)clock() / CLOCKS_PER_SEC : bench_now();
}

/* Samples per second of `rounds` rounds of about `seconds` each. */
static double rate(const struct arguments *a, lam_net *net, lam_optimizer *optimizer,
	const lam_real *x, const void *targets, lam_real *y)
{
	double rates[MOST_ROUNDS];
	for (int round = -1; round < a->rounds; round++) {
		long steps = 0;
		double start = now(a), spent;
		do {
			lam_status status = optimizer
				? lam_net_step(net, optimizer, x, targets, a->batch)
				: lam_net_predict(net, x, a->batch, y);
			if (status) {
				fprintf(stderr, "%s\n", lam_error());
				exit(1);
			}
			steps++;
			spent = now(a) - start;
		} while (spent < a->seconds);
		if (round >= 0)
			rates[round] = (double)steps * a->batch / spent;
	}
	return median(rates, a->rounds);
}

static void bench(const struct bench_net *b, const struct arguments *a, double peak)
{
	lam_shape shape = {b->rank, {b->shape[0], b->shape[1], b->shape[2]}};
	lam_net *net = lam_net_create(
		b->model(), shape, .max_batch = a->batch, .threads = a->threads, .seed = 1);
	lam_net *server = lam_net_create(
		b->model(), shape, .max_batch = a->batch, .threads = a->threads, .inference = true);
	if (!net || !server) {
		fprintf(stderr, "%s: %s\n", b->name, lam_error());
		exit(1);
	}
	size_t inputs = (size_t)lam_shape_count(&shape) * (size_t)a->batch;
	lam_shape out = lam_net_output_shape(net);
	lam_real *x = malloc(inputs * sizeof *x),
		 *y = malloc((size_t)lam_shape_count(&out) * (size_t)a->batch * sizeof *y);
	const int count = a->batch * b->places;
	int32_t *labels = malloc((size_t)count * sizeof *labels);
	for (size_t i = 0; i < inputs; i++)
		x[i] = (lam_real)((i * 2654435761u >> 8) % 1000) / 1000;
	for (int i = 0; i < count; i++)
		labels[i] = b->classes ? i % b->classes : 0;
	lam_optimizer sgd = lam_sgd(.lr = 1e-3f, .momentum = 0.9f);
	if (a->profile && lam_net_profile_start(net))
		exit(1);
	double train = rate(
		a, net, &sgd, x, b->classes ? (const void *)labels : (const void *)x, NULL);
	if (a->profile && (lam_net_profile_stop(net) || lam_net_profile(net, stdout)))
		exit(1);
	double predict = rate(a, server, NULL, x, NULL, y);
	printf("%-10s train %9.0f /s  %5.1f GFLOP/s  %4.1f%% of peak   predict %9.0f /s\n", b->name,
		train, train * b->flops * 1e-9, 100 * train * b->flops / peak, predict);
	fflush(stdout);
	free(x);
	free(y);
	free(labels);
	lam_net_free(server);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	struct arguments a = {.batch = 128, .threads = 0, .rounds = 5, .seconds = 0.3};
	int at = 1;
	for (; at + 1 < argc && !strncmp(argv[at], "--", 2); at += 2) {
		if (!strcmp(argv[at], "--batch"))
			a.batch = atoi(argv[at + 1]);
		else if (!strcmp(argv[at], "--threads"))
			a.threads = atoi(argv[at + 1]);
		else if (!strcmp(argv[at], "--seconds"))
			a.seconds = atof(argv[at + 1]);
		else if (!strcmp(argv[at], "--rounds"))
			a.rounds = atoi(argv[at + 1]);
		else if (!strcmp(argv[at], "--profile"))
			a.profile = atoi(argv[at + 1]);
		else if (!strcmp(argv[at], "--processor"))
			a.processor = atoi(argv[at + 1]);
		else
			break;
	}
	if ((at < argc && !strncmp(argv[at], "--", 2)) || a.batch < 1 || a.rounds < 1
		|| a.rounds > MOST_ROUNDS || a.threads < 0) {
		fprintf(stderr,
			"usage: bench_nets [--batch N] [--threads N] [--seconds S] [--rounds N] "
			"[--profile 1] [--processor 1] [net ...]\n");
		return 2;
	}
	double peak = bench_fma_peak(a.threads);
	printf("FMA peak %.1f GFLOP/s; batch %d\n", peak * 1e-9, a.batch);
	for (int i = 0; at == argc && i < bench_net_count; i++)
		bench(&bench_nets[i], &a, peak);
	for (int k = at; k < argc; k++) {
		const struct bench_net *b = bench_net_named(argv[k]);
		if (!b) {
			fprintf(stderr, "bench_nets: there is no net '%s'\n", argv[k]);
			return 2;
		}
		bench(b, &a, peak);
	}
	return 0;
}
