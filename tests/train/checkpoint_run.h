/* SPDX-License-Identifier: MIT */
/* The run whose checkpoint is kept for every released version (tests/data/checkpoints): its data
 * and options. make_checkpoint.c writes the file, named after the version that wrote it;
 * checkpoint_files_test.c resumes from it. */
#ifndef LAM_TESTS_CHECKPOINT_RUN_H
#define LAM_TESTS_CHECKPOINT_RUN_H

#include <lamina.h>

#include "tests/kit.h"

enum {
	RUN_COUNT = 12,
	RUN_SIDE = 5,
	RUN_PIXELS = RUN_SIDE * RUN_SIDE,
	RUN_CLASSES = 3,
	RUN_BATCH = 4,
	RUN_EPOCHS = 3,
	RUN_SEED = 11
};
enum {
	RUN_STOP = 4,
	RUN_STEPS = RUN_EPOCHS * RUN_COUNT / RUN_BATCH
}; /* the step after which the checkpoint was saved; all steps */

static lam_real run_images[RUN_COUNT * RUN_PIXELS];
static int32_t run_labels[RUN_COUNT];

KIT_UNUSED static lam_dataset *run_data(void)
{
	for (int i = 0; i < RUN_COUNT; i++) {
		run_labels[i] = i % RUN_CLASSES;
		for (int p = 0; p < RUN_PIXELS; p++)
			run_images[i * RUN_PIXELS + p] = (lam_real)((i * 7 + p * 5) % 16 / 16.0
				+ (p / RUN_SIDE == run_labels[i] ? 1 : 0));
	}
	return lam_dataset_arrays(
		run_images, LAM_SHAPE(1, RUN_SIDE, RUN_SIDE), run_labels, RUN_COUNT);
}

KIT_UNUSED static lam_layer *run_model(void)
{
	return lam_sequential(lam_standardize(.mean = {(lam_real)0.5}, .std = {(lam_real)0.5}),
		lam_conv2d(.out = 2, .kernel = {3}, .name = "first"), lam_batch_norm(),
		lam_residual(lam_conv2d(.out = 2, .kernel = {1})),
		lam_leaky_relu(.slope = (lam_real)0.1),
		lam_max_pool2d(.kernel = {2}, .stride = {1}), lam_dropout(.p = (lam_real)0.1),
		lam_affine(.out = RUN_CLASSES),
		lam_softmax_cross_entropy(.smoothing = (lam_real)0.1));
}

KIT_UNUSED static bool run_stops(const lam_progress *progress, void *data)
{
	return progress->total_step >= *(const int *)data;
}

/* Trains up to step `stop` with a checkpoint at `path`; or resumes from it, to the end. */
KIT_UNUSED static lam_status run_on(lam_net *net, const lam_dataset *data, const char *path,
	int stop, bool resume, lam_report *report)
{
	return lam_fit(net, data, report, .epochs = RUN_EPOCHS, .batch = RUN_BATCH,
		.validation = data,
		.optimizer = lam_adam(.lr = (lam_real)0.02, .eps = (lam_real)1e-3),
		.schedule = lam_one_cycle(.peak = (lam_real)0.05),
		.augment = {.shift = 1, .flip = true}, .clip = 2, .checkpoint = path,
		.resume = resume, .step_end = run_stops, .step_end_data = &stop);
}

#endif
