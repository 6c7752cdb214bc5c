/* SPDX-License-Identifier: MIT */
/* This version loads the checkpoints of every released version: the nets predict the same, and the
 * runs can be resumed. */
#include "framework/files/npz.h"
#include "tests/files/files.h"
#include "tests/train/checkpoint_run.h"

/* Released versions, each with VERSION.npz and VERSION.expected.npz in tests/data/checkpoints
 * (written by make_checkpoint.c). Every release adds a row. */
static const char *const versions[] = {"0.1.0", "0.2.0"};

static const char *kept(const char *version, const char *ending)
{
	char path[200];
	snprintf(path, sizeof path, "tests/data/checkpoints/%s%s", version, ending);
	return file_given(path);
}

/* Checks the net's predictions; `tolerance` allows for another ISA, which sums in another order. */
static void check_predictions(
	lam_net *net, const char *expected, const char *array, double tolerance)
{
	lam_real y[RUN_COUNT * RUN_CLASSES], wanted[RUN_COUNT * RUN_CLASSES];
	lam_npz *npz = lam_npz_open(expected);
	require(npz != NULL, "%s", lam_error());
	check_ok(lam_npz_read_real(npz, lam_npz_find(npz, array), wanted, RUN_COUNT * RUN_CLASSES));
	check_ok(lam_net_predict(net, run_images, RUN_COUNT, y));
	for (int i = 0; i < RUN_COUNT * RUN_CLASSES; i++)
		check_near((double)y[i], (double)wanted[i], tolerance);
	lam_npz_close(npz);
}

static void loads_and_predicts(void)
{
	lam_dataset_free(run_data());
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		test_begin("%s", versions[i]);
		lam_net *net = lam_net_load(
			kept(versions[i], ".npz"), .inference = true, .max_batch = 1);
		require(net != NULL, "%s", lam_error());
		check_predictions(net, kept(versions[i], ".expected.npz"), "y", 1e-5);
		lam_net_free(net);
		test_end();
	}
}

/* Copies the file into the test's folder, because a resumed run overwrites it. */
static const char *copied(const char *path)
{
	struct bytes bytes = file_read(path);
	const char *copy = file_path("run.npz");
	file_write(copy, bytes.data, bytes.count);
	free(bytes.data);
	return copy;
}

static void resumes(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	lam_dataset *data = run_data();
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		for (int composed = 0; composed < 3; composed++) {
			static const char *const nets[] = {"the net of the file",
				"a net that was composed", "one that has trained"};
			test_begin("%s, into %s", versions[i], nets[composed]);
			const char *path = copied(kept(versions[i], ".npz"));
			lam_net *net = composed
				? lam_net_create(run_model(), LAM_SHAPE(1, RUN_SIDE, RUN_SIDE),
					.max_batch = RUN_BATCH, .seed = RUN_SEED)
				: lam_net_load(path, .max_batch = RUN_BATCH, .seed = RUN_SEED);
			require(net != NULL, "%s", lam_error());
			if (composed == 2)
				check_ok(lam_fit(net, data, NULL, .epochs = 1, .optimizer = sgd));
			lam_report report;
			check_ok(run_on(net, data, path, RUN_STEPS, true, &report));
			check(report.steps == RUN_STEPS && report.epochs == RUN_EPOCHS
				&& report.validation.count == RUN_COUNT);
			check_predictions(net, kept(versions[i], ".expected.npz"), "resumed", 2e-3);
			lam_net_free(net);
			test_end();
		}
	}
	lam_dataset_free(data);
}

/* In a file without the entry `validation_samples`, the validation score tells whether there was a
 * validation set. A file without `direct` fits nets with it and without. */
static void an_older_file_knows_its_validation(void)
{
	lam_dataset *data = run_data();
	const char *path = copied(kept("0.1.0", ".npz"));
	lam_npz *npz = lam_npz_open(path);
	require(data && npz, "%s", lam_error());
	check(lam_npz_find(npz, "training/validation_samples") < 0
			&& lam_npz_find(npz, "training/direct") < 0,
		"the file is no older one");
	lam_npz_close(npz);
	for (int direct = 0; direct < 2; direct++) {
		lam_net *net = lam_net_create(run_model(), LAM_SHAPE(1, RUN_SIDE, RUN_SIDE),
			.max_batch = RUN_BATCH, .seed = RUN_SEED, .direct = direct);
		require(net != NULL, "%s", lam_error());
		path = copied(kept("0.1.0", ".npz"));
		check_fails(
			lam_fit(net, data, NULL, .epochs = RUN_EPOCHS, .batch = RUN_BATCH,
				.optimizer = lam_adam(.lr = (lam_real)0.02, .eps = (lam_real)1e-3),
				.schedule = lam_one_cycle(.peak = (lam_real)0.05),
				.augment = {.shift = 1, .flip = true}, .clip = 2,
				.checkpoint = path, .resume = true),
			LAM_ERR_ARGUMENT, "its validation_samples is 12; expected 0");
		check_ok(run_on(net, data, path, RUN_STEPS, true, NULL));
		lam_net_free(net);
	}
	lam_dataset_free(data);
}

/* The list above contains this version. */
static void this_version_is_listed(void)
{
	bool found = false;
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		found = found || !strcmp(versions[i], LAM_VERSION);
	check(found, "%s has no checkpoint: run make_checkpoint and add it to the list",
		LAM_VERSION);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(loads_and_predicts), TEST(resumes),
		TEST(an_older_file_knows_its_validation), TEST(this_version_is_listed)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
