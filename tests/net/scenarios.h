/* SPDX-License-Identifier: MIT */
/* Scenarios: the uses of the library, from constructors to a run that is resumed, for tests that
 * disturb each of them. */
#ifndef LAM_TESTS_SCENARIOS_H
#define LAM_TESTS_SCENARIOS_H

#include "tests/files/files.h"

#include <lamina.h>

#include <stdlib.h>
#include <zlib.h>

enum { SAMPLES = 12, SIDE = 12, PIXELS = SIDE * SIDE, CLASSES = 3 };

static lam_real images[SAMPLES * PIXELS], y[SAMPLES * PIXELS];
static int32_t labels[SAMPLES];

static void fill(void)
{
	for (int i = 0; i < SAMPLES * PIXELS; i++)
		images[i] = (lam_real)(i * 7919 % 1000) / 1000;
	for (int i = 0; i < SAMPLES; i++)
		labels[i] = i % CLASSES;
}

/* One use. `make` makes the objects that it needs, `act` performs it and may be repeated, and
 * `leave` frees the objects. `act` frees what it makes itself, and returns the status of the first
 * failure. */
struct scenario {
	const char *name;
	void (*make)(void);
	lam_status (*act)(void);
	void (*leave)(void);
};

static lam_status made(bool there)
{
	return there ? LAM_OK : lam_error_status();
}

static lam_status net_of(lam_net *net)
{
	lam_status status = made(net != NULL);
	lam_net_free(net);
	return status;
}

static lam_status layer_of(lam_layer *layer)
{
	lam_status status = made(layer != NULL);
	lam_layer_free(layer);
	return status;
}

/* A model of every kind of layer that may precede a loss. */
static lam_layer *body(void)
{
	return lam_sequential(lam_standardize(.mean = {(lam_real)0.5}, .std = {(lam_real)0.25}),
		lam_zero_pad2d(.pad = {1, 1, 1, 1}),
		lam_conv2d(.out = 2, .kernel = {3}, .pad = {1}, .name = "first"), lam_relu(),
		lam_max_pool2d(.kernel = {2}),
		lam_residual(
			lam_sequential(lam_conv2d(.out = 2, .kernel = {3}, .pad = {1}, .groups = 2),
				lam_batch_norm(), lam_gelu())),
		lam_residual(lam_conv2d(.out = 4, .kernel = {1}),
			.shortcut = lam_conv2d(.out = 4, .kernel = {1}, .no_bias = true)),
		lam_transposed_conv2d(.out = 2, .kernel = {4}, .stride = {2}, .pad = {1}),
		lam_silu(), lam_avg_pool2d(.kernel = {2}), lam_reshape(.shape = LAM_SHAPE(2, 49)),
		lam_conv1d(.out = 3, .kernel = 3), lam_leaky_relu(), lam_max_pool1d(.kernel = 2),
		lam_transposed_conv1d(.out = 4, .kernel = 3), lam_tanh(),
		lam_avg_pool1d(.kernel = 2), lam_zero_pad1d(.pad = {1, -1}), lam_softmax(),
		lam_global_avg_pool(), lam_affine(.out = 5), lam_sigmoid(),
		lam_dropout(.p = (lam_real)0.25), lam_flatten(), lam_affine(.out = CLASSES));
}

static lam_layer *model(void)
{
	return lam_sequential(body(), lam_softmax_cross_entropy());
}

static lam_layer *small(void)
{
	return lam_sequential(lam_affine(.out = 4), lam_batch_norm(), lam_relu(),
		lam_dropout(.p = (lam_real)0.5), lam_affine(.out = CLASSES),
		lam_softmax_cross_entropy());
}

static lam_status compose(void)
{
	return layer_of(model());
}

/* Constructs what model() does not use. */
static lam_status construct_others(void)
{
	lam_layer *const losses[] = {lam_sigmoid_cross_entropy(), lam_binary_cross_entropy(),
		lam_mean_squared_error(.half = true, .name = "m"), lam_l1_loss(), lam_huber_loss()};
	lam_status status = LAM_OK;
	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
		lam_status one = losses[i] ? LAM_OK : LAM_ERR_MEMORY;
		lam_layer_free(losses[i]);
		status = status ? status : one;
	}
	return status;
}

static lam_net *create(lam_layer *layer)
{
	return lam_net_create(layer, LAM_SHAPE(1, SIDE, SIDE), .max_batch = 4, .threads = 1,
		.seed = 5, .input_grad = true);
}

static lam_status create_net(void)
{
	return net_of(create(model()));
}

