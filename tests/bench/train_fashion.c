/* SPDX-License-Identifier: MIT */
/* Trains on Fashion-MNIST as train_torch.py does: train_fashion EPOCHS [IMAGES [NET]]
 *
 * NET is mnistcnn by default, or another net for 28x28 images; IMAGES is the number of images to
 * use, by default all 60,000. The optimizer is Adam with one cycle up to 0.002, the batch 128.
 * $LAMINA_DATA may name the folder of a similar data set. Prints the seconds of training and the
 * accuracy on the test set. */
#include "tests/bench/nets.h"

#include <datasets/datasets.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 28 * 28 };

static void stop(void)
{
	fprintf(stderr, "train_fashion: %s\n", lam_error());
	exit(1);
}

int main(int argc, char **argv)
{
	int epochs = argc > 1 ? atoi(argv[1]) : 0;
	long images = argc > 2 ? atol(argv[2]) : 60000;
	const struct bench_net *b = bench_net_named(argc > 3 ? argv[3] : "mnistcnn");
	if (epochs < 1 || images < 1 || images > 60000 || !b || !b->classes
		|| b->shape[0] * (b->rank > 1 ? b->shape[1] * b->shape[2] : 1) != PIXELS) {
		fprintf(stderr,
			"usage: train_fashion EPOCHS [IMAGES [NET]], of 1 to 60000 images, for "
			"mlp, lenet or mnistcnn\n");
		return 2;
	}
	const lam_shape shape = bench_net_shape(b);
	lam_dataset *files = lam_mnist_open(NULL, LAM_SPLIT_TRAIN),
		    *test = lam_mnist_open(NULL, LAM_SPLIT_TEST);
	lam_real *x = malloc((size_t)images * PIXELS * sizeof *x);
	int32_t *labels = malloc((size_t)images * sizeof *labels);
	if (!files || !test || !x || !labels)
		stop();
	for (long i = 0; i < images; i++)
		if (lam_dataset_read(files, i, x + i * PIXELS, labels + i))
			stop();
	lam_dataset *training = lam_dataset_arrays(x, shape, labels, images, .classes = 10);
	lam_net *net = lam_net_create(
		b->model(), shape, .max_batch = 128, .threads = 2, .seed = 42);
	lam_report report;
	lam_score score;
	if (!training || !net
		|| lam_fit(net, training, &report, .epochs = epochs, .batch = 128,
			.optimizer = lam_adam(.lr = 2e-3f),
			.schedule = lam_one_cycle(.peak = 2e-3f))
		|| lam_evaluate(net, test, &score))
		stop();
	printf("seconds %.2f accuracy %.2f\n", report.seconds, 100 * score.accuracy);
	lam_net_free(net);
	lam_dataset_free(training);
	lam_dataset_free(test);
	lam_dataset_free(files);
	free(labels);
	free(x);
	return 0;
}
