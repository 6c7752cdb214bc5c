/* SPDX-License-Identifier: MIT */
/* A run in shards ends with the same bits (parameters, statistics, moments, scores) whatever the
 * number of ranks and threads, and however it is stopped and resumed. */
#include "tests/files/files.h"
#include "tests/train/shards_run.h"

static lam_layer *lenet_model(void)
{
	return lam_sequential(lam_conv2d(.out = 6, .kernel = {3}, .pad = {1}), lam_tanh(),
		lam_avg_pool2d(.kernel = {2}), lam_conv2d(.out = 16, .kernel = {3}), lam_tanh(),
		lam_affine(.out = 20), lam_tanh(), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
}

static lam_layer *dropout_model(void)
{
	return lam_sequential(lam_conv2d(.out = 8, .kernel = {3}), lam_relu(),
		lam_dropout(.p = (lam_real)0.3), lam_affine(.out = 24), lam_relu(),
		lam_dropout(.p = (lam_real)0.5), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
}

/* Class 2 does not count, and the others have weights. */
static lam_layer *weighted_model(void)
{
	return lam_sequential(lam_affine(.out = 12), lam_relu(), lam_dropout(.p = (lam_real)0.2),
		lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy(.ignore = 2, .class_count = CLASSES,
			.class_weights = (const lam_real[]){1, (lam_real)0.3, 1}));
}

static struct job job_of(int number)
{
	struct job job = {.batch = 24,
		.shards = 8,
		.max_batch = 3,
		.threads = 1,
		.epochs = 2,
		.flip = true,
		.timeout = 60};
	switch (number) {
	case 0:
		job.model = lenet_model;
		job.optimizer = lam_sgd(.lr = (lam_real)0.05, .momentum = (lam_real)0.9);
		break;
	case 1:
		job.model = convolutional_model;
		job.optimizer = lam_adam(.lr = (lam_real)0.01);
		break;
	case 2:
		job.model = dropout_model;
		job.optimizer = lam_sgd(.lr = (lam_real)0.1, .weight_decay = (lam_real)0.01);
		job.clip = 0.5;
		job.average = 0.9;
		job.keep_best = true;
		break;
	case 3:
		job.model = weighted_model;
		job.optimizer = lam_rmsprop(.lr = (lam_real)0.003);
		break;
	case 4: /* the last batch has 4 samples for 8 shards */
		job.model = convolutional_model;
		job.optimizer = lam_sgd(.lr = (lam_real)0.05);
		job.batch = 28;
		job.max_batch = 4;
		break;
	default: /* blocks of more than 16 */
		job.model = dropout_model;
		job.optimizer = lam_adamw(.lr = (lam_real)0.01);
		job.batch = 60;
		job.shards = 2;
		job.max_batch = 30;
		job.epochs = 4;
		break;
	}
	return job;
}

enum { JOBS = 6 };

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
