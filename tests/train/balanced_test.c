/* SPDX-License-Identifier: MIT */
/* Weights of classes and of samples on a set of 95 to 5: the balanced accuracy is PyTorch's, within
 * the noise of its seeds. tests/reference/make_balanced.py has the same set, net and run. */
#include <lamina.h>

#include "tests/kit.h"

#include <stdint.h>

enum { FEATURES = 8, TRAIN = 2000, TEST = 4000, RARE = 20, BATCH = 100, EPOCHS = 20, SEEDS = 10 };

static lam_real x[TRAIN][FEATURES], test_x[TEST][FEATURES], weights[TRAIN];
static int32_t y[TRAIN], test_y[TEST];

/* splitmix64, in [0, 1) */
static double uniform(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Every twentieth is of class 1, whose first four features are larger by 0.7. */
static void draw(uint64_t *state, lam_real (*to)[FEATURES], int32_t *classes, int count)
{
	for (int i = 0; i < count; i++) {
		classes[i] = i % RARE == 0;
		for (int k = 0; k < FEATURES; k++) {
			double sum = -6;
			for (int term = 0; term < 12; term++)
				sum += uniform(state);
			to[i][k] = (lam_real)(sum + (classes[i] && k < 4 ? 0.7 : 0));
		}
	}
}

static double balanced_accuracy(bool of_classes, bool of_samples, uint64_t seed)
{
	static const lam_real balance[] = {1, 19};
	lam_layer *loss = of_classes
		? lam_softmax_cross_entropy(.class_weights = balance, .class_count = 2)
		: lam_softmax_cross_entropy();
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 16), lam_tanh(), lam_affine(.out = 2), loss),
		LAM_SHAPE(FEATURES), .max_batch = BATCH, .seed = seed);
	lam_dataset *train = lam_dataset_arrays(
		x[0], LAM_SHAPE(FEATURES), y, TRAIN, .weights = of_samples ? weights : NULL);
	lam_dataset *test = lam_dataset_arrays(test_x[0], LAM_SHAPE(FEATURES), test_y, TEST);
	lam_score score;
	double accuracy = NAN;
	if (check(net && train && test, "%s", lam_error())
		&& check_ok(lam_fit(net, train, NULL, .epochs = EPOCHS, .batch = BATCH,
			.optimizer = lam_sgd(.lr = (lam_real)0.05, .momentum = (lam_real)0.9)))
		&& check_ok(lam_evaluate(net, test, &score))) {
		const int64_t *m = score.confusion;
		accuracy = ((double)m[0] / (double)(m[0] + m[1])
				   + (double)m[3] / (double)(m[2] + m[3]))
			/ 2;
	}
	lam_dataset_free(test);
	lam_dataset_free(train);
	lam_net_free(net);
	return accuracy;
}

static void rare_classes_are_found(void)
{
	const char *root = getenv("top_srcdir");
	char path[1024], name[20];
	double mean, deviation;
	uint64_t state = 1;
	int lines = 0;
	draw(&state, x, y, TRAIN);
	draw(&state, test_x, test_y, TEST);
	for (int i = 0; i < TRAIN; i++)
		weights[i] = y[i] ? 19 : 1;
	snprintf(path, sizeof path, "%s/tests/reference/balanced.txt", root ? root : ".");
	FILE *file = fopen(path, "r");
	require(file, "cannot open %s", path);
	for (; fscanf(file, "%19s %lf %lf", name, &mean, &deviation) == 3; lines++) {
		double sum = 0;
		for (uint64_t seed = 0; seed < SEEDS; seed++)
			sum += balanced_accuracy(
				       !strcmp(name, "classes"), !strcmp(name, "samples"), seed)
				/ SEEDS;
		printf("      %s: %.4f, PyTorch %.4f +- %.4f\n", name, sum, mean, deviation);
		/* Three standard errors of the difference of two means of ten. */
		check(fabs(sum - mean) < 3 * deviation * sqrt(2.0 / SEEDS), "%s: %.4f, not %.4f",
			name, sum, mean);
	}
	check(lines == 3);
	fclose(file);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(rare_classes_are_found)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
