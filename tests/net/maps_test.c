/* SPDX-License-Identifier: MIT */
/* Maps of what a net looks at, for real images: class activation maps from a watched layer,
 * saliency from the gradient of a logit. */
#include "tests/files/files.h"

#include <lamina.h>

enum { IMAGES = 320, SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = 10, N = 20, BATCH = 32 };
enum { CHANNELS = 12, MAP = 14 * 14 };

static lam_real x[IMAGES * PIXELS];
static int32_t labels[IMAGES];

/* The first images of Fashion-MNIST, or of the folder that LAMINA_DATA names. */
static bool read_images(void)
{
	lam_dataset *data = lam_mnist_open(NULL, LAM_SPLIT_TRAIN);
	bool read = data != NULL;
	if (!data)
		test_skip("Fashion-MNIST is not here");
	for (int i = 0; read && i < IMAGES; i++)
		read = check_ok(lam_dataset_read(data, i, x + i * PIXELS, &labels[i]));
	lam_dataset_free(data);
	return read;
}

/* A trained net, smooth for the sake of numeric differences. Its file's name is returned. */
static const char *train(void)
{
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.03);
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 6, .kernel = {5}, .pad = {2}), lam_tanh(),
			lam_avg_pool2d(.kernel = {2}),
			lam_conv2d(.out = CHANNELS, .kernel = {3}, .pad = {1}, .name = "last"),
			lam_sigmoid(.name = "features"), lam_global_avg_pool(),
			lam_affine(.out = CLASSES, .name = "head"), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = BATCH, .seed = 5);
	if (!check(net != NULL, "%s", lam_error()))
		return NULL;
	double first = 0, last = 0;
	for (int step = 0; step < 60; step++) {
		const int at = step * BATCH % IMAGES;
		check_ok(lam_net_step_classes(net, &adam, x + at * PIXELS, labels + at, BATCH));
		first = step == 0 ? lam_net_loss(net) : first;
		last = lam_net_loss(net);
	}
	check(last < 0.8 * first, "the loss went from %g to %g", first, last);
	const char *path = file_path("trained.npz");
	const bool saved = check_ok(lam_net_save(net, path));
	lam_net_free(net);
	return saved ? path : NULL;
}

/* The mean of a class's activation map, and the bias, is the class's logit. */
static void activation_maps_give_the_logits(void)
{
	static const int batches[] = {N, 3};
	const char *const watch[] = {"features", "head", NULL};
	const char *path = read_images() ? train() : NULL;
	for (int b = 0; path && b < 2; b++) {
		const int n = batches[b];
		lam_net *net = lam_net_load(
			path, .inference = true, .max_batch = n, .watch = watch);
		require(net != NULL, "%s", lam_error());
		check_ok(lam_net_forward(net, LAM_EVAL, x, NULL, n));
		lam_shape shape;
		const lam_real *features = lam_net_value(net, "features", &shape);
		require(features && lam_shape_count(&shape) == CHANNELS * MAP);
		const lam_real *logits = lam_net_value(net, "head", &shape);
		require(logits && lam_shape_count(&shape) == CLASSES);
		const lam_real *w = lam_param_value(lam_net_find(net, "head.weight")),
			       *bias = lam_param_value(lam_net_find(net, "head.bias"));
		for (int i = 0; i < n * CLASSES; i++) {
			double mean = 0;
			const lam_real *of_image = features
				+ (int64_t)(i / CLASSES) * CHANNELS * MAP;
			for (int place = 0; place < MAP; place++) {
				double map = 0;
				for (int k = 0; k < CHANNELS; k++)
					map += (double)w[i % CLASSES * CHANNELS + k]
						* (double)of_image[k * MAP + place];
				mean += map / MAP;
			}
			check_near((double)logits[i], mean + (double)bias[i % CLASSES],
				sizeof(lam_real) == 8 ? 1e-12 : 2e-5);
		}
		lam_net_free(net);
	}
}

/* The logit of each image's class, with pixel `pixel` of all images moved. */
static bool logits_at(lam_net *net, int pixel, lam_real by, double logits[N])
{
	static lam_real moved[N * PIXELS];
	memcpy(moved, x, sizeof moved);
	for (int i = 0; i < N; i++)
		moved[i * PIXELS + pixel] += by;
	if (!check_ok(lam_net_forward(net, LAM_EVAL, moved, NULL, N)))
		return false;
	const lam_real *rows = lam_net_value(net, "head", NULL);
	for (int i = 0; rows && i < N; i++)
		logits[i] = (double)rows[i * CLASSES + labels[i]];
	return check(rows != NULL, "%s", lam_error());
}

/* The gradient of a class's logit, from a forward in evaluation, equals numeric differences. */
static void saliency_equals_differences(void)
{
	const char *const watch[] = {"head", NULL};
	const double step = sizeof(lam_real) == 8 ? 1e-4 : 0.05;
	const double tolerance = sizeof(lam_real) == 8 ? 1e-7 : 1e-4;
	const char *path = read_images() ? train() : NULL;
	if (!path)
		return;
	lam_net *net = lam_net_load(path, .input_grad = true, .max_batch = N, .watch = watch);
	require(net != NULL, "%s", lam_error());
	for (int i = 0; i < lam_net_param_count(net); i++)
		lam_param_set_trainable(lam_net_param(net, i), false);
	lam_real dy[N * CLASSES] = {0};
	for (int i = 0; i < N; i++)
		dy[i * CLASSES + labels[i]] = 1;
	check_ok(lam_net_forward(net, LAM_EVAL, x, NULL, N));
	check_ok(lam_net_backward_from(net, dy));
	static lam_real saliency[N * PIXELS];
	const lam_real *gradient = lam_net_input_grad(net);
	require(gradient != NULL);
	memcpy(saliency, gradient, sizeof saliency);
	double largest = 0;
	for (int i = 0; i < N * PIXELS; i++)
		largest = fmax(largest, fabs((double)saliency[i]));
	for (int pixel = 3; pixel < PIXELS; pixel += 71) {
		double more[N], less[N];
		if (!logits_at(net, pixel, (lam_real)step, more)
			|| !logits_at(net, pixel, (lam_real)-step, less))
			break;
		for (int i = 0; i < N; i++)
			check_near((double)saliency[i * PIXELS + pixel],
				(more[i] - less[i]) / (2 * step), tolerance * fmax(1, largest));
	}
	check(largest > 1e-3, "%g", largest);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(activation_maps_give_the_logits),
		TEST(saliency_equals_differences),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
