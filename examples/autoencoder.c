/* SPDX-License-Identifier: MIT */
/* A denoising autoencoder: strided convolutions down to 32 numbers, transposed convolutions up
 * again. The input is a noisy image, the target the clean one.
 *
 *     autoencoder [--quick] [folder of MNIST, Fashion-MNIST or a similar set]
 *
 * The picture autoencoder.png has three rows: noisy test images, what the net makes of them, and
 * the clean ones. */
#include <lamina.h>

#include "usage.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, SHOWN = 12, CODE = 32 };

static const double noise = 0.4;

struct noisy {
	const lam_dataset *images;
	uint64_t seed;
};

/* x: the image with noise, cut to 0 to 1; target: the image. The noise is a function of the seed
 * and the index alone, so a data set may be read in any order and by any thread. */
static lam_status read_noisy(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct noisy *n = lam_dataset_state(self);
	const uint64_t key = lam_random_key(n->seed, 0, (uint64_t)index);
	lam_status status = lam_dataset_read(n->images, index, x, NULL);
	if (status)
		return status;
	if (target)
		memcpy(target, x, PIXELS * sizeof *x);
	for (int i = 0; i < PIXELS; i++) {
		const double value = (double)x[i] + noise * lam_random_normal(key, (uint64_t)i);
		x[i] = (lam_real)(value < 0 ? 0 : value > 1 ? 1 : value);
	}
	return LAM_OK;
}

static lam_dataset *noisy_new(const lam_dataset *images, uint64_t seed)
{
	static const lam_dataset_class class = {LAM_DATASET_ABI, .kind = "noisy",
		.state_size = sizeof(struct noisy), .read = read_noisy};
	lam_dataset *d = !images
		? NULL
		: lam_dataset_new(&class, lam_dataset_count(images), LAM_SHAPE(1, SIDE, SIDE),
			(lam_target_info){.type = LAM_VALUES, .shape = LAM_SHAPE(1, SIDE, SIDE)});
	if (d)
		*(struct noisy *)lam_dataset_state(d) = (struct noisy){images, seed};
	return d;
}

/* 1 x 28 x 28 to 16 x 14 x 14 to 32 x 7 x 7 to the code, and back. The pixels are probabilities of
 * white, so the loss is binary cross-entropy. */
static lam_net *make_net(void)
{
	lam_layer *encoder = lam_sequential(
		lam_conv2d(.out = 16, .kernel = {3}, .stride = {2}, .pad = {1}), lam_relu(),
		lam_conv2d(.out = 32, .kernel = {3}, .stride = {2}, .pad = {1}), lam_relu(),
		lam_affine(.out = CODE));
	lam_layer *decoder = lam_sequential(lam_affine(.out = 32 * 7 * 7), lam_relu(),
		lam_reshape(.shape = LAM_SHAPE(32, 7, 7)),
		lam_transposed_conv2d(.out = 16, .kernel = {3}, .stride = {2}, .pad = {1},
			.output_pad = {1}),
		lam_relu(),
		lam_transposed_conv2d(.out = 1, .kernel = {3}, .stride = {2}, .pad = {1},
			.output_pad = {1}));
	return lam_net_create(lam_sequential(encoder, decoder, lam_sigmoid_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 64, .seed = 1);
}

/* Mean squared differences of pixels: of the noisy images, and of the net's. */
static lam_status measure(lam_net *net, const lam_dataset *test, double *before, double *after)
{
	enum { COUNT = 500 };
	lam_real x[PIXELS], clean[PIXELS], y[PIXELS];
	*before = *after = 0;
	for (int i = 0; i < COUNT; i++) {
		lam_status status = lam_dataset_read(test, i, x, clean);
		if (!status)
			status = lam_net_predict(net, x, 1, y);
		if (status)
			return status;
		for (int k = 0; k < PIXELS; k++) {
			const double b = (double)(x[k] - clean[k]), a = (double)(y[k] - clean[k]);
			*before += b * b / COUNT / PIXELS;
			*after += a * a / COUNT / PIXELS;
		}
	}
	return LAM_OK;
}

/* Three rows of images, the first of each with a name. */
static lam_status draw(lam_net *net, const lam_dataset *test)
{
	static lam_real rows[3][SHOWN][PIXELS]; /* noisy, denoised, clean */
	const char *names[3 * SHOWN] = {[0] = "noisy", [SHOWN] = "denoised", [2 * SHOWN] = "clean"};
	lam_status status = LAM_OK;
	for (int i = 0; i < SHOWN && !status; i++)
		status = lam_dataset_read(test, i, rows[0][i], rows[2][i]);
	if (!status)
		status = lam_net_predict(net, rows[0][0], SHOWN, rows[1][0]);
	return status
		? status
		: lam_picture_images("autoencoder.png", rows[0][0], 3 * SHOWN,
			LAM_SHAPE(1, SIDE, SIDE), .columns = SHOWN, .scale = 3, .labels = names);
}

static lam_status learn(lam_net *net, const lam_dataset *train, const lam_dataset *test, int epochs)
{
	double before, after;
	lam_status status = lam_fit(net, train, NULL, .epochs = epochs, .validation = test,
		.optimizer = lam_adam(.lr = 2e-3f), .schedule = lam_one_cycle(.peak = 4e-3f),
		.progress = lam_progress_bar, .progress_data = stdout);
	if (!status)
		status = measure(net, test, &before, &after);
	if (!status)
		status = draw(net, test);
	if (!status)
		printf("mean squared error of a pixel: %.4f noisy, %.4f denoised, from %d "
		       "numbers an image\n"
		       "autoencoder.png: noisy images, the net's, and the clean ones\n",
			before, after, CODE);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: autoencoder [--quick] [FOLDER]\n"
		"Learns to remove noise from the images in FOLDER (default: $LAMINA_DATA, or\n"
		"Debian's dataset-fashion-mnist), and draws autoencoder.png.\n");
	const char *folder = argc > 1 ? argv[1] : NULL;
	const int64_t most = short_run ? 500 : 60000;
	lam_dataset *images = first(lam_mnist_open(folder, LAM_SPLIT_TRAIN), most),
		    *test_images = first(lam_mnist_open(folder, LAM_SPLIT_TEST), most),
		    *train = noisy_new(images, 1), *test = noisy_new(test_images, 2);
	lam_net *net = make_net();
	lam_status status = net && train && test ? learn(net, train, test, short_run ? 1 : 5)
						 : lam_error_status();
	if (status)
		fprintf(stderr, "autoencoder: %s\n", lam_error());
	lam_net_free(net);
	lam_dataset_free(test);
	lam_dataset_free(train);
	lam_dataset_free(test_images);
	lam_dataset_free(images);
	return status != LAM_OK;
}
