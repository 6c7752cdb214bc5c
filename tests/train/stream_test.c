/* SPDX-License-Identifier: MIT */
/* Data whose length is not known, and epochs of .steps_per_epoch: in loaders and in lam_fit(). A
 * stream that is a function of its index resumes; one that is read in order comes in order,
 * whatever the number of threads, and is not resumed. */
#include "tests/train/augment_run.h"

#include <inttypes.h>

enum { SIDE = 5, PIXELS = SIDE * SIDE, CLASSES = 3, BATCH = 20, STEPS = 3, EPOCHS = 3 };

static void make(int64_t index, lam_real *x, int32_t *class)
{
	for (int p = 0; p < PIXELS; p++)
		x[p] = (lam_real)(lam_random_uniform(
					  lam_random(1, (uint64_t)index, (uint64_t)p).word[0])
			+ (p / SIDE == index % CLASSES ? 0.5 : 0));
	*class = (int32_t)(index % CLASSES);
}

static lam_status read_at(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	(void)self;
	make(index, x, target);
	return LAM_OK;
}

struct pipe {
	int64_t at;
	atomic_int readers;
};

static lam_status read_next(const lam_dataset *self, void *const *to)
{
	struct pipe *pipe = lam_dataset_state(self);
	if (pipe->readers++ > 0)
		return lam_fail(LAM_ERR_STATE, "two threads at a time");
	make(pipe->at++, to[0], to[1]);
	pipe->readers--;
	return LAM_OK;
}

static lam_dataset *stream_new(bool in_order)
{
	static const lam_dataset_class indexed = {LAM_DATASET_ABI, .kind = "indexed",
					       .read = read_at},
				       pipe = {LAM_DATASET_ABI, .kind = "pipe", .next = read_next,
					       .state_size = sizeof(struct pipe)};
	return lam_dataset_new(in_order ? &pipe : &indexed, LAM_ENDLESS, LAM_SHAPE(1, SIDE, SIDE),
		(lam_target_info){.type = LAM_CLASSES, .classes = CLASSES});
}

static lam_layer *model(void)
{
	return lam_sequential(lam_conv2d(.out = 4, .kernel = {3}), lam_relu(),
		lam_dropout(.p = (lam_real)0.2), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
}

static struct run run_of(const lam_dataset *data)
{
	return (struct run){.model = model,
		.shape = LAM_SHAPE(1, SIDE, SIDE),
		.train = data,
		.batch = BATCH,
		.epochs = EPOCHS,
		.steps_per_epoch = STEPS};
}

/* Sample i of the stream is at place i, whichever thread reads it. */
static void a_loader_gives_samples_in_order(void)
{
	for (int in_order = 0; in_order < 2; in_order++) {
		lam_dataset *data = stream_new(in_order);
		lam_loader *loader = lam_loader_new(data, .batch = BATCH, .steps_per_epoch = STEPS);
		require(data && loader, "%s", lam_error());
		check(lam_dataset_count(data) == LAM_ENDLESS
			&& lam_loader_batches(loader) == STEPS);
		for (int64_t b = 0; b < 7; b++) {
			const lam_batch *batch = lam_loader_next(loader);
			require(batch, "%s", lam_error());
			check(batch->n == BATCH && batch->epoch == b / STEPS
				&& batch->index == b % STEPS);
			for (int i = 0; i < BATCH; i++) {
				lam_real x[PIXELS];
				int32_t class;
				make(b * BATCH + i, x, &class);
				check(!memcmp(x, batch->x + i * PIXELS, sizeof x)
					&& ((const int32_t *)batch->targets)[i] == class);
			}
		}
		if (in_order) {
			check_fails(lam_loader_seek(loader, 1, 1), LAM_ERR_UNSUPPORTED,
				"batch 1 of epoch 1 of a stream that is read in order; expected no "
				"seek");
			check_ok(lam_loader_seek(loader, 2, 1));
		} else {
			check_ok(lam_loader_seek(loader, 1, 1));
			lam_real x[PIXELS];
			int32_t class;
			make((STEPS + 1) * BATCH, x, &class);
			const lam_batch *batch = lam_loader_next(loader);
			check(batch && !memcmp(batch->x, x, sizeof x));
			check_fails(lam_loader_seek(loader, LAM_MAX_COUNT, 0), LAM_ERR_ARGUMENT,
				"of 3 steps; expected at most 281474976710656 samples in all");
		}
		lam_loader_free(loader);
		lam_dataset_free(data);
	}
}

/* A stream that is a function of its index is stopped and resumed at every step. */
static void runs_come_to_the_same(void)
{
	const lam_augment augments[] = {{0}, {.shift = 1, .flip = true, .cutout = 2}, {.mixup = 1}};
	for (int i = 0; i < 3; i++) {
		test_begin("augmentation %d", i);
		lam_dataset *data = stream_new(false);
		struct run r = run_of(data);
		r.augment = augments[i];
		run_comes_to_the_same(&r, STEPS * EPOCHS);
		const uint64_t print = run_of_fit(&r, 1);
		check(i == 2 || print == run_by_hand(&r), "another run than by hand");
		lam_dataset_free(data);
	}
}

/* Batches of several blocks, which threads would read at once. */
static void a_stream_in_order_is_the_same_run(void)
{
	lam_dataset *data = stream_new(false);
	struct run r = run_of(data);
	r.batch = 70;
	r.augment = (lam_augment){.shift = 1, .flip = true};
	const uint64_t print = run_by_hand(&r);
	for (int threads = 0; threads < 6; threads++) {
		lam_dataset *pipe = stream_new(true);
		r.train = pipe;
		check((threads ? run_of_fit(&r, threads) : run_by_hand(&r)) == print, "%d threads",
			threads);
		check(((struct pipe *)lam_dataset_state(pipe))->at == STEPS * EPOCHS * r.batch);
		lam_dataset_free(pipe);
	}
	lam_dataset_free(data);
}

/* A data set of 65 samples has three whole batches of 20. Its own epochs go on through those of two
 * steps. */
static void other_data_sets_have_such_epochs(void)
{
	enum { COUNT = 65 };
	static lam_real x[COUNT * PIXELS];
	static int32_t classes[COUNT];
	for (int i = 0; i < COUNT; i++)
		make(i, x + i * PIXELS, &classes[i]);
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(1, SIDE, SIDE), classes, COUNT);
	const lam_augment augment = {.flip = true, .alternate = true};
	lam_loader *loader = lam_loader_new(data, .batch = BATCH, .seed = 3, .augment = augment,
			   .steps_per_epoch = 2),
		   *plain = lam_loader_new(
			   data, .batch = BATCH, .seed = 3, .augment = augment, .drop_last = true);
	require(data && loader && plain, "%s", lam_error());
	for (int b = 0; b < 14; b++) {
		const lam_batch *batch = lam_loader_next(loader), *same = lam_loader_next(plain);
		require(batch && same, "%s", lam_error());
		check(batch->epoch == b / 2 && batch->index == b % 2);
		check(!memcmp(batch->x, same->x, BATCH * PIXELS * sizeof *x)
			&& !memcmp(batch->targets, same->targets, BATCH * sizeof *classes));
	}
	lam_loader_free(loader);
	lam_loader_free(plain);
	struct run r = run_of(data);
	r.steps_per_epoch = 2;
	r.validation = data;
	r.augment = augment;
	run_comes_to_the_same(&r, 2 * EPOCHS);
	check(run_of_fit(&r, 2) == run_by_hand(&r));
	const char *path = file_path("steps.npz");
	lam_net *net = run_net(&r, 1);
	check_ok(run_fit(&r, net, path, &(struct run_stop){.at = 3}, NULL));
	r.steps_per_epoch = 3;
	check_fails(run_fit(&r, net, path, &(struct run_stop){0}, NULL), LAM_ERR_ARGUMENT,
		"its steps_per_epoch is 2; expected 3");
	lam_net_free(net);
	lam_dataset_free(data);
}

