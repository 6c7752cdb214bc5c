/* SPDX-License-Identifier: MIT */
/* ResNet-20 on CIFAR-10.
 *
 *     resnet20 [--data FOLDER] [--epochs N] [--seed N] [--checkpoint FILE] [--resume] …
 *
 * He, Zhang, Ren and Sun, "Deep residual learning for image recognition" (2015), section 4.2: three
 * stages of three blocks, shortcuts without parameters, batches of 128, momentum, a rate that is
 * divided by ten after a half and after three quarters of the run. Shortened: theirs has 164
 * epochs, and 91.25% of the test images are right in the end. Its gap of shifts is 0 after the
 * mean is taken away, here before. examples/cifar10.c is the net of today. */
#include "cifar10.h"

enum { BATCH = 128, BLOCKS = 3, WIDTH = 16 };

static const char help[] =
	"Usage: resnet20 [options]\n"
	"Trains ResNet-20 on CIFAR-10, which datasets/fetch-cifar10 brings.\n\n"
	"  --data FOLDER       the folder of the .bin files (default: $LAMINA_DATA, ./datasets)\n"
	"  --epochs N          passes over the training set (default 20)\n"
	"  --images N          of the training set (default: all)\n"
	"  --seed N            of weights, order and augmentation (default 1)\n"
	"  --threads N         (default: all)\n"
	"  --checkpoint FILE   written after every epoch (default resnet20.npz). Beside it come\n"
	"                      resnet20.csv, resnet20-curves.svg, resnet20-confusion.svg and\n"
	"                      resnet20-mistakes.png (the worst)\n"
	"  --resume            go on from the checkpoint, if it is there\n"
	"  --quick             a few images, an epoch: it works, and learns little;  --help\n";

static lam_layer *conv3(int out, int stride)
{
	return lam_conv2d(.out = out, .kernel = {3}, .stride = {stride}, .pad = {1},
		.no_bias = true, .init = LAM_INIT_HE);
}

static lam_layer *body(int out, int stride)
{
	return lam_sequential(
		conv3(out, stride), lam_batch_norm(), lam_relu(), conv3(out, 1), lam_batch_norm());
}

/* Every second pixel of every second row, and as many channels of zeros behind those that are
 * there: the rows of [1, C, H x W] are channels. */
static lam_layer *halve(int channels, int side)
{
	const int half = side / 2;
	return lam_sequential(lam_avg_pool2d(.kernel = {1}, .stride = {2}),
		lam_reshape(.shape = LAM_SHAPE(1, channels, half * half)),
		lam_zero_pad2d(.pad = {0, 0, 0, channels}),
		lam_reshape(.shape = LAM_SHAPE(2 * channels, half, half)));
}

/* Three blocks at one resolution; all stages but the first begin with half of the one before. */
static lam_layer *stage(int out, int side)
{
	lam_layer *layers[2 * BLOCKS];
	for (int b = 0; b < BLOCKS; b++) {
		const bool halves = b == 0 && out > WIDTH;
		layers[2 * b] = halves
			? lam_residual(body(out, 2), .shortcut = halve(out / 2, 2 * side))
			: lam_residual(body(out, 1));
		layers[2 * b + 1] = lam_relu();
	}
	return lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = layers, .count = 2 * BLOCKS});
}

static lam_layer *model(void)
{
	return lam_sequential(lam_standardize(.mean = {0.4914f, 0.4822f, 0.4465f},
				      .std = {0.2470f, 0.2435f, 0.2616f}),
		conv3(WIDTH, 1), lam_batch_norm(), lam_relu(), stage(WIDTH, SIDE),
		stage(2 * WIDTH, SIDE / 2), stage(4 * WIDTH, SIDE / 4), lam_global_avg_pool(),
		lam_affine(.out = CLASSES, .init = LAM_INIT_FAN_IN), lam_softmax_cross_entropy());
}

static lam_status run(lam_net *net, const struct settings *s)
{
	char history[4096];
	lam_report report;
	lam_score score;
	snprintf(history, sizeof history, "%s", beside(s->checkpoint, ".csv"));
	lam_status status = lam_fit(net, s->train, &report, .epochs = s->epochs, .batch = BATCH,
		.validation = s->test,
		.optimizer = lam_sgd(.lr = 0.1f, .momentum = 0.9f, .weight_decay = 1e-4f),
		.schedule = lam_piecewise(.points = {{0, 1}, {0.5f, 1}, {0.5001f, 0.1f},
						  {0.75f, 0.1f}, {0.7501f, 0.01f}}),
		.augment = {.shift = 4, .flip = true}, .checkpoint = s->checkpoint,
		.resume = s->resume != 0, .history = history, .progress = lam_progress_bar,
		.progress_data = stderr);
	if (!status)
		status = lam_evaluate(net, s->test, &score);
	lam_real *p = status ? NULL : ask_all(net, s->test);
	if (!status)
		status = p ? draw_run(net, s->test, p, &score, history, s->checkpoint)
			   : lam_error_status();
	if (!status)
		printf("%.2f%% of the test images are recognised after %lld epochs and %.1f s "
		       "(%.0f images/s)\n"
		       "%s: the net, and where training stands; beside it pictures\n",
			100 * score.accuracy, (long long)report.epochs, report.seconds,
			report.images_per_second, s->checkpoint);
	free(p);
	return status;
}

int main(int argc, char **argv)
{
	struct settings s = {.checkpoint = "resnet20.npz", .epochs = 20, .seed = 1};
	parse(&s, argc, argv, help);
	lam_net *net = NULL;
	lam_status status = LAM_ERR_ARGUMENT;
	if (open_cifar10(&s, 500)
		&& (net = lam_net_create(model(), LAM_SHAPE(3, SIDE, SIDE), .max_batch = BATCH,
			    .seed = (uint64_t)s.seed, .threads = s.threads)))
		status = lam_net_summary(net, stdout);
	if (!status)
		status = run(net, &s);
	if (status)
		fprintf(stderr, "resnet20: %s\n", lam_error());
	lam_net_free(net);
	lam_dataset_free(s.test);
	lam_dataset_free(s.train);
	return status != LAM_OK;
}
