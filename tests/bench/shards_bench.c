/* SPDX-License-Identifier: MIT */
/* A rank of `make bench-shards`, under mpirun. Rank 0 prints a line of JSON.
 *
 *     shards_bench link BYTES               what an exchange, and adding what came, takes: the mean
 *                                           over the rounds of a message, in which each rank has
 *                                           one with the ranks of distance 1, 2, 4 …
 *     shards_bench NET BATCH SHARDS THREADS SECONDS [apart] [wait] [delay=SECONDS]
 *                                           what a step takes: the median of at least 7, until the
 *                                           seconds are over (apart: their mean); SHARDS 0: a
 *                                           run without shards;
 *                                           apart: each rank computes its shards, and sends
 *                                           nothing;
 *                                           wait: gradients are sent when backward has ended;
 *                                           delay: every message comes so much later
 *
 * NET is one of nets.h, or NAME=SHAPE=CHAIN with the words of chain.h. */
#include "exchange/mpi/lamina_mpi.h"
#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "tests/bench/chain.h"
#include "tests/bench/nets.h"
#include "tests/train/slow_comm.h"

enum {
	MOST_STEPS = 4000,
	EPOCH = 64 /* steps: the end of an epoch costs what no step does, so there are few */
};

struct timer {
	double last, all, steps[MOST_STEPS], seconds;
	int count;
};

/* How messages are sent. */
struct manner {
	bool apart, waits;
	double delay;
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

/* Of steps of ranks that share processors: a median would hide those in which another rank had
 * this one's. */
static double mean(const double *values, int count)
{
	double sum = 0;
	for (int i = 0; i < count; i++)
		sum += values[i];
	return count ? sum / count : 0;
}

static lam_status failed(const char *what)
{
	fprintf(stderr, "shards_bench: %s: %s\n", what, lam_error());
	return LAM_ERR_STATE;
}

/* The first steps allocate moments and start threads. */
static bool step_end(const lam_progress *progress, void *data)
{
	enum { FIRST = 2, LEAST = 7 };
	struct timer *timer = data;
	const double now = slow_now();
	if (progress->total_step > FIRST && timer->count < MOST_STEPS)
		timer->steps[timer->count++] = now - timer->last;
	else
		timer->all = now;
	timer->last = now;
	return timer->count >= LEAST && now - timer->all > timer->seconds;
}

/* What every sample has. */
struct sample {
	lam_real *x;
	size_t x_bytes, target_bytes;
};

/* All samples are alike, but for their classes: what they are costs nothing. */
static lam_status copy_sample(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct sample *sample = lam_dataset_state(self);
	const lam_target_info info = lam_dataset_targets(self);
	memcpy(x, sample->x, sample->x_bytes);
	if (target)
		memset(target, 0, sample->target_bytes);
	if (target && info.type == LAM_CLASSES)
		*(int32_t *)target = (int32_t)(index % info.classes);
	return LAM_OK;
}

static void free_sample(lam_dataset *self)
{
	free(((struct sample *)lam_dataset_state(self))->x);
}

static lam_dataset *data_of(const lam_net *net, int64_t count)
{
	static const lam_dataset_class sample_class = {LAM_DATASET_ABI, .kind = "sample",
		.state_size = sizeof(struct sample), .read = copy_sample, .destroy = free_sample};
	const lam_shape shape = lam_net_input_shape(net);
	lam_target_info info;
	if (lam_net_targets(net, &info))
		return NULL;
	const lam_target_info targets = {
		.type = info.type, .classes = info.classes, .shape = info.shape};
	lam_dataset *data = lam_dataset_new(&sample_class, count, shape, targets);
	if (!data)
		return NULL;
	const int64_t values = lam_shape_count(&shape),
		      places = info.type == LAM_INPUT ? 0
		: info.shape.rank > 0                 ? lam_shape_count(&info.shape)
						      : 1;
	struct sample *sample = lam_dataset_state(data);
	*sample = (struct sample){.x = malloc((size_t)values * sizeof(lam_real)),
		.x_bytes = (size_t)values * sizeof(lam_real),
		.target_bytes = (size_t)places
			* (info.type == LAM_CLASSES ? sizeof(int32_t) : sizeof(lam_real))};
	for (int64_t i = 0; i < values && sample->x; i++)
		sample->x[i] = lam_random_uniform(lam_random(1, 0, (uint64_t)i).word[0]);
	return sample->x ? data : NULL;
}

/* Activations are counted for the batches of this net: those of a shard, if there are shards. */
static void print(const char *name, lam_net *net, lam_comm *comm, char **argv,
	const struct manner *manner, struct timer *timer)
{
	int64_t params = 0;
	lam_net_memory memory;
	lam_net_memory_of(net, &memory, sizeof memory);
	for (int i = 0; i < lam_net_param_count(net); i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(net, i));
		params += lam_shape_count(&shape);
	}
	printf("{\"net\": \"%s\", \"ranks\": %d, \"batch\": %s, \"shards\": %s, \"threads\": %s, "
	       "\"begins\": %d, \"apart\": %d, \"delay\": %g, \"params\": %lld, \"states\": %lld, "
	       "\"activations\": %lld, \"steps\": %d, \"step\": %.9g}\n",
		name, lam_comm_size(comm), argv[2], argv[3], argv[4], !manner->waits, manner->apart,
		manner->delay, (long long)params,
		(long long)(memory.states / (int64_t)sizeof(lam_real)),
		(long long)memory.activations, timer->count,
		manner->apart ? mean(timer->steps, timer->count)
			      : median(timer->steps, timer->count));
}

