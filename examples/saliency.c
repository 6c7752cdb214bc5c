/* SPDX-License-Identifier: MIT */
/* What a net looks at: the gradient of its answer by the pixels (Simonyan, Vedaldi and Zisserman
 * 2014), and its inner activation as a class activation map (Zhou et al. 2016).
 *
 *     saliency [--quick] [folder of MNIST, Fashion-MNIST or a similar set]
 *
 * The picture saliency.png has three rows: test images, |d logit / d pixel| of the class that the
 * net gives each, and where in the image the last convolution speaks for that class. */
#include <lamina.h>

#include "usage.h"

#include <math.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, MAP = 14, CHANNELS = 32, CLASSES = 10, SHOWN = 12 };

/* A global average and one affine layer at the end: a class's logit is a sum over places, so each
 * place's share of it can be drawn. "map" is the last convolution's output. */
static lam_net *make_net(int batch)
{
	return lam_net_create(
		lam_sequential(lam_conv2d(.out = 16, .kernel = {3}, .pad = {1}), lam_relu(),
			lam_max_pool2d(.kernel = {2}),
			lam_conv2d(.out = CHANNELS, .kernel = {3}, .pad = {1}), lam_relu(),
			lam_conv2d(.out = CHANNELS, .kernel = {3}, .pad = {1}), lam_relu(),
			lam_global_avg_pool(), lam_affine(.out = CLASSES, .name = "head"),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = batch, .seed = 1, .input_grad = true,
		.watch = (const char *const[]){"6", NULL});
}

/* The net's answer for an image, and from it, before the loss: |d logit / d pixel|, scaled to 1. */
static lam_status gradient(lam_net *net, const lam_real *x, int *answer, lam_real *to)
{
	lam_real dy[CLASSES] = {0}, most = 0;
	/* LAM_EVAL: the net as it predicts. NULL: no targets, as no loss is wanted. */
	lam_status status = lam_net_forward(net, LAM_EVAL, x, (const int32_t *)NULL, 1);
	if (status)
		return status;
	const lam_real *p = lam_net_output(net);
	*answer = 0;
	for (int k = 1; k < CLASSES; k++)
		*answer = p[k] > p[*answer] ? k : *answer;
	dy[*answer] = 1;
	status = lam_net_backward_from(net, dy);
	const lam_real *dx = lam_net_input_grad(net);
	for (int i = 0; i < PIXELS && !status; i++) {
		to[i] = (lam_real)fabs((double)dx[i]);
		most = to[i] > most ? to[i] : most;
	}
	for (int i = 0; i < PIXELS && !status; i++)
		to[i] /= most > 0 ? most : 1;
	return status;
}

/* The share of each place in the logit of a class: the sum over channels of the head's weight times
 * the activation, which the last forward left; cut to 0 and scaled to 1. */
static lam_status activation_map(lam_net *net, int class, lam_real *to)
{
	const lam_real *w = lam_param_value(lam_net_find(net, "head.weight")); /* [10][32] */
	const lam_real *a = lam_net_value(net, "6", NULL);                     /* [32][14][14] */
	lam_real most = 0;
	if (!a)
		return lam_error_status();
	for (int i = 0; i < MAP * MAP; i++) {
		to[i] = 0;
		for (int c = 0; c < CHANNELS; c++)
			to[i] += w[class * CHANNELS + c] * a[c * MAP * MAP + i];
		to[i] = to[i] > 0 ? to[i] : 0;
		most = to[i] > most ? to[i] : most;
	}
	for (int i = 0; i < MAP * MAP; i++)
		to[i] /= most > 0 ? most : 1;
	return LAM_OK;
}

/* Three rows: the images, with what the net takes them for in green or red; the gradients; the
 * maps. A map of zeros has no colour, an image of zeros is black. */
static lam_status draw(lam_net *net, const lam_dataset *test)
{
	static lam_real x[3][SHOWN][PIXELS], heat[3][SHOWN][PIXELS];
	const char *labels[3 * SHOWN] = {[SHOWN] = "gradient", [2 * SHOWN] = "map"};
	lam_verdict verdicts[3 * SHOWN] = {LAM_VERDICT_NONE};
	lam_status status = LAM_OK;
	for (int i = 0; i < SHOWN && !status; i++) {
		lam_real map[MAP * MAP];
		int32_t kind;
		int answer = 0;
		status = lam_dataset_read(test, i, x[0][i], &kind);
		if (!status)
			status = gradient(net, x[0][i], &answer, heat[1][i]);
		if (!status)
			status = activation_map(net, answer, map);
		if (status)
			break;
		labels[i] = lam_net_class_name(net, answer);
		verdicts[i] = answer == kind ? LAM_VERDICT_RIGHT : LAM_VERDICT_WRONG;
		memcpy(x[2][i], x[0][i], sizeof x[2][i]);
		for (int at = 0; at < PIXELS; at++)
			heat[2][i][at] = map[at / SIDE / 2 * MAP + at % SIDE / 2];
	}
	return status
		? status
		: lam_picture_images("saliency.png", x[0][0], 3 * SHOWN, LAM_SHAPE(1, SIDE, SIDE),
			.columns = SHOWN, .scale = 3, .labels = labels, .verdicts = verdicts,
			.heat = heat[0][0], .heat_shape = LAM_SHAPE(SIDE, SIDE));
}

static lam_status learn(lam_net *net, const lam_dataset *train, const lam_dataset *test, int epochs)
{
	lam_report report;
	lam_status status = lam_fit(net, train, &report, .epochs = epochs, .validation = test,
		.optimizer = lam_adam(.lr = 3e-3f), .schedule = lam_one_cycle(.peak = 6e-3f),
		.progress = lam_progress_bar, .progress_data = stdout);
	if (!status)
		status = draw(net, test);
	if (!status)
		printf("%.2f%% of %lld test images are right\nsaliency.png: images, the gradients "
		       "of the pixels, and class activation maps\n",
			100 * report.validation.accuracy, (long long)report.validation.count);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: saliency [--quick] [FOLDER]\n"
		"Learns the images in FOLDER (default: $LAMINA_DATA, or Debian's\n"
		"dataset-fashion-mnist), and draws what the net looks at: saliency.png.\n");
	const char *folder = argc > 1 ? argv[1] : NULL;
	const int64_t most = short_run ? 500 : 60000;
	lam_dataset *train = first(lam_mnist_open(folder, LAM_SPLIT_TRAIN), most),
		    *test = first(lam_mnist_open(folder, LAM_SPLIT_TEST), most);
	lam_net *net = make_net(64);
	lam_status status = net && train && test ? learn(net, train, test, short_run ? 1 : 4)
						 : lam_error_status();
	if (status)
		fprintf(stderr, "saliency: %s\n", lam_error());
	lam_net_free(net);
	lam_dataset_free(test);
	lam_dataset_free(train);
	return status != LAM_OK;
}
