/* SPDX-License-Identifier: MIT */
/* A run in shards ends with the same bits (parameters, statistics, moments, scores) whatever the
 * number of ranks and threads, and however it is stopped and resumed. */
#include "tests/files/files.h"
#include "tests/train/shards_jobs.h"

static void the_same_bits_on_any_ranks_and_threads(void)
{
	for (int number = 0; number < JOBS; number++) {
		struct job job = job_of(number);
		test_begin("job %d", number);
		uint64_t print = 0;
		if (job_on(&job, 0))
			print = job.prints[0];
		for (int ranks = 1; ranks <= job.shards && print; ranks *= 2)
			for (job.threads = 1; job.threads <= 2; job.threads++)
				if (job_on(&job, ranks))
					check(job.prints[0] == print, "%d ranks, %d threads", ranks,
						job.threads);
		test_end();
	}
}

static void other_shards_are_another_run(void)
{
	struct job job = job_of(2), other = job_of(2);
	other.shards = 4;
	other.max_batch = 6;
	if (job_on(&job, 0) && job_on(&other, 0))
		check(job.prints[0] != other.prints[0]);
}

/* One shard is the batch: parameters and moments are those of a run without. */
static void one_shard_is_the_batch(void)
{
	for (int number = 0; number < 4; number++) {
		struct job job = job_of(number);
		job.shards = 0;
		job.max_batch = 24;
		job.no_validation = true;
		test_begin("job %d", number);
		if (job_on(&job, 0)) {
			const double loss = job.reports[0].train.loss;
			job.shards = 1;
			if (job_on(&job, 0))
				check(fabs(job.reports[0].train.loss - loss) < 1e-12 * loss);
		}
		test_end();
	}
}

/* The mean of the shards' gradients is that of the batch: 8 shards differ by rounding from none. */
static void shards_have_the_gradient_of_the_batch(void)
{
	struct job job = job_of(0), whole = job_of(0);
	whole.shards = 0;
	whole.max_batch = 24;
	if (job_on(&job, 0) && job_on(&whole, 0))
		check(fabs(job.reports[0].train.loss - whole.reports[0].train.loss) < 1e-5
				&& fabs(job.reports[0].validation.loss
					   - whole.reports[0].validation.loss)
					< 1e-5,
			"%.9g, %.9g; %.9g, %.9g", job.reports[0].train.loss,
			whole.reports[0].train.loss, job.reports[0].validation.loss,
			whole.reports[0].validation.loss);
	job = job_of(3), whole = job_of(3);
	whole.shards = 0;
	whole.max_batch = 24;
	if (job_on(&job, 0) && job_on(&whole, 0))
		check(fabs(job.reports[0].train.loss - whole.reports[0].train.loss) < 1e-5,
			"%.9g, %.9g", job.reports[0].train.loss, whole.reports[0].train.loss);
}

/* Stops a run at each of its steps, and goes on with other ranks and threads. */
static void resumed_on_other_ranks(void)
{
	static const int ranks[] = {1, 4, 2, 8, 0, 2, 1, 8};
	for (int number = 0; number < 4; number++) {
		struct job job = job_of(number);
		test_begin("job %d", number);
		if (job_on(&job, 0)) {
			const uint64_t print = job.prints[0];
			char name[40];
			snprintf(name, sizeof name, "shards%d.npz", number);
			job.checkpoint = file_path(name);
			bool good = true;
			for (int step = 1; step <= 6 && good; step++) {
				job.stop_at = step < 6 ? step : 0;
				job.threads = 1 + step % 2;
				job.stopper = ranks[step] > 1 ? 1 : 0;
				good = job_on(&job, ranks[step]);
			}
			check(good && job.prints[0] == print);
		}
		test_end();
	}
}

static lam_status halve(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	(void)data;
	int64_t count;
	lam_real *gradients = lam_net_gradients(net, &count);
	for (int64_t i = 0; i < count; i++)
		gradients[i] *= step % 2 ? (lam_real)0.5 : 1;
	optimizer->lr *= (lam_real)0.9;
	return lam_net_output(net) ? lam_fail(LAM_ERR_STATE, "there is an output") : LAM_OK;
}

static void before_update_sees_the_whole_gradient(void)
{
	struct job job = job_of(1);
	job.before_update = halve;
	if (!job_on(&job, 0))
		return;
	const uint64_t print = job.prints[0];
	if (job_on(&job, 4))
		check(job.prints[0] == print);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(the_same_bits_on_any_ranks_and_threads),
		TEST(other_shards_are_another_run),
		TEST(one_shard_is_the_batch),
		TEST(shards_have_the_gradient_of_the_batch),
		TEST(resumed_on_other_ranks),
		TEST(before_update_sees_the_whole_gradient),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
