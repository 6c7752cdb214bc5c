/* SPDX-License-Identifier: MIT */
/* A run of few samples belongs to its layout, which follows from the net's max_batch: it resumes in
 * no other, and a step is replayed in it. */
#include "tests/files/files.h"
#include "tests/train/fit_problem.h"

#include <lamina.h>

enum { BATCH = 13 }; /* leaves 5 samples for an epoch's last step */

/* A net whose channels fill the lanes, so that few samples are computed one at a time. */
static lam_net *net_of(int max_batch)
{
	return lam_net_create(
		lam_sequential(lam_conv2d(.out = 16, .kernel = {3}), lam_batch_norm(), lam_relu(),
			lam_dropout(.p = (lam_real)0.1),
			lam_conv2d(.out = 32, .kernel = {3}, .pad = {1}, .name = "second"),
			lam_relu(), lam_max_pool2d(.kernel = {2}), lam_affine(.out = CLASSES),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = max_batch, .seed = 3, .direct = true);
}

static lam_optimizer rule(void)
{
	return lam_sgd(.lr = (lam_real)0.01, .momentum = (lam_real)0.9);
}

static bool stop_after_nine(const lam_progress *progress, void *data)
{
	(void)data;
	return progress->total_step == 9;
}

static void same_params(lam_net *a, lam_net *b)
{
	for (int i = 0; i < lam_net_param_count(a); i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(a, i));
		check(!memcmp(lam_param_value(lam_net_param(a, i)),
			      lam_param_value(lam_net_param(b, i)),
			      (size_t)lam_shape_count(&shape) * sizeof(lam_real)),
			"%s", lam_param_name(lam_net_param(a, i)));
	}
}

static void layouts_are_told_apart(void)
{
	lam_dataset *data = striped();
	const char *path = file_path("few.npz");
	lam_net *whole = net_of(BATCH), *stopped = net_of(BATCH), *resumed = net_of(BATCH + 1),
		*large = net_of(16);
	require(data && whole && stopped && resumed && large, "%s", lam_error());
	check_ok(lam_fit(whole, data, NULL, .epochs = 2, .batch = BATCH, .optimizer = rule()));
	check_ok(lam_fit(stopped, data, NULL, .epochs = 2, .batch = BATCH, .optimizer = rule(),
		.checkpoint = path, .step_end = stop_after_nine));
	check_fails(lam_fit(large, data, NULL, .epochs = 2, .batch = BATCH, .optimizer = rule(),
			    .checkpoint = path, .resume = true),
		LAM_ERR_ARGUMENT, "its by_sample is 1; expected 0");
	check_ok(lam_fit(resumed, data, NULL, .epochs = 2, .batch = BATCH, .optimizer = rule(),
		.checkpoint = path, .resume = true));
	same_params(resumed, whole);
	lam_net_free(large);
	lam_net_free(resumed);
	lam_net_free(stopped);
	lam_net_free(whole);
	lam_dataset_free(data);
}

/* As one of a version that had batch lanes alone: it goes on, with other bits. */
static void a_run_in_batch_lanes_goes_on(void)
{
	lam_dataset *data = striped();
	const char *path = file_path("lanes.npz");
	lam_net *large = net_of(16), *few = net_of(BATCH);
	lam_report report;
	require(data && large && few, "%s", lam_error());
	check_ok(lam_fit(large, data, NULL, .epochs = 2, .batch = BATCH, .optimizer = rule(),
		.checkpoint = path, .step_end = stop_after_nine));
	check_ok(lam_fit(few, data, &report, .epochs = 2, .batch = BATCH, .optimizer = rule(),
		.checkpoint = path, .resume = true));
	check(report.epochs == 2);
	lam_net_free(few);
	lam_net_free(large);
	lam_dataset_free(data);
}

static bool poison(const lam_progress *progress, void *data)
{
	if (progress->total_step == progress->steps - 1)
		lam_param_edit(lam_net_find(data, "second.weight"))[0] = (lam_real)NAN;
	return false;
}

/* Whether a replay met a conversion between layouts, and of how many samples the step was. */
struct seen {
	bool relayout;
	int64_t samples;
};

static bool look(const lam_replay_row *row, void *data)
{
	struct seen *seen = data;
	seen->relayout |= strstr(row->layer, "relayout") != NULL;
	seen->samples = row->samples;
	return false;
}

static void a_last_batch_keeps_its_layout(void)
{
	lam_dataset_free(striped()); /* fills the arrays */
	lam_dataset *data = lam_dataset_arrays(
		images, LAM_SHAPE(1, SIDE, SIDE), labels, 15 * BATCH + 5);
	const char *path = file_path("last.npz");
	for (int room = BATCH; room <= 32; room += 19) {
		lam_net *net = net_of(room);
		struct seen seen = {false, 0};
		require(data && net, "%s", lam_error());
		check_fails(
			lam_fit(net, data, NULL, .epochs = 1, .batch = BATCH, .optimizer = rule(),
				.replay = path, .step_end = poison, .step_end_data = net),
			LAM_ERR_NUMERIC, "second.weight");
		check(lam_replay(path, .row = look, .row_data = &seen) == LAM_ERR_NUMERIC, "%s",
			lam_error());
		check(seen.samples == 5 && seen.relayout == (room < 16),
			"room for %d: a step of %d samples, %s", room, (int)seen.samples,
			seen.relayout ? "with conversions" : "in batch lanes");
		lam_net_free(net);
	}
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(layouts_are_told_apart),
		TEST(a_run_in_batch_lanes_goes_on),
		TEST(a_last_batch_keeps_its_layout),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
