/* SPDX-License-Identifier: MIT */
/* Runs in shards of several nets. */
#ifndef LAM_TESTS_SHARDS_JOBS_H
#define LAM_TESTS_SHARDS_JOBS_H

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

/* Gradients of more than one message for each slot of a comm; those of 400 are shared. */
static lam_layer *wide_model(void)
{
	lam_layer *shared = lam_affine(.out = 400);
	return lam_sequential(lam_affine(.out = 400), lam_relu(), shared, lam_relu(),
		lam_share(shared), lam_affine(.out = 1200), lam_relu(), lam_affine(.out = 900),
		lam_relu(), lam_affine(.out = CLASSES), lam_softmax_cross_entropy());
}

/* A weight so large that its gradient is computed with the rows of its input. */
static lam_layer *huge_model(void)
{
	return lam_sequential(lam_affine(.out = 2048), lam_relu(), lam_affine(.out = 2048),
		lam_relu(), lam_affine(.out = CLASSES), lam_softmax_cross_entropy());
}

/* Stripes that have weights, some of them 0. */
static lam_dataset *trusted_stripes(void)
{
	static _Thread_local lam_real x[SAMPLES][PIXELS], trust[SAMPLES];
	static _Thread_local int32_t classes[SAMPLES];
	lam_dataset *from = stripes(NULL);
	lam_status status = from ? LAM_OK : lam_error_status();
	for (int i = 0; i < SAMPLES && !status; i++) {
		status = lam_dataset_read(from, i, x[i], &classes[i]);
		trust[i] = (lam_real)(i % 4) / 3;
	}
	lam_dataset_free(from);
	return status ? NULL
		      : lam_dataset_arrays(
			      x[0], LAM_SHAPE(1, SIDE, SIDE), classes, SAMPLES, .weights = trust);
}

/* The weight gradients of all shards of a rank are computed at once. */
static struct job gathering(lam_layer *(*model)(void), int batch, int shards, int max_batch)
{
	return (struct job){.model = model,
		.optimizer = lam_sgd(.lr = (lam_real)0.05),
		.batch = batch,
		.shards = shards,
		.max_batch = max_batch,
		.threads = 1,
		.epochs = 2,
		.timeout = 60,
		.no_validation = true};
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
	case 5: /* many messages of gradients */
		job.model = wide_model;
		job.optimizer = lam_sgd(.lr = (lam_real)0.05);
		job.no_validation = true;
		job.epochs = 1;
		break;
	case 9: /* samples have weights; the last batch has 4 for 8 shards */
		job.model = lenet_model;
		job.optimizer = lam_adam(.lr = (lam_real)0.01);
		job.data = trusted_stripes;
		job.batch = 28;
		job.max_batch = 4;
		break;
	case 7: /* the last batch has 2 samples, so it gathers nothing */
		return gathering(wide_model, 58, 4, 16);
	case 8:
		return gathering(huge_model, 60, 2, 30);
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

enum { JOBS = 10 };

#endif
