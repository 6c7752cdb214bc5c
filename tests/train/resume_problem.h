/* SPDX-License-Identifier: MIT */
/* Runs that tests stop, kill and damage: a choice of nets, rules and schedules, data that can fail,
 * and a hash of all that must be equal in two runs. */
#ifndef LAM_TESTS_RESUME_PROBLEM_H
#define LAM_TESTS_RESUME_PROBLEM_H

#include <lamina.h>

#include "framework/net/inside.h"
#include "tests/kit.h"
#include "tests/net/own_rules.h"

#include <stdatomic.h>

enum {
	SAMPLES = 60,
	SIDE = 8,
	PIXELS = SIDE * SIDE,
	CLASSES = 3,
	BATCH = 11,
	STEPS_PER_EPOCH = (SAMPLES - 1) / BATCH + 1,
	EPOCHS = 3
};
enum { STEPS = EPOCHS * STEPS_PER_EPOCH };

/* Noise with two bright rows, whose index is the class. */
static lam_status stripe_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	atomic_int *reads_left = *(atomic_int **)lam_dataset_state(self);
	if (reads_left && atomic_fetch_sub(reads_left, 1) <= 0)
		return lam_fail(LAM_ERR_IO, "the disk has gone");
	int32_t class = (int32_t)(index % CLASSES);
	for (int p = 0; p < PIXELS; p++)
		x[p] = (lam_real)(lam_random_uniform(
					  lam_random(1, (uint64_t)index, (uint64_t)p).word[0])
			+ (p / SIDE / 3 == class ? 0.5 : 0));
	if (target)
		*(int32_t *)target = class;
	return LAM_OK;
}

/* Reading fails after *reads_left samples; NULL: never. */
KIT_UNUSED static lam_dataset *stripes(atomic_int *reads_left)
{
	static const lam_dataset_class stripe_class = {LAM_DATASET_ABI, .kind = "stripes",
		.state_size = sizeof(atomic_int *), .read = stripe_read};
	lam_dataset *data = lam_dataset_new(&stripe_class, SAMPLES, LAM_SHAPE(1, SIDE, SIDE),
		(lam_target_info){.type = LAM_CLASSES, .classes = CLASSES});
	if (data)
		*(atomic_int **)lam_dataset_state(data) = reads_left;
	return data;
}

KIT_UNUSED static lam_layer *convolutional_model(void)
{
	return lam_sequential(lam_conv2d(.out = 6, .kernel = {3}, .pad = {1}), lam_batch_norm(),
		lam_relu(), lam_dropout(.p = (lam_real)0.2),
		lam_residual(lam_sequential(lam_conv2d(.out = 6, .kernel = {3}, .pad = {1}),
			lam_batch_norm(), lam_relu())),
		lam_max_pool2d(.kernel = {2}), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy(.smoothing = (lam_real)0.1));
}

KIT_UNUSED static lam_layer *perceptron_model(void)
{
	return lam_sequential(lam_affine(.out = 12), lam_batch_norm(.momentum = (lam_real)0.3),
		lam_gelu(), lam_dropout(.p = (lam_real)0.5),
		lam_affine(.out = CLASSES, .name = "last"), lam_softmax_cross_entropy());
}