static lam_status create_served(void)
{
	return net_of(lam_net_create(model(), LAM_SHAPE(1, SIDE, SIDE), .max_batch = 4,
		.threads = 1, .inference = true));
}

static lam_net *net;
static lam_dataset *data;

static void make_small(void)
{
	net = create(small());
	data = lam_dataset_arrays(images, LAM_SHAPE(1, SIDE, SIDE), labels, SAMPLES);
	check(net && data, "%s", lam_error());
}

static void leave(void)
{
	lam_net_free(net);
	lam_dataset_free(data);
	net = NULL;
	data = NULL;
}

static lam_status step(void)
{
	lam_optimizer rule = lam_rmsprop(.lr = (lam_real)0.01, .momentum = (lam_real)0.5,
		.centered = true);
	lam_status status = lam_net_step(net, &rule, images, labels, 4);
	if (!status)
		status = lam_net_accumulate(net, true);
	if (!status)
		status = lam_net_forward(net, LAM_TRAIN, images, labels, 3);
	if (!status)
		status = lam_net_backward(net);
	check(status || (lam_net_output(net) && lam_net_input_grad(net)));
	return status ? status : lam_net_predict(net, images, SAMPLES, y);
}

static lam_status prepare(void)
{
	return lam_net_prepare(net,
		&(lam_optimizer){.size = sizeof(lam_optimizer),
			.rule = LAM_RULE_ADAM,
			.lr = 1,
			.beta1 = (lam_real)0.9,
			.beta2 = (lam_real)0.9,
			.eps = 1});
}

static lam_status replicate(void)
{
	lam_net *replica = lam_net_replica(net, .max_batch = 2);
	lam_status status = replica ? lam_net_predict(replica, images, 3, y) : lam_error_status();
	lam_net_free(replica);
	return status;
}

static lam_status evaluate(void)
{
	lam_score score;
	return lam_evaluate(net, data, &score);
}

static lam_status fit(void)
{
	lam_report report;
	return lam_fit(net, data, &report, .epochs = 1, .validation = data,
		.optimizer = lam_adam(.lr = (lam_real)0.01), .augment = {.shift = 1},
		.schedule = lam_one_cycle(.peak = (lam_real)0.1), .clip = 1, .average = 0.9,
		.keep_best = true);
}

static lam_status fit_saved(void)
{
	unlink(file_path("run.npz"));
	lam_status status = lam_fit(net, data, NULL, .epochs = 1,
		.optimizer = lam_sgd(.lr = (lam_real)0.01, .momentum = (lam_real)0.5),
		.checkpoint = file_path("run.npz"), .checkpoint_every = 2, .average = 0.9,
		.keep_best = true);
	check(!file_exists(file_path("run.npz.tmp")));
	return status;
}

static bool stop_at_once(const lam_progress *progress, void *unused)
{
	(void)progress, (void)unused;
	return true;
}

/* Writes a checkpoint after the first of three steps, twice, so that there is a previous file. */
static void make_checkpoint(void)
{
	make_small();
	for (int i = 0; i < 2; i++)
		check_ok(lam_fit(net, data, NULL, .epochs = 1,
			.optimizer = lam_adam(.lr = (lam_real)0.01), .average = 0.9,
			.checkpoint = file_path("goes_on.npz"), .step_end = stop_at_once));
}

static lam_status resume(void)
{
	lam_report report;
	lam_status status = lam_fit(net, data, &report, .epochs = 1,
		.optimizer = lam_adam(.lr = (lam_real)0.01), .checkpoint = file_path("goes_on.npz"),
		.resume = true, .average = 0.9, .step_end = stop_at_once);
	check(status || *report.notice == '\0');
	return status;
}

static void make_damaged(void)
{
	make_checkpoint();
	file_write(file_path("goes_on.npz"), "nonsense", 8);
}

static lam_status resume_from_previous(void)
{
	lam_report report;
	file_write(file_path("goes_on.npz"), "nonsense", 8);
	lam_status status = lam_fit(net, data, &report, .epochs = 1,
		.optimizer = lam_adam(.lr = (lam_real)0.01), .checkpoint = file_path("goes_on.npz"),
		.resume = true, .average = 0.9, .step_end = stop_at_once);
	check(status || strstr(report.notice, "no zip file"), "%s", report.notice);
	return status;
}

static lam_status save_net(void)
{
	lam_status status = lam_net_save(net, file_path("net.npz"));
	return status ? status : lam_net_save(net, file_path("deflated.npz"), .compress = true);
}

static void make_saved(void)
{
	make_small();
	check_ok(save_net());
}