/* NULL after a message. Changes `text`, and cuts it after the net's name. */
static lam_layer *model_of(char *text, lam_shape *shape)
{
	char *shape_word = strchr(text, '='),
	     *chain = shape_word ? strchr(shape_word + 1, '=') : NULL;
	if (chain) {
		*shape_word = *chain = 0;
		return chain_model(shape_word + 1, chain + 1, shape);
	}
	const struct bench_net *bench = bench_net_named(text);
	if (!bench) {
		fprintf(stderr, "shards_bench: no net \"%s\"\n", text);
		return NULL;
	}
	*shape = bench_net_shape(bench);
	return bench->model();
}

/* All shards of one of `sharers` ranks; but of less than a block, one shard, which decides the
 * net's layout. */
static int room(int batch, int shards, int sharers)
{
	const int one = (batch + shards - 1) / shards;
	return one < LAM_LANES ? one : one * (shards / sharers);
}

static lam_status train(lam_comm *comm, char **argv, const struct manner *manner)
{
	static struct timer timer;
	const int among = manner->apart ? lam_comm_size(comm) : 1, batch = atoi(argv[2]) / among,
		  shards = atoi(argv[3]) / among;
	lam_shape shape;
	lam_layer *model = model_of(argv[1], &shape);
	timer.seconds = atof(argv[5]);
	if (!model || batch < 1)
		return LAM_ERR_ARGUMENT;
	lam_net *net = lam_net_create(model, shape,
		.max_batch = shards ? room(batch, shards, lam_comm_size(comm) / among) : batch,
		.threads = atoi(argv[4]));
	lam_dataset *data = net ? data_of(net, (int64_t)EPOCH * batch) : NULL;
	lam_report report;
	lam_status status = data ? LAM_OK : failed("net");
	if (!status
		&& lam_fit(net, data, &report, .epochs = 1 << 20, .batch = batch, .shards = shards,
			.comm = shards && !manner->apart ? comm : NULL,
			.optimizer = lam_sgd(.lr = (lam_real)1e-6), .step_end = step_end,
			.step_end_data = &timer))
		status = failed("lam_fit");
	if (!status && lam_comm_rank(comm) == 0)
		print(argv[1], net, comm, argv, manner, &timer);
	lam_net_free(net);
	lam_dataset_free(data);
	return status;
}

