/* SPDX-License-Identifier: MIT */
/* LeNet-5 as it was published, and as one would build it today, side by side.
 *
 *     lenet [--quick] [folder of MNIST, Fashion-MNIST or a similar set]
 *
 * LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition"
 * (1998). Two things are not as published: each map of C3 reads all maps of S2 (there it reads
 * some), and the output is softmax and cross-entropy (there it is distances to drawings of digits).
 * The picture lenet.svg has the accuracy of both after each epoch, a pass over the training set. */
#include <lamina.h>

#include "usage.h"

#include <stdio.h>

enum { EPOCHS = 5 };

/* The squashing function of the paper's appendix A: 1.7159 tanh(2 a / 3). */
static lam_layer *squash(void)
{
	return lam_sequential(
		lam_scale(.factor = 2 / 3.0f), lam_tanh(), lam_scale(.factor = 1.7159f));
}

/* Subsampling: the mean of 2 x 2, times a coefficient plus a bias that each map learns: a 1 x 1
 * convolution of each map alone. */
static lam_layer *subsample(int maps)
{
	return lam_sequential(lam_avg_pool2d(.kernel = {2}),
		lam_conv2d(.out = maps, .kernel = {1}, .groups = maps), squash());
}

static lam_layer *published(void)
{
	return lam_sequential(lam_zero_pad2d(.pad = {2, 2, 2, 2}),             /* 32 x 32 */
		lam_conv2d(.out = 6, .kernel = {5}, .name = "C1"), squash(),   /* 6 of 28 x 28 */
		subsample(6),                                                  /* 6 of 14 x 14 */
		lam_conv2d(.out = 16, .kernel = {5}, .name = "C3"), squash(),  /* 16 of 10 x 10 */
		subsample(16),                                                 /* 16 of 5 x 5 */
		lam_conv2d(.out = 120, .kernel = {5}, .name = "C5"), squash(), /* 120 of 1 x 1 */
		lam_affine(.out = 84, .name = "F6"), squash(),
		lam_affine(.out = 10, .name = "output"), lam_softmax_cross_entropy());
}

/* As many parameters: rectifiers, the maximum of 2 x 2, batch norm, dropout. */
static lam_layer *modern(void)
{
	return lam_sequential(lam_conv2d(.out = 12, .kernel = {5}, .pad = {2}, .no_bias = true),
		lam_batch_norm(), lam_relu(), lam_max_pool2d(.kernel = {2}),
		lam_conv2d(.out = 24, .kernel = {5}, .no_bias = true), lam_batch_norm(), lam_relu(),
		lam_max_pool2d(.kernel = {2}), lam_affine(.out = 84), lam_relu(),
		lam_dropout(.p = 0.3f), lam_affine(.out = 10), lam_softmax_cross_entropy());
}

/* What becomes of a net: a column of the table. */
struct column {
	int64_t parameters;
	double accuracy[EPOCHS], seconds; /* accuracy: percent of the test images, by epoch */
};

static bool note(const lam_progress *progress, void *column)
{
	((struct column *)column)->accuracy[progress->epoch - 1] = 100
		* progress->validation.accuracy;
	return false; /* go on */
}

static lam_status learn(lam_layer *model, const lam_dataset *train, const lam_dataset *test,
	int epochs, const lam_optimizer *optimizer, const lam_schedule *schedule,
	struct column *column)
{
	lam_net *net = lam_net_create(model, LAM_SHAPE(1, 28, 28), .max_batch = 64, .seed = 1);
	lam_report report;
	lam_status status = net && train && test
		? lam_fit(net, train, &report, .epochs = epochs, .validation = test,
			.optimizer = *optimizer, .schedule = *schedule, .epoch_end = note,
			.epoch_end_data = column, .progress = lam_progress_bar,
			.progress_data = stderr)
		: lam_error_status();
	for (int i = 0; i < lam_net_param_count(net) && !status; i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(net, i));
		column->parameters += lam_shape_count(&shape);
	}
	column->seconds = status ? 0 : report.seconds;
	lam_net_free(net);
	return status;
}

static lam_status show(const struct column *published, const struct column *today, int epochs)
{
	const lam_series curves[] = {{"as published", published->accuracy, epochs, NULL},
		{"of today", today->accuracy, epochs, NULL}};
	printf("%-28s%14s%14s\n%-28s%14lld%14lld\n", "LeNet-5", "as published", "of today",
		"parameters", (long long)published->parameters, (long long)today->parameters);
	for (int i = 0; i < epochs; i++)
		printf("right after epoch %-10d%13.2f%%%13.2f%%\n", i + 1, published->accuracy[i],
			today->accuracy[i]);
	printf("%-28s%14.1f%14.1f\n", "seconds", published->seconds, today->seconds);
	return lam_picture_curves(
		"lenet.svg", curves, 2, "LeNet-5: test images that are right", "epoch", "percent");
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: lenet [--quick] [FOLDER]\n"
		"Trains LeNet-5 as published in 1998, and a net of today's layers with as many\n"
		"parameters, on the images in FOLDER (default: $LAMINA_DATA, or Debian's\n"
		"dataset-fashion-mnist), and draws lenet.svg.\n");
	const char *folder = argc > 1 ? argv[1] : NULL;
	const int64_t most = short_run ? 500 : 60000;
	lam_dataset *train = first(lam_mnist_open(folder, LAM_SPLIT_TRAIN), most),
		    *test = first(lam_mnist_open(folder, LAM_SPLIT_TEST), most);
	const int epochs = short_run ? 1 : EPOCHS;
	/* Plain descent with a rate that falls, as then; and what one would take today. */
	const lam_optimizer then = lam_sgd(.lr = 0.05f), now = lam_adam(.lr = 2e-3f);
	const lam_schedule steps = lam_step_decay(.every = 2, .factor = 0.5f),
			   cycle = lam_one_cycle(.peak = 4e-3f);
	struct column first_net = {0}, second_net = {0};
	lam_status status = learn(published(), train, test, epochs, &then, &steps, &first_net);
	if (!status)
		status = learn(modern(), train, test, epochs, &now, &cycle, &second_net);
	if (!status)
		status = show(&first_net, &second_net, epochs);
	if (status)
		fprintf(stderr, "lenet: %s\n", lam_error());
	lam_dataset_free(test);
	lam_dataset_free(train);
	return status != LAM_OK;
}
