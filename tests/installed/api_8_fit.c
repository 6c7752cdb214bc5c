/* SPDX-License-Identifier: MIT */
/* A run with the open parts of the training loop. */
#include <lamina.h>
#include <stdio.h>

enum { n = 96, side = 8, classes = 3 };

static lam_real x[n][side * side];
static int32_t labels[n];

static void make_data(void)
{
	for (int i = 0; i < n; i++) {
		labels[i] = i % classes;
		for (int k = 0; k < side * side; k++)
			x[i][k] = (lam_real)(k / side / 3 == labels[i]) + (lam_real)(i * k % 7) / 7;
	}
}

static lam_status clip_by_value(lam_net *net, lam_optimizer *rule, int64_t step, void *data)
{
	const lam_real limit = *(const lam_real *)data;
	int64_t count;
	lam_real *gradients = lam_net_gradients(net, &count);
	(void)rule, (void)step;
	for (int64_t i = 0; i < count; i++)
		if (gradients[i] > limit || gradients[i] < -limit)
			gradients[i] = gradients[i] > 0 ? limit : -limit;
	return LAM_OK;
}

int main(void)
{
	make_data();
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 8, .kernel = {3}), lam_batch_norm(), lam_relu(),
			lam_affine(.out = classes, .name = "last"), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, side, side), .max_batch = 128, .seed = 1);
	lam_dataset *train = lam_dataset_arrays(x[0], LAM_SHAPE(1, side, side), labels, 80);
	lam_dataset *held_out = lam_dataset_arrays(
		x[80], LAM_SHAPE(1, side, side), labels + 80, n - 80);
	if (!net || !train || !held_out) {
		fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	/* scales one parameter's learning rate */
	lam_param_set_rate(lam_net_find(net, "last.weight"), 2);

	lam_real limit = 0.5f;
	lam_report report;
	lam_status s = lam_fit(net, train, &report, .epochs = 30, .batch = 16,
		.validation = held_out, .optimizer = lam_adamw(.lr = 1e-2f),
		.keep_best = true, /* the net ends with the best epoch's parameters */
		.average = 0.9f,   /* validates and saves an exponential moving average */
		.drop_last = true, .history = "history.csv", .before_update = clip_by_value,
		.before_update_data = &limit, .checkpoint = "open.npz");
	lam_score score;
	if (s == LAM_OK)
		s = lam_evaluate(net, held_out, &score);
	lam_net *best = s ? NULL : lam_net_load("open.npz", .weights = LAM_WEIGHTS_BEST);
	lam_score again;
	if (s || !best || lam_evaluate(best, held_out, &again)) {
		fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	printf("best epoch %d of %d: loss %g, accuracy %.1f%%\n", (int)report.best_epoch,
		(int)report.epochs, score.loss, 100 * score.accuracy);
	/* The loaded net has other batches, so its sums may be rounded otherwise. */
	const double apart = again.loss - report.best_loss;
	const int failed = score.loss != report.best_loss || apart > 1e-6 || apart < -1e-6
		|| score.accuracy < 0.9;
	lam_net_free(best);
	lam_dataset_free(held_out);
	lam_dataset_free(train);
	lam_net_free(net);
	return failed;
}
