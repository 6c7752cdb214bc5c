/* SPDX-License-Identifier: MIT */
/* lamina bench: how fast a net trains and predicts on this machine. */
#include "tools/nets.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
	"Usage: lamina bench NET [options]\n"
	"Measures training steps and predictions of a net on random data.\n"
	"\n"
	"  --batch N                 samples per step (default 128)\n"
	"  --seconds X               for each figure (default 1)\n"
	"  --threads N               default: OMP_NUM_THREADS, else all processors\n"
	"  --profile                 where the time of the steps goes, by layer\n"
	"  --help\n";

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct data {
	lam_real *x, *y;
	void *targets;
	int64_t n;
};

/* Random samples, and targets that fit the net's loss. */
static bool make_data(const lam_net *net, int64_t n, struct data *d)
{
	const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
	const size_t inputs = (size_t)(n * lam_shape_count(&in)),
		     outputs = (size_t)(n * lam_shape_count(&out));
	lam_target_info info = {.type = LAM_VALUES, .shape = out};
	const bool loss = lam_net_targets(net, &info) == LAM_OK;
	const int64_t places = info.shape.rank ? lam_shape_count(&info.shape) : 1;
	const size_t targets = (size_t)(n * places);
	*d = (struct data){malloc(inputs * sizeof *d->x), malloc(outputs * sizeof *d->y),
		loss ? malloc(targets * sizeof(lam_real)) : NULL, n};
	if (!d->x || !d->y || (loss && !d->targets))
		return false;
	for (size_t i = 0; i < inputs; i++)
		d->x[i] = (lam_real)lam_random_normal(1, i);
	for (size_t i = 0; i < targets && loss; i++)
		if (info.type == LAM_CLASSES)
			((int32_t *)d->targets)[i] = (int32_t)lam_random_below(
				2, i, info.classes ? (uint64_t)info.classes : 1);
		else
			((lam_real *)d->targets)[i] = (lam_real)0.5;
	if (info.type == LAM_INPUT)
		memcpy(d->targets, d->x, targets * sizeof(lam_real));
	return true;
}

static lam_status once(lam_net *net, const lam_optimizer *rule, const struct data *d)
{
	return rule ? lam_net_step(net, rule, d->x, d->targets, d->n)
		    : lam_net_predict(net, d->x, d->n, d->y);
}

/* Shows the best of some rounds, which others on the machine disturb least. */
static int measure(const char *what, lam_net *net, const lam_optimizer *rule, const struct data *d,
	double seconds)
{
	double best = 1e30;
	int64_t calls = 0;
	if (once(net, rule, d))
		return failed("%s", lam_error());
	for (const double began = now(); now() - began < seconds || calls < 3; calls++) {
		const double start = now();
		if (once(net, rule, d))
			return failed("%s", lam_error());
		const double took = now() - start;
		best = took < best ? took : best;
	}
	printf("%-22s %9.1f us %11.0f samples/s\n", what, best * 1e6, (double)d->n / best);
	return DONE;
}

static int bench_net(
	const char *name, int64_t n, int threads, bool train, double seconds, bool profile)
{
	const lam_load_options load = {.size = sizeof load,
		.max_batch = n,
		.inference = !train,
		.threads = threads,
		.seed = 1};
	lam_net *net = open_net(name, &load);
	struct data d = {0};
	char what[60];
	int result = FAILED;
	const lam_optimizer rule = lam_sgd(.lr = (lam_real)1e-6, .momentum = (lam_real)0.9);
	snprintf(what, sizeof what, "%s %" PRId64, train ? "a training step of" : "predicting", n);
	if (net && make_data(net, n, &d)) {
		result = DONE;
		if (train && !d.targets)
			printf("%-22s (the net has no loss)\n", what);
		else if (profile && lam_net_profile_start(net))
			result = failed("%s", lam_error());
		else
			result = measure(what, net, train ? &rule : NULL, &d, seconds);
		if (profile && result == DONE && (!train || d.targets))
			result = show_table(lam_net_profile, net, stdout);
	}
	free(d.x);
	free(d.y);
	free(d.targets);
	lam_net_free(net);
	return result;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"batch", required_argument, NULL, 'b'},
		{"seconds", required_argument, NULL, 's'},
		{"threads", required_argument, NULL, 't'}, {"profile", no_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'}, {0}};
	int64_t batch = 128;
	double seconds = 1;
	int threads = 0;
	bool profile = false;
	for (int code; (code = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if (code == 'b')
			batch = whole("batch", optarg, 1, 1 << 24);
		else if (code == 's')
			seconds = real("seconds", optarg, 0.01, 3600);
		else if (code == 't')
			threads = (int)whole("threads", optarg, 1, 1024);
		else if (code == 'p')
			profile = true;
		else
			refused_option(code, argv);
	if (optind + 1 != argc)
		misused("expected one NET");
	const char *name = argv[optind];
	printf("lamina %s, %s\n", lam_version(), lam_isa());
	int result = bench_net(name, batch, threads, true, seconds, profile);
	if (result == DONE)
		result = bench_net(name, batch, threads, false, seconds, profile);
	if (result == DONE && batch > 1)
		result = bench_net(name, 1, threads, false, seconds, profile);
	return result;
}

const struct tool bench_tool = {"bench", help, run};