/* Computes for some 0.5 ms. */
static lam_real compute(void)
{
	enum { COUNT = 1 << 14, ROUNDS = 64 };
	static volatile lam_real numbers[COUNT];
	lam_real sum = 0;
	for (int i = 0; i < COUNT * ROUNDS; i++)
		sum += numbers[i % COUNT];
	return sum;
}

/* An exchange of `bytes` each way, and the addition of what came, as in a step whose sums wait: of
 * whole blocks, so of none of a short message. */
static lam_status exchange_and_add(
	lam_comm *comm, int partner, lam_real *sum, lam_real *come, size_t bytes)
{
	const size_t count = bytes / sizeof(lam_real) / LAM_LANES * LAM_LANES;
	const lam_status status = slow_wait(comm, partner, sum, bytes, come, bytes, 60);
	if (!status)
		lam_kernel()->map.add(sum, sum, come, count);
	return status;
}

/* The median time of a message in one round, with the library's addition: L and B of
 * docs/scaling.md follow from it. It imitates the end of a step. All ranks compute, exchange a
 * number with each partner, and send some messages one after the other, each in all rounds. Each
 * lies in another place, as gradients that have left the cache do. A turn counts as the mean of its
 * messages and rounds: where ranks are more than processors, a waiting rank sleeps, and may then
 * find the next message there; and a message between ranks that share a processor takes twice as
 * long. */
static lam_status link_of(lam_comm *comm, const char *bytes)
{
	enum { TURNS = 50, PLACES = 8 };
	static double seconds[TURNS];
	const size_t size = (size_t)atol(bytes), count = size / sizeof(lam_real);
	lam_real *own = calloc(PLACES, size), *come = calloc(1, size);
	const int rank = lam_comm_rank(comm), ranks = lam_comm_size(comm);
	lam_status status = ranks < 2 ? lam_fail(LAM_ERR_ARGUMENT, "1 rank; expected 2 or more")
		: own && come         ? LAM_OK
				      : lam_fail(LAM_ERR_MEMORY, "out of memory");
	for (int turn = 0; turn < TURNS && !status; turn++) {
		double met[2] = {compute()};
		int rounds = 0;
		for (int other = 1; other < ranks && !status; other *= 2)
			status = lam_comm_exchange(
				comm, rank ^ other, &met[0], sizeof *met, &met[1], sizeof *met, 60);
		const double began = slow_now();
		for (size_t place = 0; place < PLACES * count; place += count)
			for (int other = 1; other < ranks && !status; other *= 2, rounds++)
				status = exchange_and_add(
					comm, rank ^ other, own + place, come, size);
		seconds[turn] = (slow_now() - began) / rounds;
	}
	if (!status && rank == 0)
		printf("{\"link\": %zu, \"ranks\": %d, \"seconds\": %.9g}\n", size, ranks,
			median(seconds, TURNS));
	if (status)
		failed("link");
	free(own);
	free(come);
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 3 || (argc > 3 && argc < 6) || argc > 9) {
		fprintf(stderr, "shards_bench: link BYTES, or NET BATCH SHARDS THREADS SECONDS\n");
		return TEST_ERROR;
	}
	struct manner manner = {false, false, 0};
	for (int i = 6; i < argc; i++) {
		manner.apart |= strcmp(argv[i], "apart") == 0;
		manner.waits |= strcmp(argv[i], "wait") == 0;
		manner.delay = strncmp(argv[i], "delay=", 6) == 0 ? atof(argv[i] + 6)
								  : manner.delay;
	}
	lam_comm *comm = lam_mpi_world();
	if (comm && (manner.waits || manner.delay > 0))
		comm = slow_comm(comm, manner.delay, 0, !manner.waits);
	if (!comm)
		return TEST_ERROR;
	const lam_status status = argc == 3 ? link_of(comm, argv[2]) : train(comm, argv, &manner);
	lam_comm_free(comm);
	return status ? TEST_FAIL : TEST_PASS;
}
