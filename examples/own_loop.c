/* SPDX-License-Identifier: MIT */
/* A training loop of one's own: what lam_fit() does, step by step, for programs that need more than
 * its callbacks.
 *
 *     own_loop [folder of MNIST, Fashion-MNIST or a similar set]
 *
 * It trains a small classifier with Adam, prints the gradients' norms, and halves the learning rate
 * when the loss stops falling. At the end it shows which pixels matter to the net, by the gradient
 * of its input. */
#include <lamina.h>

#include "usage.h"

#include <math.h>
#include <stdio.h>

enum { BATCH = 100, STEPS = 1200, EVERY = 200, SIDE = 28 };

/* The L2 norm of a parameter's gradient. */
static double norm(const lam_real *x, int64_t count)
{
	double sum = 0;
	for (int64_t i = 0; i < count; i++)
		sum += (double)x[i] * (double)x[i];
	return sqrt(sum);
}

static void show_gradients(lam_net *net)
{
	for (int i = 0; i < lam_net_param_count(net); i++) {
		const lam_param *p = lam_net_param(net, i);
		const lam_shape shape = lam_param_shape(p);
		printf("   %-10s %-10s |gradient| %.4f\n", lam_param_name(p),
			lam_shape_text(shape).text,
			norm(lam_param_grad(p), lam_shape_count(&shape)));
	}
}

/* One step as three calls, between which a program can do more; lam_net_step() does all three. */
static lam_status step(lam_net *net, const lam_optimizer *optimizer, const lam_batch *batch)
{
	lam_status status = lam_net_forward(net, LAM_TRAIN, batch->x, batch->targets, batch->n);
	if (!status)
		status = lam_net_backward(net);
	if (!status)
		status = lam_net_update(net, optimizer);
	return status;
}

static lam_status train(lam_net *net, lam_loader *loader)
{
	/* A plain struct: its lr may be changed between steps. */
	lam_optimizer adam = lam_adam(.lr = 2e-3f);
	double sum = 0, before = INFINITY;
	for (int s = 1; s <= STEPS; s++) {
		const lam_batch *batch = lam_loader_next(loader);
		lam_status status = batch ? step(net, &adam, batch) : lam_error_status();
		if (status)
			return status;
		sum += lam_net_loss(net);
		if (s % EVERY)
			continue;
		printf("step %4d  epoch %lld  mean loss %.4f  lr %.5f\n", s,
			(long long)batch->epoch + 1, sum / EVERY, (double)adam.lr);
		if (sum > before)
			adam.lr /= 2;
		before = sum;
		sum = 0;
	}
	show_gradients(net);
	return LAM_OK;
}

/* Prints |d loss / d pixel| of the last batch as a picture of characters. */
static void show_pixels(lam_net *net)
{
	static const char shades[] = " .:-=+*#%@";
	const lam_real *dx = lam_net_input_grad(net); /* [BATCH][1][28][28] */
	double pixel[SIDE * SIDE] = {0}, most = 0;
	for (int i = 0; i < BATCH * SIDE * SIDE; i++)
		pixel[i % (SIDE * SIDE)] += fabs((double)dx[i]);
	for (int i = 0; i < SIDE * SIDE; i++)
		most = pixel[i] > most ? pixel[i] : most;
	for (int i = 0; i < SIDE * SIDE; i++) {
		int shade = most > 0 ? (int)(9 * pixel[i] / most) : 0;
		printf("%c%c%s", shades[shade], shades[shade], i % SIDE == SIDE - 1 ? "\n" : "");
	}
}

int main(int argc, char **argv)
{
	usage(argc, argv, 0, 1,
		"Usage: own_loop [FOLDER]\n"
		"Trains on the MNIST, Fashion-MNIST or similar set in FOLDER (default:\n"
		"$LAMINA_DATA, or Debian's dataset-fashion-mnist) by a loop of its own.\n");
	lam_dataset *training = lam_mnist_open(argc > 1 ? argv[1] : NULL, LAM_SPLIT_TRAIN);
	lam_dataset *test = lam_mnist_open(argc > 1 ? argv[1] : NULL, LAM_SPLIT_TEST);
	lam_loader *loader = training
		? lam_loader_new(training, .batch = BATCH, .seed = 1, .augment = {.shift = 1})
		: NULL;
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = 128), lam_relu(),
					      lam_affine(.out = 10), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = BATCH, .seed = 1, .input_grad = true);
	lam_status status = training && test && loader && net ? train(net, loader)
							      : LAM_ERR_ARGUMENT;
	if (!status) {
		show_pixels(net);
		lam_score score;
		status = lam_evaluate(net, test, &score);
		if (!status)
			printf("%.2f%% of %lld test images are recognised\n", 100 * score.accuracy,
				(long long)score.count);
	}
	if (status)
		fprintf(stderr, "own_loop: %s\n", lam_error());
	lam_net_free(net);
	lam_loader_free(loader);
	lam_dataset_free(test);
	lam_dataset_free(training);
	return status != LAM_OK;
}
