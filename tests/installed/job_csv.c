/* SPDX-License-Identifier: MIT */
/* A newcomer's job: a table of text, classes by name, a confusion matrix, a prediction. */
#include <lamina.h>
#include <stdio.h>

int main(void)
{
	FILE *f = fopen("job.csv", "w");
	fputs("petal,width,kind\n", f);
	for (int i = 0; i < 90; i++)
		fprintf(f, "%d.%d,%d,%s\n", i % 3 * 4 + i % 2, i % 10, i % 3 - i % 5,
			i % 3 == 0           ? "setosa"
				: i % 3 == 1 ? "versicolor"
					     : "virginica");
	fclose(f);

	lam_dataset *all = lam_dataset_csv("job.csv", .target = "kind"), *train, *test;
	if (!all || lam_dataset_split(all, 0.7, 1, &train, &test))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	lam_net *net = lam_net_create(
		lam_sequential(lam_standardize_for(train), lam_affine(.out = 16), lam_relu(),
			lam_affine(.out = 3), lam_softmax_cross_entropy()),
		lam_dataset_shape(train), .max_batch = 16);
	lam_score score;
	lam_real row[] = {4.5, 0}, p[3];
	if (!net
		|| lam_fit(net, train, NULL, .epochs = 60, .optimizer = lam_adam(.lr = 0.03f),
			.validation = test, .keep_best = true)
		|| lam_evaluate(net, test, &score) || lam_net_predict(net, row, 1, p))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	for (int k = 0; k < 3; k++)
		printf("%s: %.3f; of the test samples %d right\n", lam_net_class_name(net, k),
			(double)p[k], (int)score.confusion[k * 4]);
	lam_net_free(net);
	lam_dataset_free(test);
	lam_dataset_free(train);
	lam_dataset_free(all);
	return score.accuracy < 0.9 || p[1] < p[0] || p[1] < p[2];
}
