/* SPDX-License-Identifier: MIT */
/* A training program as a user would write it, linked with the shared library, to measure what it
 * costs beside the time of its steps.
 *
 *     train_once NET BATCH STEPS BEGAN      BEGAN: when the process was started, in nanoseconds of
 *                                           CLOCK_MONOTONIC
 *
 * It prints the seconds from BEGAN to the end of the first step, the largest resident memory in
 * bytes, and the bytes that the net's summary states. */
#include "tests/bench/nets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* VmHWM of /proc/self/status in bytes; 0 if there is none. */
static long long peak_bytes(void)
{
	long long kilobytes = 0;
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof line, status))
		if (sscanf(line, "VmHWM: %lld kB", &kilobytes) == 1)
			break;
	if (status)
		fclose(status);
	return kilobytes * 1024;
}

int main(int argc, char **argv)
{
	const struct bench_net *b = argc == 5 ? bench_net_named(argv[1]) : NULL;
	const int batch = argc == 5 ? atoi(argv[2]) : 0, steps = argc == 5 ? atoi(argv[3]) : 0;
	if (!b || batch < 1 || steps < 1) {
		fprintf(stderr, "usage: train_once NET BATCH STEPS BEGAN\n");
		return 2;
	}
	const lam_shape shape = bench_net_shape(b);
	lam_net *net = lam_net_create(b->model(), shape, .max_batch = batch, .seed = 1);
	lam_optimizer sgd = lam_sgd(.lr = (lam_real)1e-3, .momentum = (lam_real)0.9);
	const size_t inputs = (size_t)lam_shape_count(&shape) * (size_t)batch;
	lam_real *x = malloc(inputs * sizeof *x);
	int32_t *labels = calloc((size_t)batch * (size_t)b->places, sizeof *labels);
	if (!net || !x || !labels || lam_net_prepare(net, &sgd)) {
		fprintf(stderr, "train_once: %s\n", lam_error());
		return 1;
	}
	for (size_t i = 0; i < inputs; i++)
		x[i] = (lam_real)((i * 2654435761u >> 8) % 1000) / 1000;
	double first = 0;
	for (int step = 0; step < steps; step++) {
		if (lam_net_step(net, &sgd, x, b->classes ? (const void *)labels : x, batch)) {
			fprintf(stderr, "train_once: %s\n", lam_error());
			return 1;
		}
		if (step == 0)
			first = now() - 1e-9 * strtod(argv[4], NULL);
	}
	lam_net_memory memory;
	lam_net_memory_of(net, &memory, sizeof memory);
	printf("%.6f %lld %lld\n", first, peak_bytes(), (long long)memory.total);
	lam_net_free(net);
	free(x);
	free(labels);
	return 0;
}
