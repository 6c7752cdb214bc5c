/* SPDX-License-Identifier: MIT */
/* Gradients of shards are sent while backward computes others, and the sums have the same bits. */
#include "tests/train/shards_jobs.h"
#include "tests/train/slow_comm.h"

#include "framework/kernels/sizes.h"
#include "framework/net/shard.h"

/* What a watcher has seen. */
struct seen {
	lam_net *net;
	int told, polled, holes, early;
	int64_t first; /* of the gradients that are whole */
};

static bool is_set(const struct seen *seen, int64_t i)
{
	return !isnan(lam_net_gradient_arena(seen->net)[i]);
}

/* The gradient was NaN before the run. */
static void see_whole(void *data, int64_t first)
{
	struct seen *seen = data;
	const lam_arena arena = lam_net_params(seen->net);
	for (int p = 0; p < arena.count; p++)
		for (int64_t i = 0; i < arena.params[p]->count; i++)
			if (arena.params[p]->offset >= first)
				seen->holes += !is_set(seen, arena.params[p]->offset + i);
	seen->early += !is_set(seen, 0);
	seen->told++;
	check(first < seen->first, "%d after %d", (int)first, (int)seen->first);
	seen->first = first;
}

static void see_poll(void *data)
{
	((struct seen *)data)->polled++;
}

static lam_layer *deep_model(void)
{
	return lam_sequential(lam_affine(.out = 400), lam_relu(), lam_affine(.out = 400),
		lam_relu(), lam_affine(.out = 400), lam_relu(), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
}

/* A run of the last shard of a process, whose gradient is added to `levels` others. */
static void watch(lam_layer *model, int threads, int levels, int told)
{
	enum { N = 40 };
	static lam_real x[N * PIXELS];
	static int32_t targets[N];
	lam_net *net = lam_net_create(
		model, LAM_SHAPE(1, SIDE, SIDE), .max_batch = N, .threads = threads);
	if (!check(net != NULL, "%s", lam_error()))
		return;
	const int64_t size = lam_net_params(net).size;
	lam_real *lower = calloc((size_t)size, sizeof *lower);
	for (int i = 0; i < N * PIXELS; i++)
		x[i] = (lam_real)(i % 17) / 17;
	for (int64_t i = 0; i < size; i++)
		lam_net_gradient_arena(net)[i] = (lam_real)NAN;
	struct seen seen = {.net = net, .first = size};
	const lam_watcher watcher = {see_whole, see_poll, &seen};
	const double count = 3 * N;
	const lam_shard_run shard = {.counts = &count,
		.number = levels,
		.all = levels + 1,
		.together = 1,
		.lower = (lam_real *const[]){lower},
		.watcher = &watcher};
	const lam_run run = {.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD,
		.mode = LAM_TRAIN,
		.n = N,
		.inputs = &(lam_run_input){.rows = x},
		.targets = &(lam_run_target){.data = targets},
		.of_fit = true,
		.shard = &shard};
	lam_net_begin_shards(net);
	/* With two threads the caller's may come late, when others have gone on. */
	if (check_ok(lam_net_run(net, &run)))
		check(seen.told == told && seen.holes == 0
				&& (threads > 1 || (seen.early == told && seen.polled > 0)),
			"told %d times, %d not whole, %d early, %d polls", seen.told, seen.holes,
			seen.early, seen.polled);
	check(is_set(&seen, 0));
	free(lower);
	lam_net_free(net);
}

/* Layers of more values than a message are announced one by one, but the first: then the run ends.
 * Nothing before shared parameters is announced, since these are whole at the end only. */
static void gradients_are_announced_when_they_are_whole(void)
{
	for (int threads = 1; threads <= 2; threads++)
		for (int levels = 0; levels <= 1; levels++) {
			watch(deep_model(), threads, levels, 2);
			watch(wide_model(), threads, levels, 2);
			watch(lenet_model(), threads, levels, 0);
		}
}

/* The job on `ranks` ranks, whose messages take a time. */
struct slow_job {
	struct job *job;
	double latency, per_byte;
	bool begins;
	int begun;
};

static lam_status run_slowly(struct rank *self)
{
	struct slow_job *slow = self->data;
	lam_comm *comm = slow_comm(self->comm, slow->latency, slow->per_byte, slow->begins);
	if (!comm)
		return lam_error_status();
	struct rank with = *self;
	with.comm = comm;
	with.data = slow->job;
	const lam_status status = job_run(&with);
	if (self->rank == 0)
		slow->begun = ((struct slow *)lam_comm_state(comm))->begun;
	self->comm = NULL;
	lam_comm_free(comm);
	return status;
}

static void late_messages_give_the_same_bits(void)
{
	static const double latencies[] = {0, 1e-4, 2e-3};
	struct job job = job_of(5);
	if (!job_on(&job, 0))
		return;
	const uint64_t print = job.prints[0];
	for (int i = 0; i < 4; i++)
		for (int ranks = 2; ranks <= 8; ranks *= 2) {
			struct slow_job slow = {&job, latencies[i % 3], i * 1e-10, i < 3, 0};
			struct rank rank[MOST_RANKS] = {{.data = &slow}};
			if (!run_ranks(rank, ranks, run_slowly, &slow) || !check_ranks(rank, ranks))
				return;
			check(job.prints[0] == print, "%d ranks, latency %g", ranks,
				latencies[i % 3]);
			check((slow.begun > 0) == slow.begins, "%d", slow.begun);
		}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(gradients_are_announced_when_they_are_whole),
		TEST(late_messages_give_the_same_bits),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
