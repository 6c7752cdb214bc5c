/* SPDX-License-Identifier: MIT */
/* A run in shards ends with the same bits (parameters, statistics, moments, scores) whatever the
 * number of ranks and threads, and however it is stopped and resumed. */
#include "framework/data/inside.h"
#include "framework/net/shard.h"
#include "tests/files/files.h"
#include "tests/train/counted.h"
#include "tests/train/shards_jobs.h"

static lam_status number_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	(void)self;
	x[0] = (lam_real)index;
	if (target)
		*(int32_t *)target = (int32_t)index;
	return LAM_OK;
}

/* Samples whose class is their index. */
static lam_dataset *numbered(int count)
{
	static const lam_dataset_class number_class = {
		LAM_DATASET_ABI, .kind = "numbers", .read = number_read};
	return lam_dataset_new(&number_class, count, LAM_SHAPE(1),
		(lam_target_info){.type = LAM_CLASSES, .classes = count});
}

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

/* 60 samples in 8 parts of 7 or 8: the last batch has 12. */
static void each_rank_reads_its_part(void)
{
	for (int number = 0; number < 4; number++) {
		struct job job = job_of(number), whole = job_of(number);
		test_begin("job %d", number);
		job.parts = true;
		if (job_on(&job, 0) && job_on(&whole, 0)) {
			const uint64_t print = job.prints[0];
			check(print != whole.prints[0]);
			for (int ranks = 1; ranks <= 8; ranks *= 2)
				if (job_on(&job, ranks))
					check(job.prints[0] == print, "%d ranks", ranks);
			job.checkpoint = file_path("parts.npz");
			job.stop_at = 4;
			bool good = job_on(&job, 4);
			job.stop_at = 0;
			good = good && job_on(&job, 2);
			check(good && job.prints[0] == print);
			remove(job.checkpoint);
		}
		test_end();
	}
}

/* An epoch of a part takes each of its samples once, and no other part's. */
static void parts_are_shuffled_within(void)
{
	enum { COUNT = 61, SHARDS = 4 };
	for (int batch = 8; batch <= 64; batch *= 2) {
		int reads[COUNT] = {0};
		for (int s = 0; s < SHARDS; s++) {
			lam_dataset *data = numbered(COUNT);
			lam_loader *loader = lam_loader_new_shards(
				&(lam_loader_options){.size = sizeof(lam_loader_options),
					.dataset = data,
					.batch = batch,
					.seed = 3},
				NULL, (lam_shard_range){SHARDS, s, 1, true});
			const int64_t first = lam_shard_begin(COUNT, s, SHARDS),
				      end = lam_shard_begin(COUNT, s + 1, SHARDS);
			bool in_order = true;
			int64_t next = first;
			for (int64_t b = 0; loader && b < lam_loader_batches(loader); b++) {
				lam_lane_batch taken;
				check_ok(lam_loader_fill(loader));
				lam_loader_take(loader, &taken);
				const int32_t *labels = taken.targets[0].data;
				for (int i = 0; i < lam_shard_samples(taken.n, s, SHARDS); i++) {
					check(labels[i] >= first && labels[i] < end,
						"%d in part %d", (int)labels[i], s);
					in_order &= labels[i] == next++;
					reads[labels[i]]++;
				}
			}
			check(!in_order);
			lam_loader_free(loader);
			lam_dataset_free(data);
		}
		for (int i = 0; i < COUNT; i++)
			check(reads[i] == 1, "sample %d: %d times", i, reads[i]);
	}
}

/* The last batch has 36 samples, and shards of 9. */
static lam_dataset *more_stripes(void)
{
	static const lam_dataset_class stripe_class = {LAM_DATASET_ABI, .kind = "stripes",
		.state_size = sizeof(atomic_int *), .read = stripe_read};
	return lam_dataset_new(&stripe_class, 100, LAM_SHAPE(1, SIDE, SIDE),
		(lam_target_info){.type = LAM_CLASSES, .classes = CLASSES});
}

/* Large affine weights, of which no gradient is shared. */
static lam_layer *large_model(void)
{
	return lam_sequential(lam_affine(.out = 700), lam_relu(), lam_affine(.out = 600),
		lam_dropout(.p = (lam_real)0.2), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
}

static lam_layer *(*const together_models[])(void) = {lenet_model, convolutional_model,
	dropout_model, weighted_model, large_model, huge_model, wide_model};

/* Where the net has room for all shards of a rank, they are one run: the same bits as one after
 * another. */
static void all_shards_in_one_run(void)
{
	for (size_t m = 0; m < sizeof together_models / sizeof *together_models; m++) {
		struct job job = {.model = together_models[m],
			.data = more_stripes,
			.optimizer = lam_sgd(.lr = (lam_real)0.05, .momentum = (lam_real)0.9),
			.batch = 64,
			.shards = 4,
			.max_batch = 16,
			.threads = 1,
			.epochs = 2,
			.timeout = 60};
		test_begin("model %d", (int)m);
		const uint64_t print = job_on(&job, 0) ? job.prints[0] : 0;
		const double loss = job.reports[0].validation.loss;
		job.max_batch = 64;
		for (int ranks = 0; ranks <= 2 && print; ranks += 2)
			for (job.threads = 1; job.threads <= 2; job.threads++)
				if (job_on(&job, ranks)) {
					check(job.prints[0] == print, "%d ranks, %d threads", ranks,
						job.threads);
					check(job.reports[0].validation.loss == loss, "%.17g %.17g",
						job.reports[0].validation.loss, loss);
				}
		test_end();
	}
}

static lam_status wild_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	(void)self;
	for (int i = 0; i < SIDE * SIDE; i++)
		x[i] = (lam_real)0.001;
	if (target)
		*(lam_real *)target = (lam_real)pow(10, (double)(index * 7 % 31) - 15);
	return LAM_OK;
}

