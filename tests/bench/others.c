/* SPDX-License-Identifier: MIT */
/* The speed of a net that is given as a chain of words, for others.py.
 *
 *     others SHAPE CHAIN BATCH[:MAX_BATCH] train|predict SECONDS THREADS
 *
 * prints samples a second, processor milliseconds of a call, and the peak of resident MiB. The
 * chain has the words of chain.h. */
#include "tests/bench/chain.h"

#include <sys/resource.h>
#include <time.h>

static double clock_of(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static lam_net *make(char **argv, int most, bool train, int threads)
{
	lam_shape shape;
	lam_layer *model = chain_model(argv[1], argv[2], &shape);
	lam_net *net = model ? lam_net_create(model, shape, .max_batch = most, .inference = !train,
			       .threads = threads, .seed = 1)
			     : NULL;
	if (model && !net)
		fprintf(stderr, "others: %s\n", lam_error());
	return net;
}

int main(int argc, char **argv)
{
	if (argc != 7) {
		fprintf(stderr, "usage: others SHAPE CHAIN BATCH train|predict SECONDS THREADS\n");
		return 2;
	}
	const int batch = atoi(argv[3]);
	const char *most = strchr(argv[3], ':');
	const bool train = !strcmp(argv[4], "train");
	lam_net *net = make(argv, most ? atoi(most + 1) : batch, train, atoi(argv[6]));
	if (!net)
		return 1;
	const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
	const int64_t xs = batch * lam_shape_count(&in), ys = batch * lam_shape_count(&out);
	lam_target_info info = {.type = LAM_VALUES};
	lam_real *x = malloc((size_t)xs * sizeof *x), *y = calloc((size_t)ys, sizeof *y);
	int32_t *classes = calloc((size_t)ys, sizeof *classes);
	if (!x || !y || !classes || lam_net_targets(net, &info))
		return 1;
	for (int64_t i = 0; i < xs; i++)
		x[i] = (lam_real)((i * 7919) % 1013) / 1013;
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)1e-3, .momentum = (lam_real)0.9);
	const void *targets = info.type == LAM_CLASSES ? (const void *)classes : y;
	const double seconds = atof(argv[5]);
	double begin = 0, processor = 0, now = 0;
	int calls = 0;
	for (int warm = 3; warm > 0 || (now = clock_of(CLOCK_MONOTONIC)) - begin < seconds;
		warm--, calls++) {
		if (warm == 1) {
			calls = 0;
			begin = clock_of(CLOCK_MONOTONIC);
			processor = clock_of(CLOCK_PROCESS_CPUTIME_ID);
		}
		const lam_status status = train ? lam_net_step(net, &sgd, x, targets, batch)
						: lam_net_predict(net, x, batch, y);
		if (status) {
			fprintf(stderr, "others: %s\n", lam_error());
			return 1;
		}
	}
	processor = clock_of(CLOCK_PROCESS_CPUTIME_ID) - processor;
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("%.2f %.4f %.0f\n", calls * batch / (now - begin), 1e3 * processor / calls,
		(double)usage.ru_maxrss / 1024);
	lam_net_free(net);
	free(x);
	free(y);
	free(classes);
	return 0;
}
