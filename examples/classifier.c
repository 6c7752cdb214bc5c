/* SPDX-License-Identifier: MIT */
/* The L-layer classifier: each equation of forward and backward beside the call that computes it,
 * by hand and by lamina; then two classes of Fashion-MNIST that are hard to tell apart.
 *
 *     classifier [--quick] [folder of Fashion-MNIST]
 *
 * In memory a batch has a sample per row: a is [m][features]. */
#include <lamina.h>

#include "usage.h"

#include <math.h>
#include <stdio.h>

enum { M = 2, IN = 2, HIDDEN = 2 }; /* samples, features and hidden units of the small net */

static const double alpha = 0.5, x[] = {1, 2, -1, 0.5}, y[] = {1, 0}, W1[] = {1, 0.5, -1, 2},
		    b1[] = {0, 0.5}, W2[] = {1, -0.5}, b2[] = {0.25};

static const lam_real *set(lam_real *to, const double *numbers, int count)
{
	while (count-- > 0)
		to[count] = (lam_real)numbers[count];
	return to;
}

/* With a sigmoid layer and binary cross-entropy, or with both fused into one loss of logits. */
static lam_net *small_net(bool fused)
{
	lam_layer *g = fused ? lam_identity() : lam_sigmoid();
	lam_layer *loss = fused ? lam_sigmoid_cross_entropy() : lam_binary_cross_entropy();
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = HIDDEN), lam_relu(),
					      lam_affine(.out = 1), g, loss),
		LAM_SHAPE(IN), .max_batch = M, .watch = (const char *const[]){"0", "1", "2", NULL});
	const double *const numbers[] = {W1, b1, W2, b2};
	for (int i = 0; net && i < 4; i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(net, i));
		set(lam_param_edit(lam_net_param(net, i)), numbers[i],
			(int)lam_shape_count(&shape));
	}
	return net;
}

#define GRAD(net, name) lam_param_grad(lam_net_find(net, name))

static void show(const char *equation, const double *hand, const lam_real *lamina, int count)
{
	double most = 0;
	printf("%-32s", equation);
	for (int i = 0; i < count; i++) {
		printf("%9.5f", hand[i]);
		most = lamina ? fmax(most, fabs(hand[i] - (double)lamina[i])) : 0;
	}
	printf(lamina ? "%*.0e\n" : "\n", 9 * (4 - count) + 8, most);
}

/* Forward and backward of the small net in plain C, each value compared with the net's. */
static void by_hand(lam_net *net)
{
	double z1[M][HIDDEN], a1[M][HIDDEN], z2[M], p[M], loss = 0, dp[M], dz2[M], db2 = 0;
	double dW2[2] = {0}, da1[M][HIDDEN], dz1[M][HIDDEN], dW1[4] = {0}, db1[2] = {0};
	for (int s = 0; s < M; s++) {
		z2[s] = b2[0];
		for (int j = 0; j < HIDDEN; j++) {
			z1[s][j] = W1[IN * j] * x[IN * s] + W1[IN * j + 1] * x[IN * s + 1] + b1[j];
			a1[s][j] = fmax(z1[s][j], 0);
			z2[s] += W2[j] * a1[s][j];
		}
		p[s] = 1 / (1 + exp(-z2[s]));
		loss -= (y[s] * log(p[s]) + (1 - y[s]) * log(1 - p[s])) / M;
		dp[s] = -y[s] / p[s] + (1 - y[s]) / (1 - p[s]);
		dz2[s] = dp[s] * p[s] * (1 - p[s]); /* g'(z) = g(z) (1 - g(z)) */
		db2 += dz2[s] / M;
		for (int j = 0; j < HIDDEN; j++) {
			dW2[j] += dz2[s] * a1[s][j] / M;
			da1[s][j] = W2[j] * dz2[s];
			dz1[s][j] = z1[s][j] > 0 ? da1[s][j] : 0;
			db1[j] += dz1[s][j] / M;
			for (int i = 0; i < IN; i++)
				dW1[IN * j + i] += dz1[s][j] * x[IN * s + i] / M;
		}
	}
	const lam_real mean_loss = (lam_real)lam_net_loss(net);
	show("z1 = W1 x + b1", z1[0], lam_net_value(net, "0", NULL), M * HIDDEN);
	show("a1 = max(z1, 0)", a1[0], lam_net_value(net, "1", NULL), M * HIDDEN);
	show("z2 = W2 a1 + b2", z2, lam_net_value(net, "2", NULL), M);
	show("p = 1 / (1 + exp(-z2))", p, lam_net_output(net), M);
	show("L = mean of binary cross-entropy", &loss, &mean_loss, 1);
	show("dp = -y/p + (1-y)/(1-p)", dp, NULL, M);
	show("dz2 = dp * g'(z2)", dz2, NULL, M);
	show("dW2 = dz2 a1^T / m", dW2, GRAD(net, "2.weight"), HIDDEN);
	show("db2 = sum dz2 / m", &db2, GRAD(net, "2.bias"), 1);
	show("da1 = W2^T dz2", da1[0], NULL, M * HIDDEN);
	show("dz1 = da1 * g'(z1)", dz1[0], NULL, M * HIDDEN);
	show("dW1 = dz1 x^T / m", dW1, GRAD(net, "0.weight"), HIDDEN * IN);
	show("db1 = sum dz1 / m", db1, GRAD(net, "0.bias"), HIDDEN);
}

