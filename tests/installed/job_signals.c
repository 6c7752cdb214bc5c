/* SPDX-License-Identifier: MIT */
/* A newcomer's job: signals of two classes, one of them rare, with weights for the classes; the
 * best epoch is kept. */
#include <lamina.h>
#include <math.h>
#include <stdio.h>

enum { N = 400, LENGTH = 32 };

int main(void)
{
	static lam_real x[N][LENGTH];
	static int32_t label[N];
	for (int i = 0; i < N; i++) {
		label[i] = i % 10 == 0; /* one in ten has a faster wave */
		for (int t = 0; t < LENGTH; t++)
			x[i][t] = (lam_real)(sin(t * (label[i] ? 0.9 : 0.6) + i)
				+ 0.8 * lam_random_normal(1, (uint64_t)(i * LENGTH + t)));
	}
	lam_dataset *all = lam_dataset_arrays(x[0], LAM_SHAPE(1, LENGTH), label, N), *train, *test;
	if (!all || lam_dataset_split(all, 0.7, 1, &train, &test))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	const lam_real weights[] = {1, 9};
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv1d(.out = 8, .kernel = 7), lam_relu(), lam_global_max_pool(),
			lam_affine(.out = 2),
			lam_softmax_cross_entropy(.class_weights = weights, .class_count = 2)),
		LAM_SHAPE(1, LENGTH), .max_batch = 32);
	lam_report r;
	lam_score s;
	if (!net
		|| lam_fit(net, train, &r, .epochs = 40, .optimizer = lam_adam(.lr = 0.05f),
			.validation = test, .keep_best = true, .checkpoint = "signals.npz")
		|| lam_evaluate(net, test, &s))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	printf("best epoch %d; of the rare class %d of %d are found\n", (int)r.best_epoch,
		(int)s.confusion[3], (int)(s.confusion[2] + s.confusion[3]));
	return lam_net_free(net), s.confusion[3] <= s.confusion[2] || s.loss != r.best_loss;
}
