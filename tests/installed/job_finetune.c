/* SPDX-License-Identifier: MIT */
/* A newcomer's job: a trained net gets a new head; its body is frozen; the best epoch is kept. */
#include <lamina.h>
#include <stdio.h>
#include <string.h>

static lam_net *make(const char *head)
{
	return lam_net_create(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {3}, .stride = {2}), lam_relu(),
			lam_affine(.out = 10, .name = head), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, 28, 28), .max_batch = 16, .seed = 1);
}

int main(void)
{
	lam_dataset *train = lam_mnist_open(NULL, LAM_SPLIT_TRAIN), *few;
	lam_dataset *test = lam_mnist_open(NULL, LAM_SPLIT_TEST), *rest;
	const lam_optimizer adam = lam_adam(.lr = 1e-3f);
	lam_net *old = make("old"), *net = make("new");
	lam_report r;
	if (!old || !net || !train || !test || lam_dataset_split(train, 0.5, 1, &few, &rest)
		|| lam_fit(old, rest, NULL, .epochs = 2, .optimizer = adam)
		|| lam_net_save(old, "old.npz")
		|| lam_net_load_params(net, "old.npz", .partial = true)) /* all but the head */
		return fprintf(stderr, "%s\n", lam_error()), 1;
	lam_param_set_trainable(lam_net_find(net, "0.weight"), false);
	lam_param_set_trainable(lam_net_find(net, "0.bias"), false);
	if (lam_fit(net, few, &r, .epochs = 3, .optimizer = adam, .validation = test,
		    .keep_best = true))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	const int moved = memcmp(lam_param_value(lam_net_find(net, "0.weight")),
		lam_param_value(lam_net_find(old, "0.weight")), 36 * sizeof(lam_real));
	printf("epoch %d of 3 is kept; %.0f%% are right\n", (int)r.best_epoch,
		100 * r.best_accuracy);
	return lam_net_free(net), lam_net_free(old), moved != 0;
}