/* dL/dw ~ (L(w + h) - L(w - h)) / 2h for every weight of the first layer. */
static lam_status differentiate(lam_net *net, const lam_real *xs, const lam_real *ys)
{
	double numeric[HIDDEN * IN] = {0};
	for (int i = 0; i < 2 * HIDDEN * IN; i++) {
		const double step = i % 2 ? 0.01 : -0.01; /* h, -h */
		lam_real *w = lam_param_edit(lam_net_find(net, "0.weight"));
		set(w, W1, HIDDEN * IN);
		w[i / 2] = (lam_real)(W1[i / 2] + step);
		if (lam_net_forward(net, LAM_TRAIN, xs, ys, M))
			return lam_error_status();
		numeric[i / 2] += lam_net_loss(net) / (2 * step);
	}
	show("(L(W1 + h) - L(W1 - h)) / 2h", numeric, GRAD(net, "0.weight"), HIDDEN * IN);
	return LAM_OK;
}

static lam_status equations(lam_net *net, lam_net *fused)
{
	const lam_optimizer descent = lam_sgd(.lr = (lam_real)alpha);
	const lam_real *xs = set((lam_real[4]){0}, x, M * IN), *ys = set((lam_real[M]){0}, y, M);
	if (lam_net_forward(net, LAM_TRAIN, xs, ys, M) /* z and a, layer by layer */
		|| lam_net_backward(net)               /* dz, dW, db, da, from the end */
		|| lam_net_forward(fused, LAM_TRAIN, xs, ys, M) || lam_net_backward(fused))
		return lam_error_status();
	printf("%-32s%9s%38s\n", "equation", "by hand", "lamina differs by");
	by_hand(net);
	const lam_real *p = lam_net_output(fused);
	const double db2 = ((double)p[0] - y[0] + (double)p[1] - y[1]) / M;
	show("fused: db2 = sum (g(z2) - y) / m", &db2, GRAD(fused, "2.bias"), 1);
	double moved[HIDDEN * IN];
	for (int i = 0; i < HIDDEN * IN; i++)
		moved[i] = W1[i] - alpha * (double)GRAD(net, "0.weight")[i];
	if (lam_net_update(net, &descent))
		return lam_error_status();
	show("W1 -= alpha dW1", moved, lam_param_value(lam_net_find(net, "0.weight")), HIDDEN * IN);
	return differentiate(fused, xs, ys);
}

/* Two classes of the set, at most `most` samples: 1 is a shirt, 0 a pullover. */
static lam_dataset *cut(const char *folder, lam_split split, int64_t most)
{
	static lam_real pixels[2][12000][784], targets[2][12000];
	lam_dataset *all = lam_mnist_open(folder, split);
	int64_t n = 0;
	for (int64_t i = 0; i < lam_dataset_count(all) && n < most; i++) {
		int32_t class;
		if (lam_dataset_read(all, i, pixels[split][n], &class))
			break;
		if (class == 2 || class == 6)
			targets[split][n++] = class == 6;
	}
	lam_dataset_free(all);
	return !all ? NULL
		    : lam_dataset_arrays(pixels[split][0], LAM_SHAPE(1, 28, 28), targets[split], n,
			    .targets = LAM_VALUES, .target_shape = LAM_SHAPE(1));
}

static lam_status learn(const lam_dataset *train, const lam_dataset *test, int epochs)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_flatten(), lam_affine(.out = 128), lam_relu(),
			lam_affine(.out = 32), lam_relu(), lam_affine(.out = 1), lam_sigmoid(),
			lam_binary_cross_entropy()),
		LAM_SHAPE(1, 28, 28), .max_batch = 64, .seed = 1);
	lam_report report;
	lam_status status = net ? lam_fit(net, train, &report, .epochs = epochs, .validation = test,
				    .optimizer = lam_sgd(.lr = 0.1f, .momentum = 0.9f),
				    .schedule = lam_cosine(), .keep_best = true,
				    .progress = lam_progress_bar, .progress_data = stdout)
				: lam_error_status();
	if (!status)
		printf("shirt or pullover: %.2f%% of %lld test images are right\n",
			100 * report.best_accuracy, (long long)report.validation.count);
	lam_net_free(net);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: classifier [--quick] [FOLDER]\n"
		"Computes a step of a small net by hand and by lamina; then tells shirts from\n"
		"pullovers in Fashion-MNIST (in FOLDER, $LAMINA_DATA or where Debian has it).\n");
	const char *folder = argc > 1 ? argv[1] : NULL;
	lam_dataset *train = cut(folder, LAM_SPLIT_TRAIN, short_run ? 200 : 12000),
		    *test = cut(folder, LAM_SPLIT_TEST, short_run ? 100 : 2000);
	lam_net *net = small_net(false), *fused = small_net(true);
	lam_status status = train && test && net && fused ? equations(net, fused)
							  : lam_error_status();
	if (!status)
		status = learn(train, test, short_run ? 1 : 10);
	if (status)
		fprintf(stderr, "classifier: %s\n", lam_error());
	lam_net_free(fused);
	lam_net_free(net);
	lam_dataset_free(test);
	lam_dataset_free(train);
	return status != LAM_OK;
}
