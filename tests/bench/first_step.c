/* A training process from start to end, for the time to its first step and its peak of memory: first_step NET BATCH
 *
 * Says "first" after the first step, so that whoever started it can read the clock, and "peak" with VmHWM in KB after thirty. */
#include "tests/bench/nets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long peak_kilobytes(void)
{
	char line[256];
	long peak = 0;
	FILE *status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof line, status))
		sscanf(line, "VmHWM: %ld", &peak);
	if (status)
		fclose(status);
	return peak;
}

static void train(const struct bench_net *b, int batch)
{
	lam_shape shape = {b->rank, {b->shape[0], b->shape[1], b->shape[2]}};
	lam_net *net = lam_net_create(b->model(), shape, .max_batch = batch, .seed = 1);
	size_t inputs = (size_t)lam_shape_count(&shape) * (size_t)batch;
	lam_real *x = malloc(inputs * sizeof *x);
	int32_t *labels = calloc((size_t)batch, sizeof *labels);
	lam_optimizer sgd = lam_sgd(.lr = 1e-3f, .momentum = 0.9f);
	for (size_t i = 0; x && i < inputs; i++)
		x[i] = (lam_real)(i % 1000) / 1000;
	for (int step = 0; step < 30; step++) {
		if (!net || !x || !labels || lam_net_step(net, &sgd, x, b->classes ? (const void *)labels : (const void *)x, batch)) {
			fprintf(stderr, "%s: %s\n", b->name, lam_error());
			exit(1);
		}
		if (step == 0) {
			puts("first");
			fflush(stdout);
		}
	}
	printf("peak %ld\n", peak_kilobytes());
	free(x);
	free(labels);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	int batch = argc == 3 ? atoi(argv[2]) : 0;
	for (int i = 0; i < bench_net_count && batch > 0; i++)
		if (!strcmp(bench_nets[i].name, argv[1])) {
			train(&bench_nets[i], batch);
			return 0;
		}
	fprintf(stderr, "usage: first_step NET BATCH\n");
	return 2;
}
