/* SPDX-License-Identifier: MIT */
/* Loads what api_1_train.c saved. */
#include <lamina.h>
#include <stdio.h>

int main(void)
{
	lam_net *net = lam_net_load("mnist.npz", .inference = true, .max_batch = 1);
	float pixels[28 * 28], p[10];
	for (int i = 0; i < 28 * 28; i++)
		pixels[i] = (float)i / (28 * 28);
	lam_status s = lam_net_predict(net, pixels, 1, p); /* 1 sample in, 1 x 10 out */
	if (!net || s) {
		fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	double sum = 0;
	for (int i = 0; i < 10; i++)
		sum += (double)p[i];
	lam_dataset *test = lam_mnist_open(NULL, LAM_SPLIT_TEST);
	lam_score score;
	s = lam_evaluate(net, test, &score);
	printf("probabilities add up to %f; loss %f, accuracy %f, %d classes\n", sum, score.loss,
		score.accuracy, (int)score.classes);
	if (s || lam_net_save(net, "x.npz") || lam_net_load_params(net, "x.npz")
		|| lam_net_load_params(net, "x.npz", .partial = true)) {
		fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	lam_dataset_free(test);
	lam_net_free(net);
	return !(sum > 0.9999 && sum < 1.0001);
}
