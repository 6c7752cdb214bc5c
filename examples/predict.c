/* SPDX-License-Identifier: MIT */
/* Loads a net that examples/mnist.c saved, and prints its score on the test set.
 *
 *     predict [file [folder of MNIST, Fashion-MNIST or a similar set]]        default: mnist.npz
 *
 * The file holds the architecture, so this program composes no layers and works with any net for
 * such images. */
#include <lamina.h>

#include "usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec t;
	timespec_get(&t, TIME_UTC);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void show_score(const lam_score *score)
{
	printf("%.2f%% of %lld images are recognised, loss %.4f\n", 100 * score->accuracy,
		(long long)score->count, score->loss);
	if (!score->confusion)
		return;
	printf("\nis \\ taken for");
	for (int64_t k = 0; k < score->classes; k++)
		printf("%6lld", (long long)k);
	printf("   right\n");
	for (int64_t is = 0; is < score->classes; is++) {
		const int64_t *row = score->confusion + is * score->classes;
		int64_t sum = 0;
		printf("%14lld", (long long)is);
		for (int64_t k = 0; k < score->classes; k++) {
			printf("%6lld", (long long)row[k]);
			sum += row[k];
		}
		printf("  %5.1f%%\n", sum ? 100.0 * (double)row[is] / (double)sum : 0.0);
	}
}

/* Predicts one image at a time, as a device would. Prints the probabilities of the first image, and
 * the time per image. */
static lam_status one_by_one(const char *path, const lam_dataset *test)
{
	enum { TIMES = 200 };
	lam_net *net = lam_net_load(path, .inference = true, .max_batch = 1);
	if (!net)
		return lam_error_status();
	const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
	const int64_t classes = lam_shape_count(&out);
	lam_real *x = malloc((size_t)lam_shape_count(&in) * sizeof *x),
		 *p = malloc((size_t)classes * sizeof *p);
	int32_t label;
	lam_status status = x && p ? lam_dataset_read(test, 0, x, &label)
				   : lam_fail(LAM_ERR_MEMORY, "out of memory");
	if (!status)
		status = lam_net_predict(net, x, 1, p);
	const double begin = now();
	for (int i = 0; i < TIMES && !status; i++)
		status = lam_net_predict(net, x, 1, p);
	if (!status) {
		printf("\nthe first image is %d;", (int)label);
		for (int64_t k = 0; k < classes; k++)
			printf(" %.3f", (double)p[k]);
		printf("\none image alone takes %.0f us\n", 1e6 * (now() - begin) / TIMES);
	}
	free(x);
	free(p);
	lam_net_free(net);
	return status;
}

int main(int argc, char **argv)
{
	usage(argc, argv, 0, 2,
		"Usage: predict [FILE [FOLDER]]\n"
		"Loads the net in FILE (default: mnist.npz), and prints its score on the test set\n"
		"in FOLDER (default: $LAMINA_DATA, or Debian's dataset-fashion-mnist).\n");
	const char *path = argc > 1 ? argv[1] : "mnist.npz";
	lam_net *net = lam_net_load(path, .inference = true, .max_batch = 256);
	lam_dataset *test = lam_mnist_open(argc > 2 ? argv[2] : NULL, LAM_SPLIT_TEST);
	lam_score score;
	lam_status status = net && test ? lam_evaluate(net, test, &score) : LAM_ERR_IO;
	if (!status) {
		show_score(&score);
		status = one_by_one(path, test);
	}
	if (status)
		fprintf(stderr, "predict: %s\n", lam_error());
	lam_dataset_free(test);
	lam_net_free(net);
	return status != LAM_OK;
}
