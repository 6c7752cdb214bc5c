/* SPDX-License-Identifier: MIT */
/* Augmentation in lam_fit(): as a loop written by hand, with any number of threads, and after a
 * stop at any step. A run with other augmentation is another run; crops are evaluated at the
 * centre. */
#include "tests/train/augment_run.h"

enum { COUNT = 37, SIDE = 8, CROP = 6, CLASSES = 3, BATCH = 10, EPOCHS = 2, STEPS = 8 };

static lam_real images[COUNT * SIDE * SIDE], centres[COUNT * CROP * CROP];
static int32_t labels[COUNT];

static void fill(void)
{
	for (int i = 0; i < COUNT; i++) {
		labels[i] = i % CLASSES;
		for (int p = 0; p < SIDE * SIDE; p++) {
			const int y = p / SIDE - 1, x = p % SIDE - 1;
			images[i * SIDE * SIDE + p] =
				(lam_real)(lam_random_uniform(
						   lam_random(1, (uint64_t)i, (uint64_t)p).word[0])
					+ (p / SIDE / 3 == labels[i] ? 0.5 : 0));
			if (y >= 0 && y < CROP && x >= 0 && x < CROP)
				centres[(i * CROP + y) * CROP + x] = images[i * SIDE * SIDE + p];
		}
	}
}

static lam_dataset *data_new(void)
{
	return lam_dataset_arrays(
		images, LAM_SHAPE(1, SIDE, SIDE), labels, COUNT, .classes = CLASSES);
}

static lam_layer *model(void)
{
	return lam_sequential(lam_conv2d(.out = 5, .kernel = {3}, .pad = {1}), lam_batch_norm(),
		lam_relu(), lam_dropout(.p = (lam_real)0.2), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
}

/* Scales the sample by a random factor. */
static lam_status scale(const lam_augmented *sample, void *data)
{
	const lam_random_words words = lam_random(sample->key, 0, 0);
	const lam_real factor = 1 + *(lam_real *)data * (lam_real)lam_random_uniform(words.word[0]);
	for (int64_t i = 0; i < lam_shape_count(&sample->shape); i++)
		sample->x[i] *= factor;
	return LAM_OK;
}

static lam_real most = (lam_real)0.5;

/* Gives sample 30 a class that the loss does not have. */
static lam_status spoil(const lam_augmented *sample, void *data)
{
	(void)data;
	if (sample->index == 30)
		*(int32_t *)sample->targets = CLASSES;
	return LAM_OK;
}

static const lam_augment augments[] = {
	{.shift = 2},
	{.shift = 2, .reflect = true},
	{.flip = true, .alternate = true},
	{.crop = {CROP}},
	{.cutout = 3},
	{.crop = {CROP}, .shift = 1, .reflect = true, .flip = true, .alternate = true, .cutout = 2},
	{.function = scale, .function_data = &most},
	{.function = scale, .function_data = &most, .crop = {CROP}},
	{.mixup = 0.4},
	{.mixup = 1, .crop = {CROP}, .flip = true, .function = scale, .function_data = &most},
};
enum { AUGMENTS = sizeof augments / sizeof *augments };

static struct run run_of(const lam_dataset *data, lam_augment augment)
{
	const int side = augment.crop[0] ? CROP : SIDE;
	return (struct run){.model = model,
		.shape = LAM_SHAPE(1, side, side),
		.train = data,
		.validation = data,
		.augment = augment,
		.batch = BATCH,
		.epochs = EPOCHS};
}

static void runs_come_to_the_same(void)
{
	lam_dataset *data = data_new();
	require(data, "%s", lam_error());
	uint64_t prints[AUGMENTS];
	for (int i = 0; i < AUGMENTS; i++) {
		test_begin("augmentation %d", i);
		const struct run r = run_of(data, augments[i]);
		run_comes_to_the_same(&r, STEPS);
		prints[i] = run_of_fit(&r, 1);
		/* A loader has soft targets for another loss: mixup_test.c. */
		check(r.augment.mixup > 0 || prints[i] == run_by_hand(&r),
			"another run than by hand");
		for (int k = 0; k < i; k++)
			check(prints[i] != prints[k], "%d and %d are one run", i, k);
	}
	lam_dataset_free(data);
}

static void another_augmentation_is_another_run(void)
{
	static const struct {
		lam_augment augment;
		const char *words;
	} others[] = {
		{{.shift = 1}, "its reflect is 1; expected 0"},
		{{.shift = 1, .reflect = true, .flip = true}, "its flip is 0; expected 1"},
		{{.shift = 1, .reflect = true, .cutout = 2}, "its cutout is 0; expected 2"},
		{{.shift = 1, .reflect = true, .mixup = 0.5}, "its mixup is 0; expected 0.5"},
		{{.shift = 1, .reflect = true, .function = scale, .function_data = &most},
			"its augment_function is 0; expected 1"},
	};
	lam_dataset *data = data_new();
	require(data, "%s", lam_error());
	const char *path = file_path("run.npz");
	struct run r = run_of(data, (lam_augment){.shift = 1, .reflect = true});
	lam_net *net = run_net(&r, 1);
	check_ok(run_fit(&r, net, path, &(struct run_stop){.at = 3}, NULL));
	lam_net_free(net);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		r.augment = others[i].augment;
		net = run_net(&r, 1);
		check_fails(run_fit(&r, net, path, &(struct run_stop){0}, NULL), LAM_ERR_ARGUMENT,
			others[i].words);
		lam_net_free(net);
	}
	/* Samples that are smaller already need no crop. */
	unlink(path);
	r = run_of(data, (lam_augment){.crop = {CROP}});
	net = run_net(&r, 1);
	check_ok(run_fit(&r, net, path, &(struct run_stop){.at = 3}, NULL));
	lam_dataset *small = lam_dataset_arrays(
		centres, LAM_SHAPE(1, CROP, CROP), labels, COUNT, .classes = CLASSES);
	r.augment = (lam_augment){0};
	r.train = r.validation = small;
	check_fails(run_fit(&r, net, path, &(struct run_stop){0}, NULL), LAM_ERR_ARGUMENT,
		"its crop_height is 6; expected 0");
	lam_net_free(net);
	lam_dataset_free(small);
	lam_dataset_free(data);
}