/* A model of every kind of layer that may precede a loss. */
KIT_UNUSED static lam_layer *motley_model(void)
{
	return lam_sequential(lam_standardize(.mean = {(lam_real)0.5}, .std = {(lam_real)0.25}),
		lam_zero_pad2d(.pad = {1, 1, 1, 1}),
		lam_conv2d(.out = 4, .kernel = {3}, .pad = {1}), lam_silu(),
		lam_avg_pool2d(.kernel = {2}),
		lam_residual(lam_conv2d(.out = 4, .kernel = {1}, .groups = 2),
			.shortcut = lam_conv2d(.out = 4, .kernel = {3}, .pad = {1})),
		lam_transposed_conv2d(.out = 2, .kernel = {4}, .stride = {2}, .pad = {1}),
		lam_leaky_relu(), lam_reshape(.shape = LAM_SHAPE(2, 100)),
		lam_conv1d(.out = 3, .kernel = 3, .stride = 2), lam_batch_norm(),
		lam_max_pool1d(.kernel = 2), lam_transposed_conv1d(.out = 4, .kernel = 3),
		lam_tanh(), lam_avg_pool1d(.kernel = 2), lam_zero_pad1d(.pad = {1, -1}),
		lam_softmax(), lam_global_avg_pool(), lam_flatten(), lam_affine(.out = 8),
		lam_sigmoid(), lam_dropout(.p = (lam_real)0.1), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
}

static const struct model {
	const char *name;
	lam_layer *(*make)(void);
} models[] = {{"convolutional", convolutional_model}, {"perceptron", perceptron_model},
	{"motley", motley_model}};

enum { MODELS = sizeof models / sizeof *models, RULES = 9, SCHEDULES = 8 };

KIT_UNUSED static lam_optimizer rule_of(int number)
{
	switch (number) {
	case 0:
		return lam_sgd(.lr = (lam_real)0.05);
	case 1:
		return lam_sgd(.lr = (lam_real)0.02, .momentum = (lam_real)0.9,
			.weight_decay = (lam_real)1e-3);
	case 2:
		return lam_sgd(.lr = (lam_real)0.02, .momentum = (lam_real)0.8, .nesterov = true);
	case 3:
		return lam_adam(.lr = (lam_real)0.01);
	case 4:
		return lam_adamw(.lr = (lam_real)0.01, .weight_decay = (lam_real)0.1);
	case 5:
		return lam_rmsprop(.lr = (lam_real)0.003);
	case 7:
		return lam_optimizer_of(
			&lion_class, .lr = (lam_real)0.003, .weight_decay = (lam_real)0.1);
	case 8:
		return lam_optimizer_of(&lamb_class, .lr = (lam_real)0.01, .own = {2});
	default:
		return lam_rmsprop(.lr = (lam_real)0.003, .momentum = (lam_real)0.5,
			.centered = true);
	}
}

static double falling_rate(const lam_schedule_step *step, void *data)
{
	(void)data;
	return step->lr / (double)(1 + step->step) + (step->step < step->steps / 2 ? 0.01 : 0);
}

KIT_UNUSED static lam_schedule schedule_of(int number)
{
	switch (number) {
	case 0:
		return (lam_schedule){.kind = LAM_SCHEDULE_CONSTANT};
	case 1:
		return lam_one_cycle(.peak = (lam_real)0.02);
	case 2:
		return lam_cosine(.least = (lam_real)1e-4, .warmup = (lam_real)0.2);
	case 3:
		return lam_step_decay(.every = 1, .factor = (lam_real)0.5, .warmup = (lam_real)0.1);
	case 4:
		return lam_schedule_function(falling_rate, NULL);
	case 5:
		return lam_piecewise(.points = {{0, (lam_real)0.25}, {(lam_real)0.3, 1},
					     {1, (lam_real)0.1}});
	case 6:
		return lam_cosine_restarts(.every = 1, .multiply = 2, .warmup = (lam_real)0.1);
	default: /* no epoch is better: a reduction after every one */
		return lam_plateau(.patience = LAM_ZERO, .threshold = (lam_real)0.9,
			.factor = (lam_real)0.5, .warmup = (lam_real)0.1);
	}
}

/* One run: its net and options, its threads and checkpoints. */
struct plan {
	int model, rule, schedule;
	uint64_t seed;
	int threads;
	double average; /* the options of these names */
	bool average_warmup, keep_best;
	int average_every, average_power;
	bool lookahead;
	const char *checkpoint; /* NULL: no checkpoints and no resuming */
	int64_t every;
	bool (*step_end)(const lam_progress *progress, void *data);
	void *data;
};

KIT_UNUSED static lam_net *plan_net(const struct plan *p)
{
	return lam_net_create(models[p->model].make(), LAM_SHAPE(1, SIDE, SIDE), .max_batch = BATCH,
		.seed = p->seed, .threads = p->threads);
}

KIT_UNUSED static lam_status plan_fit(const struct plan *p, lam_net *net, const lam_dataset *train,
	const lam_dataset *validation, lam_report *report)
{
	return lam_fit(net, train, report, .epochs = EPOCHS, .validation = validation,
		.optimizer = rule_of(p->rule), .schedule = schedule_of(p->schedule),
		.augment = {.shift = 1, .flip = true}, .clip = p->rule % 2 ? 1 : 0, .patience = 50,
		.average = p->average, .average_warmup = p->average_warmup,
		.average_every = p->average_every, .average_power = p->average_power,
		.lookahead = p->lookahead, .keep_best = p->keep_best, .checkpoint = p->checkpoint,
		.checkpoint_every = p->checkpoint ? p->every : 0, .resume = p->checkpoint != NULL,
		.step_end = p->step_end, .step_end_data = p->data);
}

/* The hash FNV-1a (Fowler, Noll, Vo). */
static uint64_t mix(uint64_t hash, const void *data, size_t bytes)
{
	for (const unsigned char *at = data; bytes > 0; bytes--)
		hash = (hash ^ *at++) * 0x100000001b3;
	return hash;
}

/* A hash of every bit on which the next step or the report depends: parameters, statistics,
 * moments, counts and scores, but not times. */
KIT_UNUSED static uint64_t print_of(lam_net *net, const lam_report *report)
{
	uint64_t hash = 0xcbf29ce484222325;
	for (int i = 0; i < net->plan.param_count; i++) {
		const struct lam_param *param = net->plan.params[i];
		hash = mix(hash, param->value, (size_t)param->count * sizeof(lam_real));
		for (int m = 0; m < net->moment_count; m++)
			hash = mix(hash, net->moments[m] + param->offset,
				(size_t)param->count * sizeof(lam_real));
		hash = mix(hash, (bool[]){param->trainable, param->decay > 0}, 2 * sizeof(bool));
		hash = mix(hash, (lam_real[]){param->rate, param->decay}, 2 * sizeof(lam_real));
	}
	for (int i = 0; i < net->plan.state_count; i++)
		hash = mix(hash, net->plan.states[i]->value,
			(size_t)net->plan.states[i]->count * sizeof(lam_real));
	const int64_t counts[] = {net->updates, (int64_t)net->passes, report->epochs, report->steps,
		report->train.count, report->validation.count, report->best_epoch,
		(int64_t)report->stop};
	const double scores[] = {report->train.loss, report->train.accuracy,
		report->validation.loss, report->validation.accuracy, report->best_loss,
		report->best_accuracy};
	return mix(mix(hash, counts, sizeof counts), scores, sizeof scores);
}

#endif