static void what_makes_no_sense_is_refused(void)
{
	static const lam_dataset_class both = {LAM_DATASET_ABI, .kind = "both", .read = read_at,
					       .next = read_next},
				       pipe = {LAM_DATASET_ABI, .kind = "pipe", .next = read_next};
	check(!lam_dataset_new(&both, LAM_ENDLESS, LAM_SHAPE(3), (lam_target_info){.classes = 1})
			&& strstr(lam_error(), "its class has .next and .read; expected one"),
		"%s", lam_error());
	check(!lam_dataset_new(&pipe, 7, LAM_SHAPE(3), (lam_target_info){.classes = 1})
			&& strstr(lam_error(),
				"7 samples of a class with .next; expected LAM_ENDLESS"),
		"%s", lam_error());
	lam_dataset *data = stream_new(false), *in_order = stream_new(true), *a, *b;
	struct run r = run_of(data);
	lam_net *net = run_net(&r, 1);
	lam_score score;
	struct run_stop stop = {0};
	require(data && in_order && net, "%s", lam_error());
	check(!lam_loader_new(data)
			&& strstr(lam_error(),
				".steps_per_epoch is 0; expected 1 to 2147483647, as "
				"the data set is endless"),
		"%s", lam_error());
	check(!lam_loader_new(in_order, .steps_per_epoch = 2, .augment = {.mixup = 1})
			&& strstr(lam_error(), ".mixup of a stream that is read in order"),
		"%s", lam_error());
	check_fails(lam_evaluate(net, data, &score), LAM_ERR_ARGUMENT,
		"lam_evaluate: the data set is endless; expected one with a count");
	lam_real mean[1];
	check_fails(lam_dataset_mean_std(data, mean, NULL), LAM_ERR_ARGUMENT,
		"lam_dataset_mean_std: the data set is endless; expected one with a count");
	check_fails(lam_dataset_split(data, 0.5, 1, &a, &b), LAM_ERR_ARGUMENT,
		"the data set is endless; expected one with a count");
	check(!lam_dataset_subset(in_order, (const int64_t[]){0}, 1)
			&& strstr(lam_error(), "a stream that is read in order"),
		"%s", lam_error());
	r.steps_per_epoch = 0;
	check_fails(run_fit(&r, net, NULL, &stop, NULL), LAM_ERR_ARGUMENT,
		"lam_fit: .steps_per_epoch is 0; expected 1 to 2147483647, as the training set is "
		"endless");
	r.steps_per_epoch = -1;
	check_fails(run_fit(&r, net, NULL, &stop, NULL), LAM_ERR_ARGUMENT, "is -1; expected 1 to");
	r.steps_per_epoch = 2;
	r.validation = data;
	check_fails(run_fit(&r, net, NULL, &stop, NULL), LAM_ERR_ARGUMENT,
		"lam_fit: the validation set is endless; expected one with a count");
	r.validation = NULL;
	r.train = in_order;
	check_fails(run_fit(&r, net, file_path("no.npz"), &stop, NULL), LAM_ERR_UNSUPPORTED,
		"lam_fit: .resume with a stream that is read in order (.next); expected one that "
		"is "
		"a function of its index (.read), or no .resume");
	lam_net_free(net);
	lam_dataset_free(data);
	lam_dataset_free(in_order);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_loader_gives_samples_in_order),
		TEST(runs_come_to_the_same),
		TEST(a_stream_in_order_is_the_same_run),
		TEST(other_data_sets_have_such_epochs),
		TEST(what_makes_no_sense_is_refused),
	};
	count_allocations();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