/* Validation and lam_evaluate() take what a data set of the centres has. */
static void crops_are_evaluated_at_the_centre(void)
{
	lam_dataset *data = data_new(),
		    *small = lam_dataset_arrays(
			    centres, LAM_SHAPE(1, CROP, CROP), labels, COUNT, .classes = CLASSES);
	require(data && small, "%s", lam_error());
	struct run r = run_of(data, (lam_augment){.crop = {CROP}});
	lam_report report, other;
	lam_net *net = run_net(&r, 1), *same = run_net(&r, 2);
	check_ok(run_fit(&r, net, NULL, &(struct run_stop){0}, &report));
	r.validation = small;
	check_ok(run_fit(&r, same, NULL, &(struct run_stop){0}, &other));
	check(report.validation.loss == other.validation.loss
		&& report.validation.accuracy == other.validation.accuracy);
	lam_score score;
	check_ok(lam_evaluate(net, data, &score, .centre = true));
	check(score.loss == report.validation.loss);
	check_ok(lam_evaluate(net, small, &score, .centre = true));
	check(score.loss == report.validation.loss);
	check_fails(lam_evaluate(net, data, &score), LAM_ERR_SHAPE,
		"the data set has samples of shape 1x8x8; expected the net's input 1x6x6");
	lam_net_free(net);
	lam_net_free(same);
	lam_dataset_free(data);
	lam_dataset_free(small);
}

static void what_does_not_fit_the_net_is_refused(void)
{
	lam_dataset *data = data_new();
	require(data, "%s", lam_error());
	struct run r = run_of(data, (lam_augment){.crop = {CROP}});
	lam_net *net = run_net(&r, 1);
	r.augment.crop[1] = 7;
	check_fails(run_fit(&r, net, NULL, &(struct run_stop){0}, NULL), LAM_ERR_SHAPE,
		"the training set has samples of shape 1x6x7 after .crop; expected the net's input "
		"1x6x6");
	r.augment = (lam_augment){.crop = {CROP}, .function = spoil};
	check_fails(run_fit(&r, net, NULL, &(struct run_stop){0}, NULL), LAM_ERR_ARGUMENT,
		"data set \"arrays\": sample 30 has class 3; the loss expected 0 to 2");
	r.augment = (lam_augment){0};
	check_fails(run_fit(&r, net, NULL, &(struct run_stop){0}, NULL), LAM_ERR_SHAPE,
		"the training set has samples of shape 1x8x8; expected the net's input 1x6x6");
	lam_net_free(net);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(runs_come_to_the_same),
		TEST(another_augmentation_is_another_run),
		TEST(crops_are_evaluated_at_the_centre),
		TEST(what_does_not_fit_the_net_is_refused),
	};
	count_allocations();
	fill();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