/* Samples whose losses are from 1e-30 to 1e30, so that even in double the order of a sum is seen.
 */
static lam_dataset *wild(void)
{
	static const lam_dataset_class wild_class = {
		LAM_DATASET_ABI, .kind = "wild", .read = wild_read};
	return lam_dataset_new(&wild_class, 500, LAM_SHAPE(1, SIDE, SIDE),
		(lam_target_info){.type = LAM_VALUES, .shape = LAM_SHAPE(1)});
}

static lam_layer *wild_model(void)
{
	return lam_sequential(lam_affine(.out = 1), lam_mean_squared_error());
}

/* A validation's loss is the same sum whatever the room for samples and the ranks. */
static void validation_keeps_its_order(void)
{
	struct job job = {.model = wild_model,
		.data = wild,
		.optimizer = lam_sgd(.lr = (lam_real)1e-30),
		.batch = 64,
		.shards = 4,
		.max_batch = 16,
		.threads = 1,
		.epochs = 1,
		.timeout = 60};
	if (!job_on(&job, 0))
		return;
	const double loss = job.reports[0].validation.loss;
	for (job.max_batch = 16; job.max_batch <= 64; job.max_batch *= 2)
		for (int ranks = 1; ranks <= 4; ranks *= 2)
			if (job_on(&job, ranks))
				check(job.reports[0].validation.loss == loss,
					"%d samples, %d ranks: %.17g %.17g", job.max_batch, ranks,
					job.reports[0].validation.loss, loss);
}

static void only_whole_blocks_are_one_run(void)
{
	lam_net *net = lam_net_create(dropout_model(), LAM_SHAPE(1, SIDE, SIDE), .max_batch = 64),
		*shared = lam_net_create(wide_model(), LAM_SHAPE(1, SIDE, SIDE), .max_batch = 64);
	if (check(net && shared, "%s", lam_error())) {
		check(lam_net_together(net, 4, 16) && lam_net_together(net, 2, 32));
		check(!lam_net_together(net, 8, 16) && !lam_net_together(net, 4, 8)
			&& !lam_net_together(net, 2, 24) && !lam_net_together(net, 4, 0));
		check(!lam_net_together(shared, 4, 16));
	}
	lam_net_free(net);
	lam_net_free(shared);
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

static lam_status run_counted(struct rank *self)
{
	const struct job *job = self->data;
	long first = 0;
	lam_dataset *data = more_stripes();
	lam_net *net = lam_net_create(
		job->model(), LAM_SHAPE(1, SIDE, SIDE), .max_batch = job->max_batch, .threads = 1);
	lam_status status = lam_fit(net, data, NULL, .epochs = 2, .batch = 64, .shards = 4,
		.comm = self->comm, .timeout = self->comm ? 60 : 0, .validation = data,
		.optimizer = lam_sgd(.lr = (lam_real)0.05), .clip = 1, .average = 0.9,
		.keep_best = true, .augment = {.shift = 1}, .step_end = compare_allocations,
		.step_end_data = &first);
	lam_net_free(net);
	lam_dataset_free(data);
	return !status && first == 0 ? lam_fail(LAM_ERR_STATE, "nothing is counted") : status;
}

/* Whether all shards of a rank are one run or not, on one rank and on two. */
static void allocates_nothing_between_steps(void)
{
	struct rank rank[MOST_RANKS];
	count_allocations();
	for (size_t m = 0; m < sizeof together_models / sizeof *together_models; m++)
		for (int room = 16; room <= 64; room += 48) {
			struct job job = {.model = together_models[m], .max_batch = room};
			struct rank alone = {.data = &job};
			test_begin("model %d, room for %d", (int)m, room);
			check_ok(run_counted(&alone));
			if (run_ranks(rank, 2, run_counted, &job))
				check_ranks(rank, 2);
			test_end();
		}
	lam_set_allocator(NULL);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(the_same_bits_on_any_ranks_and_threads),
		TEST(other_shards_are_another_run),
		TEST(one_shard_is_the_batch),
		TEST(shards_have_the_gradient_of_the_batch),
		TEST(resumed_on_other_ranks),
		TEST(each_rank_reads_its_part),
		TEST(parts_are_shuffled_within),
		TEST(all_shards_in_one_run),
		TEST(validation_keeps_its_order),
		TEST(only_whole_blocks_are_one_run),
		TEST(before_update_sees_the_whole_gradient),
		TEST(allocates_nothing_between_steps),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
