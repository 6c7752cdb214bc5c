/* SPDX-License-Identifier: MIT */
/* A newcomer's job: a folder of PNG files, a folder for each class. */
#include <lamina-image.h>
#include <lamina.h>
#include <stdio.h>

int main(void)
{
	lam_dataset *all = lam_dataset_images("clothes", .shape = LAM_SHAPE(1, 28, 28)), *train,
		    *test;
	if (!all || lam_dataset_split(all, 0.8, 1, &train, &test))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 8, .kernel = {3}), lam_relu(),
			lam_max_pool2d(.kernel = {2}),
			lam_affine(.out = (int)lam_dataset_targets(all).classes),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, 28, 28), .max_batch = 16, .seed = 1);
	lam_report r;
	if (!net
		|| lam_fit(net, train, &r, .epochs = 3, .optimizer = lam_adam(.lr = 1e-3f),
			.validation = test)
		|| lam_net_save(net, "clothes.npz"))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	printf("%d images, %.0f%% right; class 0 is %s\n", (int)lam_dataset_count(all),
		100 * r.validation.accuracy, lam_net_class_name(net, 0));
	lam_net_free(net);
	lam_dataset_free(test);
	lam_dataset_free(train);
	lam_dataset_free(all);
	return r.epochs != 3;
}
