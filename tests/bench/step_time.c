/* CPU time of a training step on one thread, which other programs on the machine disturb little: step_time [BATCH]
 *
 * One line per net as bench_nets prints it, for tests/bench/model.py: samples per second of the median step. */
#include "tests/bench/nets.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STEPS = 21 };

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static void measure(const struct bench_net *b, int batch)
{
	lam_shape shape = {b->rank, {b->shape[0], b->shape[1], b->shape[2]}};
	lam_net *net = lam_net_create(b->model(), shape, .max_batch = batch, .threads = 1, .seed = 1);
	size_t inputs = (size_t)lam_shape_count(&shape) * (size_t)batch;
	lam_real *x = malloc(inputs * sizeof *x);
	int32_t *labels = calloc((size_t)batch, sizeof *labels);
	lam_optimizer sgd = lam_sgd(.lr = 1e-3f, .momentum = 0.9f);
	double times[STEPS];
	for (size_t i = 0; x && i < inputs; i++)
		x[i] = (lam_real)(i % 1000) / 1000;
	for (int step = -2; step < STEPS; step++) {
		double start = cpu_seconds();
		if (!net || !x || !labels || lam_net_step(net, &sgd, x, b->classes ? (const void *)labels : (const void *)x, batch)) {
			fprintf(stderr, "%s: %s\n", b->name, lam_error());
			exit(1);
		}
		if (step >= 0)
			times[step] = cpu_seconds() - start;
	}
	qsort(times, STEPS, sizeof *times, by_value);
	printf("%-10s train %9.0f /s\n", b->name, batch / times[STEPS / 2]);
	fflush(stdout);
	free(x);
	free(labels);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	int batch = argc > 1 ? atoi(argv[1]) : 128;
	if (batch < 1) {
		fprintf(stderr, "usage: step_time [BATCH]\n");
		return 2;
	}
	for (int i = 0; i < bench_net_count; i++)
		measure(&bench_nets[i], batch);
	return 0;
}