static lam_status load_net(void)
{
	lam_status status = net_of(
		lam_net_load(file_path("net.npz"), .max_batch = 2, .threads = 1));
	return status ? status
		      : net_of(lam_net_load(file_path("deflated.npz"), .inference = true,
			      .max_batch = 2, .threads = 1));
}

static lam_status load_params(void)
{
	return lam_net_load_params(net, file_path("deflated.npz"));
}

static void make_torch(void)
{
	net = lam_net_create(
		lam_sequential(
			lam_conv2d(.out = 4, .kernel = {3, 5}, .stride = {1, 2}, .pad = {1, 2}),
			lam_batch_norm(), lam_relu(),
			lam_transposed_conv2d(.out = 3, .kernel = {4}, .stride = {2}, .pad = {1}),
			lam_tanh(), lam_avg_pool2d(.kernel = {2}),
			lam_conv2d(.out = 6, .kernel = {3}, .groups = 3, .dilation = {2}),
			lam_gelu(), lam_flatten(), lam_affine(.out = 5), lam_softmax()),
		LAM_SHAPE(2, 7, 9), .inference = true, .max_batch = 3, .threads = 1);
	check(net != NULL, "%s", lam_error());
}

static lam_status load_torch(void)
{
	return lam_net_load_params(net, file_given("tests/data/torch/state_dict.npz"));
}

static lam_status check_gradients(void)
{
	lam_gradcheck_report report;
	return lam_gradcheck(
		lam_sequential(lam_affine(.out = 3), lam_tanh(), lam_softmax_cross_entropy()),
		LAM_SHAPE(5), &report, .batch = 2);
}

static lam_status load_batches(void)
{
	lam_loader *loader = lam_loader_new(
		data, .batch = 5, .augment = {.shift = 1, .flip = true});
	lam_status status = made(loader && lam_loader_next(loader));
	lam_loader_free(loader);
	return status;
}

static lam_status dataset_of(lam_dataset *dataset)
{
	lam_status status = dataset ? lam_dataset_read(dataset, 0, y, y + PIXELS)
				    : lam_error_status();
	lam_dataset_free(dataset);
	return status;
}

static void make_datasets(void)
{
	static const unsigned char x[16 + 2 * 4] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2},
					      t[8 + 2] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 9};
	file_write(file_path("train-images-idx3-ubyte"), x, sizeof x);
	gzFile file = gzopen(file_path("train-labels-idx1-ubyte.gz"), "wb");
	check(file && gzwrite(file, t, sizeof t) == sizeof t && gzclose(file) == Z_OK);
	char header[80 + 4 * sizeof(float)] = "\223NUMPY\001\000\106\000{'descr': '<f4', "
					      "'fortran_order': False, 'shape': (2, 2), }";
	memset(header + strlen(header + 10) + 10, ' ', 79 - strlen(header + 10) - 10);
	header[79] = '\n';
	file_write(file_path("x.npy"), header, sizeof header);
}

static lam_status open_datasets(void)
{
	lam_status status = dataset_of(lam_dataset_arrays(images, LAM_SHAPE(PIXELS), images,
		SAMPLES, .targets = LAM_VALUES, .target_shape = LAM_SHAPE(2)));
	if (!status)
		status = dataset_of(lam_mnist_open(files_folder, LAM_SPLIT_TRAIN));
	return status ? status : dataset_of(lam_dataset_npy(file_path("x.npy"), NULL));
}

static lam_status summarize(void)
{
	FILE *file = fopen("/dev/null", "w");
	lam_status status = lam_net_summary(net, file);
	fclose(file);
	return status;
}

static const struct scenario scenarios[] = {
	{"compose every layer", NULL, compose, NULL},
	{"construct the other losses", NULL, construct_others, NULL},
	{"create a net", NULL, create_net, NULL},
	{"create a net for inference", NULL, create_served, NULL},
	{"step, accumulate, predict", make_small, step, leave},
	{"prepare", make_small, prepare, leave},
	{"replica", make_small, replicate, leave},
	{"evaluate", make_small, evaluate, leave},
	{"fit", make_small, fit, leave},
	{"fit with checkpoints", make_small, fit_saved, leave},
	{"resume", make_checkpoint, resume, leave},
	{"resume from the previous file", make_damaged, resume_from_previous, leave},
	{"save", make_small, save_net, leave},
	{"load", make_saved, load_net, leave},
	{"load parameters", make_saved, load_params, leave},
	{"load a state_dict of PyTorch", make_torch, load_torch, leave},
	{"gradient check", NULL, check_gradients, NULL},
	{"loader", make_small, load_batches, leave},
	{"data sets", make_datasets, open_datasets, NULL},
	{"summary", make_small, summarize, leave},
};

enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

#endif
