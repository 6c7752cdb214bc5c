/* SPDX-License-Identifier: MIT */
#include <lamina.h>
#include <stdio.h>

int main(void)
{
	lam_layer *model = lam_sequential(lam_conv2d(.out = 32, .kernel = {3}), lam_relu(),
		lam_conv2d(.out = 64, .kernel = {3}), lam_relu(), lam_max_pool2d(.kernel = {2}),
		lam_flatten(), lam_affine(.out = 128), lam_relu(), lam_dropout(.p = 0.25f),
		lam_affine(.out = 10), lam_softmax_cross_entropy());

	lam_net *net = lam_net_create(model, LAM_SHAPE(1, 28, 28), .max_batch = 128, .seed = 42);
	/* NULL: where it is usually installed */
	lam_dataset *train = lam_mnist_open(NULL, LAM_SPLIT_TRAIN);
	lam_dataset *test = lam_mnist_open(NULL, LAM_SPLIT_TEST);
	if (!net || !train || !test) {
		fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	lam_net_summary(net, stdout);

	lam_report report;
	lam_status s = lam_fit(net, train, &report, .epochs = 5, .batch = 128, .validation = test,
		.optimizer = lam_sgd(.lr = 0.1f, .momentum = 0.9f, .nesterov = true,
			.weight_decay = 5e-4f),
		.schedule = lam_one_cycle(.peak = 0.3f), .checkpoint = "mnist.npz", .resume = true,
		.progress = lam_progress_bar, .progress_data = stderr);
	if (s == LAM_OK)
		printf("test accuracy %.2f%%\n", 100 * report.validation.accuracy);
	else
		fprintf(stderr, "%s\n", lam_error());

	lam_dataset_free(test);
	lam_dataset_free(train);
	lam_net_free(net); /* frees the model too */
	return s != LAM_OK;
}
