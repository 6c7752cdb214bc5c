/* SPDX-License-Identifier: MIT */
/* A rank of `make bench-shards`, under mpirun. Rank 0 prints a line of JSON.
 *
 *     shards_bench line BYTES               what an exchange between ranks 0 and 1 takes
 *     shards_bench NET BATCH SHARDS THREADS SECONDS [wait]
 *                                           what a step takes: the median of at least 9, until the
 *                                           seconds are over; SHARDS 0: a run without shards;
 *                                           wait: gradients are sent when backward has ended */
#include "exchange/mpi/lamina_mpi.h"
#include "tests/bench/nets.h"
#include "tests/train/slow_comm.h"

enum { MOST_STEPS = 4000, SAMPLES = 1024 };

struct timer {
	double last, all, steps[MOST_STEPS], seconds;
	int count;
};

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof *values, compare);
	return count ? values[count / 2] : 0;
}

static lam_status failed(const char *what)
{
	fprintf(stderr, "shards_bench: %s: %s\n", what, lam_error());
	return LAM_ERR_STATE;
}

/* The first steps allocate moments and start threads. */
static bool step_end(const lam_progress *progress, void *data)
{
	enum { FIRST = 3, LEAST = 9 };
	struct timer *timer = data;
	const double now = slow_now();
	if (progress->total_step > FIRST && timer->count < MOST_STEPS)
		timer->steps[timer->count++] = now - timer->last;
	else
		timer->all = now;
	timer->last = now;
	return timer->count >= LEAST && now - timer->all > timer->seconds;
}

static lam_status noise(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const lam_shape shape = lam_dataset_shape(self);
	const lam_target_info *info = lam_dataset_state(self);
	const int64_t values = lam_shape_count(&shape);
	for (int64_t i = 0; i < values; i++)
		x[i] = lam_random_uniform(lam_random(1, (uint64_t)index, (uint64_t)i).word[0]);
	if (target && info->type == LAM_CLASSES)
		*(int32_t *)target = (int32_t)(index % info->classes);
	return LAM_OK;
}

static lam_dataset *data_of(const struct bench_net *bench)
{
	static const lam_dataset_class noise_class = {LAM_DATASET_ABI, .kind = "noise",
		.state_size = sizeof(lam_target_info), .read = noise};
	const lam_target_info info = bench->classes
		? (lam_target_info){.type = LAM_CLASSES, .classes = bench->classes}
		: (lam_target_info){.type = LAM_INPUT};
	lam_dataset *data = lam_dataset_new(&noise_class, SAMPLES, bench_net_shape(bench), info);
	if (data)
		*(lam_target_info *)lam_dataset_state(data) = info;
	return data;
}

/* Reads all samples once, so that steps do not wait for random numbers. */
static lam_dataset *in_memory(const struct bench_net *bench, void **x, void **targets)
{
	lam_dataset *source = data_of(bench);
	const lam_shape shape = bench_net_shape(bench);
	const size_t values = (size_t)lam_shape_count(&shape);
	*x = calloc(SAMPLES * values, sizeof(lam_real));
	*targets = calloc(SAMPLES, sizeof(int32_t));
	for (int i = 0; i < SAMPLES && source && *x && *targets; i++)
		if (lam_dataset_read(source, i, (lam_real *)*x + (size_t)i * values,
			    bench->classes ? (int32_t *)*targets + i : NULL))
			failed("data");
	lam_dataset_free(source);
	return bench->classes
		? lam_dataset_arrays(*x, shape, *targets, SAMPLES, .classes = bench->classes)
		: lam_dataset_arrays(*x, shape, NULL, SAMPLES, .targets = LAM_INPUT);
}

static void print(const struct bench_net *bench, lam_net *net, lam_comm *comm, char **argv,
	bool begins, struct timer *timer)
{
	int64_t params = 0;
	for (int i = 0; i < lam_net_param_count(net); i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(net, i));
		params += lam_shape_count(&shape);
	}
	printf("{\"net\": \"%s\", \"ranks\": %d, \"batch\": %s, \"shards\": %s, \"threads\": %s, "
	       "\"begins\": %d, \"params\": %lld, \"steps\": %d, \"step\": %.9g}\n",
		bench->name, lam_comm_size(comm), argv[2], argv[3], argv[4], begins,
		(long long)params, timer->count, median(timer->steps, timer->count));
}

static lam_status train(lam_comm *comm, int argc, char **argv)
{
	static struct timer timer;
	const struct bench_net *bench = bench_net_named(argv[1]);
	const int batch = atoi(argv[2]), shards = atoi(argv[3]);
	void *x = NULL, *targets = NULL;
	timer.seconds = atof(argv[5]);
	if (!bench || batch < 1)
		return failed("no such net, or no batch");
	lam_net *net = lam_net_create(bench->model(), bench_net_shape(bench),
		.max_batch = shards ? (batch + shards - 1) / shards : batch,
		.threads = atoi(argv[4]));
	lam_dataset *data = in_memory(bench, &x, &targets);
	lam_report report;
	lam_status status = net && data ? LAM_OK : failed("net");
	if (!status
		&& lam_fit(net, data, &report, .epochs = 1 << 20, .batch = batch, .shards = shards,
			.comm = shards ? comm : NULL, .optimizer = lam_sgd(.lr = (lam_real)1e-6),
			.step_end = step_end, .step_end_data = &timer))
		status = failed("lam_fit");
	if (!status && lam_comm_rank(comm) == 0)
		print(bench, net, comm, argv, argc == 6, &timer);
	lam_net_free(net);
	lam_dataset_free(data);
	free(x);
	free(targets);
	return status;
}

/* The median of exchanges of `bytes` each way. */
static lam_status line(lam_comm *comm, const char *bytes)
{
	enum { TURNS = 200 };
	static double seconds[TURNS];
	const size_t size = (size_t)atol(bytes);
	char *own = calloc(1, size), *other = calloc(1, size);
	const int rank = lam_comm_rank(comm);
	lam_status status = own && other && lam_comm_size(comm) > 1 ? LAM_OK : failed("line");
	double began = slow_now();
	for (int turn = 0; turn < TURNS && rank < 2 && !status; turn++) {
		status = lam_comm_exchange(comm, 1 - rank, own, size, other, size, 60);
		const double now = slow_now();
		seconds[turn] = now - began;
		began = now;
	}
	if (!status && rank == 0)
		printf("{\"line\": %zu, \"seconds\": %.9g}\n", size, median(seconds, TURNS));
	free(own);
	free(other);
	return status;
}

/* Takes `inner`: the same without .begin. */
static lam_comm *waiting(lam_comm *inner)
{
	return inner ? slow_comm(inner, 0, 0, false) : NULL;
}

int main(int argc, char **argv)
{
	if (argc != 3 && argc != 6 && argc != 7) {
		fprintf(stderr, "shards_bench: line BYTES, or NET BATCH SHARDS THREADS SECONDS\n");
		return TEST_ERROR;
	}
	lam_comm *comm = lam_mpi_world();
	if (argc == 7)
		comm = waiting(comm);
	if (!comm)
		return TEST_ERROR;
	const lam_status status = argc == 3 ? line(comm, argv[2]) : train(comm, argc, argv);
	lam_comm_free(comm);
	return status ? TEST_FAIL : TEST_PASS;
}
